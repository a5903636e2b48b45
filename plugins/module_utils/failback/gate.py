"""What must be true of both servers before anything is touched. Pure: facts in, findings out.

One finding is one sentence that says what is wrong, where, and what to do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from failback import grants, kept_way
from failback.kept_way import SeenAs
from failback.mysql import version_tuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.gtid import GtidSet
    from failback.observe import Identity

Side = Literal["rds", "idc", "pair"]

# Long-term series in order; each may replicate into itself and into the next (MySQL manual, "Replication
# compatibility between MySQL versions"). 8.4 -> 8.0 is the one way down, documented for rollback purposes only.
_LTS = ((5, 7), (8, 0), (8, 4), (9, 7))
_ROLLBACK_ONLY = ((8, 4), (8, 0))


@dataclass(frozen=True)
class Finding:
    """Why the gate refuses. ``side`` tells which server it is about.

    ``awaits_data``: it goes away by itself when IDC gets its data.
    """

    side: Side
    text: str
    awaits_data: bool = False


@dataclass(frozen=True)
class SideFacts:
    """One server, as read by ``mysql_gate``."""

    who: Identity
    expected_uuid: str
    settings: dict[str, str]
    privileges: set[str]
    running_channels: tuple[str, ...] = ()
    prepared: int | None = 0
    missing_schemas: tuple[str, ...] = ()
    app_login: str = ""  # "" when the application's account gets in, else why not
    open_accounts: tuple[str, ...] = ()  # could log in and are not exempt
    marked_accounts: tuple[str, ...] = ()  # locked by an earlier fence of ours
    bypassing: tuple[str, ...] = ()  # accounts no lock or read_only of ours can stop
    foreign_events: tuple[str, ...] = ()  # events whose definer we may not name
    lacks: tuple[str, ...] = ()  # what the tool's account on IDC cannot do later, with the remedy
    seen_as: SeenAs = field(default_factory=lambda: SeenAs(""))  # how the server sees our session
    app_lacks: str = ""  # privileges the application's account lacks for its first write on IDC
    extra: dict[str, object] = field(default_factory=dict)


def maybe_promoted(rds: SideFacts, idc: SideFacts) -> bool:
    """IDC is open and RDS carries our fence: left to see is whether IDC has all that RDS had."""
    return bool(rds.marked_accounts) and not rds.open_accounts and not idc.who.super_read_only


def findings(rds: SideFacts, idc: SideFacts, cutover: GtidSet, *, promoted: bool = False) -> list[Finding]:
    """Everything that forbids going on, the gravest first.

    ``promoted``: IDC was opened by an earlier run. Then it is meant to be writable and to write, and the only way is
    forward.
    """
    found = [*_identity("rds", "RDS", rds), *_identity("idc", "IDC", idc)]
    if rds.who.uuid == idc.who.uuid:
        found.append(Finding("pair", f"both sides are the same server ({rds.who.uuid}): correct db_idc or db_aws"))
    if found:
        return found  # of the wrong servers nothing else is worth saying
    if not promoted:
        found += _history(rds, idc, cutover)
    found += _versions(rds, idc)
    found += _settings(rds, idc)
    found += _rds_only(rds)
    found += _idc_only(idc)
    return found


def _identity(side: Side, name: str, facts: SideFacts) -> list[Finding]:
    if facts.expected_uuid and facts.who.uuid != facts.expected_uuid:
        return [
            Finding(
                side,
                f"{name} is server {facts.who.uuid} ({facts.who.hostname}), the inventory means {facts.expected_uuid}:"
                " correct the address or server_uuid",
            )
        ]
    return []


def _history(rds: SideFacts, idc: SideFacts, cutover: GtidSet) -> list[Finding]:
    """I5, and whether the way back is still in RDS's binary logs."""
    found: list[Finding] = []
    if not idc.who.super_read_only:
        found.append(
            Finding(
                "idc", "IDC accepts writes while RDS serves: SET GLOBAL super_read_only=1 on it, then check its data"
            )
        )
    lost = cutover - idc.who.executed
    if lost:
        found.append(
            Finding(
                "idc",
                f"IDC lacks {lost.count()} transactions of the recorded cut-over position: its data is older than"
                " the record says; correct db_cutover_gtid or restore IDC first",
            )
        )
    errant = idc.who.executed - cutover - rds.who.executed
    if errant:
        ours = errant.of_server(idc.who.uuid)
        how = "IDC was written since the cut-over" if ours else "IDC has transactions that RDS does not know"
        found.append(
            Finding(
                "idc",
                f"{how}: {errant.count()} transactions ({_short(errant)}), so the two have parted; compare the data and"
                " decide by hand which rows count",
            )
        )
    purged = rds.who.purged - idc.who.executed
    if purged:
        found.append(
            Finding(
                "rds",
                f"RDS has already purged {purged.count()} transactions that IDC lacks ({_short(purged)}): they cannot"
                " be replicated; restore IDC from a backup of RDS first",
                awaits_data=True,
            )
        )
    return found


def _short(gtids: GtidSet) -> str:
    text = str(gtids)
    return text if len(text) <= 200 else f"{text[:200]}..."  # noqa: PLR2004 - a sentence, not a dump


def replication_allowed(source: str, replica: str) -> str:
    """Why the versions forbid replicating from ``source`` into ``replica``; "" when they do not."""
    above, below = version_tuple(source)[:2], version_tuple(replica)[:2]
    if above == below or (above, below) == _ROLLBACK_ONLY:
        return ""
    if above > below:
        return f"MySQL {source} does not replicate into the older {replica}; upgrade IDC, or move the data by a dump"
    following = next((series for series in _LTS if series > above), above)
    if below <= following:
        return ""
    reach = f"{following[0]}.{following[1]}"
    return f"MySQL {source} replicates only up to {reach}, IDC runs {replica}; move the data by a dump"


