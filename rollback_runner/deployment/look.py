"""Looks at one application's production: the playbook that only reads, recorded aside, and what its tasks found.

Takes no lock and is no run: its record lies below RR_HOME/looks. Everything a person confirms comes from here, and the
rollback looks again by itself before it acts.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from failback import journal, lock

from rollback_runner import checklist
from rollback_runner.content import ROOT
from rollback_runner.deployment import facts, words
from rollback_runner.errors import RefusedError, RunnerError, UsageError
from rollback_runner.plan import ways
from rollback_runner.record import store, verdict
from rollback_runner.run import ansible_run, interrupts
from rollback_runner.site import parts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from rollback_runner.checklist import Language
    from rollback_runner.deployment.facts import Facts
    from rollback_runner.record.seen import TaskSeen
    from rollback_runner.record.verdict import Failure
    from rollback_runner.site.site import Site

SHELF = "looks"
_LISTING = "deployment_list.yml"
_DEADLINE = 300.0  # seconds; a reversal that was never rehearsed is tried on a scratch server meanwhile


@dataclass(frozen=True)
class Wish:
    """What a person asks for: `kind` is rollback or promote; `to` and `strategy` are empty where the rule chooses."""

    application: str
    kind: str = "rollback"
    to: str = ""
    strategy: str = ""
    reason: str = ""

    def variables(self, plan: str = "") -> dict[str, str]:
        """Return what the playbooks are told; `plan` is the digest that was confirmed."""
        return {
            "deployment_app": self.application,
            "deployment_kind": self.kind,
            "deployment_to": self.to,
            "deployment_strategy": self.strategy,
            "deployment_reason": self.reason,
            "deployment_plan": plan,
        }


@dataclass(frozen=True)
class Looked:
    """What was found, and what stopped the look before its end (nothing: it saw everything)."""

    wish: Wish
    facts: Facts
    failures: Sequence[Failure]
    findings: Sequence[Mapping[str, Any]]
    record: str

    @property
    def whole(self) -> bool:
        """Whether a plan came of it."""
        return not self.failures and self.facts.plan is not None

    def need(self, language: Language = "en") -> None:
        """Refuse to go on without a plan. Raises `RefusedError` where a gate said no, `RunnerError` where it broke."""
        if self.whole:
            return
        said = [words.spoken(one.message, self.facts.korean, language) for one in self.failures]
        said = said or ["the look ended without a plan"]
        told = f"{self.wish.application}: {'; '.join(dict.fromkeys(said))}"
        kind = RefusedError if all(one.status == "refused" for one in self.failures) and self.failures else RunnerError
        raise kind(told, next_step=f"rollback-runner deployment list --app {self.wish.application}; {self.record}")

    def need_listing(self, language: Language = "en") -> None:
        """Refuse to go on when not even the deployments could be listed. Raises as `need` does."""
        if not self.facts.deployments:
            self.need(language)


def application(site: Site, name: str) -> str:
    """Pick the application that is meant; the only one where none is named. Raises `UsageError`."""
    known = site.hosts(parts.APPLICATIONS)
    if not known:
        raise UsageError(
            f"{site.name} has no application: no host stands in its group {parts.APPLICATIONS}.",
            next_step="docs/inventory.md says how to add one",
        )
    if name and name not in known:
        raise UsageError(
            f"{site.name} has no application {name}{checklist.nearest(name, list(known))}; it has: {', '.join(known)}.",
            next_step="--app NAME",
        )
    if not name and len(known) > 1:
        raise UsageError(f"Which application? {site.name} has: {', '.join(known)}.", next_step=f"--app {known[0]}")
    return name or known[0]


def look(
    site: Site, home: Path, wish: Wish, say: Callable[[str], None] = lambda _line: None, *, listing: bool = False
) -> Looked:
    """Look at the application. `listing`: read the deployments alone, no target and no database.

    Raises `RecordError` when it cannot be recorded; what fails on the way is told.
    """
    run = store.create_aside(home, SHELF, _name(home, site.name, wish.application), site.secret_files)
    begin = {"phase": ways.DEPLOYMENT_LOOK.name, "site": site.name, "holder": store.holder(), "options": {}}
    journal.append(run.journal, "begin", **begin, application=wish.application)
    order = ansible_run.Order(
        playbook=ROOT / "playbooks" / (_LISTING if listing else ways.DEPLOYMENT_LOOK.playbook),
        inventory=site.directory,
        directory=run.directory,
        variables={"RR_RUN_DIR": str(run.directory), "RR_HOME": str(home), **_standing(home, site.name)},
        secret_files=site.secret_files,
        deadline=_DEADLINE,
        extra=wish.variables(),
    )
    seen: list[TaskSeen] = []

    def take(event: TaskSeen) -> None:
        seen.append(event)
        if event.kind == "task" and event.ids:
            say(event.sentence)

    cancel = threading.Event()
    with interrupts.watched(cancel, lambda: None):
        ended = ansible_run.run(order, take, cancel, lambda: None)
    found = read(seen, wish, str(run.directory))
    if not found.failures and ended.status != "successful":
        said = ended.last_words or f"the look did not get to its end ({ended.status})"
        lost = verdict.Failure((), wish.application, "Look at the application", "failed", said)
        found = Looked(wish, found.facts, (lost,), found.findings, found.record)
    outcome = "proven" if not found.failures else "unproven"
    journal.append(run.journal, "end", outcome=outcome, status=ended.status)
    store.give_back_reserve(run)
    return found


def _standing(home: Path, site: str) -> dict[str, str]:
    """Say under which epoch a run would act now; nothing while another one holds the site's lock.

    What a run that was cut off left locked on the hosts is told by it from what a run at work holds.
    """
    path = store.lock_path(home, site)
    try:
        found = lock.read(path)
    except lock.LockError:
        return {}
    if found is None or (found.held and not found.stale):
        return {}
    return {"RR_LOCK": str(path), "RR_EPOCH": str(found.epoch + 1)}


def read(seen: Sequence[TaskSeen], wish: Wish, record: str) -> Looked:
    """Read what the tasks told. Pure."""
    results = [event for event in seen if event.kind == "result" and event.outcome != "skipped"]
    told = [(event.ids, part) for event in results if isinstance(part := event.evidence.get("evidence"), dict)]
    findings = [dict(one) | {"ids": list(event.ids)} for event in results for one in event.findings]
    # What a task names as a blocker is a no with its reason, and not a look that broke.
    noes = {event.sentence for event in results if any(one["severity"] == "blocker" for one in event.findings)}
    failed = [replace(one, status="refused") if one.task in noes else one for one in verdict.failures(seen)]
    return Looked(wish, facts.read(told), failed, findings, record)


def _name(home: Path, site: str, app: str) -> str:
    stem = store.new_id(home, site, f"look-{app}")
    number, name = 1, stem
    while (home / SHELF / name).exists():
        number, name = number + 1, f"{stem}-{number + 1}"
    return name
