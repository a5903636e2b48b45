"""Fixtures shared by the integration tests."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import backup_origin
import groups
import mysql_pair

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xdist.remote import Producer


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> groups.Scheduling:
    """Give each worker whole folders in the order of the tests, not by their number: a drill takes minutes."""
    config.option.loadscopereorder = False
    return groups.Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long groups first; refuse a test that uses the lab where the groups do not see it: it disturbs others."""
    for item in items:
        if item.get_closest_marker("lab") and groups.of(item.nodeid) != groups.LAB:
            raise pytest.UsageError(f"{item.nodeid} uses the lab: its file must be named test_lab_*.py")
    groups.put_in_order(items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Have a run that keeps the record, without which nothing of ours acts. Whole commands make their own.

    Around a test and all it sets up: what several tests share (scope session or module) is made by our plugins too.
    """
    if groups.of(item.nodeid) in groups.WHOLE_COMMANDS:
        return (yield)
    with tempfile.TemporaryDirectory(prefix="rr-run-") as directory, pytest.MonkeyPatch.context() as environment:
        kept = Path(directory) / "manual"
        kept.mkdir()
        environment.setenv("RR_RUN_DIR", str(kept))
        return (yield)


@pytest.fixture(scope="session")
def mysql_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mysql_pair.Pair]:
    """Two servers for the whole session; use ``mysql_pair`` unless the test needs no clean state."""
    name = mysql_pair.image()
    if not name:
        pytest.fail("no MySQL image: build the lab's images first (rollback-runner lab up)")
    pair = mysql_pair.start(tmp_path_factory.mktemp("mysql"), name)
    yield pair
    mysql_pair.stop(pair)


@pytest.fixture(name="mysql_pair")
def _mysql_pair(mysql_servers: mysql_pair.Pair) -> Iterator[mysql_pair.Pair]:
    """Both servers as right after the cut-over: accounts open, RDS writable, IDC super_read_only."""
    mysql_servers.reset()
    yield mysql_servers
    mysql_servers.reset()


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[backup_origin.Origin]:
    """A server whose dumps are hard to read, for the tests of backups."""
    with backup_origin.running(tmp_path_factory.mktemp("dumps")) as started:
        yield started
