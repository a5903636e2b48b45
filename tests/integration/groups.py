"""Which integration tests one worker does alone: a folder's share servers, and there is one lab."""

from __future__ import annotations

from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling

LAB = "lab"
_IN_THE_LAB = frozenset({"drills", "lab"})


def of(nodeid: str) -> str:
    """Name the group of a test by its id: `lab`, or its folder."""
    path = PurePosixPath(nodeid.partition("::")[0])
    folder = path.parts[path.parts.index("integration") + 1]
    return LAB if folder in _IN_THE_LAB or path.name.startswith("test_lab_") else folder


class Scheduling(LoadScopeScheduling):
    """pytest-xdist's own groups (`--dist loadgroup`) are lost with pytest 9.2, which keeps a test's id elsewhere."""

    def _split_scope(self, nodeid: str) -> str:
        return of(nodeid)
