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
from rollback_runner.verdict import Expected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollback_runner.history import Spread
    from rollback_runner.seen import Step
    from rollback_runner.site import Site

_NOT_BUILT = {
    "restore-first": "it restores IDC from a backup while RDS serves, and the restore is not built yet",
    "stop-first": "it stops all writes at once and restores; neither the maintenance page nor the restore is built yet",
}
# What cannot be taken back: the act that makes IDC writable.
_PROMOTION = "SWITCH-01"
_VERSION = 1


@dataclass(frozen=True)
class Plan:
    """Frozen: a run carries out the plan that was shown, or none."""

    site: str
    phase: str
    strategy: str
    reason: str
    budget: float
    items: tuple[Expected, ...]
    steps: tuple[Step, ...]
    point_of_no_return: str
    forecast: Spread | None
    digest: str

    @property
    def excused(self) -> frozenset[str]:
        """The items this site does not ask for."""
        return frozenset(item.id for item in self.items if item.excused)


def make(site: Site, phase: str, steps: Sequence[Step], forecast: Spread | None = None, home: str = "") -> Plan:
    """Make the plan for one phase. Raises `UsageError` for a phase or a strategy that does not exist yet."""
    refuse_unbuilt(phase)
    strategy, reason = choose_strategy(site.strategy)
    items = tuple(_expected(site, item) for item in checklist.of_phase(phase))
    content = {
        "version": _VERSION,
        "site": site.name,
        "phase": phase,
        "strategy": strategy,
        "budget": site.budgets[phase],
        "items": [asdict(item) for item in items],
        "steps": [asdict(step) for step in steps],
        "groups": {name: list(hosts) for name, hosts in site.groups.items()},
        "variables": _lasting(site.variables, {home: "$RR_HOME", str(site.directory): "$SITE"}),
    }
    return Plan(
        site=site.name,
        phase=phase,
        strategy=strategy,
        reason=reason,
        budget=float(site.budgets[phase]),
        items=items,
        steps=tuple(steps),
        point_of_no_return=_point_of_no_return(steps),
        forecast=forecast,
        digest=digest(content),
    )


def refuse_unbuilt(phase: str) -> None:
    """Refuse a phase that is unknown or not built yet, in one sentence each."""
    if phase not in checklist.PHASES:
        near = checklist.nearest(phase, list(checklist.PHASES))
        raise UsageError(
            f"There is no phase {phase}{near}; phases: {', '.join(checklist.PHASES)}.",
            next_step="rollback-runner phase emergency -i SITE",
        )
    if phase not in checklist.BUILT:
        raise UsageError(
            f"The phase {phase} is not built yet; what can be run today: {', '.join(checklist.BUILT)}.",
            next_step="rollback-runner phase emergency -i SITE",
        )


def choose_strategy(wanted: str) -> tuple[str, str]:
    """Choose by rule, with the reason. Raises `UsageError` for the ways through that are not built yet."""
    if wanted in _NOT_BUILT:
        raise UsageError(
            f"The strategy {wanted} is refused: {_NOT_BUILT[wanted]}.",
            next_step="set site_strategy: switch-first if the data on IDC up to the cut-over is usable",
        )
    return (
        "switch-first",
        "the data on IDC up to the cut-over is usable, so only what RDS took since then must be fetched",
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
    return Expected(item.id, hosts, excused)


def _point_of_no_return(steps: Sequence[Step]) -> str:
    """Find the task that makes IDC writable: the first of the promotion item on the databases."""
    return next((step.name for step in steps if _PROMOTION in step.ids and step.hosts == "databases"), "")


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
