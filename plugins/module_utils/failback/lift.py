"""Opens RDS again after an abort: only what our fence closed, and only while IDC has never been writable."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback import fence_plan, observe
from failback.errors import RefusedError
from failback.gtid import GtidSet
from failback.sql import quote_account, quote_name, quote_text

if TYPE_CHECKING:
    from failback.fence_plan import Account
    from failback.mysql import Login, Server
    from failback.observe import Identity


@dataclass(frozen=True)
class LiftPlan:
    """What will be opened, and what was seen on IDC that allows it."""

    accounts: list[Account]
    events: list[str]
    idc: dict[str, object]
    read_only: bool
    half_open: bool  # IDC takes no write from applications, and yet is not super_read_only

    @property
    def changed(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.accounts or self.events or self.half_open)


def refuse_if_opened(seen: Identity, wanted_uuid: str, where: str, cutover: GtidSet) -> None:
    """Refuse to open RDS once IDC is, or ever was since the cut-over, open: two writers would be possible (I1, I8).

    ``read_only`` without ``super_read_only`` is what a run leaves that was killed while it raised the counters: no
    application has got in. Pure.

    Raises:
        RefusedError: another server, one that takes writes, or one that has written.

    """
    if wanted_uuid and seen.uuid != wanted_uuid:
        raise RefusedError(f"{where} is server {seen.uuid}, the inventory means {wanted_uuid}: RDS stays shut")
    if not seen.read_only:
        raise RefusedError(
            "IDC accepts writes (read_only is off), so RDS stays shut: opening it would make two writers."
            " There is no automatic way back after promotion; a new cut-over is needed",
            seen.as_evidence(),
        )
    own = (seen.executed - cutover).of_server(seen.uuid)
    if own:
        raise RefusedError(
            f"IDC has written {own.count()} transactions of its own since the cut-over ({own}), so RDS stays shut:"
            " those writes would be stranded. Compare the data before deciding by hand",
            seen.as_evidence(),
        )


def plan(rds: Server, idc: Server, idc_login: Login, cutover: str) -> LiftPlan:
    """Look at both sides. Raises RefusedError as ``refuse_if_opened``."""
    seen = observe.identity(idc)
    refuse_if_opened(seen, idc_login.server_uuid, str(idc_login), GtidSet.parse(cutover))
    accounts = fence_plan.accounts_to_open(observe.accounts(rds))
    tool = rds.text("SELECT CURRENT_USER()").rpartition("@")[0]
    return LiftPlan(
        accounts=[account for account in accounts if account.user != tool],
        events=observe.noted_events(rds),
        idc=seen.as_evidence(),
        read_only=observe.identity(rds).read_only,
        half_open=not seen.super_read_only,
    )


def close_idc(idc: Server, idc_login: Login, cutover: str) -> None:
    """Close a half-open IDC for good, and look once more whether it was written before that. Raises RefusedError."""
    idc.execute("SET GLOBAL super_read_only = ON")
    # The promotion persists both: without this, IDC would come up open after its next start.
    for name in ("super_read_only", "read_only"):
        idc.execute(f"RESET PERSIST IF EXISTS {name}")
    refuse_if_opened(observe.identity(idc), idc_login.server_uuid, str(idc_login), GtidSet.parse(cutover))


def carry_out(rds: Server, found: LiftPlan) -> None:
    """Enable the events, then unlock; the notes go last, so that an interrupted run can be repeated."""
    definers = {
        f"{row['s']!s}.{row['n']!s}": (str(row["s"]), str(row["n"]), str(row["d"]))
        for row in rds.rows("SELECT EVENT_SCHEMA AS s, EVENT_NAME AS n, DEFINER AS d FROM information_schema.EVENTS")
    }
    for event in found.events:
        if event in definers:  # one that was dropped meanwhile needs nothing
            schema, name, definer = definers[event]
            user, _, host = definer.rpartition("@")
            rds.execute(
                f"ALTER DEFINER={quote_account(user, host)} EVENT {quote_name(schema)}.{quote_name(name)} ENABLE"
            )
    text = quote_text(json.dumps({fence_plan.MARK: None}))
    if found.accounts:
        names = ", ".join(quote_account(account.user, account.host) for account in found.accounts)
        rds.execute(f"ALTER USER {names} ACCOUNT UNLOCK ATTRIBUTE {text}")
    if found.events:
        user, _, host = rds.text("SELECT CURRENT_USER()").rpartition("@")
        rds.execute(f"ALTER USER {quote_account(user, host)} ATTRIBUTE {text}")
