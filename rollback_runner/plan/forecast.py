"""How long the whole plan would take, from the runs that took these legs before, beside the budgets. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rollback_runner.plan import history

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rollback_runner.plan.history import Spread
    from rollback_runner.plan.leg import Plan


@dataclass(frozen=True)
class LegAhead:
    """A leg's forecast in seconds, or None; `learnt_at` is the site it was learnt at."""

    name: str
    phase: str
    spread: Spread | None
    learnt_at: str


@dataclass(frozen=True)
class PhaseAhead:
    """What the legs of one phase take together, beside the phase's budget. None where a leg was never seen.

    `p90` adds the slow case of each leg, which is more than the slow case of all: a promise on the safe side.
    """

    phase: str
    p50: float | None
    p90: float | None
    budget: float

    @property
    def late(self) -> bool:
        """True when the slow case is past the budget."""
        return self.p90 is not None and self.p90 > self.budget


@dataclass(frozen=True)
class Ahead:
    """The forecast of all legs, of each phase, and of the whole way."""

    legs: Sequence[LegAhead]
    phases: Sequence[PhaseAhead]
    p50: float | None
    p90: float | None

    @property
    def late(self) -> tuple[PhaseAhead, ...]:
        """Return the phases that are past their budget in the slow case."""
        return tuple(phase for phase in self.phases if phase.late)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON would hold it."""
        return {
            "legs": [asdict(leg) for leg in self.legs],
            "phases": [asdict(phase) | {"late": phase.late} for phase in self.phases],
            "p50": self.p50,
            "p90": self.p90,
        }


def make(plans: Sequence[Plan], reports: Sequence[Mapping[str, Any]], sites: Sequence[str]) -> Ahead:
    """Forecast from reports. `sites` are where to learn, the site itself first; the first that knows a leg wins."""
    legs = [_leg(plan, reports, sites) for plan in plans]
    budgets = {plan.phase: plan.budget for plan in plans}
    phases = [_phase(phase, [leg for leg in legs if leg.phase == phase], budget) for phase, budget in budgets.items()]
    return Ahead(legs, phases, _sum(phase.p50 for phase in phases), _sum(phase.p90 for phase in phases))


def _leg(plan: Plan, reports: Sequence[Mapping[str, Any]], sites: Sequence[str]) -> LegAhead:
    for site in sites:
        found = history.of(reports, site, plan.leg.name).phase
        if found is not None:
            return LegAhead(plan.leg.name, plan.phase, found, site)
    return LegAhead(plan.leg.name, plan.phase, None, "")


def _phase(name: str, legs: Sequence[LegAhead], budget: float) -> PhaseAhead:
    spreads = [leg.spread for leg in legs]
    p50 = _sum(None if spread is None else spread.p50 for spread in spreads)
    p90 = _sum(None if spread is None else spread.p90 for spread in spreads)
    return PhaseAhead(name, p50, p90, budget)


def _sum(values: Iterable[float | None]) -> float | None:
    found = list(values)
    known = [value for value in found if value is not None]
    return round(sum(known), 1) if known and len(known) == len(found) else None
