"""Between the command line and the engine: reads the site, makes the plan, has it confirmed, and carries it out."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from failback import incident as incidents
from failback import lock

from rollback_runner import checklist, messages
from rollback_runner.content import ROOT
from rollback_runner.errors import RefusedError, UsageError
from rollback_runner.people import answers, handover
from rollback_runner.plan import history, ways
from rollback_runner.plan import leg as planning
from rollback_runner.record import acts, store, verdict
from rollback_runner.run import ansible_run
from rollback_runner.run.engine import Engine, Stage
from rollback_runner.run.options import Options
from rollback_runner.screen import live
from rollback_runner.site import gate
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rollback_runner.checklist import Language
    from rollback_runner.people.answers import Answers
    from rollback_runner.plan.history import History
    from rollback_runner.plan.leg import Plan
    from rollback_runner.site.site import Site

    Confirm = Callable[[str, str], str]
    Ask = Callable[[Site, Path, str, messages.Texts], object]


def nobody(_site: Site, _incident: Path, _phase: str, _texts: messages.Texts) -> None:
    """Ask nobody."""


_LEARNT_FROM = 50  # the newest runs the forecast is made from


@dataclass(frozen=True)
class Asked:
    """What the person asked for, apart from what the engine must know. `legs` are names such as `full:restore`.

    No leg means the whole way of the strategy; no `strategy` means the site's.
    """

    legs: tuple[str, ...]
    site: str
    home: Path
    language: Language
    yes: bool
    answers: str | None
    silent: bool
    strategy: str = ""


@dataclass(frozen=True)
class Unfinished:
    """The run that `resume` goes on with."""

    site: Site
    legs: tuple[str, ...]
    strategy: str
    options: Options


def carry_out(asked: Asked, options: Options, confirm: Confirm, ask: Ask = nobody) -> dict[str, Any]:
    """Carry out the legs that were asked for, as one run, and return its report.

    `confirm` has the site's name typed, `ask` asks for people's words; neither is called with `yes`.
    """
    site = sites.load(asked.site)
    legs = _legs(asked, site, options)
    said = answers.load(asked.answers)
    gate.check(site)
    texts = messages.Texts(asked.language)
    stages = [_stage(asked, site, leg) for leg in legs]
    shown = "\n\n".join(show(stage.plan, texts, check=options.check) for stage in stages)
    _confirmed(asked, site, shown, said, confirm)
    view = live.choose(texts, silent=asked.silent)
    around = handover.Around(
        site, asked.home, stages, said, options, view.say, texts, nobody if asked.yes else ask, asked.strategy
    )
    return Engine(site, asked.home, view, texts, around.begin()).carry_out(stages, _run_name(legs), around.between)


def _legs(asked: Asked, site: Site, options: Options) -> tuple[ways.Leg, ...]:
    """Pick the legs. Who breaks the glass waits for nobody: the legs before the first act are left out."""
    strategy = asked.strategy or site.strategy
    if not asked.legs:
        legs = ways.way(strategy).legs
        return tuple(leg for leg in legs if leg not in (ways.PREPARE, ways.APPROVE)) if options.break_glass else legs
    return tuple(ways.named(strategy, name) for name in asked.legs)


def _run_name(legs: tuple[ways.Leg, ...]) -> str:
    return legs[0].name if len(legs) == 1 else "rollback"


def _stage(asked: Asked, site: Site, leg: ways.Leg) -> Stage:
    playbook = ROOT / "playbooks" / leg.playbook
    steps = ansible_run.list_steps(playbook, site.directory)
    past = learn(asked.home, site.name, leg.name)
    ahead = history.forecast(past, 0.0, {})
    plan = planning.make(site, leg, steps, forecast=ahead, home=str(asked.home), strategy=asked.strategy)
    return Stage(plan, past, playbook)


def abort(asked: Asked, options: Options, confirm: Confirm) -> dict[str, Any]:
    """Go back by hand and return the report."""
    site = sites.load(asked.site)
    said = answers.load(asked.answers)
    gate.check(site)
    playbook = ROOT / "playbooks" / "abort.yml"
    steps = ansible_run.list_steps(playbook, site.directory)
    plan = planning.make(site, ways.ABORT, steps, home=str(asked.home))
    texts = messages.Texts(asked.language)
    shown = "\n".join([texts("plan.title", phase=texts("phase.abort"), site=site.titles[asked.language])])
    _confirmed(asked, site, shown, said, confirm)
    view = live.choose(texts, silent=asked.silent)
    last = next((run for run in store.all_runs(asked.home) if _begin(run).get("site") == site.name), None)
    # Going back is what is left to do with a run whose process is gone, just as going on is.
    place = incidents.current(asked.home, site.name)
    options = replace(
        options, takeover=options.takeover or takeover(asked.home, site.name), incident=str(place) if place else ""
    )
    return Engine(site, asked.home, view, texts, options).abort(plan, last)


def unfinished(home: Path, site_name: str) -> Unfinished:
    """Find the newest run of this site that did not prove everything. Raises `UsageError` when there is none."""
    site = sites.load(site_name, applications=True)
    released: set[str] = set()  # applications whose rollback got to its end since
    for run in store.all_runs(home):
        begin = _begin(run)
        if begin.get("site") != site.name or begin.get("options", {}).get("check"):
            continue
        end = next((entry for entry in run.entries() if entry["kind"] == "end"), {})
        # A run that was given up by hand is at its end too: whoever gave it up must say so to begin anew.
        application = begin["options"].get("deployment", {}).get("deployment_app", "")
        if end.get("outcome") in {"proven", "aborted"} and application:
            released.add(application)
            continue
        if end.get("outcome") in {"proven", "aborted"}:
            break
        if begin.get("phase") == "abort" or application in released:
            continue
        kept = {key: begin["options"].get(key, "") for key in ("accept_loss", "stay_fenced", "drill", "incident")}
        kept["deployment"] = begin["options"].get("deployment") or {}
        return Unfinished(site, _left(run, begin), begin["strategy"], _resumed(site, run, begin, kept))
    raise UsageError(
        f"There is nothing to resume on {site.name}: its newest run got to its end.", next_step="rollback-runner status"
    )


def _resumed(site: Site, run: store.Run, begin: dict[str, Any], kept: dict[str, Any]) -> Options:
    """Take over what was asked of the run.

    Broken glass counts for what was begun with it, and for a run that was cut off before it could begin anything. One
    that got to its end without an act spent it: whoever begins anew says the reason anew.
    """
    entries, asked = run.entries(), begin["options"]
    promoted = acts.promoted(entries, site.hosts("databases"))
    begun, ended = (any(entry["kind"] == kind for entry in entries) for kind in ("intent", "end"))
    return Options(
        reason=f"resume of {run.id}",
        break_glass=asked.get("break_glass", "") if begun or not ended else "",
        promoted_before=promoted if promoted != "no" else asked.get("promoted_before", ""),
        **kept,
    )


def _left(run: store.Run, begin: dict[str, Any]) -> tuple[str, ...]:
    """List the legs from the first one that is not on record as proven. The next leg's own gate looks at the world."""
    proven = {entry["leg"] for entry in run.entries() if entry["kind"] == "leg" and entry["status"] in verdict.PASSED}
    legs: list[str] = begin["legs"]
    first = next((number for number, leg in enumerate(legs) if leg not in proven), len(legs) - 1)
    return tuple(legs[first:])


