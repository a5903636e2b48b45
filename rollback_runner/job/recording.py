"""Keeps the record of one playbook that somebody else plays: what our command does around a play, for a callback.

`begin` does all that comes before the first task: the site is read and judged, the plan made, the gate passed, the lock
taken, the record opened. Whatever it raises must end the play before its first task.
"""

from __future__ import annotations

import json
import os
import socket
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback import incident as incidents
from failback import job, scrub
from failback.errors import FailbackError

from rollback_runner import messages
from rollback_runner.awx import secrets
from rollback_runner.errors import RefusedError, RunnerError, UsageError
from rollback_runner.job import aside, asked, freezing, legs, release, takeover
from rollback_runner.job.engine import JobEngine
from rollback_runner.people import answers, handover
from rollback_runner.plan import document, ways
from rollback_runner.plan import leg as planning
from rollback_runner.record import acts, elsewhere, events, rebuilt, store, verdict
from rollback_runner.run import ansible_run, carry, processes
from rollback_runner.run.engine import Stage
from rollback_runner.run.options import Options
from rollback_runner.screen.live import Silent
from rollback_runner.site import gate
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rollback_runner.job.asked import Asked
    from rollback_runner.site.site import Site

# What guards and plugins are told by a run; none of it may come from somebody's shell.
_OURS = ("RR_RUN_DIR", "RR_EPOCH", "RR_LOCK", "RR_INCIDENT", "RR_PLAN", "RR_BREAK_GLASS", asked.WORKFLOW, job.BY_JOB)


@dataclass(frozen=True)
class Play:
    """The playbook that is about to be played: its file, the inventories, the extra variables, whether it rehearses."""

    playbook: Path
    inventories: Sequence[str]
    variables: Mapping[str, Any]
    check: bool = False


