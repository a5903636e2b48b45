"""Makes incidents with runs as the command leaves them behind: journals, plans, events, reports, people's words."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from failback import incident as incidents
from failback import journal

from rollback_runner.record import rebuilt, store

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
EVIL = "<script>document.title='owned'</script><img src=x onerror=alert(1)> ]]> --> </style>"
PLAN = "ab" * 32


def moment(seconds: float) -> str:
    """Return a moment after the start, as events carry it."""
    return (START + timedelta(seconds=seconds)).isoformat()


@dataclass
class Task:
    """One task that a run did: when it ended (seconds after the start), how long it took, and what it said."""

    name: str
    ended: float
    seconds: float = 1.0
    host: str = "shop-db"
    outcome: str = "ok"
    message: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)
    changed: bool = False
    findings: list[dict[str, str]] = field(default_factory=list)


@dataclass
class Made:
    """A home with one incident of the site `lab`."""

    home: Path
    incident: Path

    @classmethod
    def begin(cls, home: Path) -> Made:
        return cls(home, incidents.begin(home, "lab"))

    def say(self, kind: str, item: str, by: str, note: str = "", **details: Any) -> None:
        journal.append(self.incident / "people.jsonl", kind, item=item, by=by, note=note, details=details,
                       attachment={}, about="", at="2026-11-22T12:00:00Z", seat="ops@host")  # fmt: skip

    def run(  # noqa: PLR0913 - a run has many sides
        self, name: str, tasks: list[Task], *, leg: str = "emergency", killed: bool = False, check: bool = False,
        incident: str | None = None, promoted: bool = False, acts: tuple[tuple[str, str, bool], ...] = (),
    ) -> store.Run:  # fmt: skip
        """Write a run. `acts` are (act, task, ended); `killed` leaves it without end and report."""
        run = store.create(self.home, name, ())
        where = str(self.incident) if incident is None else incident
        journal.append(run.journal, "begin", phase=leg, site="lab", site_directory="", legs=[leg],
                       strategy="switch-first", plan=PLAN, epoch=1, holder="ops@host",
                       options={"check": check, "incident": where, "drill": ""})  # fmt: skip
        store.write_json(run, "plan.json", {"plans": [_plan(leg, tasks)]})
        with (run.directory / "events.jsonl").open("w", encoding="utf-8") as stream:
            for task in tasks:
                for event in _events(task, leg):
                    stream.write(json.dumps(event) + "\n")
        for task in tasks:
            journal.append(run.journal, "task", task=task.name, play="Do it")
        for act, task, ended in acts:
            told = {"act": act, "plugin": "mysql_promote", "host": "shop-db", "task": task}
            journal.append(run.journal, "intent", **told)
            if ended:
                journal.append(run.journal, "outcome", **told, ok=True)
        if promoted:
            journal.append(run.journal, "final", host="shop-db", plugin="mysql_fence", final={"gtid": "u:1-9"})
            journal.append(run.journal, "promoted", host="shop-db", plugin="mysql_promote", point_of_no_return=True)
        if not killed:
            journal.append(run.journal, "leg", leg=leg, status="done")
            journal.append(run.journal, "end", status="done", outcome="proven", exit_code=0)
            report = rebuilt.report_dict(run)
            for extra in ("rebuilt", "live"):
                report.pop(extra)
            store.write_json(run, "report.json", report)
        return run


def _plan(leg: str, tasks: list[Task]) -> dict[str, Any]:
    hosts: dict[str, list[str]] = {}
    for task in tasks:
        for item in task.name.partition(" | ")[0].split(", "):
            hosts.setdefault(item, []).append(task.host)
    steps = [
        {"play": "Do it", "name": task.name.partition(" | ")[2], "ids": task.name.partition(" | ")[0].split(", "),
         "optional": False, "hosts": "all"}
        for task in tasks
    ]  # fmt: skip
    items = [{"id": item, "hosts": sorted(set(names)), "excused": "", "absent": []} for item, names in hosts.items()]
    phase, _, part = leg.partition(":")
    return {
        "site": "lab", "leg": {"phase": phase, "part": part, "playbook": f"{phase}.yml"}, "strategy": "switch-first",
        "reason": "because", "budget": 900.0, "items": items, "steps": steps, "digest": PLAN,
    }  # fmt: skip


def _events(task: Task, leg: str) -> list[dict[str, Any]]:
    kind = {"failed": "runner_on_failed", "unreachable": "runner_on_unreachable", "skipped": "runner_on_skipped"}
    base = {"runner_ident": leg.partition(":")[0]}
    named = {"play": "Do it", "task": task.name, "host": task.host}
    result = {"msg": task.message, "changed": task.changed, "evidence": task.evidence, "findings": task.findings}
    return [
        base | {"event": "playbook_on_task_start", "created": moment(task.ended - task.seconds), "event_data": named},
        base | {"event": kind.get(task.outcome, "runner_on_ok"), "created": moment(task.ended),
                "event_data": named | {"duration": task.seconds, "res": result}},
    ]  # fmt: skip