def takeover(home: Path, site: str) -> str | None:
    """Return the reason for taking over a stale lock; None when the lock is free or its holder lives."""
    try:
        held = lock.read(store.lock_path(home, site))
    except lock.LockError:
        return None  # acquiring it will say what is wrong, and what to do
    return f"process {held.pid} of run {held.run} is gone" if held is not None and held.stale else None


def learn(home: Path, site: str, name: str) -> History:
    """Read the durations of past runs."""
    reports = (found for run in store.all_runs(home)[:_LEARNT_FROM] if (found := run.read_report()) is not None)
    return history.of(reports, site, name)


def show(plan: Plan, texts: messages.Texts, *, check: bool) -> str:
    """Write the plan for people."""
    title = texts("plan.title", phase=texts(f"phase.{plan.leg.name}"), site=plan.site)
    lines = [title, "  " + texts("plan.strategy", strategy=plan.strategy, reason=plan.reason)]
    lines.append("  " + texts("plan.items", count=len(plan.items)))
    for item in plan.items:
        where = item.excused or ", ".join(item.hosts)
        lines.append(f"    {item.id:<10} {checklist.item(item.id).title(texts.language)} ({where})")
    lines.append("  " + texts("plan.steps", count=sum(bool(step.ids) for step in plan.steps)))
    if plan.point_of_no_return:
        lines.append("  " + texts("plan.no_return", step=plan.point_of_no_return))
    lines.append("  " + texts("plan.budget", budget=plan.budget))
    ahead = plan.forecast
    if ahead is None:
        lines.append("  " + texts("plan.no_forecast"))
    else:
        lines.append("  " + texts("plan.forecast", runs=ahead.runs, p50=ahead.p50, p90=ahead.p90))
        if ahead.p90 > plan.budget:
            lines.append("  " + texts("plan.late"))
    lines.append("  " + texts("plan.digest", digest=plan.digest))
    if check:
        lines.append("  " + texts("plan.check"))
    return "\n".join(lines)


def _confirmed(asked: Asked, site: Site, shown: str, said: Answers, confirm: Confirm) -> None:
    """Have the site's name typed, unless --yes or the answers say it. Raises `RefusedError` for any other word."""
    texts = messages.Texts(asked.language)
    if asked.yes:
        if not asked.silent:
            sys.stderr.write(shown + "\n")
        return
    answer = said.site or confirm(shown, texts("plan.ask", site=site.name))
    if answer != site.name:
        raise RefusedError(texts("plan.declined", site=site.name), next_step="the same command again, or with --yes")


def _begin(run: store.Run) -> dict[str, Any]:
    return next((entry for entry in run.entries() if entry["kind"] == "begin"), {}) if run.journal.exists() else {}
