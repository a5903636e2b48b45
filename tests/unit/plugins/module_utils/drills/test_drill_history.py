from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from failback import journal
from failback.approval import canonical
from failback.drills import debt, history, told
from failback.drills.debt import Wanted

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
CODE = "c" * 64
LEGS = (
    {"name": "emergency", "playbook": "emergency.yml", "steps": []},
    {"name": "full", "playbook": "full.yml", "steps": []},
)
CONTENT = {"strategy": "switch-first", "legs": list(LEGS), "code": CODE, "variables": {"x": 1}}
DIGEST = canonical.digest(CONTENT)


def keep_plan(home: Path, content: dict[str, Any] = CONTENT, site: str = "lab", incident: str = "i1") -> str:
    shelf = home / "incidents" / site / incident / "plans"
    shelf.mkdir(parents=True, exist_ok=True)
    digest = canonical.digest(content)
    (shelf / f"{digest}.json").write_text(json.dumps({"content": content}), encoding="utf-8")
    return digest


def run(
    home: Path,
    name: str,
    days: float = 1.0,
    phases: tuple[str, ...] = ("prepare", "approve", "emergency", "full"),
    **changes: Any,
) -> Path:
    """Write a run as the engine does: a journal whose head stands in the report."""
    directory = home / "runs" / name
    directory.mkdir(parents=True)
    ended = (NOW - timedelta(days=days)).isoformat().replace("+00:00", "Z")
    report: dict[str, Any] = {
        "run": name, "site": "lab", "strategy": "switch-first", "check": False, "drill": "plain", "ended": ended,
        "exit_code": 0, "outcome": "proven", "seconds": 100.0, "incident": "i1", "approved_plan": DIGEST,
        "phases": [{"name": phase, "status": "done"} for phase in phases],
        "findings": [], "metrics": {"write_outage_seconds": 1.1, "lost_writes": 0},
    } | changes  # fmt: skip
    path = directory / "journal.jsonl"
    options = {"drill": report.get("drill", ""), "reason": changes.get("reason", "")}
    journal.append(path, "begin", site=report["site"], strategy=report["strategy"], options=options)
    journal.append(path, "end", outcome=report["outcome"], exit_code=report["exit_code"])
    head = journal.head(path)
    report["journal"] = {"lines": head.lines, "digest": head.digest, "problems": []}
    (directory / "report.json").write_text(json.dumps(report), encoding="utf-8")
    return directory


def wanted(**changes: Any) -> Wanted:
    return Wanted(**({"site": "lab", "strategy": "switch-first", "code": CODE} | changes))


def judged(home: Path, **changes: Any) -> debt.Debt:
    return debt.judge(history.read(home), wanted(**changes), NOW, history.doubts)


def test_a_drill_is_read_with_what_it_proves(tmp_path: Path) -> None:
    keep_plan(tmp_path)
    run(tmp_path, "r1", findings=[{"severity": "warning"}, {"severity": "note"}])
    past = history.read(tmp_path)[0]
    assert (past.drill, past.passed, past.whole, past.legs) == ("plain", True, True, ("emergency", "full"))
    assert (past.outage, past.lost, past.open_findings) == (1.1, 0, 1)
    assert (past.plan, past.code, past.procedure) == (DIGEST, CODE, history.procedure(CONTENT))
    assert past.as_dict()["ended"] == "2026-05-31T12:00:00Z"


def test_rehearsals_and_what_cannot_be_read_are_left_out(tmp_path: Path) -> None:
    run(tmp_path, "check", check=True)
    (tmp_path / "runs" / "torn").mkdir()
    (tmp_path / "runs" / "torn" / "report.json").write_text('{"run": "to', encoding="utf-8")
    (tmp_path / "runs" / "locks").mkdir()
    (tmp_path / "runs" / "latest").symlink_to("check")
    assert history.read(tmp_path) == []
    assert history.read(tmp_path / "nowhere") == []


def test_an_older_report_tells_by_its_journal_that_it_was_a_drill(tmp_path: Path) -> None:
    directory = run(tmp_path, "old", reason="drill")
    report = json.loads((directory / "report.json").read_text(encoding="utf-8"))
    for name in ("drill", "approved_plan", "incident", "findings"):
        del report[name]
    (directory / "report.json").write_text(json.dumps(report), encoding="utf-8")
    past = history.read(tmp_path)[0]
    assert (past.drill, past.plan, past.whole) == ("unnamed", "", False)
    assert judged(tmp_path).state == "other_code"


def test_a_passed_drill_of_this_code_pays_the_debt(tmp_path: Path) -> None:
    keep_plan(tmp_path)
    run(tmp_path, "r1")
    found = judged(tmp_path)
    assert (found.state, found.days, found.held) == ("held", 1.0, True)
    for known in ({"plan": DIGEST}, {"procedure": history.procedure(CONTENT)}):
        assert judged(tmp_path, code="", **known).held
    assert judged(tmp_path, plan="0" * 64, procedure="0" * 64).state == "other_code"


STATES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("stale", {"days": 91.0}, {}),
    ("held", {"days": 91.0}, {"valid_days": 92.0}),
    ("failed", {"exit_code": 1, "outcome": "unproven"}, {}),
    ("failed", {"exit_code": 1, "outcome": "aborted", "phases": ("emergency", "abort")}, {}),
    ("part", {"phases": ("emergency",)}, {}),
    ("ahead", {"days": -1.0}, {}),
    ("held", {"days": -0.002}, {}),
    ("never", {"strategy": "stop-first"}, {}),
    ("never", {"drill": ""}, {}),
    ("never", {"site": "elsewhere"}, {}),
    ("other_code", {}, {"code": "d" * 64}),
]


