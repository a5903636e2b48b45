"""The last look, the data after traffic, the backups that were tried, what lies about: each by its fault."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from failback import after_data, contingency
from failback.binlog.changes import RowChange
from failback.residue import rows
from failback.situation import inspection

WELL: dict[str, Any] = {
    "at": "2026-11-22T12:00:00Z",
    "headline": {"en": "IDC serves the users.", "ko": "IDC가 처리하고 있습니다."},
    "sentences": [],
    "effect": {"severity": "none", "error_rate": 0.0},
    "sites": {
        "idc": {
            "share": 1.0,
            "names": [{"name": "www", "servers": 2, "of": 2}],
            "balancers": [{"node": "lb1", "answers": True, "serving": "idc", "held": False}],
            "databases": [{"name": "db", "answers": True, "takes_writes": True, "read_only": "", "channel": None}],
            "hosts": {"of": 1, "silent": []},
            "containers": [{"host": "h", "name": "c", "state": "running", "health": ""}],
        },
        "aws": {
            "share": 0.0,
            "balancers": [{"node": "lb2", "answers": True, "serving": "idc", "held": False}],
            "databases": [{"name": "db", "answers": True, "takes_writes": False, "application_sessions": 0}],
        },
    },
}


def changed(path: str, value: Any) -> dict[str, Any]:
    fact = copy.deepcopy(WELL)
    place: Any = fact
    *way, last = path.split(".")
    for part in way:
        place = place[int(part)] if part.isdigit() else place[part]
    place[last] = value
    return fact


def test_a_service_that_is_well_has_no_finding() -> None:
    assert inspection.judge(WELL) == []
    assert inspection.judge(changed("sites.aws.databases.0.answers", value=False)) == [], "a stopped RDS takes no write"


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("sites.idc.balancers.0.serving", "mixed", "lb1 serves from mixed"),
        ("sites.aws.balancers.0.answers", False, "lb2 does not answer"),
        ("sites.idc.balancers.0.held", True, "lb1 still holds"),
        ("sites.aws.share", 0.02, "2.0% of the requests"),
        ("sites.idc.names", [{"name": "www", "servers": 1, "of": 2}], "www leads to IDC at 1 of 2"),
        ("sites.idc.databases.0.takes_writes", False, "takes no writes"),
        ("sites.idc.databases.0.channel", {"name": "rollback_runner"}, "still has the channel"),
        ("sites.aws.databases.0.takes_writes", True, "two databases may be written"),
        ("sites.aws.databases.0.application_sessions", 3, "3 sessions"),
        ("sites.idc.hosts.silent", ["idc-app1"], "idc-app1 does not answer"),
        ("sites.idc.containers", [{"host": "h", "name": "c", "state": "exited", "health": ""}], "c on h is exited"),
        ("sites.idc.containers", [{"host": "h", "name": "c", "state": "running", "health": "unhealthy"}], "unhealthy"),
        ("effect.severity", "major", "the effect on users is major"),
    ],
)
def test_each_thing_that_is_not_as_it_must_be_is_found(path: str, value: Any, says: str) -> None:
    found = inspection.judge(changed(path, value))
    assert [one.severity for one in found] == ["blocker"]
    assert says in found[0].sentence


def test_the_pictures_side_by_side() -> None:
    first = changed("effect.error_rate", 0.25) | {"sentences": [{"key": "a"}, {"key": "b"}]}
    found = inspection.compare(first, WELL | {"sentences": [{"key": "b"}, {"key": "c"}]})
    assert ([one["key"] for one in found["new"]], [one["key"] for one in found["gone"]]) == (["c"], ["a"])
    assert {"what": "error_rate", "first": 0.25, "now": 0.0} in found["rows"]
    assert inspection.compare(None, WELL)["rows"][0]["first"] is None


def insert(value: Any, kind: str = "insert") -> RowChange:
    return RowChange("shop", "orders", kind, None, {"id": value}, "u:1", ("id",))


@pytest.mark.parametrize(
    ("idc", "changes", "problems"),
    [
        (120, [insert(100), insert(119)], []),
        (120, [insert(99)], ["shop.orders gave out 1 ids on IDC that RDS had given out before: 99"]),
        (90, [], ["shop.orders would give out 90 next on IDC, and RDS was at 100 already"]),
        (120, [insert(5, "update")], []),
        (120, [insert("abc")], []),
    ],
)
def test_an_id_given_out_twice_is_found(idc: int, changes: list[RowChange], problems: list[str]) -> None:
    table = ("shop", "orders")
    found = after_data.judge({table: idc}, {table: 100, ("shop", "gone"): 5}, {table: "id"}, changes)
    assert after_data.problems(found) == problems


def source(name: str, verdict: str) -> dict[str, str]:
    return {"name": name, "verdict": verdict}


@pytest.mark.parametrize(
    ("known", "order", "severities"),
    [
        ({"sources": [source("a", "usable"), source("b", "usable")]}, ["a", "b"], []),
        ({"sources": [source("a", "usable"), source("b", "damaged")]}, ["a", "b"], ["warning"]),
        ({"sources": [source("a", "damaged")]}, ["a"], ["blocker"]),
        (None, ["a"], ["blocker"]),
        (None, [], ["blocker"]),
    ],
)
def test_what_there_was_to_try(known: Any, order: list[str], severities: list[str]) -> None:
    assert [one.severity for one in contingency.judge(known, [], order)] == severities


def test_what_was_tried_is_read_from_the_reports_of_the_runs() -> None:
    sources = [
        {"name": "a", "used": False, "reason": "its checksum is wrong"},
        {"name": "b", "used": True, "reason": ""},
    ]
    item = {"id": "DATA-01", "hosts": [{"evidence": [{"evidence": {"chosen": {"name": "b"}, "sources": sources}}]}]}
    reports = [{"check": True, "run": "r0", "items": [item]}, {"check": False, "run": "r1", "items": [item]}]
    found = contingency.tried(reports)
    assert [(one["run"], [row["used"] for row in one["sources"]]) for one in found] == [("r1", [False, True])]
    known = {"sources": [source("a", "usable"), source("b", "usable")]}
    assert contingency.judge(known, found, ["a", "b"]) == []
    found[0]["sources"][0]["reason"] = ""
    assert "passed over a and does not say why" in contingency.judge(known, found, ["a", "b"])[0].sentence
    found[0]["sources"] = [{"name": "a", "used": False, "reason": "gone"}]
    assert "could use no backup: a (gone)" in contingency.judge(known, found, ["a"])[-1].sentence


def test_what_lies_beside_the_files_has_an_owner() -> None:
    files = [
        {"path": "/etc/haproxy/haproxy.cfg", "bytes": 5, "at": 0},
        {"path": "/etc/haproxy/haproxy.cfg.before-20261122T1-lab", "bytes": 4, "at": 0},
        {"path": "/etc/haproxy/haproxy.cfg.candidate", "bytes": 3, "at": 0},
        {"path": "/etc/haproxy/notes.txt", "bytes": 1, "at": 0},
    ]
    found = rows.of_files(["/etc/haproxy/haproxy.cfg"], files, "lb1")
    assert [(one.owner, one.meant) for one in found] == [
        ("rollback-runner, run 20261122T1-lab", True),
        ("rollback-runner", False),
    ]
    assert [one.severity for one in rows.findings(found)] == ["note", "warning"]


def test_what_the_fence_left_is_meant_and_what_nobody_knows_is_not() -> None:
    meant = rows.of_rds(3, ["sg-1"], ["shop.nightly"], "1", "rds")
    assert [one.severity for one in rows.findings(meant)] == ["note"] * 4
    strange = rows.of_idc([{"channel": "elsewhere"}, {"channel": "rollback_runner"}], "OFF", "ON", "idc")
    assert [(one.owner, one.what) for one in strange] == [
        ("unknown", "replication channel"),
        ("rollback-runner", "replication channel"),
        ("unknown", "event_scheduler"),
    ]
    assert {one.severity for one in rows.findings(strange)} == {"warning"}
    turned_on = rows.of_idc([], "ON", "OFF", "idc")
    assert [one.severity for one in rows.findings(turned_on)] == ["note"], "the promotion turned it on"
