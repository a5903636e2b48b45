"""Which leg a playbook is, under which strategy. Pure."""

from __future__ import annotations

from rollback_runner.errors import UsageError
from rollback_runner.plan import ways

# Playbooks beside the way: they look or do one thing, and prove no item of a phase.
ASIDE = {
    "backup_proof.yml": "proof-runs",
    "baseline.yml": "baseline-runs",
    "deployment_list.yml": "looks",
    "deployment_look.yml": "looks",
    "stopgap.yml": "stopgaps",
}


def of(playbook: str, strategy: str) -> ways.Leg | None:
    """Return the leg a playbook carries out, None for one beside the way.

    Raises `UsageError` when the strategy has no such leg, or nobody knows the playbook.
    """
    if playbook in ASIDE:
        return None
    if playbook == ways.ABORT.playbook:
        return ways.ABORT
    if playbook == ways.DEPLOYMENT.playbook:
        return ways.DEPLOYMENT
    found = next((leg for leg in ways.way(strategy).legs if leg.playbook == playbook), None)
    if found is not None:
        return found
    others = [name for name, way in ways.WAYS.items() if any(leg.playbook == playbook for leg in way.legs)]
    if others:
        raise UsageError(
            f"The strategy {strategy} has no leg {playbook}; {', '.join(others)} has one.",
            next_step=f"-e rr_strategy={others[0]}, or another playbook",
        )
    raise UsageError(f"{playbook} is no phase playbook of ours, so no record of it can be kept.")
