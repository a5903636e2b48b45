"""What must be there before a release's rollback may act: a plan that rolls back, a word, and signatures where asked.

A run that was cut off after a person confirmed it is not asked again: what is left of that plan goes on under its
digest, which the incident keeps (the task of DEPLOY-03 wrote it there).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback import incident as incidents
from failback.deployment import plan as plans
from failback.people import decision

from rollback_runner.deployment import plan as planning
from rollback_runner.deployment import words
from rollback_runner.errors import RefusedError
from rollback_runner.people import approvals
from rollback_runner.plan import changes as plan_changes
from rollback_runner.plan import frozen, ways

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rollback_runner.deployment.look import Looked
    from rollback_runner.messages import Texts
    from rollback_runner.plan.document import Frozen
    from rollback_runner.site.site import Site

_KEPT = "deployment-plan"  # as the task that checks the confirmation keeps it
_FREEZE = "rollback-runner deployment plan --freeze --as NAME --key FILE; then rollback-runner approve"


@dataclass(frozen=True)
class Passed:
    """What the run goes on with: the digest a person confirmed, and that of the plan people signed ("" for none)."""

    confirmed: str
    signed: str = ""


def rolls_back(looked: Looked, texts: Texts) -> None:
    """Refuse where nothing may be rolled back. Raises `RefusedError` with what to do instead."""
    looked.need(texts.language)
    choice: Mapping[str, Any] = looked.facts.choice or {}
    if choice and not choice.get("rolls_back", True):
        why = words.said(choice.get("why"), texts)
        told = texts(f"deployment.stops.{choice['strategy']}", app=looked.wish.application, why=why)
        raise RefusedError(told, next_step=words.said(choice.get("next_step"), texts))


def confirmed_before(home: Path, site: Site, looked: Looked) -> str:
    """Return the digest that was confirmed for what is left to do now; "" where a person must be asked."""
    place = incidents.current(home, site.name)
    found = incidents.facts(place).get(f"{_KEPT}.{looked.wish.application}".lower()) if place else None
    if not isinstance(found, dict) or looked.facts.plan is None:
        return ""
    plan = found.get("plan")
    if not isinstance(plan, dict) or plans.digest(plan) != found.get("digest"):
        return ""
    return str(found["digest"]) if plans.rest_of(plan, looked.facts.plan) else ""


def approved(site: Site, home: Path, looked: Looked, texts: Texts, break_glass: str) -> str:
    """Return the digest of the signed plan; "" where none is asked for, or the glass is broken.

    Raises `RefusedError` naming what is missing, or what is not as it was signed.
    """
    if not planning.asks_for_approvals(site, looked.facts):
        return ""
    plan = None if break_glass else frozen.read(site, home)
    if plan is None and not break_glass:
        raise RefusedError(texts("deployment.freeze_first", site=site.name), next_step=_FREEZE)
    if plan is not None and plan.strategy != ways.DEPLOYMENT_WAY.strategy:
        raise RefusedError(texts("deployment.other_plan", strategy=plan.strategy), next_step=_FREEZE)
    approvals.require(site, home, plan.digest if plan else "", break_glass)
    if plan is None:
        return ""
    if declined := decision.refusal(incidents.current(home, site.name), plan.digest):
        raise RefusedError(f"{declined}.", next_step=_FREEZE)
    _still(site, home, plan, looked, texts)
    return plan.digest


def freezable(site: Site, home: Path, texts: Texts) -> None:
    """Refuse to put a release's plan in the place of a plan that takes the service back. Raises `RefusedError`."""
    kept = frozen.read(site, home)
    if kept is not None and kept.strategy != ways.DEPLOYMENT_WAY.strategy:
        raise RefusedError(
            texts("deployment.other_plan", strategy=kept.strategy),
            next_step='rollback-runner incident close --reason "why", once that is over',
        )


def _still(site: Site, home: Path, plan: Frozen, looked: Looked, texts: Texts) -> None:
    """Refuse when what would be done now is not what was signed, nor what is left of it."""
    now = planning.make(site, home, looked)
    fallen = [one for one in frozen.changes(plan, now) if not one.harmless]
    if planning.same_or_rest(plan.content, now.content):
        fallen = [one for one in fallen if one.key != plan_changes.DEPLOYMENT]
    if fallen:
        told = "; ".join(one.sentence[texts.language] for one in fallen)
        raise RefusedError(texts("deployment.fallen", told=told), next_step=_FREEZE)
