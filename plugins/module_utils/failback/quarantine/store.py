"""Applying approved changes to IDC, each of RDS's transactions in one of IDC's, with what was done kept beside it.

The bookkeeping row is written in the same transaction as the rows: whoever is killed, both are there or neither. IDC
gives each its own GTID, for it is IDC's write now: replicas of IDC get it, and RDS's GTID stays free for the whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from failback.errors import MySQLError, RefusedError
from failback.quarantine import row_events
from failback.quarantine.judge import ALREADY, ASIDE, CLEAN, CONFLICT, NOT_CHOSEN, Judge, Transaction, Verdict
from failback.quarantine.present import Rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.mysql import Server
    from failback.quarantine.approval import Approval
    from failback.quarantine.shape import Shape

SCHEMA = "rollback_runner_quarantine"
LOCK = "rollback_runner_quarantine"
_MAKE_SCHEMA = f"CREATE DATABASE IF NOT EXISTS {SCHEMA} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
_MAKE_TABLE = (
    f"CREATE TABLE IF NOT EXISTS {SCHEMA}.applied (gtid varchar(120) NOT NULL, table_name varchar(130) NOT NULL,"
    " changes bigint NOT NULL, run varchar(120) NOT NULL, digest char(64) NOT NULL, approved_by varchar(200) NOT NULL,"
    " at datetime(6) NOT NULL, PRIMARY KEY (gtid, table_name)) ENGINE=InnoDB"
)
# 1205/1213 lock wait, deadlock: try again. 1062/1022 unique key, 1216/1217/1451/1452 foreign key, 3819 CHECK, 1032/1096
# the applier's row is not there: the row does not fit IDC.
_AGAIN = frozenset({1205, 1213})
_UNFIT = frozenset({1022, 1032, 1062, 1096, 1216, 1217, 1451, 1452, 3819})
TRIES = 5


def applied(server: Server) -> frozenset[tuple[str, str]]:
    """Read what was applied before: (GTID, table)."""
    there = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = %s AND table_name = 'applied'"
    if not server.number(there, (SCHEMA,)):
        return frozenset()
    return frozenset(
        (str(row["gtid"]), str(row["table_name"]))
        for row in server.rows(f"SELECT gtid, table_name FROM {SCHEMA}.applied")
    )


def prepare(server: Server) -> None:
    """Make the bookkeeping and be the only one who applies. Raises RefusedError."""
    if server.number("SELECT GET_LOCK(%s, 5)", (LOCK,)) != 1:
        raise RefusedError("another run applies quarantined changes to IDC right now: wait for it")
    for statement in (_MAKE_SCHEMA, _MAKE_TABLE):
        server.execute(statement)


@dataclass
class Writer:
    """Applies transactions over one connection."""

    server: Server
    shapes: Mapping[str, Shape]
    approval: Approval
    insert_only: frozenset[str]
    description: bytes  # of the binary log the rows come from
    numbers: dict[str, int] = field(default_factory=dict)  # table -> number in our events

    def __post_init__(self) -> None:
        self.server_id = self.server.number("SELECT @@GLOBAL.server_id")
        # What the rows were before must still be there when they are written.
        self.server.execute("SET SESSION transaction_isolation = 'READ-COMMITTED', foreign_key_checks = 1")
        first = row_events.format_description(self.description, self.server_id)
        self.server.execute(row_events.statement([first]))
        # After a format description the server waits to be told a GTID; ours are IDC's own.
        self.server.execute("SET SESSION gtid_next = 'AUTOMATIC'")

    def apply(self, transaction: Transaction, before: frozenset[tuple[str, str]]) -> list[Verdict]:
        """Apply one transaction's chosen rows, or none of them; give what became of each."""
        for attempt in range(TRIES):
            try:
                return self._once(transaction, before)
            except MySQLError as error:
                self.server.execute("ROLLBACK")
                if error.code in _AGAIN and attempt + 1 < TRIES:
                    continue
                if error.code in _UNFIT or error.code in _AGAIN:
                    return self._unfit(transaction, before, str(error))
                raise
        raise AssertionError

    def _once(self, transaction: Transaction, before: frozenset[tuple[str, str]]) -> list[Verdict]:
        self.server.execute("BEGIN")
        rows = Rows(self.server, lock=True)
        judge = self._judge(rows, before)
        rows.prefetch(self.shapes, [transaction])
        verdicts = judge.judge(transaction)
        writes = [change for change, item in zip(transaction.changes, verdicts, strict=True) if item.state == CLEAN]
        if not writes:
            self.server.execute("ROLLBACK")
            return verdicts
        counts: dict[str, int] = {}
        for change in writes:
            label = change.table.label
            counts[label] = counts.get(label, 0) + 1
            shape = self.shapes[label]
            number = self.numbers.setdefault(label, len(self.numbers) + 1)
            image = tuple(side.raw for side in (change.before, change.after) if side is not None)
            self.server.execute(
                row_events.statement(
                    [
                        row_events.table_map(shape, number, self.server_id),
                        row_events.rows(change.kind, shape, number, self.server_id, [image]),
                    ]
                )
            )
        for label, number in counts.items():
            self.server.execute(
                f"INSERT INTO {SCHEMA}.applied VALUES (%s, %s, %s, %s, %s, %s, UTC_TIMESTAMP(6))",
                (transaction.gtid, label, number, self.approval.run, self.approval.digest, self.approval.approved_by),
            )
        self.server.execute("COMMIT")
        return [Verdict("applied") if item.state == CLEAN else item for item in verdicts]

    def _judge(self, rows: Rows, before: frozenset[tuple[str, str]]) -> Judge:
        return Judge(rows, self.shapes, chosen=self.chosen, applied=before, cascades=self.approval.cascades)

    def chosen(self, label: str) -> bool:
        """Whether the approval takes a table's rows."""
        return self.approval.takes(label, insert_only=label in self.insert_only)

    def _unfit(self, transaction: Transaction, before: frozenset[tuple[str, str]], why: str) -> list[Verdict]:
        """Nothing of it was applied: IDC itself said no."""
        verdicts = []
        for change in transaction.changes:
            if (transaction.gtid, change.table.label) in before:
                verdicts.append(Verdict(ALREADY, "applied before"))
            elif not self.chosen(change.table.label):
                verdicts.append(Verdict(ASIDE, NOT_CHOSEN))
            else:
                verdicts.append(Verdict(CONFLICT, f"IDC refuses its transaction: {why}"))
        return verdicts


def count(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """Count outcomes."""
    found: dict[str, int] = {}
    for item in verdicts:
        found[item.state] = found.get(item.state, 0) + 1
    return found
