"""Keeps what AWX tells of a workflow as a run keeps it, so that everything that reads runs reads this one too."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from failback import journal as failback_journal

from rollback_runner.record import rebuilt, store
from rollback_runner.record.timeline_words import when
from rollback_runner.run import ansible_run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from rollback_runner.job.workflow import Node, Workflow
    from rollback_runner.plan.leg import Plan
    from rollback_runner.record.seen import TaskSeen
    from rollback_runner.site.site import Site


def events(told: Workflow, site: Site, home: Path, counts: Callable[[Node], bool]) -> store.Run:
    """Keep the events of the jobs that count as a run does. A job that was launched again is told by its last try."""
    stamp = when(told.started).translate(str.maketrans("", "", "-:")).partition(".")[0].rstrip("Z") + "Z"
    run = store.create(home, f"{stamp}-{site.name}-awx-{told.number}", site.secret_files)
    last = {node.playbook: node for node in told.nodes if node.kind == "job" and counts(node)}
    for node in last.values():
        for event in node.events:
            ansible_run.record_event(run.directory / rebuilt.EVENTS, event)
    return run


def journal(
    run: store.Run, told: Workflow, begin: Mapping[str, Any], parts: Sequence[tuple[Node, Plan, Sequence[TaskSeen]]]
) -> None:
    """Write down what AWX tells of the run's course, so that an incident's pages can be drawn. It proves nothing."""
    lines: list[tuple[str, str, Mapping[str, Any]]] = [(told.started, "begin", begin)]
    for node, plan, seen in parts:
        if node.kind:
            lines.append((node.started or told.started, "leg_began", {"leg": plan.leg.name}))
            lines += [(event.time, "promoted", _promoted(event)) for event in seen if _opens(plan, event)]
    if told.finished:
        lines.append((told.finished, "end", {"status": told.status, "outcome": told.status, "exit_code": 0}))
    previous = failback_journal.GENESIS
    with run.journal.open("wb") as stream:
        for number, (moment, kind, fields) in enumerate(lines, start=1):
            entry = {"seq": number, "time": when(moment), "kind": kind, **fields, "prev": previous}
            raw = json.dumps(entry, ensure_ascii=False, separators=(",", ":"), default=str).encode()
            stream.write(raw + b"\n")
            previous = hashlib.sha256(raw).hexdigest()


def _opens(plan: Plan, event: TaskSeen) -> bool:
    """Tell whether this is the result of the task that makes IDC writable, or finds it so."""
    task = plan.point_of_no_return
    return bool(task) and event.kind == "result" and event.sentence == task and event.outcome in {"ok", "changed"}


def _promoted(event: TaskSeen) -> dict[str, str]:
    return {"host": event.host, "plugin": "mysql_promote", "task": event.name}
