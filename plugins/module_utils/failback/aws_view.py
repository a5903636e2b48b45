"""Reads RDS for the decision to open IDC: is it still closed, and did anybody write after FINAL? Only looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback import fence_plan, observe, position
from failback.gtid import GtidSet
from failback.promotion import AwsView

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from failback.mysql import Server


@dataclass(frozen=True)
class Final:
    """FINAL as the fence recorded it."""

    gtid: GtidSet
    log_file: str
    log_position: int

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Final:
        """Build from the host variable ``rds_final``. Raises GtidError."""
        return cls(
            GtidSet.parse(str(data.get("gtid") or "")),
            str(data.get("log_file") or ""),
            int(str(data.get("log_position") or 0)),
        )


def read(server: Server, final: Final, exempt: Collection[str]) -> AwsView:
    """Look at RDS now, with fresh reads of everything."""
    user = server.text("SELECT CURRENT_USER()").rpartition("@")[0]
    uuid, version, read_only, executed = server.row(
        "SELECT @@server_uuid AS u, @@version AS v, @@GLOBAL.read_only AS r, @@GLOBAL.gtid_executed AS g"
    ).values()
    accounts = fence_plan.accounts_to_lock(observe.accounts(server), exempt)
    found = observe.activity(server, observe.log_status_statement(str(version)), with_transactions=False)
    sessions = fence_plan.foreign_sessions(found.sessions, exempt, (server.thread_id,))
    events = [
        event
        for event in observe.running_events(server)
        if event.definer.rpartition("@")[0] not in exempt or event.definer.startswith(f"{user}@")
    ]
    everything = GtidSet.parse(str(executed))
    return AwsView(
        uuid=str(uuid).lower(),
        open_accounts=tuple(str(account) for account in accounts),
        sessions=tuple(f"{session.user} ({session.command})" for session in sessions),
        events=tuple(str(event) for event in events),
        read_only=bool(read_only),
        beyond_final=_beyond(server, final, everything),
        executed=everything,
    )


def _beyond(server: Server, final: Final, executed: GtidSet) -> str:
    """Tell what RDS wrote after FINAL outside its housekeeping tables; "" when nothing."""
    found = position.beyond(server, final.gtid, executed, final.log_file, final.log_position)
    return "" if found.harmless else found.sentence()


def needed(aws: Server, missing: GtidSet) -> GtidSet:
    """Leave out of ``missing`` what is only RDS's housekeeping.

    For an IDC server that is already open: RDS's heartbeat goes on behind the fence, and nothing brings it over any
    more. What cannot be decoded stays in.
    """
    if not missing:
        return missing
    executed = GtidSet.parse(aws.text("SELECT @@GLOBAL.gtid_executed"))
    found = position.beyond(aws, executed - missing, executed)
    return missing - GtidSet.parse(",".join(item.gtid for item in found.transactions if item.harmless))
