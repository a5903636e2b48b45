"""May IDC be opened for writes? The invariants I1 to I5 over what was just observed on both sides. Pure.

I1  at most one side takes writes, and a side that cannot be seen counts as one that does
I2  IDC opens only behind a fence with a recorded FINAL
I3  IDC has all of FINAL, but for what lies whole in a quarantine (strategy stop-first)
I4  RDS wrote nothing after FINAL but its own housekeeping (tables mysql.rds_*)
I5  IDC holds no transaction that came neither from RDS nor from before the cut-over
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.gtid import GtidSet

if TYPE_CHECKING:
    from collections.abc import Collection

NOTHING = GtidSet()
DURABLE = {"sync_binlog": 1, "innodb_flush_log_at_trx_commit": 1}


@dataclass(frozen=True)
class AwsView:
    """What RDS shows right now; see ``aws_view`` for how each is read."""

    uuid: str
    open_accounts: tuple[str, ...]  # could log in and are not exempt
    sessions: tuple[str, ...]  # of accounts that are not exempt
    events: tuple[str, ...]  # would run
    read_only: bool
    beyond_final: str  # what was written after FINAL outside mysql.rds_*, for people; "" when nothing
    executed: GtidSet  # all that RDS has by now

    @property
    def fenced(self) -> bool:
        """True when no application can write: by the locks and the absence of sessions and events, or by read_only."""
        return not (self.open_accounts or self.sessions or self.events)


@dataclass(frozen=True)
class IdcView:
    """What IDC shows right now."""

    uuid: str
    read_only: bool
    super_read_only: bool
    executed: GtidSet
    running_channels: tuple[str, ...]
    settings: dict[str, int]  # the durability settings, as DURABLE

    @property
    def writable(self) -> bool:
        """True when an application can write."""
        return not self.read_only and not self.super_read_only


@dataclass(frozen=True)
class Cut:
    """The positions that bound what IDC may contain."""

    cutover: GtidSet  # IDC's own history up to the cut-over
    final: GtidSet
    # All that RDS has by now. A heartbeat written just after FINAL may have come over before the channel was stopped;
    # whether anything but housekeeping was written there is for I4 to say.
    on_aws: GtidSet = NOTHING
    # What a verified quarantine holds, for a person to decide about.
    set_aside: GtidSet = NOTHING

    def missing(self, executed: GtidSet) -> GtidSet:
        """Say what IDC must have and has not."""
        return self.final - self.set_aside - executed


def broken_on_aws(aws: AwsView | None, required: Collection[str]) -> list[str]:
    """I1, I2 and I4 on RDS, each as one sentence. ``required`` are the site's proofs (db_fence_required)."""
    if aws is None:
        return ["I1: RDS cannot be seen, so it counts as open for writes"]
    found = []
    if aws.open_accounts:
        found.append(f"I1: accounts can log in to RDS: {_some(aws.open_accounts)}")
    if aws.sessions:
        found.append(f"I1: sessions are left on RDS: {_some(aws.sessions)}")
    if aws.events:
        found.append(f"I1: scheduled events would run on RDS: {_some(aws.events)}")
    if "read_only" in required and not aws.read_only:
        found.append("I1: RDS is not read_only, and the site requires it before promotion")
    if aws.beyond_final:
        found.append(f"I4: RDS was written after FINAL: {aws.beyond_final}")
    return found


def broken_on_idc(idc: IdcView, cut: Cut) -> list[str]:
    """I2, I3 and I5 on IDC, and what a promoted server needs, each as one sentence."""
    found = []
    if not cut.final:
        found.append("I2: there is no FINAL position")
    missing = cut.missing(idc.executed)
    if missing:
        found.append(f"I3: IDC lacks {missing.count()} transactions of FINAL ({_short(missing)})")
    errant = errant_on(idc, cut)
    if errant:
        found.append(f"I5: IDC was written by someone else since the cut-over: {_short(errant)}")
    if idc.running_channels and not idc.writable:
        found.append(f"IDC still replicates through {_some(idc.running_channels)}: run the salvage first")
    for name, wanted in DURABLE.items():
        if idc.settings.get(name) != wanted:
            found.append(
                f"{name} is {idc.settings.get(name)} on IDC, so a power cut could lose acknowledged writes:"
                f" SET GLOBAL {name} = {wanted}"
            )
    return found


def errant_on(idc: IdcView, cut: Cut) -> GtidSet:
    """Transactions on IDC from nowhere. Once IDC is open, its own new ones are the application's.

    A heartbeat of RDS may arrive between FINAL and the end of the replication: what RDS has is not from nowhere, and
    I4 judges what it was.
    """
    errant = idc.executed - cut.cutover - cut.final - cut.on_aws
    return errant - errant.of_server(idc.uuid) if idc.writable else errant


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")  # noqa: PLR2004


def _short(gtids: GtidSet) -> str:
    text = str(gtids)
    return text if len(text) <= 200 else f"{text[:200]}..."  # noqa: PLR2004
