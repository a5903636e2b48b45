"""The report of a run that could not write one: killed, or still going on. Made from what it left behind.

The plan says what was to be done, the events what was seen, the journal what was announced and decided. The same rules
judge them as at the end of a run, so a killed run has its items with their evidence too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from failback import journal, lock

from rollback_runner.checklist import PHASES
from rollback_runner.record import acts, events, report, store, verdict
from rollback_runner.record.seen import Step
from rollback_runner.record.timeline_words import when
from rollback_runner.record.verdict import Expected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollback_runner.record.seen import TaskSeen

EVENTS = "events.jsonl"
_NOTHING = "0" * 64


@dataclass(frozen=True)
class Leg:
    """One leg of a run as its plan has it, and what was seen of it. `began` and `ended` are "" where they are not."""

    name: str
    playbook: str
    budget: float
    items: tuple[Expected, ...]
    steps: tuple[Step, ...]
    seen: list[TaskSeen] = field(default_factory=list)
    began: str = ""
    ended: str = ""


def report_dict(run: store.Run) -> dict[str, Any]:
    """Make the report again. Raises `RecordError` when there is not even a journal."""
    entries = run.entries()
    begin = next((entry for entry in entries if entry["kind"] == "begin"), {})
    legs = legs_of(run)
    told = {entry["leg"]: entry["status"] for entry in entries if entry["kind"] == "leg"}
    begun = [leg for leg in legs if leg.seen]
    items: list[dict[str, Any]] = []
    failures: list[dict[str, Any]] = []
    phases: list[dict[str, Any]] = []
    check = bool(_options(begin).get("check"))
    for leg in legs:
        verdicts = verdict.judge(leg.items, leg.steps, leg.seen, check=check)
        items += report.items_of(verdicts)
        failed = verdict.failures(leg.seen)
        failures += report.failures_of(leg.name, failed)
        if leg.seen:
            status = told.get(leg.name) or verdict.phase_status(verdicts, failed)
            phases.append(_phase(leg, status, "" if leg.name in told else "the run was ended in it"))
    end = next((entry for entry in entries if entry["kind"] == "end"), {})
    tasks = [entry["task"] for entry in entries if entry["kind"] == "task"]
    head = journal.head(run.journal)
    made = {
        "schema_version": report.SCHEMA_VERSION,
        "run": run.id,
        "site": begin.get("site", ""),
        "site_title": _titles(run, begin),
        "started": when(begin.get("time", "")),
        "ended": when(entries[-1]["time"]) if entries else "",
        "seconds": round(sum(phase["seconds"] for phase in phases), 3),
        "check": check,
        "status": end.get("status", "not_run"),
        "outcome": end.get("outcome", "interrupted"),
        "exit_code": end.get("exit_code", 130),
        "strategy": begin.get("strategy", ""),
        "strategy_reason": next((plan["reason"] for plan in plans_of(run)), ""),
        "plan_digest": begin.get("plan", _NOTHING),
        "approved_plan": str(_options(begin).get("approved_plan") or ""),
        "break_glass": str(_options(begin).get("break_glass") or ""),
        "incident": str(_options(begin).get("incident") or "").rpartition("/")[2],
        "drill": str(_options(begin).get("drill") or ""),
        "epoch": begin.get("epoch", 0),
        "holder": begin.get("holder", ""),
        "promoted": acts.promoted(entries, _databases(entries)),
        "accepted_loss": str(_options(begin).get("accept_loss") or ""),
        "forecast": None,
        "phases": phases,
        "items": report.merged(items),
        "failures": failures,
        "findings": report.findings_of([event for leg in begun for event in leg.seen]),
        "stake": report.stake_of(items),
        "approvals": report.approvals_of(items),
        "stopped_at": "" if end else (tasks[-1] if tasks else ""),
        "unfinished_acts": acts.unfinished(entries),
        "next_step": "next.resume",
        "metrics": {},
        "journal": {"lines": head.lines, "digest": head.digest, "problems": journal.verify(run.journal)},
        "rebuilt": True,
        "live": not end and live(run, str(begin.get("site", ""))),
    }
    plain: dict[str, Any] = json.loads(json.dumps(made, ensure_ascii=False, default=str))
    return plain


def live(run: store.Run, site: str) -> bool:
    """Tell whether a run is still going on: it holds its site's lock, and its process is there."""
    try:
        held = lock.read(store.lock_path(run.directory.parents[1], site))
    except lock.LockError:
        return False
    return held is not None and held.held and held.run == run.id and not held.stale


