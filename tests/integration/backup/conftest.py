"""The phase prepare's look at backups, played as the playbook does it, and archives of binary logs to go with dumps."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "restore"))
sys.path.insert(0, str(Path(__file__).parent))
import shell_dump
from chains import Past, make_past
from look_at import Looked, look_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from backup_origin import Origin


@pytest.fixture(scope="session")
def position(origin: Origin) -> str:
    """Where the server with the hard cases stands; nothing is ever written to it."""
    return origin.server.root("SELECT @@GLOBAL.gtid_executed").replace("\\n", "").replace("\n", "")


@pytest.fixture(scope="session")
def dump(origin: Origin) -> bytes:
    """A sound dump that quotes error messages and trailers in its data."""
    return origin.dump("sound.sql", "--routines", "--events", "--net-buffer-length=64K").read_bytes()


@pytest.fixture(scope="session")
def directories(origin: Origin) -> dict[str, Path]:
    """One sound directory of each kind."""
    return {
        "tab": origin.tab("check-tab"),
        "mydumper": origin.mydumper("check-mydumper", "-F", "1", "-s", "50000"),
        "shell": shell_dump.write(origin.server, origin.folder / "check-shell", ["nasty"]),
    }


@pytest.fixture(scope="session")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    """A small shop with backups before its cut-over, and the binary logs in between."""
    with make_past(tmp_path_factory.mktemp("past")) as made:
        yield made


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., Looked]:
    """Play the role's entry point: ``check(sources, again=False, check=False, **variables)``."""

    def play(sources: list[dict[str, Any]], **more: Any) -> Looked:
        return look_at(tmp_path, sources, **more)

    return play
