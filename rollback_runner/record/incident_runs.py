"""The runs of one incident as one: found by its id, each with its report, and joined into one report.

People carry an incident out as several runs, some of them killed. A run that wrote no report is judged again from what
it left (`rebuilt`). In the joined report the newest word on an item wins, and says which run it is from.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from rollback_runner import checklist
from rollback_runner.plan import ways
from rollback_runner.record import rebuilt, store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

LEFT_OUT = "deployment"  # the rollback of a release: told by the report of its own run, also where an incident is open
_SILENT = "not_run"  # what an item is when nothing was said of it


def runs_of(home: Path, incident_id: str, site: str = "") -> list[store.Run]:
    """List the runs of an incident, the oldest first, rehearsals too. Ids are unique in a site: name it where known."""
    found = [run for run in reversed(store.all_runs(home)) if _belongs(run, incident_id, site)]
    return sorted(found, key=lambda run: (begin_of(run).get("time", ""), run.id))


def report_of(run: store.Run) -> dict[str, Any]:
    """Return a run's report, made again from its journal and events where it wrote none. Raises `RecordError`."""
    found = run.read_report()
    return found if found is not None else rebuilt.report_dict(run)


def begin_of(run: store.Run) -> dict[str, Any]:
    """Return the first line of a run's journal, or nothing where there is none. Raises `RecordError`.

    All runs of a machine are asked for it, so no more is read than is needed: another run's damage is not ours.
    """
    if not run.journal.exists():
        return {}
    with suppress(OSError, ValueError), run.journal.open("rb") as stream:
        first = json.loads(stream.readline())
        if isinstance(first, dict) and first.get("kind") == "begin":
            return first
    return next((entry for entry in run.entries() if entry["kind"] == "begin"), {})


def joined(given: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Join the reports of an incident's runs, oldest first, into one. Rehearsals count as runs and prove nothing.

    Each item carries the `run` its word is from and `earlier` words of other runs. An item that no run came to is there
    too, with the reason and the status `not_run`, or `skipped` where the strategy has no place for it. Raises
    `ValueError` when there is no report.
    """
    if not given:
        raise ValueError("there is no run to join")
    real = [report for report in given if not report["check"]]
    last = (real or given)[-1]
    newest: dict[str, dict[str, Any]] = {}
    for report in real:
        for item in report["items"]:
            newest[item["id"]] = _newer(newest.get(item["id"]), item, report["run"])
    return {
        "incident": last["incident"],
        "site": last["site"],
        "site_title": last["site_title"],
        "drill": _said(given, "drill"),
        "started": min(report["started"] for report in given),
        "ended": max(report["ended"] or report["started"] for report in given),
        "strategy": last["strategy"],
        "strategy_reason": last["strategy_reason"],
        "promoted": _promoted(real),
        "outcome": last["outcome"],
        "status": last["status"],
        "next_step": last["next_step"],
        "break_glass": _said(real, "break_glass"),
        "accepted_loss": _said(real, "accepted_loss"),
        "phases": [phase | {"run": report["run"]} for report in given for phase in report["phases"]],
        "items": [newest.get(item.id) or _untouched(item, real, last["strategy"]) for item in _asked()],
        "failures": [dict(row) | {"run": report["run"]} for report in real for row in report["failures"]],
        "findings": _once(row for report in reversed(real) for row in report.get("findings", ())),
        "stake": next((report["stake"] for report in reversed(real) if report.get("stake")), []),
        "approvals": next((report["approvals"] for report in reversed(real) if report.get("approvals")), []),
        "unfinished_acts": last["unfinished_acts"],
        "metrics": next((report["metrics"] for report in reversed(real) if report["metrics"]), {}),
        "runs": [_line(report) for report in given],
    }


def incident_of(run: store.Run) -> str:
    """Return the id of the incident a run belongs to, "" when it belongs to none."""
    begin = begin_of(run)
    options = begin.get("options")
    told = str(options.get("incident") or "") if isinstance(options, dict) else ""
    if not begin:
        told = str((run.read_report() or {}).get("incident") or "")
    return told.rpartition("/")[2]


def _belongs(run: store.Run, incident_id: str, site: str) -> bool:
    begin = begin_of(run)
    if (site and begin.get("site", site) != site) or begin.get("phase") == LEFT_OUT:
        return False
    return incident_of(run) == incident_id


def _newer(before: Mapping[str, Any] | None, item: Mapping[str, Any], run: str) -> dict[str, Any]:
    """Let the newer word win, unless it only says that this run did not come to it."""
    if before is None:
        return {**item, "run": run, "earlier": []}
    if item["status"] == _SILENT and before["status"] != _SILENT:
        return dict(before)
    told = [*before["earlier"], {key: before[key] for key in ("run", "status", "reason", "ended")}]
    return {**item, "run": run, "earlier": [each for each in told if each["status"] != _SILENT]}


def _asked() -> list[checklist.Item]:
    return [item for item in checklist.items() if item.phase != LEFT_OUT]


def _untouched(item: checklist.Item, real: Sequence[Mapping[str, Any]], strategy: str) -> dict[str, Any]:
    """Give an item that no run has a word on its row, and say why."""
    way = ways.WAYS.get(strategy)
    without = way.without.get(item.id, "") if way else ""
    legs = {str(phase["name"]).partition(":")[0] for report in real for phase in report["phases"]}
    place = phase_of(item)
    if without:
        reason = f"no part of {strategy}: {without}"
    elif not item.hosts:
        reason = "no playbook carries it out yet"
    elif place in legs:
        reason = f"the runs of the phase {place} did not ask for it"
    else:
        reason = f"the phase {place} was not begun"
    status = "skipped" if without else _SILENT
    nobody = {"status": status, "reason": reason, "started": "", "ended": "", "seconds": 0.0, "hosts": []}
    return {"id": item.id, "phase": item.phase, "title": dict(item.titles), "run": "", "earlier": [], **nobody}


def phase_of(item: checklist.Item) -> str:
    """Name the phase in which an item is judged: those of `communicate` and `risk` have no playbook of their own."""
    if item.phase in checklist.PHASES:
        return item.phase
    legs = (leg for way in ways.WAYS.values() for leg in way.legs)
    return next((leg.phase for leg in legs if item.id in leg.items), "complete")


def _promoted(real: Sequence[Mapping[str, Any]]) -> str:
    told = [report["promoted"] for report in real]
    return next((word for word in ("yes", "begun") if word in told), "no")


def _said(real: Sequence[Mapping[str, Any]], key: str) -> str:
    return str(next((report[key] for report in reversed(real) if report.get(key)), ""))


def _once(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found: dict[tuple[str, tuple[str, ...]], dict[str, Any]] = {}
    for row in rows:
        found.setdefault((row["key"], tuple(row["hosts"])), dict(row))
    order = {"blocker": 0, "warning": 1, "note": 2}
    return sorted(found.values(), key=lambda row: order[row["severity"]])


def _line(report: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("run", "started", "ended", "seconds", "check", "status", "outcome", "drill", "holder", "strategy",
            "plan_digest", "approved_plan", "break_glass", "stopped_at", "journal")  # fmt: skip
    return {key: report.get(key, "") for key in keys} | {
        "legs": [phase["name"] for phase in report["phases"]],
        "killed": bool(report.get("rebuilt")) and not report.get("live"),
    }