def legs_of(run: store.Run) -> list[Leg]:
    """Read a run's legs from its plan, each with the events that were seen of it, in order."""
    legs = [_leg(plan) for plan in plans_of(run)]
    by_book: dict[str, Leg] = {leg.playbook.removesuffix(".yml"): leg for leg in reversed(legs)}
    for ident, event in events_of(run):
        leg = by_book.get(ident)
        if leg is None:
            leg = Leg(ident, f"{ident}.yml", 0.0, (), ())
            by_book[ident] = leg
            legs.append(leg)
        leg.seen.append(event)
    return [_timed(leg) for leg in legs]


def plans_of(run: store.Run) -> list[dict[str, Any]]:
    """Read the plans a run began with; none where the file is not there or not whole."""
    try:
        found = json.loads((run.directory / "plan.json").read_text(encoding="utf-8"))["plans"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [plan for plan in found if isinstance(plan, dict)]


def events_of(run: store.Run) -> list[tuple[str, TaskSeen]]:
    """Read what was seen, each with the playbook's name. A torn last line is left out: the run was killed there."""
    found: list[tuple[str, TaskSeen]] = []
    try:
        with (run.directory / EVENTS).open(encoding="utf-8", errors="replace") as stream:
            for line in stream:
                try:
                    raw = json.loads(line)
                except ValueError:
                    continue
                if isinstance(raw, dict):
                    ident = str(raw.get("runner_ident") or "")
                    found += [(ident, event) for event in events.parse_event(raw)]
    except OSError:
        return []
    return found


def _leg(plan: Mapping[str, Any]) -> Leg:
    leg = plan.get("leg") or {}
    name = leg.get("phase", "") + (f":{leg['part']}" if leg.get("part") else "")
    return Leg(
        name or str(plan.get("phase") or PHASES[2]),
        str(leg.get("playbook") or f"{name}.yml"),
        float(plan.get("budget") or 0.0),
        tuple(
            Expected(row["id"], tuple(row["hosts"]), row.get("excused", ""), tuple(map(tuple, row.get("absent", ()))))
            for row in plan.get("items", ())
        ),
        tuple(
            Step(row["play"], row["name"], tuple(row["ids"]), row.get("optional", False), row.get("hosts", ""))
            for row in plan.get("steps", ())
        ),
    )


def _timed(leg: Leg) -> Leg:
    times = [event.time for event in leg.seen if event.time]
    if not times:
        return leg
    return Leg(leg.name, leg.playbook, leg.budget, leg.items, leg.steps, leg.seen, min(times), max(times))


def _phase(leg: Leg, status: str, reason: str) -> dict[str, Any]:
    seconds = (datetime.fromisoformat(leg.ended) - datetime.fromisoformat(leg.began)).total_seconds()
    return {"name": leg.name, "status": status, "started": leg.began, "seconds": round(max(seconds, 0.0), 3),
            "budget_seconds": leg.budget, "reason": reason}  # fmt: skip


def _databases(entries: Sequence[Mapping[str, Any]]) -> set[str]:
    """Name the hosts of which the journal tells a promotion: what the site's own list would say of them."""
    return {str(entry.get("host")) for entry in entries if str(entry.get("plugin", "")).startswith("mysql_")}


def _options(begin: Mapping[str, Any]) -> Mapping[str, Any]:
    options = begin.get("options")
    return options if isinstance(options, dict) else {}


def _titles(run: store.Run, begin: Mapping[str, Any]) -> dict[str, str]:
    """Take the site's title from another run of the same site; its name stands in where there is none."""
    site = str(begin.get("site", ""))
    for other in store.all_runs(run.directory.parents[1]):
        found = other.read_report() if f"-{site}-" in other.id else None
        if found is not None and found["site"] == site:
            return dict(found["site_title"])
    return {"en": site, "ko": site}
