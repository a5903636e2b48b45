"""Several databases on one disk of the machine that runs the rollback."""

from __future__ import annotations

from typing import Any

from failback.fitness import machine, room
from failback.fitness.room import GIB, Facts, Margin, Place

NO_MARGIN = Margin(0.0, 0, 24.0)


def here(changed: int, *, free: int = 20 * GIB, system: str = "here:1") -> list[dict[str, Any]]:
    facts = Facts(since_cutover=changed, record=GIB)
    places = [
        Place("quarantine", "/q", machine.HERE, system, free, 100 * GIB),
        Place("record", "/home", machine.HERE, system, free, 100 * GIB),
        Place("datadir", "/data", "db1", "one", free, 100 * GIB),
    ]
    return [one.as_dict() for one in room.rooms(places, room.needs(facts, "switch-first"), facts)]


def pairs(**databases: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    return [(name, one) for name, rooms in databases.items() for one in rooms]


def test_each_fits_alone_and_both_together_do_not() -> None:
    every = pairs(a=here(4 * GIB), b=here(4 * GIB))
    assert all(one["margin"] > 0 for _, one in every)
    (both,) = machine.together(every)
    assert both["needed"] == 2 * 3 * 4 * GIB + GIB, "one record for both"
    (found,) = machine.judge([both], NO_MARGIN, "switch-first")
    assert (found.severity, found.key) == ("blocker", "room:switch-first:this machine:together:/q:full")
    assert "a 12.0 GiB, b 12.0 GiB" in found.sentence


def test_what_fits_closely_is_a_warning_and_what_fits_is_nothing() -> None:
    sums = machine.together(pairs(a=here(3 * GIB), b=here(3 * GIB)))
    assert machine.judge(sums, NO_MARGIN, "switch-first") == []
    assert [one.severity for one in machine.judge(sums, Margin(0.25, GIB, 24.0), "switch-first")] == ["warning"]


def test_one_database_or_two_disks_are_judged_by_the_databases() -> None:
    assert machine.together(pairs(a=here(4 * GIB))) == []
    assert machine.together(pairs(a=here(4 * GIB), b=here(4 * GIB, system="here:2"))) == []
