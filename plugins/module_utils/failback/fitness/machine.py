"""What several databases together write to the machine that runs the rollback. Pure. Sizes are bytes.

Each database's room is judged on its own (``room``); their quarantines may share one disk here. The record of a run is
one for all of them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from failback.findings import Finding
from failback.fitness.room import size

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from failback.fitness.room import Margin

HERE = "this machine"
_RECORD = "record of the run"  # as room.needs names it


def together(rooms: Iterable[tuple[str, Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Add up what the databases need on each file system of this machine, where more than one writes to it.

    ``rooms`` are pairs of a database and one of its rooms, as its evidence has them.
    """
    groups: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for database, room in rooms:
        if room["where"] == HERE:
            groups.setdefault(str(room["system"]), []).append((database, room))
    return [_sum(members) for members in groups.values() if len({database for database, _ in members}) > 1]


def _sum(members: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    records = [0]
    each: dict[str, int] = {}
    for database, room in members:
        for part in room["parts"]:
            if part["what"] == _RECORD:
                records.append(int(part["bytes"]))
            else:
                each[database] = each.get(database, 0) + int(part["bytes"])
    needed, free = sum(each.values()) + max(records), min(int(room["free"]) for _, room in members)
    return {
        "paths": list(dict.fromkeys(path for _, room in members for path in room["paths"])),
        "where": HERE,
        "free": free,
        "needed": needed,
        "margin": free - needed,
        "databases": each,
        "record": max(records),
    }


def judge(sums: Sequence[Mapping[str, Any]], margin: Margin, way: str) -> list[Finding]:
    """Say where all of them together do not fit, though each alone may, and where it is close."""
    found = []
    for one in sums:
        paths = " and ".join(one["paths"])
        parts = ", ".join(f"{database} {size(value)}" for database, value in one["databases"].items())
        asked = f"{size(one['needed'])} are needed ({parts}, record {size(one['record'])})"
        wish = math.ceil(one["needed"] * (1 + margin.share)) + margin.reserve
        if one["free"] >= wish:
            continue
        full = one["margin"] < 0
        fits = "do not fit" if full else "fit, but closely,"
        found.append(
            Finding(
                "blocker" if full else "warning",
                f"room:{way}:{HERE}:together:{one['paths'][0]}:{'full' if full else 'close'}",
                f"all databases together {fits} on {paths} of {HERE}: {asked}, {size(one['free'])} are free",
                f"make room there: {size(wish - one['free'])} more, or give one of them another quarantine_directory",
            )
        )
    return found
