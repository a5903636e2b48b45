"""A release's rollback played by a job: one application, its plan, and the approvals that are asked for in any case.

What changes data asks for its approvals itself, right before it acts (failback.approval.guard); the play refuses a plan
that nobody confirmed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rollback_runner.deployment import look
from rollback_runner.deployment import plan as planning
from rollback_runner.errors import RefusedError
from rollback_runner.people import approvals
from rollback_runner.plan import frozen

if TYPE_CHECKING:
    from pathlib import Path

    from rollback_runner.plan.leg import Plan
    from rollback_runner.run.options import Options
    from rollback_runner.site.site import Site


def prepared(site: Site, home: Path, options: Options) -> tuple[Site, Plan, Options]:
    """Return the site with the one application, the plan of its leg, and the options completed.

    Raises `UsageError` where the application is not clear, `RefusedError` where approvals are asked for and missing.
    """
    application = look.application(site, options.deployment.get("deployment_app", ""))
    told = {"deployment_kind": "rollback", **options.deployment, "deployment_app": application}
    options = replace(options, deployment=told)
    rules = approvals.policy_of(site)
    if rules is not None and rules.asks_of_deployment(changes_data=False) and not options.check:
        plan = None if options.break_glass else frozen.read(site, home)
        if plan is None and not options.break_glass:
            raise RefusedError(
                f"{site.name} asks for approvals of every release's rollback, and no plan is frozen.",
                next_step="rollback-runner deployment plan --freeze, and have it signed; or rr_break_glass=REASON",
            )
        approvals.require(site, home, plan.digest if plan else "", options.break_glass)
        options = replace(options, approved_plan=plan.digest if plan else "")
    return planning.narrowed(site, application), planning.of_leg(site, home, application), options
