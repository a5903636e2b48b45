"""What was measured, as findings; those about the data itself are in ``found_data``. Pure.

Keys stay the same from look to look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.findings import Finding, Severity
from failback.stake import found_data
from failback.stake.words import plural

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from failback.stake.measure import Measured, Question

_ACCEPT = 'to go on without it: --accept-loss "reason"'
_RETAIN = "CALL mysql.rds_set_configuration('binlog retention hours', 168) on RDS"
_SOON = 24.0  # hours in which a person must act


def findings(ask: Question, got: Measured, now: datetime) -> list[Finding]:
    """List everything, the gravest first."""
    found = [*_servers(ask, got)]
    if not got.strangers:
        found += [*_logs(ask, got, now), *_history(ask, got), *found_data.settings(ask, got)]
        found += [*found_data.shape(ask, got), *found_data.rows(ask, got)]
    order: tuple[Severity, ...] = ("blocker", "warning", "note")
    return sorted(found, key=lambda one: order.index(one.severity))


def _unless_accepted(ask: Question) -> Severity:
    return "warning" if ask.accepted_loss else "blocker"


def _servers(ask: Question, got: Measured) -> Iterator[Finding]:
    for side in got.strangers:
        found, login = (got.rds, ask.aws) if side == "rds" else (got.idc, ask.idc)
        uuid = found.who.uuid if found.who else ""
        yield Finding(
            "blocker",
            f"identity:{side}",
            f"{login} is server {uuid}, the inventory means {login.server_uuid}",
            f"correct {'db_aws' if side == 'rds' else 'db_idc'}",
        )
    if got.rds.silent:
        yield Finding(
            _unless_accepted(ask),
            "rds:silent",
            f"RDS cannot be asked what it has: {got.rds.silent}. What IDC has not received is out of reach",
            f"bring RDS or the way to it back, or correct db_aws where it refuses the login; {_ACCEPT}",
        )
    if not got.idc.data.reachable:
        yield Finding(
            "warning",
            "idc:silent",
            f"IDC cannot be asked: {got.idc.data.why}. Its data counts as not usable",
            "start IDC MySQL and look again, or plan restore-first",
        )
    elif not got.idc.data.usable:
        yield Finding(
            "warning",
            "idc:unusable",
            f"IDC's data cannot be used as it is: {got.idc.data.why}",
            "plan restore-first: IDC is restored from a backup before it gets what RDS has",
        )


def _logs(ask: Question, got: Measured, now: datetime) -> Iterator[Finding]:
    """Whether RDS's binary logs give it all."""
    lost = {item.key: item for item in got.verdict.lost}
    if "purged" in lost:
        item = lost["purged"]
        yield Finding(
            _unless_accepted(ask),
            "logs:purged",
            f"RDS has purged the binary logs of {item.transactions} transactions that IDC has not got, from"
            f" {item.gtid[:160]} on",
            f"take them by a dump or snapshot of RDS, and keep the rest: {_RETAIN}; {_ACCEPT}",
        )
    elif got.passed_over:
        yield Finding(
            "note",
            "logs:purged_and_safe",
            f"{plural(got.passed_over.count(), 'transaction')} since the cut-over are gone from RDS's binary logs and"
            " not counted here; IDC has them",
        )
    if not got.rds.silent and got.reading.kind != "deadline" and not got.reading.complete:
        why = got.reading.why or "it keeps no binary log by GTID"
        yield Finding(
            found_data.where_replicated(ask),
            "logs:unreadable",
            f"RDS's binary logs could not be read to their end: {why}",
            "the tool's account on RDS needs GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.*; RDS needs automated"
            " backups and gtid-mode=ON from before the migration",
        )
    if got.reading.kind == "deadline":
        share = f"{100 / got.reading.factor:.0f} %" if got.reading.factor > 1 else "a part"
        yield Finding(
            "warning",
            "stake:deadline",
            f"after {ask.deadline:g} s {share} of RDS's binary logs since the cut-over were counted; the rest is"
            " extrapolated from its bytes",
            "raise stake_deadline and look again for exact figures",
        )
    if got.rds.retention == "0":
        yield Finding(
            "warning",
            "logs:retention",
            "RDS purges its binary logs as soon as it can: what is not replicated yet may go at any moment",
            _RETAIN,
        )
    elif (left := _hours_left(got, now)) is not None and left < _SOON:
        yield Finding(
            "warning",
            "logs:retention",
            f"RDS purges the first writes that IDC has not got in {max(left, 0):.0f} h: it keeps its binary logs for"
            f" {got.rds.retention} h",
            _RETAIN,
        )
    if got.rds.unlogged:
        yield Finding(
            "blocker",
            "logs:left_out",
            f"RDS leaves schemas out of its binary log ({got.rds.unlogged}): they cannot be counted or salvaged",
            "take those schemas by a dump of RDS",
        )


def _hours_left(got: Measured, now: datetime) -> float | None:
    """Say how long the oldest binary log that is needed stays; None where that is not known."""
    if not got.rds.retention.isdigit() or not got.tally.totals.first_lacking:
        return None
    return int(got.rds.retention) - (now.timestamp() - got.tally.totals.first_lacking) / 3600


def _history(ask: Question, got: Measured) -> Iterator[Finding]:
    behind = ask.cutover - got.rds.executed if got.rds.who else None
    if behind:
        yield Finding(
            "warning",
            "rds:history",
            f"RDS's history lacks {plural(behind.count(), 'transaction')} of the recorded cut-over: the counts may hold"
            " what was copied to RDS before it",
            "correct db_cutover_gtid, or set gtid_purged on RDS when data is moved by a dump",
        )
    if got.errant:
        count = plural(got.errant.count(), "transaction")
        if got.opened:
            yield Finding("note", "idc:opened", f"IDC was opened by an earlier run: {count} of its own since then")
        else:
            # A restore does not go over data that stands. What does not is made anew, whatever is on it.
            yield Finding(
                "blocker" if got.idc.data.usable else found_data.where_replicated(ask),
                "idc:errant",
                f"IDC holds {count} that RDS does not have ({str(got.errant)[:160]}): it was written meanwhile",
                _parted(got),
            )
    if got.idc.data.serving and not got.opened:
        yield Finding(
            "blocker",
            "idc:writable",
            "IDC takes writes while nothing keeps them off RDS: the two may part at any moment",
            "SET GLOBAL super_read_only=1 on IDC, then compare its data",
        )
    if got.tally.incidents:
        yield Finding(
            found_data.where_replicated(ask),
            "rds:incident",
            "RDS failed to log some of its changes (an incident is in its binary log): replication stops there",
            "take the tables by a dump of RDS, or compare all of them after the way back",
        )
    prepared = got.rds.prepared or (got.tally.prepared if got.reading.complete else 0)
    if prepared:
        yield Finding(
            # The gate of a way that replicates does not pass while they wait.
            found_data.where_replicated(ask) if got.rds.prepared else "warning",
            "rds:prepared",
            f"{plural(prepared, 'XA transaction')} on RDS prepared and neither committed nor rolled back;"
            " their rows are not counted",
            "XA RECOVER on RDS, then commit or roll them back",
        )


def _parted(got: Measured) -> str:
    first = "compare the data and decide by hand which rows count; keep those of IDC elsewhere"
    if got.idc.data.usable:
        return f"{first}, take IDC's data away, and plan restore-first or stop-first"
    return f"{first}: the restore makes IDC anew"
