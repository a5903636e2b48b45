"""Recording what a site is like before a migration. Reads only and takes no lock; its record lies beside the runs."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback import journal

from rollback_runner.content import ROOT
from rollback_runner.record import store, verdict
from rollback_runner.run import ansible_run, interrupts
from rollback_runner.site import gate
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rollback_runner.record.seen import TaskSeen
    from rollback_runner.record.verdict import Failure

_DEADLINE = 600.0  # seconds; a few hosts take about ten


@dataclass(frozen=True)
class Recorded:
    """`kept` are the hosts whose baseline was there already, `made` those recorded now."""

    run: str
    made: tuple[str, ...]
    kept: tuple[str, ...]
    failures: tuple[Failure, ...]
    passed: bool
    interrupted: bool


def record(site_name: str, home: Path, *, renew: bool, say: Callable[[str], None]) -> Recorded:
    """Record the baseline of every host, database and front door. Raises `SiteError`, `UsageError`, `RecordError`."""
    site = sites.load(site_name)
    gate.check(site)
    run = store.create_aside(home, "baseline-runs", store.new_id(home, site.name, "baseline"), site.secret_files)
    journal.append(run.journal, "begin", phase="baseline", site=site.name, holder=store.holder(), options={})
    order = ansible_run.Order(
        playbook=ROOT / "playbooks" / "baseline.yml",
        inventory=site.directory,
        directory=run.directory,
        variables={"RR_RUN_DIR": str(run.directory), "RR_HOME": str(home)},
        secret_files=site.secret_files,
        deadline=_DEADLINE,
        extra={"baseline_renew": "true"} if renew else None,
    )
    seen: list[TaskSeen] = []

    def take(event: TaskSeen) -> None:
        seen.append(event)
        if event.kind == "result" and event.host:
            say(f"{event.host}: {event.sentence}: {event.outcome}{': ' + event.message if event.message else ''}")

    cancel = threading.Event()
    with interrupts.watched(cancel, lambda: None):
        ended = ansible_run.run(order, take, cancel, lambda: None)
    failed = verdict.failures(seen)
    passed = ended.status == "successful" and not failed
    journal.append(run.journal, "end", outcome="proven" if passed else "unproven", status=ended.status)
    store.give_back_reserve(run)
    results = [event for event in seen if event.kind == "result"]
    made = tuple(dict.fromkeys(event.host for event in results if event.outcome == "changed"))
    kept = tuple(dict.fromkeys(event.host for event in results if event.outcome == "ok" and event.host not in made))
    return Recorded(run.id, made, kept, failed, passed, cancel.is_set() and not passed)