def way_kept(rds: SideFacts, keep: Sequence[str]) -> list[Finding]:
    """Whether the closing of the network (AWS-04) leaves this machine its way to RDS; ``keep`` [] where none closes."""
    address = kept_way.cut_off(rds.seen_as, keep) if keep else ""
    return [Finding("rds", "; ".join(kept_way.reason(address, keep)))] if address else []


def lasting(found: list[Finding]) -> list[str]:
    """Say what stays when IDC is made anew and restored: all that is not about IDC alone, nor about data it lacks."""
    return [finding.text for finding in found if finding.side != "idc" and not finding.awaits_data]


def _versions(rds: SideFacts, idc: SideFacts) -> list[Finding]:
    reason = replication_allowed(rds.who.version, idc.who.version)
    return [Finding("pair", reason)] if reason else []


# side, variable, what it may be, remedy
WANTED = (
    ("rds", "log_bin", ("1", "ON"), "turn on automated backups"),
    ("rds", "binlog_format", ("ROW",), "set binlog_format=ROW in the parameter group before the migration"),
    ("rds", "binlog_row_image", ("FULL",), "set binlog_row_image=FULL in the parameter group"),
    ("rds", "binlog_row_value_options", ("",), "clear binlog_row_value_options in the parameter group"),
    ("rds", "gtid_mode", ("ON",), "without GTIDs nothing can be proven; set gtid-mode=ON before the migration"),
    ("idc", "gtid_mode", ("ON",), "set gtid_mode=ON step by step (MySQL manual, changing the GTID mode online)"),
    ("idc", "log_bin", ("1", "ON"), "enable the binary log on IDC"),
    ("idc", "enforce_gtid_consistency", ("ON",), "SET GLOBAL enforce_gtid_consistency=ON"),
    ("idc", "log_replica_updates", ("1", "ON"), "set log_replica_updates=ON and restart IDC before the fail-back"),
)


def _settings(rds: SideFacts, idc: SideFacts) -> list[Finding]:
    found: list[Finding] = []
    for side, name, wanted, remedy in WANTED:
        facts = rds if side == "rds" else idc
        value = facts.settings.get(name)
        if value is not None and value.upper() not in wanted:
            shown = f"{name}={value} on {side.upper()}"
            found.append(Finding("rds" if side == "rds" else "idc", f"{shown} forbids the salvage: {remedy}"))
    if rds.who.server_id == idc.who.server_id:
        found.append(
            Finding("idc", f"both servers have server_id {idc.who.server_id}: SET PERSIST server_id to another on IDC")
        )
    cases = rds.settings.get("lower_case_table_names"), idc.settings.get("lower_case_table_names")
    if cases[0] != cases[1]:
        found.append(
            Finding("pair", f"lower_case_table_names is {cases[0]} on RDS and {cases[1]} on IDC: names would not match")
        )
    return found


def _rds_only(rds: SideFacts) -> list[Finding]:
    found = [
        Finding("rds", f"the tool's account on RDS cannot {what}: GRANT {names} ON *.* to it")
        for what, names in grants.lacking(rds.privileges, grants.RDS_NEEDS).items()
    ]
    if rds.running_channels:
        found.append(
            Finding(
                "rds",
                f"RDS still replicates from elsewhere ({', '.join(rds.running_channels)}): stop and reset it, or IDC's"
                " writes would loop into RDS (mysql.rds_stop_replication, mysql.rds_reset_external_source)",
            )
        )
    if rds.prepared is None:
        found.append(Finding("rds", "prepared XA transactions on RDS cannot be seen: GRANT XA_RECOVER_ADMIN"))
    elif rds.prepared:
        found.append(Finding("rds", f"{rds.prepared} prepared XA transactions on RDS: commit or roll them back"))
    if rds.app_login:
        found.append(Finding("rds", f"the application's account does not get in on RDS: {rds.app_login}"))
    if rds.bypassing:
        found.append(
            Finding(
                "rds",
                f"these accounts cannot be locked by the tool or pass read_only: {', '.join(rds.bypassing)}; take"
                " SYSTEM_USER, SUPER and CONNECTION_ADMIN from them, or list them in db_exempt_users",
            )
        )
    if rds.foreign_events:
        found.append(
            Finding(
                "rds",
                f"these events on RDS cannot be disabled by the tool: {', '.join(rds.foreign_events)}; GRANT"
                " SET_ANY_DEFINER (SET_USER_ID before 8.2), or disable them by hand",
            )
        )
    return found


def _idc_only(idc: SideFacts) -> list[Finding]:
    found = [
        Finding("idc", f"the tool's account on IDC cannot {what}: GRANT {names} ON *.* to it")
        for what, names in grants.lacking(idc.privileges, grants.IDC_NEEDS).items()
    ]
    found += [Finding("idc", f"the tool's account on IDC cannot {text} to it") for text in idc.lacks]
    if idc.app_lacks:
        found.append(
            Finding(
                "idc",
                f"the application's account lacks {idc.app_lacks} on IDC, and with it the first write is made right"
                " after the promotion: grant it, or name another table in idc_mysql_marker",
            )
        )
    if idc.missing_schemas:
        found.append(
            Finding(
                "idc", f"IDC has no schema {', '.join(idc.missing_schemas)}: correct db_schemas, or restore IDC first"
            )
        )
    if idc.app_login:
        found.append(Finding("idc", f"the application's account does not get in on IDC: {idc.app_login}"))
    if idc.running_channels:
        found.append(
            Finding(
                "idc",
                f"IDC replicates from elsewhere ({', '.join(idc.running_channels)}): stop it first, two sources mix up",
            )
        )
    return found
