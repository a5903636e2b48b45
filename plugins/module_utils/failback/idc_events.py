"""Scheduled events on IDC after the promotion: which to enable again, and how. Planning is pure.

Every event that RDS created or altered arrives as REPLICA_SIDE_DISABLED, also one that was off on RDS (seen on MySQL
9.7), and the fence disables those of RDS. What must run on IDC is what ran on RDS: enabled there, or noted by the
fence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.sql import quote_account, quote_name, quote_text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from failback.mysql import Row

EVENTS = (
    "SELECT event_schema AS s, event_name AS n, definer AS d, status AS status, sql_mode AS sql_mode,"
    " time_zone AS time_zone FROM information_schema.events WHERE event_schema IN ({schemas}) ORDER BY 1, 2"
)
DEFINERS = (
    "SELECT 'event' AS kind, event_schema AS s, event_name AS n, definer AS d FROM information_schema.events"
    " WHERE event_schema IN ({schemas})"
    " UNION ALL SELECT LOWER(routine_type), routine_schema, routine_name, definer FROM information_schema.routines"
    " WHERE routine_schema IN ({schemas})"
    " UNION ALL SELECT 'trigger', trigger_schema, trigger_name, definer FROM information_schema.triggers"
    " WHERE trigger_schema IN ({schemas})"
    " UNION ALL SELECT 'view', table_schema, table_name, definer FROM information_schema.views"
    " WHERE table_schema IN ({schemas})"
)
_WAITING = frozenset({"REPLICA_SIDE_DISABLED", "SLAVESIDE_DISABLED"})  # the second is the name before 8.4


@dataclass(frozen=True)
class IdcEvent:
    """One event of IDC."""

    schema: str
    name: str
    definer: str
    status: str
    sql_mode: str
    time_zone: str

    @property
    def label(self) -> str:
        """schema.event for people."""
        return f"{self.schema}.{self.name}"

    @property
    def statements(self) -> tuple[str, ...]:
        """Enable it. Without DEFINER the event would be ours from then on; it also keeps the session's settings."""
        user, _, host = self.definer.rpartition("@")
        return (
            f"SET SESSION sql_mode = {quote_text(self.sql_mode)}, time_zone = {quote_text(self.time_zone)}",
            f"ALTER DEFINER={quote_account(user, host)} EVENT {quote_name(self.schema)}.{quote_name(self.name)} ENABLE",
        )


@dataclass(frozen=True)
class EventPlan:
    """What to enable, what cannot be because its definer has no account on IDC, and what only RDS could tell."""

    enable: tuple[IdcEvent, ...]
    without_definer: tuple[IdcEvent, ...] = ()
    unknown: tuple[IdcEvent, ...] = ()


def events_from(rows: Sequence[Row]) -> tuple[IdcEvent, ...]:
    """Read the rows of ``EVENTS``."""
    keys = ("s", "n", "d", "status", "sql_mode", "time_zone")
    return tuple(IdcEvent(*(str(row[key]) for key in keys)) for row in rows)


def plan(idc: Sequence[IdcEvent], ran_on_aws: Collection[str] | None, accounts: Collection[str]) -> EventPlan:
    """Decide. ``ran_on_aws``: "schema.event" of what ran on RDS, None when RDS does not answer.

    Without RDS nobody knows which of the waiting events ran: they stay off and are named, for a person to decide.
    ``accounts``: the accounts of IDC as user@host.
    """
    off = [event for event in idc if event.status != "ENABLED"]
    if ran_on_aws is None:
        return EventPlan((), unknown=tuple(event for event in off if event.status in _WAITING))
    wanted = [event for event in off if event.label in ran_on_aws]
    return EventPlan(
        enable=tuple(event for event in wanted if event.definer in accounts),
        without_definer=tuple(event for event in wanted if event.definer not in accounts),
    )


def without_account(definers: Sequence[Row], accounts: Collection[str]) -> list[str]:
    """Name the programs and views whose definer has no account on IDC: they fail when they are used."""
    return [
        f"{row['kind']!s} {row['s']!s}.{row['n']!s} (definer {row['d']!s})"
        for row in definers
        if str(row["d"]) not in accounts
    ]
