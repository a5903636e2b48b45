"""Where a restored IDC stands, and what its history must be set to before anything is replayed. The plan is pure.

A server whose data came from a backup has the history of whatever it was before: none when it was made anew (then
the restore sets the backup's position), or all of it up to the cut-over when only its tables were restored. In the
second case its ``gtid_executed`` says more than its data has, and a replay would skip what is missing. Only then, and
only once, is it set back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback import channel as channels
from failback.binlog import events, stream
from failback.errors import RefusedError
from failback.gtid import GtidSet
from failback.restore.bookkeeping import SCHEMA as BOOKKEEPING
from failback.restore.bookkeeping import Book
from failback.sql import quote_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.mysql import Login, Server

SYSTEM = frozenset({"mysql", "information_schema", "performance_schema", "sys", BOOKKEEPING})
_REPLAY = "rr_replay"
ALIGNED = "replay_from"  # key in the restore's bookkeeping: the position the history was found at or set to


@dataclass(frozen=True)
class Standing:
    """What the server shows."""

    executed: GtidSet
    read_only: bool
    schemas: frozenset[str]  # the server's own apart
    channels: tuple[str, ...]  # running ones, ours apart
    uuid: str
    restored: bool  # the restore's bookkeeping is there
    aligned: str  # the position the history was found or set to after the restore, "" never
    changed_since: bool = False  # a transaction was committed here after the restore began


@dataclass(frozen=True)
class Plan:
    """What to apply and what to do about the history first: "" nothing, "add" or "reset"."""

    position: GtidSet  # where the data stands once the history is right
    wanted: GtidSet
    set_back: str
    why: str

    @property
    def missing(self) -> GtidSet:
        """Transactions to be applied."""
        return self.wanted - self.position


def observe(server: Server, login: Login) -> Standing:
    """Read it."""
    row = server.row(
        "SELECT @@GLOBAL.gtid_executed AS executed, @@GLOBAL.super_read_only AS closed, @@server_uuid AS uuid"
    )
    names = {str(item["n"]) for item in server.rows("SELECT schema_name AS n FROM information_schema.schemata")}
    running = [
        item.label
        for item in channels.observe(server)
        if item.name != _REPLAY and (item.receiver != "OFF" or item.applier != "OFF")
    ]
    run = Book(server).run() if BOOKKEEPING in names else None
    told = run.told if run else {}
    return Standing(
        GtidSet.parse(str(row["executed"])),
        str(row["closed"]) == "1",
        _foreign(names),
        tuple(running),
        str(row["uuid"]).lower(),
        run is not None,
        str(told.get(ALIGNED, "")),
        changed_since=run is not None and ALIGNED not in told and _changed_since(server, login),
    )


def _foreign(names: set[str]) -> frozenset[str]:
    """Leave out the server's own schemas and those this tool makes, what the restore moved aside among them."""
    return frozenset(name for name in names - SYSTEM if not name.startswith("rollback_runner_"))


def _changed_since(server: Server, login: Login) -> bool:
    """Whether the server's own binary log has a transaction from after the restore's beginning; it logs none itself."""
    begun = server.number(f"SELECT FLOOR(UNIX_TIMESTAMP(started)) FROM {BOOKKEEPING}.run WHERE id = 1")
    for row in reversed(server.rows("SHOW BINARY LOGS")):
        last = 0
        for event in stream.from_file(login, str(row["Log_name"]), name=server.name):
            if event.kind in {events.GTID, events.GTID_TAGGED}:
                last = max(last, event.time)
        if last:
            return last > begun
    return False


def remember(server: Server, position: GtidSet) -> None:
    """Note with the restore that the history is right, so that it is never set back again."""
    book = Book(server)
    run = book.run()
    if run is None or ALIGNED in run.told:
        return
    # read_only stays on: between the two only an administrator could write.
    server.execute("SET GLOBAL super_read_only = OFF")
    try:
        server.execute("SET SESSION sql_log_bin = 0")
        book.tell(ALIGNED, str(position))
        server.execute("SET SESSION sql_log_bin = 1")
    finally:
        server.execute("SET GLOBAL super_read_only = ON")


def plan(now: Standing, *, position: GtidSet, cutover: GtidSet, schemas: Sequence[str], aws_uuid: str) -> Plan:
    """Decide. ``position`` is the backup's, empty when nothing was restored. Raises RefusedError."""
    set_back = _set_back(now, position)
    stands = position if set_back else now.executed
    missing = cutover - stands
    if not missing and not set_back:
        return Plan(stands, cutover, "", "IDC has everything up to the cut-over")
    if not now.read_only:
        raise RefusedError(
            f"IDC takes writes and lacks {missing.count()} transactions from before the cut-over: close it"
            " (SET GLOBAL super_read_only = 1) and find out who opened it",
            {"missing": str(missing)[:2000]},
        )
    if now.channels:
        raise RefusedError(
            f"IDC replicates through {', '.join(now.channels)}: stop it before archived logs are applied"
        )
    errant = GtidSet(tuple(entry for entry in (now.executed - cutover).sources if entry[0][0] != aws_uuid))
    if errant:
        raise RefusedError(
            f"IDC holds transactions that are neither from before the cut-over nor from RDS ({str(errant)[:160]}):"
            " it was written since, let a person look",
            {"errant": str(errant)[:2000]},
        )
    if set_back == "reset":
        _may_reset(now, schemas)
        if now.changed_since:
            raise RefusedError(
                "IDC's history says more than the backup it was restored from, and IDC was written since: which of the"
                " two its data is, nobody can tell. Restore it again, then replay at once",
                {"executed": str(now.executed)[:2000], "position": str(position)[:2000]},
            )
    why = {
        "": "the server's history ends before the cut-over",
        "add": "the server has no history yet: the backup's position is set",
        "reset": "the data is the backup's, the history is not: it is set back to the backup's position",
    }[set_back]
    return Plan(stands, cutover, set_back, why)


def _set_back(now: Standing, position: GtidSet) -> str:
    """Whether the history must be changed first: "add", "reset" or ""."""
    if not position or position == now.executed:
        return ""
    if now.executed <= position:
        return "add"
    return "reset" if now.restored and not now.aligned else ""


def _may_reset(now: Standing, schemas: Sequence[str]) -> None:
    """Refuse where the history is also that of data that was not restored. Raises RefusedError."""
    others = now.schemas - set(schemas)
    if others:
        raise RefusedError(
            "IDC's history cannot be set back to the backup's position: it is also that of"
            f" {', '.join(sorted(others))}, which was not restored. Restore the whole server, or take those schemas"
            " to another server first",
            {"schemas": sorted(others)},
        )


def align_statements(chosen: Plan) -> list[str]:
    """Set the history. RESET forgets IDC's own binary logs, which end where the archive has more."""
    if not chosen.set_back:
        return []
    position = quote_text(str(chosen.position))
    if chosen.set_back == "add":
        return [f"SET GLOBAL gtid_purged = CONCAT('+', GTID_SUBTRACT({position}, @@GLOBAL.gtid_executed))"]
    return ["RESET BINARY LOGS AND GTIDS", f"SET GLOBAL gtid_purged = {position}"]