class View(Silent):
    """Shows nothing of the play, which Ansible shows itself; says only what else is to be said."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def say(self, text: str) -> None:
        """Say a sentence."""
        self._say(text)


@dataclass
class Recording:
    """For one playbook: `begin`, `take` each event, `hand_over` at the last play, `end`."""

    play: Play
    say: Callable[[str], None]
    _asked: Asked = field(default_factory=asked.Asked)
    _home: Path = field(default_factory=Path)
    _site: Site | None = None
    _engine: JobEngine | aside.Aside | None = None
    _options: Options = field(default_factory=Options)
    _secrets: tuple[str, ...] = ()
    _store: elsewhere.Place | None = None
    _own_failures: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> dict[str, str]:
        """Open the record and set the environment of the action plugins. Returns variables for the play.

        Raises `RunnerError`: nothing was done, and nothing must be done then.
        """
        self._asked = asked.read(os.environ, self.play.variables)
        self._home = home(self._asked)
        os.environ["RR_HOME"] = str(self._home)
        name = self.play.playbook.stem
        release = name.startswith("deployment")
        named = self._asked.site or os.environ.get("RR_SITE") or _inventory(self.play.inventories)
        self._site = site = sites.load(named, applications=release)
        self._confirmed(site)
        secrets.place(site.variables, os.environ)
        self._store = elsewhere.begin(named, self._home, self.say)
        lasting(self._asked, self._store)
        for variable in _OURS:
            os.environ.pop(variable, None)
        if self._asked.awx is not None and self._asked.awx.workflow:
            os.environ[asked.WORKFLOW] = str(self._asked.awx.workflow)
        self._secrets = scrub.load(site.secret_files)
        try:
            leg = legs.of(self.play.playbook.name, self._asked.strategy or site.strategy)
            told = self._begin_aside(site, name) if leg is None else self._begin_leg(site, leg)
        except FailbackError as error:
            raise RefusedError(f"{error}.") from error
        return told

    def take(self, raw: Mapping[str, Any]) -> None:
        """Note one event, in ansible-runner's form. Callers may be several threads of one process."""
        engine = self._engine
        if engine is None:
            return
        clean = scrub.scrub(json.loads(json.dumps(raw, default=str)), self._secrets)
        with self._lock:
            keep(engine.run, clean)
            for event in events.parse_event(clean):
                engine.take(event)

    def own_failure(self) -> None:
        """Note that the task which answers for the record failed: that failure is the verdict, not another one."""
        self._own_failures += 1

    def hand_over(self) -> None:
        """Write what it would come to if it ended now, for the last play's tasks; freeze a plan that awaits nodes."""
        engine, site = self._engine, self._site
        if engine is None or site is None:
            return
        status, reason = engine.status()
        plan = self._plan_in_force(site, status)
        place = incidents.current(self._home, site.name)
        content = {
            "run": engine.run.id,
            "status": status,
            "proven": status in verdict.PASSED,
            "reason": reason,
            "plan_digest": plan,
            "incident": place.name if place else "",
            "report": str(engine.run.report),
        }
        store.write_json(engine.run, job.HANDOVER, content)

    def end(self, failures: Mapping[str, int], unreachable: Mapping[str, int]) -> dict[str, Any]:
        """Close the record of a play that got to its end, and return the report."""
        engine = self._taken()
        if engine is None:
            return {}
        failed = sum(failures.values()) - self._own_failures + sum(unreachable.values()) > 0
        report = engine.close(failed=failed)
        self._told(engine, report)
        return report

    def cut_off(self, reason: str) -> None:
        """Close the record of a play that was ended from outside, and end what it left running on this machine."""
        engine = self._taken()
        if engine is None:
            return
        processes.end(engine.run.directory)
        self._told(engine, engine.cut_off(reason))

    def _taken(self) -> JobEngine | aside.Aside | None:
        engine, self._engine = self._engine, None
        return engine

    def _told(self, engine: JobEngine | aside.Aside, report: Mapping[str, Any]) -> None:
        texts = messages.Texts("en")
        if report.get("outcome"):
            self.say(f"rollback-runner: {texts.outcome(report)} {texts('report.where', path=engine.run.report)}")
        if self._store is not None:
            elsewhere.end(self._store, self.say)

    def _begin_leg(self, site: Site, leg: ways.Leg) -> dict[str, str]:
        gate.check(site)
        strategy = self._asked.strategy or site.strategy
        playbook = self.play.playbook.resolve()
        texts, view = messages.Texts("en"), View(self.say)
        options = self._chosen(site)
        if leg == ways.DEPLOYMENT:
            site, plan, options = release.prepared(site, self._home, options)
        else:
            steps = ansible_run.list_steps(playbook, site.directory)
            plan = planning.make(site, leg, steps, home=str(self._home), strategy=strategy)
        stage = Stage(plan, carry.learn(self._home, site.name, leg.name), playbook)
        if leg == ways.ABORT:
            options = self._way_back(site, options)
        elif leg != ways.DEPLOYMENT:
            around = handover.Around(
                site, self._home, [stage], answers.load(None), options, self.say, texts, carry.nobody, strategy
            )
            options = around.begin()
        engine = JobEngine(site, self._home, view, texts, options)
        engine.awx_job = self._asked.awx.id if self._asked.awx else 0
        environment = engine.open(stage, leg.name)
        self._engine, self._options = engine, options
        os.environ.update(environment | {job.BY_JOB: self._who()})
        return {"rr_leg": leg.name, "rr_strategy": plan.strategy, **options.deployment}

    def _begin_aside(self, site: Site, name: str) -> dict[str, str]:
        engine = aside.begin(self._home, site, name)
        self._engine = engine
        os.environ.update({"RR_RUN_DIR": str(engine.run.directory), job.BY_JOB: self._who()})
        return {}

    def _confirmed(self, site: Site) -> None:
        """Refuse a survey in which another site was named than the one that would be touched."""
        said = self._asked.confirm_site
        if said and said != site.name:
            raise RefusedError(
                f"The survey confirms the site {said}, and this job would be carried out on {site.name}.",
                next_step=f"launch it again with {site.name}, or the template of {said}",
            )

    def _chosen(self, site: Site) -> Options:
        said = self._asked
        return Options(
            check=self.play.check,
            accept_loss=said.accept_loss,
            takeover=said.break_lock or takeover.reason(self._home, site.name),
            stay_fenced=said.stay_fenced,
            reason=", ".join(part for part in (self.play.playbook.stem, self._who(), said.reason) if part),
            break_glass=said.break_glass,
            drill=said.drill,
            deployment=dict(said.deployment) if self.play.playbook.stem.startswith("deployment") else {},
        )

    def _way_back(self, site: Site, options: Options) -> Options:
        """Refuse to go back where the newest run made IDC writable, as our command does."""
        last = next((run for run in store.all_runs(self._home) if f"-{site.name}-" in run.id), None)
        if last is not None and acts.promoted(last.entries(), site.hosts("databases")) == "yes":
            raise RefusedError(
                f"There is no way back: run {last.id} made IDC writable, and opening RDS again would make two writers.",
                next_step="play the phase again: what is done is seen and left alone",
            )
        place = incidents.current(self._home, site.name)
        return Options(**{**vars(options), "incident": str(place) if place else ""})

    def _plan_in_force(self, site: Site, status: verdict.Status) -> str:
        """Return the digest of the frozen plan; prepare freezes one where AWX's nodes approve it."""
        try:
            if self.play.playbook.stem == "prepare" and status in verdict.PASSED and not self.play.check:
                made = freezing.for_nodes(site, self._home, self._asked)
                if made:
                    return made
            place = incidents.current(self._home, site.name)
            found = document.read(place) if place else None
        except RunnerError as error:
            self.say(f"{error.what} {error.next_step}")
            return ""
        return found.digest if found else ""

    def _who(self) -> str:
        return self._asked.awx.told if self._asked.awx else "ansible-playbook"


def home(wished: Asked) -> Path:
    """Say where the working copy of the record is: RR_HOME, for a job of AWX a directory of its own, else here."""
    given = os.environ.get("RR_HOME", "")
    if given:
        return Path(given).resolve()
    return Path(tempfile.mkdtemp(prefix="rollback-runner-")) if wished.awx else Path.cwd()


def lasting(wished: Asked, place: elsewhere.Place | None) -> None:
    """Refuse an AWX job whose record would vanish with its container, and tell its store so. Raises `RefusedError`."""
    scratch = wished.awx is not None and os.environ["RR_HOME"].startswith(_scratch())
    if place is not None:
        place.scratch = scratch
    elif scratch and wished.awx is not None:
        raise RefusedError(
            f"The record of {wished.awx.told} would vanish with its container ({socket.gethostname()}).",
            next_step="set site_store in the inventory, or RR_STORE, to a place that lasts; docs/awx.md",
        )


def keep(run: store.Run, event: Mapping[str, Any]) -> None:
    """Keep an event for people, as a run of our command does; what counts is in the journal."""
    ansible_run.record_event(run.directory / rebuilt.EVENTS, event)


def _inventory(sources: Sequence[str]) -> str:
    if len(sources) != 1 or "," in sources[0]:
        raise UsageError(
            f"The record is of one site, and {len(sources)} inventories were named: {' '.join(sources) or 'none'}.",
            next_step="ansible-playbook -i inventories/SITE playbooks/PHASE.yml",
        )
    return sources[0]


def _scratch() -> str:
    return str(Path(tempfile.gettempdir()) / "rollback-runner-")
