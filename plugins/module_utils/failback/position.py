"""What a server wrote after FINAL, decoded from its binary log: housekeeping of RDS, or an alarm.

rdsadmin updates mysql.rds_heartbeat2 every few minutes whatever is fenced, and on some versions that is logged. Only
tables mysql.rds_* are tolerated. What cannot be decoded is an alarm: a compressed payload, an unknown statement.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from failback import observe
from failback.errors import MySQLError
from failback.gtid import GtidSet
from failback.sql import quote_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from failback.mysql import Server

_GTID = re.compile(r"GTID_NEXT\s*=\s*'([^']+)'")
_TABLE = re.compile(r"\(([^()]+)\)")
_OWN_TABLE = re.compile(r"mysql\.rds_\w+")
_OWN_STATEMENT = re.compile(
    r"(?:use `mysql`; )?(?:insert into|replace into|update|delete from) mysql\.rds_\w+\b", re.IGNORECASE
)
_FRAME = frozenset({"BEGIN", "COMMIT", "ROLLBACK"})
# Events that carry no change of data themselves.
_SILENT = frozenset(
    {"Format_desc", "Previous_gtids", "Rotate", "Stop", "Heartbeat", "Xid", "Rows_query", "Ignorable", "Intvar", "Rand",
     "User_var", "Write_rows", "Update_rows", "Delete_rows", "Partial_update_rows", "View_change"}
)  # fmt: skip
_PAGE = 2000
_MOST_EVENTS = 200_000  # decoding more than this is not a look any more; what is left counts as undecoded
_STATEMENT_SHOWN = 60


@dataclass
class Written:
    """One transaction after FINAL."""

    gtid: str
    log_file: str = ""
    log_position: int = 0
    tables: list[str] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)

    @property
    def harmless(self) -> bool:
        """Only RDS's own tables, at least one of them, and nothing that could not be read."""
        own = all(_OWN_TABLE.fullmatch(name) for name in self.tables)
        return bool(self.tables) and own and not self.statements


@dataclass(frozen=True)
class Beyond:
    """Everything a server wrote after FINAL."""

    extra: GtidSet
    transactions: tuple[Written, ...]
    undecoded: GtidSet

    @property
    def alarms(self) -> list[Written]:
        """What nobody may ignore."""
        return [written for written in self.transactions if not written.harmless]

    @property
    def harmless(self) -> bool:
        """No alarm, and nothing left undecoded."""
        return not self.alarms and not self.undecoded

    def sentence(self) -> str:
        """Say what was written; "" when there is nothing to say."""
        if self.harmless:
            return ""
        told = sorted({what for written in self.alarms for what in (*written.tables, *written.statements)})
        if self.undecoded:
            told.append(f"{self.undecoded.count()} transactions that could not be read")
        return (
            f"{len(self.alarms) + self.undecoded.count()} transactions after FINAL: {', '.join(told) or 'empty ones'}"
        )

    def as_evidence(self) -> dict[str, object]:
        """Return it as JSON-able fields, at most 50 alarms."""
        return {
            "extra": str(self.extra),
            "extra_count": self.extra.count(),
            "harmless_count": len(self.transactions) - len(self.alarms),
            "alarms": [vars(written) for written in self.alarms[:50]],
            "undecoded": str(self.undecoded),
        }


def decode(events: Iterable[Mapping[str, object]], extra: GtidSet) -> Beyond:
    """Decode rows of SHOW BINLOG EVENTS (Event_type, Info); transactions outside ``extra`` are passed over."""
    found: list[Written] = []
    current: Written | None = None
    for event in events:
        kind, info = str(event["Event_type"]), str(event["Info"])
        if kind.startswith(("Gtid", "Anonymous_Gtid")):
            match = _GTID.search(info)
            gtid = match[1] if match else info
            wanted = match is None or gtid.upper() == "ANONYMOUS" or gtid in extra
            place = str(event.get("Log_name") or ""), int(str(event.get("Pos") or 0))
            current = Written(gtid, *place) if wanted else None
            if current is not None:
                found.append(current)
        elif current is not None:
            _add(current, kind, info)
    seen = GtidSet()
    for written in found:
        if ":" in written.gtid:
            seen |= GtidSet.parse(written.gtid)
    return Beyond(extra, tuple(found), extra - seen)


def _add(written: Written, kind: str, info: str) -> None:
    if kind == "Table_map":
        match = _TABLE.search(info)
        written.tables.append(match[1] if match else "an unknown table")
    elif kind == "Query":
        own = _OWN_STATEMENT.match(info)
        if own:
            written.tables.append(own[0].split()[-1])
        elif info.strip().rstrip(";").upper() not in _FRAME:
            written.statements.append(" ".join(info.split())[:_STATEMENT_SHOWN])
    elif not kind.startswith(tuple(_SILENT)):
        written.statements.append(f"an event of type {kind}")


def beyond(server: Server, final: GtidSet, executed: GtidSet, log_file: str = "", log_position: int = 0) -> Beyond:
    """Read what ``server`` wrote after FINAL; the file and position of FINAL save the search for them.

    A later run does not know those. It begins where our fence noted the end of the log, and only if something was
    written before that, too, it searches the files: a busy server's are too long to be read from their beginning.
    """
    extra = executed - final
    if not extra:
        return Beyond(extra, (), GtidSet())
    files = [str(row["Log_name"]) for row in server.rows("SHOW BINARY LOGS")]
    starts = [(log_file, log_position)] if log_file in files else []
    if not starts:
        noted = [place for place in observe.noted_logs(server) if place[0] in files]
        starts = sorted(noted, key=lambda place: (files.index(place[0]), place[1]))[:1]
        starts.append((_first_file(server, files, extra), 0))
    found = Beyond(extra, (), extra)
    try:
        for name, start in starts:
            found = decode(_events(server, files[files.index(name) :], start), extra)
            if not found.undecoded:
                break
    except MySQLError as error:
        # Cannot be read is not the same as nothing there.
        return Beyond(extra, (Written("unknown", statements=[f"the binary log cannot be read ({error.code})"]),), extra)
    return found


def _events(server: Server, files: list[str], start: int) -> Iterator[Mapping[str, object]]:
    read = 0
    for name in files:
        position = max(4, start)
        while True:
            rows = server.rows(f"SHOW BINLOG EVENTS IN {quote_text(name)} FROM {position} LIMIT {_PAGE}")
            yield from rows
            read += len(rows)
            if read > _MOST_EVENTS:
                return
            if len(rows) < _PAGE:
                break
            position = int(str(rows[-1]["End_log_pos"]))
        start = 0


def _first_file(server: Server, files: list[str], extra: GtidSet) -> str:
    """Search backwards for the last file that begins before any of the extra transactions."""
    for name in reversed(files):
        head = server.rows(f"SHOW BINLOG EVENTS IN {quote_text(name)} LIMIT 3")
        before = next((str(row["Info"]) for row in head if row["Event_type"] == "Previous_gtids"), "")
        if extra <= extra - GtidSet.parse(before):
            return name
    return files[0]
