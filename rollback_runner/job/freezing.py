"""Freezes the plan that AWX's approval nodes are about: what prepare found, under the name of who launched it.

No key signs it: AWX proves who launched the job, and the gate compares the digest that this very job handed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback import incident as incidents
from failback.approval import policy

from rollback_runner.people import approvals
from rollback_runner.plan import document
from rollback_runner.plan import whole as plan_whole
from rollback_runner.plan.document import Frozen
from rollback_runner.record import store

if TYPE_CHECKING:
    from pathlib import Path

    from rollback_runner.job.asked import Asked
    from rollback_runner.site.site import Site


def for_nodes(site: Site, home: Path, wished: Asked) -> str:
    """Freeze the plan with the open incident and return its digest; "" where signatures approve plans, or nothing does.

    Raises `RecordError` when it cannot be kept, `UsageError` when a playbook does not parse.
    """
    rules = approvals.policy_of(site)
    place = incidents.current(home, site.name)
    if rules is None or rules.source != policy.AWX or wished.awx is None or place is None:
        return ""
    whole = plan_whole.make(site, home, strategy=wished.strategy)
    earlier = document.makers(place, whole.digest)
    plan = Frozen(
        site=site.name,
        incident=place.name,
        strategy=str(whole.content["strategy"]),
        digest=whole.digest,
        content=whole.content,
        facts=whole.facts,
        made_by=wished.awx.user,
        made_at=store.now(),
        makers=tuple(dict.fromkeys((*earlier, wished.awx.user))),
    )
    document.write(place, plan, b"")
    return plan.digest
