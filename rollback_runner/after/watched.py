"""Whether the watch of an incident ended well, by the reports of its runs. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# The figures are back at their usual level, for as long as was asked, and RDS took no write.
ITEMS = ("WATCH-01", "WATCH-02", "WATCH-04")
_WELL = frozenset({"done", "already"})


def missing(reports: Sequence[Mapping[str, Any]]) -> str:
    """Say what the newest watch did not prove, oldest report first; "" when it ended well.

    What people still owe of the phase (complaints, lessons, the plan of the next migration) is not asked for. A
    service that moved again afterwards, or an IDC that was restored again, has not been watched.
    """
    newest: Mapping[str, Any] | None = None
    for report in reports:
        if report["check"]:
            continue
        for phase in report["phases"]:
            name, _, part = str(phase["name"]).partition(":")
            if name == "watch":
                newest = report
            elif name in {"abort", "emergency"} or part == "restore":
                newest = None
    if newest is None:
        return "it was not carried out since the service moved"
    states = {item["id"]: str(item["status"]) for item in newest["items"]}
    found = [f"{name} is {states.get(name, 'not_run')}" for name in ITEMS if states.get(name) not in _WELL]
    return ", ".join(found)
