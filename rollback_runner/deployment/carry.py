"""Carries out the rollback (or the promotion) of one application: looks, shows, has it confirmed, runs it as a run.

The confirmed digest goes with the run: the playbook looks again by itself and refuses what differs (DEPLOY-03).
A rollback is never rolled back by itself, whatever happens.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from failback import incident as incidents

from rollback_runner import messages
from rollback_runner.content import ROOT
from rollback_runner.deployment import gate, look, view
from rollback_runner.deployment import plan as planning
from rollback_runner.errors import RefusedError, UsageError
from rollback_runner.people import answers
from rollback_runner.plan import history, ways
from rollback_runner.record import store
from rollback_runner.run import carry
from rollback_runner.run.engine import Engine, Stage
from rollback_runner.screen import live
from rollback_runner.site import gate as site_gate
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rollback_runner.checklist import Language
    from rollback_runner.deployment.look import Looked, Wish
    from rollback_runner.people.answers import Answers
    from rollback_runner.run.options import Options
    from rollback_runner.site.site import Site

    Confirm = Callable[[str, str], str]


@dataclass(frozen=True)
class Asked:
    """What a person asked for; `wish.application` may be empty where the site has one only.

    `resumed` goes on with a run that was cut off: what is left of its plan is not asked for again.
    """

    site: str
    home: Path
    wish: Wish
    language: Language = "en"
    yes: bool = False
    answers: str | None = None
    silent: bool = False
    resumed: bool = False


def carry_out(asked: Asked, options: Options, confirm: Confirm) -> dict[str, Any]:
    """Carry it out and return the run's report. `confirm` shows the plan and has the site's name typed.

    Raises `RefusedError` where a gate says no, `UsageError` for a wrong wish, and what looking raises.
    """
    began = store.now()
    site = sites.load(asked.site, applications=True)
    asked = replace(asked, wish=replace(asked.wish, application=look.application(site, asked.wish.application)))
    said = answers.load(asked.answers)
    site_gate.check(site)
    texts = messages.Texts(asked.language)
    watch = live.choose(texts, silent=asked.silent)
    leg = planning.of_leg(site, asked.home, asked.wish.application)
    looked = look.look(site, asked.home, asked.wish, watch.say)
    gate.rolls_back(looked, texts)
    digest = gate.confirmed_before(asked.home, site, looked) if asked.resumed else ""
    if not digest:
        _confirmed(asked, site, looked, said, confirm)
        digest = looked.facts.digest
    signed = "" if options.check else gate.approved(site, asked.home, looked, texts, options.break_glass)
    options = replace(
        options,
        incident=_incident(site, asked.home, options),
        approved_plan=signed,
        command_began=began,
        reason=options.reason or asked.wish.reason,
        deployment=replace(asked.wish, to=_target(looked)).variables(digest),
    )
    stage = Stage(leg, carry.learn(asked.home, site.name, leg.leg.name), ROOT / "playbooks" / leg.leg.playbook)
    stage = replace(stage, plan=replace(leg, forecast=history.forecast(stage.past, 0.0, {})))
    narrow = planning.narrowed(site, asked.wish.application)
    return Engine(narrow, asked.home, watch, texts, options).carry_out([stage], ways.DEPLOYMENT.name)


def unfinished(home: Path, found: carry.Unfinished) -> tuple[Wish, Options]:
    """Return what the run that was cut off was asked for. Raises `UsageError` when its record does not say."""
    told = found.options.deployment
    if not told.get("deployment_app"):
        raise UsageError(
            "The record does not say which application that run was for.",
            next_step=f"rollback-runner deployment status -i {found.site.directory}",
        )
    wish = look.Wish(
        told["deployment_app"],
        told.get("deployment_kind", "rollback"),
        told.get("deployment_to", ""),
        told.get("deployment_strategy", ""),
        told.get("deployment_reason", ""),
    )
    taken = found.options.takeover or carry.takeover(home, found.site.name)
    return wish, replace(found.options, takeover=taken)


def _target(looked: Looked) -> str:
    """Name the target that was shown: the run must not choose another one by the rule meanwhile."""
    return str((looked.facts.plan or {}).get("to") or looked.wish.to)


def _incident(site: Site, home: Path, options: Options) -> str:
    """Open an incident, or take the open one; a rehearsal and broken glass open none."""
    place = incidents.current(home, site.name)
    if place is None and not options.check and not options.break_glass:
        place = incidents.begin(home, site.name)
    return str(place or "")


def _confirmed(asked: Asked, site: Site, looked: Looked, said: Answers, confirm: Confirm) -> None:
    """Have the site's name typed under the plan, unless --yes or the answers say it. Raises `RefusedError`."""
    texts = messages.Texts(asked.language)
    shown = "\n".join(line.text for line in view.plan(site, looked, texts))
    if asked.yes:
        if not asked.silent:
            sys.stderr.write(shown + "\n")
        return
    answer = said.site or confirm(shown, texts("plan.ask", site=site.name))
    if answer != site.name:
        raise RefusedError(texts("plan.declined", site=site.name), next_step="the same command again, or with --yes")
