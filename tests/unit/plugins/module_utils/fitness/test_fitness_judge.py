"""A host's facts in, findings out: one fault a case."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from failback.baseline.compare import Difference
from failback.environment.order import Service
from failback.fitness import clock, drift, judge
from failback.fitness.judge import Case

SHOP = Service("shop", "app_hosts", "shop", (), "once", "", "", 0)
RUNS = {"exists": True, "image": "sha256:a", "image_name": "shop:1", "status": "running", "health": "healthy"}
WELL: dict[str, Any] = {
    "docker": {"installed": True, "version": "24.0.7"},
    "containers": {"shop": RUNS},
    "images": {"sha256:a": "sha256:a", "shop:1": "sha256:a"},
    "time": {"services": ["chronyd"], "in_sync": True, "told_by": "chronyc", "offset": 0.0},
    "paths": {"/": {"read_only": False}},
    "read_only": [],
    "disk_errors": {},
    "killed": {"count": 0, "log_read": True, "last": []},
    "kernel": {"uptime": 1e6, "files_open": 10, "files_most": 1000, "swappiness": 60, "login_files": {"hard": 4096}},
}
CASE = Case("app1", [SHOP], baseline={"shop": {"image": "sha256:a"}})


def changed(path: str, value: Any) -> dict[str, Any]:
    facts = copy.deepcopy(WELL)
    part = facts
    *above, last = path.split("/") if not path.startswith("paths") else ["paths", "/"]
    for key in above:
        part = part[key]
    part[last] = value
    return facts


def test_a_host_that_is_well() -> None:
    assert judge.findings(WELL, CASE) == []


@pytest.mark.parametrize(
    ("path", "value", "key", "severity"),
    [
        ("docker", {"installed": True, "version": "", "error": "permission denied"}, "docker:app1:silent", "blocker"),
        ("docker", {"installed": False}, "docker:app1:silent", "blocker"),
        ("docker/version", "19.03.1", "docker:app1:old", "warning"),
        ("containers/shop", {"exists": None}, "container:app1:shop:missing", "blocker"),
        ("containers/shop/status", "exited", "container:app1:shop:state", "blocker"),
        ("containers/shop/status", "paused", "container:app1:shop:state", "blocker"),
        ("containers/shop/status", "restarting", "container:app1:shop:state", "blocker"),
        ("containers/shop/health", "unhealthy", "container:app1:shop:health", "blocker"),
        ("containers/shop/health", "starting", "container:app1:shop:health", "note"),
        ("images", {"sha256:a": "", "shop:1": "sha256:a"}, "image:app1:shop:gone", "blocker"),
        ("images", {"sha256:a": "sha256:a", "shop:1": "sha256:b"}, "image:app1:shop:tag", "warning"),
        ("time", {"services": ["ntpd"], "in_sync": False, "told_by": "kernel"}, "time:app1:sync", "warning"),
        ("time", {"services": [], "in_sync": False, "told_by": "timedatectl"}, "time:app1:sync", "warning"),
        ("paths", {"read_only": True}, "filesystem:app1:/:read_only", "blocker"),
        ("paths", {"error": "Input/output error"}, "filesystem:app1:/:error", "blocker"),
        (
            "read_only",
            [{"mount": "/srv", "type": "ext4", "device": "/dev/sdb"}],
            "filesystem:app1:/dev/sdb:read_only",
            "warning",
        ),
        ("disk_errors", {"sdb": 3}, "filesystem:app1:sdb:errors", "warning"),
        ("killed", {"count": 2, "log_read": False, "last": []}, "memory:app1:killed", "note"),
        (
            "killed",
            {"count": 2, "log_read": True, "last": ["Killed process 7 (mysqld)"]},
            "memory:app1:killed",
            "warning",
        ),
        ("kernel/uptime", 600.0, "boot:app1:recent", "note"),
        ("kernel/files_open", 950, "limits:app1:files", "warning"),
        ("kernel/login_files", {"hard": 256}, "limits:app1:login", "note"),
    ],
)
def test_each_fault_is_named(path: str, value: Any, key: str, severity: str) -> None:
    (found,) = judge.findings(changed(path, value), CASE)
    assert (found.key, found.severity) == (key, severity)
    assert "app1" in found.sentence
    assert found.next_step


@pytest.mark.parametrize(
    ("status", "restart", "needs", "restores", "severity"),
    [
        ("exited", "once", ("mysql",), True, "warning"),
        ("restarting", "never", ("mysql",), True, "warning"),
        ("exited", "once", ("mysql",), False, "blocker"),
        ("exited", "never", ("mysql",), True, "blocker"),
        ("paused", "once", ("mysql",), True, "blocker"),
        ("exited", "once", ("cache",), True, "blocker"),
    ],
)
def test_a_container_may_wait_for_a_database_that_is_restored_first(
    status: str, restart: str, needs: tuple[str, ...], severity: str, *, restores: bool
) -> None:
    shop = Service("shop", "app_hosts", "shop", needs, restart, "", "", 0)
    case = Case("app1", [shop], baseline=CASE.baseline, restores=restores, database_services=["mysql"])
    (found,) = judge.findings(changed("containers/shop/status", status), case)
    assert (found.key, found.severity) == ("container:app1:shop:state", severity)
    assert ("for want of mysql" in found.sentence) == (severity == "warning")


def test_what_could_not_be_read_is_not_judged() -> None:
    facts = copy.deepcopy(WELL)
    facts["kernel"] = {
        "uptime": None,
        "files_open": None,
        "files_most": None,
        "swappiness": None,
        "login_files": {"hard": -1},
    }
    facts["killed"] = {"count": None, "log_read": False, "last": []}
    assert judge.findings(facts, CASE) == []


def test_a_clock_that_nothing_keeps_is_told_with_the_clocks() -> None:
    assert judge.findings(changed("time", {"services": [], "in_sync": False, "told_by": "kernel"}), CASE) == []
    (found,) = clock.unkept(["b", "a"])
    assert (found.key, found.severity) == ("clock:unkept", "note")
    assert "a, b" in found.sentence
    assert clock.unkept([]) == []


def test_a_host_without_containers_needs_no_engine() -> None:
    assert judge.findings({**WELL, "docker": {"installed": False}}, Case("lb1")) == []


def test_swappiness_matters_where_mysql_runs() -> None:
    (found,) = judge.findings(WELL, Case("db1", [SHOP], database=True))
    assert (found.key, found.severity) == ("limits:db1:swappiness", "note")


def test_the_image_of_the_baseline_must_be_there_too() -> None:
    then = Case("app1", [SHOP], baseline={"shop": {"image": "sha256:old"}})
    facts = copy.deepcopy(WELL)
    assert [one.key for one in judge.findings(facts, then)] == ["image:app1:shop:gone", "image:app1:shop:other"]
    facts["images"]["sha256:old"] = "sha256:old"
    assert [one.key for one in judge.findings(facts, then)] == ["image:app1:shop:other"]


def test_an_absent_host_is_a_note_with_its_reason() -> None:
    assert judge.unreachable("lb2", "no route").severity == "blocker"
    told = judge.unreachable("lb2", "no route", "sold")
    assert told.severity == "note"
    assert "sold" in told.sentence


def test_a_file_that_is_gone_stops_and_one_that_differs_does_not() -> None:
    gone = Difference("/etc/a", ("-/etc/a",), {"kind": "file"})
    secret = Difference("/etc/key", ("-sha256 1", "+it is not there"), {}, "take it from where the secret is kept")
    other = Difference("/etc/b", ("--- baseline//etc/b", "+++ now//etc/b", "-x", "+" + "y" * 300), {"kind": "file"})
    found = drift.differences("app1", [gone, secret, other], ["nft: not permitted", "container shop: no"])
    assert [one.severity for one in found] == ["blocker", "blocker", "warning", "note"]
    assert found[1].next_step.startswith("take it from where")
    assert len(found[2].sentence) < 260
    assert "1 things" in found[3].sentence


@pytest.mark.parametrize(("text", "expected"), [("20.10.24+dfsg1", (20, 10, 24)), ("27.0", (27, 0)), ("dev", ())])
def test_versions(text: str, expected: tuple[int, ...]) -> None:
    assert judge.version(text) == expected