@pytest.mark.parametrize(("state", "past", "asked"), STATES)
def test_each_lack_has_its_name(tmp_path: Path, state: str, past: dict[str, Any], asked: dict[str, Any]) -> None:
    keep_plan(tmp_path)
    run(tmp_path, "r1", **past)
    assert judged(tmp_path, **asked).state == state


def test_nothing_on_record_is_never(tmp_path: Path) -> None:
    assert judged(tmp_path).state == "never"


def test_a_newer_drill_that_failed_counts_against_an_older_one_that_passed(tmp_path: Path) -> None:
    keep_plan(tmp_path)
    run(tmp_path, "r1", days=5)
    run(tmp_path, "r2", days=1, exit_code=1, outcome="unproven", phases=("emergency",))
    assert (judged(tmp_path).state, judged(tmp_path).past.run) == ("failed", "r2")  # type: ignore[union-attr]
    run(tmp_path, "r3", days=0.5)
    assert judged(tmp_path).held


def test_a_drill_at_another_site_counts_where_the_site_says_so(tmp_path: Path) -> None:
    keep_plan(tmp_path)
    run(tmp_path, "r1")
    assert judged(tmp_path, site="shop").state == "never"
    assert judged(tmp_path, site="shop", at=["lab"]).held


def test_a_plan_that_was_changed_after_the_drill_proves_nothing(tmp_path: Path) -> None:
    keep_plan(tmp_path)
    run(tmp_path, "r1")
    shelf = tmp_path / "incidents" / "lab" / "i1" / "plans" / f"{DIGEST}.json"
    shelf.write_text(json.dumps({"content": CONTENT | {"code": "d" * 64}}), encoding="utf-8")
    assert judged(tmp_path, code="d" * 64).state == "other_code"


@pytest.mark.parametrize("what", ["edited", "gone", "cut", "report"])
def test_a_record_that_does_not_hold_together_is_doubted(tmp_path: Path, what: str) -> None:
    keep_plan(tmp_path)
    directory = run(tmp_path, "r1", **({"exit_code": 1, "outcome": "unproven"} if what == "report" else {}))
    path = directory / "journal.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    if what == "edited":
        path.write_text(lines[0].replace('"plain"', '"other"') + lines[1], encoding="utf-8")
    elif what == "cut":
        path.write_text(lines[0], encoding="utf-8")
    elif what == "gone":
        path.unlink()
    else:  # somebody makes a failed drill pass
        report = json.loads((directory / "report.json").read_text(encoding="utf-8"))
        (directory / "report.json").write_text(
            json.dumps(report | {"exit_code": 0, "outcome": "proven"}), encoding="utf-8"
        )
    found = judged(tmp_path)
    assert found.state == "doubtful"
    assert found.doubt


def test_going_back_counts_with_this_code_whatever_the_run_was_for(tmp_path: Path) -> None:
    def back(**changes: Any) -> str:
        return debt.way_back(history.read(tmp_path), wanted(**changes), NOW, history.doubts).state

    assert back() == "never"
    keep_plan(tmp_path)
    went = {"phases": ("emergency", "abort"), "exit_code": 1, "outcome": "aborted", "drill": ""}
    run(tmp_path, "r1", **went)
    assert back() == "held"
    assert back(valid_days=0.5) == "stale"
    assert back(code="d" * 64) == "other_code"
    assert back(site="shop") == "never"
    run(tmp_path, "r2", **went, approved_plan="")
    assert back() == "held"
    shutil.rmtree(tmp_path / "runs" / "r1")
    assert back() == "other_code"


def test_what_is_owed_is_a_blocker_only_where_it_must_be(tmp_path: Path) -> None:
    owed = judged(tmp_path)
    assert [one.severity for one in told.of_plan(owed, critical=True)] == ["blocker"]
    assert [one.severity for one in told.of_plan(owed, critical=False)] == ["warning"]
    assert [one.severity for one in told.of_plan(owed, critical=True, excused="break_glass")] == ["warning"]
    assert [one.severity for one in told.of_plan(owed, critical=True, excused="drill")] == ["note"]
    assert told.of_plan(owed, critical=True)[0].next_step == "rollback-runner drill plain"
    keep_plan(tmp_path)
    run(tmp_path, "r1", findings=[{"severity": "warning"}])
    assert [one.severity for one in told.of_plan(judged(tmp_path), critical=True)] == ["note"]


@pytest.mark.parametrize("state", ["never", "other_code", "part", "failed", "stale", "ahead", "doubtful"])
def test_every_lack_is_told_in_a_sentence(state: debt.State) -> None:
    found = debt.Debt("switch-first", state, None, 3.0, "why")
    assert told.of_plan(found, critical=True)[0].sentence
    if state not in {"part", "failed"}:
        assert told.of_way_back(found)[0].severity == "warning"


def test_the_run_that_goes_on_tells_whether_it_owes_a_drill(tmp_path: Path) -> None:
    for name, options, expected in (
        ("a", {"drill": "plain"}, "drill"),
        ("b", {"break_glass": "fire"}, "break_glass"),
        ("c", {}, ""),
    ):
        (tmp_path / name).mkdir()
        journal.append(tmp_path / name / "journal.jsonl", "begin", options=options)
        assert history.excuse(tmp_path / name) == expected
    assert history.excuse(tmp_path / "none") == history.excuse(None) == ""
