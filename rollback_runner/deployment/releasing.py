"""Ends a hold that a dead run left: under the site's lock, with a record of its own below RR_HOME/holds.

Not a run: it proves nothing of a release. What it refuses, and why, is decided where the hosts and the database are
asked (the module deployment_hold).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback import incident as incidents
from failback import journal, lock

from rollback_runner.content import ROOT
from rollback_runner.errors import RefusedError, RunnerError
from rollback_runner.record import store, verdict
from rollback_runner.run import ansible_run, holding, interrupts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rollback_runner.record.seen import TaskSeen
    from rollback_runner.site.site import Site

SHELF = "holds"
_DEADLINE = 600.0  # seconds; hosts start what served before, one after the other
_PLAYBOOK = ROOT / "playbooks" / "deployment" / "release.yml"


@dataclass(frozen=True)
class Wish:
    """What a person asks for. ``back``: start what served before; else what the hold was for must run already."""

    application: str
    reason: str
    back: bool = False
    takeover: str | None = None


def release(site: Site, home: Path, wish: Wish, say: Callable[[str], None]) -> bool:
    """End the hold; return whether there was one.

    Raises `LockedError`, `RecordError`, `RefusedError` where a gate says no, and `RunnerError` where it broke.
    """
    run = store.create_aside(home, SHELF, _name(home, site.name, wish.application), site.secret_files)
    epoch = holding.acquire(
        home,
        site.name,
        run.directory.name,
        reason=wish.reason,
        takeover=wish.takeover,
        swept=lambda count, left: say(f"{count} processes of {left} were ended"),
    )
    try:
        begin = {"phase": "release", "site": site.name, "holder": store.holder(), "options": {"back": wish.back}}
        journal.append(run.journal, "begin", **begin, application=wish.application, reason=wish.reason, epoch=epoch)
        seen, ended = _played(site, home, wish, run, epoch)
        failures = verdict.failures(seen)
        well = ended == "successful" and not failures
        journal.append(run.journal, "end", outcome="proven" if well else "unproven", status=ended)
        store.give_back_reserve(run)
    finally:
        lock.release(store.lock_path(home, site.name), epoch)
    if not well:
        told = "; ".join(dict.fromkeys(one.message for one in failures)) or f"the play did not end well ({ended})"
        refused = bool(failures) and all(one.status == "refused" for one in failures)
        kind = RefusedError if refused else RunnerError
        raise kind(f"{wish.application}: {told}", next_step=f"rollback-runner deployment status; {run.directory}")
    return any(event.kind == "result" and event.outcome == "changed" for event in seen)


def _played(site: Site, home: Path, wish: Wish, run: store.Run, epoch: int) -> tuple[list[TaskSeen], str]:
    environment = {
        "RR_RUN_DIR": str(run.directory),
        "RR_HOME": str(home),
        "RR_LOCK": str(store.lock_path(home, site.name)),
        "RR_EPOCH": str(epoch),
    }
    place = incidents.current(home, site.name)
    order = ansible_run.Order(
        playbook=_PLAYBOOK,
        inventory=site.directory,
        directory=run.directory,
        variables=environment | ({"RR_INCIDENT": str(place)} if place else {}),
        secret_files=site.secret_files,
        deadline=_DEADLINE,
        extra={"deployment_app": wish.application, "deployment_release_back": "true" if wish.back else "false"},
    )
    seen: list[TaskSeen] = []
    cancel = threading.Event()
    with interrupts.watched(cancel, lambda: None):
        ended = ansible_run.run(order, seen.append, cancel, lambda: None)
    return seen, ended.status


def _name(home: Path, site: str, app: str) -> str:
    stem = store.new_id(home, site, f"release-{app}")
    number, name = 1, stem
    while (home / SHELF / name).exists():
        number, name = number + 1, f"{stem}-{number + 1}"
    return name
