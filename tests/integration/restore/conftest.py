"""Where the helpers of these tests are found, and the server that hard cases are restored into."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))
import restore_side
import scratch_mysql
import tab_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scratch_mysql import TestServer
    from tab_source import TabBackup


@pytest.fixture(scope="session", name="source")
def _source(tmp_path_factory: pytest.TempPathFactory) -> tuple[TabBackup, dict[str, Any]]:
    """A backup of the hard cases, and the picture a restore must give."""
    with scratch_mysql.running("restore-source") as server:
        server.root(tab_source.NASTY)
        backup = tab_source.take(server, tmp_path_factory.mktemp("backup"), restore_side.SCHEMAS)
        return backup, tab_source.picture(server, restore_side.SCHEMAS)


@pytest.fixture(scope="session", name="loaded")
def _loaded() -> Iterator[TestServer]:
    with scratch_mysql.running("restore-target") as started:
        yield started


@pytest.fixture(name="target")
def _target(loaded: TestServer) -> TestServer:
    """The server without user tables, writable, with its usual settings."""
    return restore_side.wiped(loaded)
