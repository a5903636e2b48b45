"""Which steps, in which order, for each way through. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback_runner.runbook import after, before, cut, restoring

if TYPE_CHECKING:
    from rollback_runner.runbook.model import Step
    from rollback_runner.runbook.site_view import View


def steps(view: View, strategy: str) -> tuple[Step, ...]:
    """Return the steps in the order in which they are taken, the look before them included.

    The order is that of the playbooks of the way: a test compares where the fence, the promotion and the names stand.
    """
    outage = [cut.hold(view), cut.fence(view), cut.final(view), cut.promote(view), cut.release(view)]
    rest = [after.names(view), after.settle(view), after.files(view), after.close(view), after.prove(view)]
    ready = [before.ttl(view), before.applications(view)]
    if strategy == "stop-first":
        return (
            before.look(view),
            cut.maintenance(view),
            cut.fence(view),
            after.close(view),
            restoring.set_aside(view),
            restoring.restore(view),
            *ready,
            cut.standing(view),
            cut.promote(view, compare_counters=False),
            cut.release(view),
            *(one for one in rest if one.key != "close"),
        )
    first = [restoring.restore(view)] if strategy == "restore-first" else []
    return (before.look(view), *first, before.follow(view), *ready, *outage, *rest)


def way_back(view: View) -> Step:
    """Return the step that undoes all before the promotion."""
    return cut.back(view)


def without_rds(view: View) -> Step:
    """Return the step for an RDS that does not answer. Its `do` is empty where the site names no network ACL."""
    return after.cut_off(view)
