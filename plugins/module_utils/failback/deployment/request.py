"""Whether the request that ended is ours: told by the deployment, the kind and the moment. Pure.

A provider's answer "it is over" proves nothing by itself: another person's promotion, begun in between, ends just so.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from failback.deployment.model import Request

# Seconds that the provider's clock may be behind this machine's before a request counts as an earlier one.
CLOCKS = 300.0
_OURS = {"rollback": {"rollback", "switch"}, "promote": {"promote", "switch"}}


def problem(asked: Request, target: str, kind: str, since: datetime) -> str:
    """Say why a request does not prove that production was moved by us to the target; "" when it does.

    ``since`` is when we began, in UTC. A request that was skipped was not needed: the target was live already.
    """
    whose = f" by {asked.by}" if asked.by else ""
    if asked.ended == "superseded" or asked.to != target or asked.kind not in _OURS[kind]:
        return (
            f"another request took the place of ours: {asked.kind} to {asked.to or 'nobody knows what'}{whose}; nothing"
            " more was done, agree with them, then look again"
        )
    if asked.ended == "skipped":
        return ""
    if asked.ended != "succeeded":
        why = f": {asked.problem}" if asked.problem else ""
        return f"production was not moved to {target}, the request ended {asked.ended}{why}"
    when = _moment(asked.requested)
    if when is None:
        return f"the provider does not say when the request to {target} was made, so it may be an older one; look again"
    if when < since - timedelta(seconds=CLOCKS):
        return f"the request to {target} that ended is of {asked.requested}, before we asked; look again"
    return ""


def _moment(told: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(told)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
