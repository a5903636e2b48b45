"""Freezing the whole plan under a signature, and judging whether the world is still the one it was made for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback import incident as incidents
from failback.approval import policy, signers, signing
from failback.errors import FailbackError

from rollback_runner.errors import UsageError
from rollback_runner.people import approval_keys
from rollback_runner.plan import changes as plan_changes
from rollback_runner.plan import document as plan_document
from rollback_runner.plan import facts_changes as plan_facts_changes
from rollback_runner.plan import whole as plan_whole
from rollback_runner.plan.changes import Change
from rollback_runner.plan.document import Frozen
from rollback_runner.record import store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rollback_runner.plan.whole import Whole
    from rollback_runner.run.engine import Stage
    from rollback_runner.site.site import Site

__all__ = ["Change", "Frozen", "Maker", "changes", "freeze", "judge_now", "read"]


@dataclass(frozen=True)
class Maker:
    """Who freezes the plan, with which key: a file, or `agent`. `ask`: a person sits there and can be asked for it."""

    name: str
    key: str
    ask: bool


def read(site: Site, home: Path) -> Frozen | None:
    """Read the frozen plan of the open incident, or None. Raises `RefusedError` when it is not as it was frozen."""
    incident = incidents.current(home, site.name)
    return None if incident is None else plan_document.read(incident)


def freeze(site: Site, home: Path, whole: Whole, maker: Maker) -> Frozen:
    """Freeze the plan with the open incident (one is opened if none is), signed by its maker.

    Raises `UsageError` when the key cannot sign or is not the maker's, `RecordError` when it cannot be kept.
    """
    if not maker.name.strip():
        raise UsageError(
            "A plan has a maker: who are you?", next_step="rollback-runner plan --freeze --as NAME --key FILE"
        )
    try:
        key, public = _key(site, maker)
        incident = incidents.begin(home, site.name)
        plan = _plan(site, incident, whole, maker)
        signature = signing.sign(plan.text(), key, signing.PLAN, ask=maker.ask, public=public)
        _prove(site, plan, signature)
    except FailbackError as error:
        raise UsageError(
            f"{error}; the plan was not frozen.", next_step="rollback-runner plan --freeze --as NAME --key FILE"
        ) from error
    plan_document.write(incident, plan, signature)
    return plan


def _plan(site: Site, incident: Path, whole: Whole, maker: Maker) -> Frozen:
    earlier = plan_document.makers(incident, whole.digest)
    return Frozen(
        site=site.name,
        incident=incident.name,
        strategy=str(whole.content["strategy"]),
        digest=whole.digest,
        content=whole.content,
        facts=whole.facts,
        made_by=maker.name,
        made_at=store.now(),
        makers=tuple(dict.fromkeys((*earlier, maker.name))),
    )


def changes(plan: Frozen, now: Whole) -> list[Change]:
    """Say what is not as it was when the plan was frozen, what lets approvals fall first."""
    found = [
        *plan_changes.of_content(plan.content, now.content, (plan.facts["files"], now.facts["files"])),
        *plan_facts_changes.of_facts(plan.facts, now.facts),
    ]
    return sorted(found, key=lambda change: change.harmless)


def judge_now(site: Site, home: Path, stages: Sequence[Stage]) -> list[Change]:
    """Compare the frozen plan with what would be carried out now. Legs that are not about to begin are not compared.

    Raises `RefusedError` when the plan is not as it was frozen, `UsageError` when none is frozen.
    """
    plan = plan_document.need(incidents.current(home, site.name), site.name)
    plans = [stage.plan for stage in stages if stage.plan.phase not in {"prepare", "approve"}]
    if not plans:
        return []
    now = plan_whole.make(site, home, strategy=plans[0].strategy, plans=plans)
    names = {one.leg.name for one in plans}
    return changes(_only(plan, names), _completed(now, plan, names))


def _only(plan: Frozen, names: set[str]) -> Frozen:
    """Leave the other legs out of a frozen plan, for a comparison."""
    content = {**plan.content, "legs": [leg for leg in plan.content["legs"] if leg["name"] in names]}
    phases = {name.partition(":")[0] for name in names}
    return Frozen(**{**vars(plan), "content": content, "facts": _ahead(plan.facts, phases)})


def _completed(now: Whole, plan: Frozen, names: set[str]) -> Whole:
    """Give today's plan the point of no return of a leg that is not about to begin."""
    point: Mapping[str, Any] = plan.content["point_of_no_return"] or {}
    content = now.content
    if point.get("leg") not in names:
        content = {**content, "point_of_no_return": plan.content["point_of_no_return"]}
    return plan_whole.Whole(now.plans, content, now.facts)


def _ahead(facts: Mapping[str, Any], phases: set[str]) -> dict[str, Any]:
    forecast = facts["forecast"]
    kept = [phase for phase in forecast["phases"] if phase["phase"] in phases]
    return {**facts, "forecast": {**forecast, "phases": kept}}


def _key(site: Site, maker: Maker) -> tuple[str, list[str]]:
    """Find the key to sign with, and the keys the site knows of this person. Raises `UsageError` for a stranger."""
    asked = _policy(site)
    if asked is None:
        if not maker.key:
            raise UsageError(
                "Which key signs the plan?",
                next_step="rollback-runner plan --freeze --as NAME --key FILE, or --key agent",
            )
        return maker.key, signing.agent_keys()
    if asked.source == policy.AWX:
        raise UsageError(
            f"The plan of {site.name} is frozen by the job prepare of its AWX workflow, whose nodes approve it.",
            next_step="rollback-runner awx launch",
        )
    known = signers.read(asked.signers_file)
    if not known.knows(maker.name):
        raise UsageError(
            f"{maker.name} has no key in {known.path}, so nobody could verify who made the plan.",
            next_step=f"add a line for {maker.name} there, or freeze as someone who stands in it",
        )
    return approval_keys.choose(asked, maker.name, maker.key)


def _prove(site: Site, plan: Frozen, signature: bytes) -> None:
    """Verify what was just signed, as the gate will. Raises `UsageError` when the key is not the maker's."""
    asked = _policy(site)
    if asked is None:
        return
    known = signers.read(asked.signers_file)
    claim = signing.Claim(plan.text(), signature, plan.made_by, signing.PLAN)
    answer = signing.verify([claim], known.content)[0]
    if not answer.good:
        raise UsageError(
            f"That key is not the one {known.path} gives {plan.made_by} ({answer.why}); the plan was not frozen.",
            next_step=f"--key with the key of {plan.made_by}",
        )


def _policy(site: Site) -> policy.Policy | None:
    """Read what the site asks of approvals; None where it asks for none."""
    return policy.read(next(iter(site.variables.values())))
