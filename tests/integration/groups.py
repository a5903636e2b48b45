"""Which integration tests one worker does alone: a folder's share servers, and there is one lab."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    import pytest

LAB = "lab"
_IN_THE_LAB = frozenset({"drills", "lab"})
# What takes longest begins first, so that no worker has a long group left when the others are done.
LONGEST_FIRST = (LAB, "command", "deployment", "mysql", "restore", "situation", "backup", "server", "stake", "lb")

# Their tests start the command itself, which keeps a record of its own.
WHOLE_COMMANDS = frozenset({LAB, "command", "plan"})


def of(nodeid: str) -> str:
    """Name the group of a test by its id: `lab`, its folder, or for a test that is no integration test its file."""
    path = PurePosixPath(nodeid.partition("::")[0])
    if "integration" not in path.parts:
        return str(path)
    folder = path.parts[path.parts.index("integration") + 1]
    return LAB if folder in _IN_THE_LAB or path.name.startswith("test_lab_") else folder


def put_in_order(items: list[pytest.Item]) -> None:
    """Put the groups that take longest in front; within a group all stays as it was collected."""
    places = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(of(item.nodeid), len(places)))


class Scheduling(LoadScopeScheduling):
    """pytest-xdist's own groups (`--dist loadgroup`) are lost with pytest 9.2, which keeps a test's id elsewhere."""

    def _split_scope(self, nodeid: str) -> str:
        return of(nodeid)
