"""The plan: what would be done, where, in which order, and what could not be taken back. Pure: site and checklist in.

Two plans with the same digest do the same. What differs between machines and moments (paths of this machine, forecasts)
is left out of it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rollback_runner import checklist
from rollback_runner.errors import UsageError
from rollback_runner.plan import ways
from rollback_runner.record.seen import CHECK, REFUSAL
from rollback_runner.record.verdict import Expected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollback_runner.plan.history import Spread
    from rollback_runner.plan.ways import Leg
    from rollback_runner.record.seen import Step
    from rollback_runner.site.site import Site

# What cannot be taken back: the act that makes IDC writable.
_PROMOTION = "SWITCH-01"
# A task whose name begins so looks, waits or refuses; one without an item that begins like the last two notes a fact.
_LOOKS = (CHECK, REFUSAL, "Read", "Wait until", "Validating arguments")
_NOTES = ("Keep", "Remember")
_VERSION = 2


@dataclass(frozen=True)
class Plan:
    """Frozen: a run carries out the plan that was shown, or none. `leg` names the playbook and what it must prove."""

    site: str
    leg: Leg
    strategy: str
    reason: str
    budget: float
    items: tuple[Expected, ...]
    steps: tuple[Step, ...]
    point_of_no_return: str
    forecast: Spread | None
    digest: str

    @property
    def phase(self) -> str:
        """The phase whose items these are."""
        return self.leg.phase

    @property
    def excused(self) -> frozenset[str]:
        """The items this site does not ask for."""
        return frozenset(item.id for item in self.items if item.excused)


def make(  # noqa: PLR0913 - what a plan depends on
    site: Site,
    leg: Leg,
    steps: Sequence[Step],
    *,
    forecast: Spread | None = None,
    home: str = "",
    strategy: str = "",
) -> Plan:
    """Make the plan for one leg of the site's strategy, or of the one named. Raises `UsageError` for an unknown one."""
    way = ways.way(strategy or site.strategy)
    mine = [item for item in checklist.items() if item.id in leg.items] if leg.items else checklist.of_phase(leg.phase)
    items = tuple(_expected(site, item) for item in mine)
    content = {
        "version": _VERSION,
        "site": site.name,
        "phase": leg.phase,
        "part": leg.part,
        "strategy": way.strategy,
        "budget": site.budgets[leg.phase],
        "items": [asdict(item) for item in items],
        "steps": [asdict(step) for step in steps],
        "groups": {name: list(hosts) for name, hosts in site.groups.items()},
        "variables": _lasting(site.variables, {home: "$RR_HOME", str(site.directory): "$SITE"}),
    }
    return Plan(
        site=site.name,
        leg=leg,
        strategy=way.strategy,
        reason=way.reason,
        budget=float(site.budgets[leg.phase]),
        items=items,
        steps=tuple(steps),
        point_of_no_return=_point_of_no_return(steps),
        forecast=forecast,
        digest=digest(content),
    )


def whole_digest(plans: Sequence[Plan]) -> str:
    """Digest a run's plans as one: that of its only plan, or of all in their order."""
    return plans[0].digest if len(plans) == 1 else digest({"plans": [plan.digest for plan in plans]})


def refuse_unknown(phase: str) -> None:
    """Refuse a phase that there is none of, with the nearest one. Raises `UsageError`."""
    if phase == ways.DEPLOYMENT.phase:
        raise UsageError(
            "A release is rolled back by a command of its own, which looks, shows its plan and asks.",
            next_step="rollback-runner deployment plan",
        )
    if phase not in checklist.PHASES:
        near = checklist.nearest(phase, list(checklist.PHASES))
        raise UsageError(
            f"There is no phase {phase}{near}; phases: {', '.join(checklist.PHASES)}.",
            next_step="rollback-runner phase emergency",
        )


def digest(content: Mapping[str, Any]) -> str:
    """Digest canonical JSON: keys sorted, no blanks."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _expected(site: Site, item: checklist.Item) -> Expected:
    hosts = tuple(host for group in item.hosts for host in site.hosts(group))
    excused = ""
    if item.asked_for and all(site.variables[host].get(item.asked_for) == "none" for host in hosts):
        excused = f"not asked for: {item.asked_for} is none"
    absent = tuple((host, reason) for host in hosts if (reason := site.may_be_missing(host)))
    return Expected(item.id, hosts, excused, absent)


def acts(step: Step) -> bool:
    """Tell whether a step can change something outside of the play, by its first words (a test keeps them true)."""
    return not step.name.startswith(_LOOKS if step.ids else _LOOKS + _NOTES)


def _point_of_no_return(steps: Sequence[Step]) -> str:
    """Find the task that makes IDC writable: the first of the promotion item that acts on the databases."""
    mine = (step for step in steps if _PROMOTION in step.ids and step.hosts == "databases" and acts(step))
    return next((step.name for step in mine), "")


def _lasting(value: Any, volatile: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for found, stand_in in volatile.items():
            if found:
                value = value.replace(found, stand_in)
        return value
    if isinstance(value, dict):
        return {
            str(key): _lasting(item, volatile)
            for key, item in value.items()
            if not str(key).endswith("python_interpreter") and key != "rr_home"
        }
    if isinstance(value, list | tuple):
        return [_lasting(item, volatile) for item in value]
    return value
