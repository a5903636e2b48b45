"""Counts what transactions in a binary log changed: fed event by event, with memory that does not grow with the rows.

A transaction counts when it ends, so that one that was rolled back, or an XA transaction that was prepared and given
up, counts for nothing. What ``failback.binlog`` cannot decode is named, not passed over.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING

from failback.binlog import events, transactions
from failback.errors import FailbackError
from failback.stake import ddl
from failback.stake.counts import Open, Rows, Statement, Totals
from failback.stake.skim import Skimmer

if TYPE_CHECKING:
    from collections.abc import Callable

    from failback.gtid import GtidSet
    from failback.stake.tables import Tables
    from failback.stake.words import Text

HOUSEKEEPING = re.compile(r"mysql\.rds_\w+")
_OWN_STATEMENT = re.compile(r"\b(?:INTO|UPDATE|FROM)\s+`?mysql`?\s*\.\s*`?rds_\w+", re.IGNORECASE)
_XA = re.compile(r"XA\s+(START|BEGIN|END|COMMIT|ROLLBACK)\s+(.*?)(?:\s+ONE\s+PHASE)?\s*$", re.IGNORECASE | re.DOTALL)
_SAVEPOINT = re.compile(r"(SAVEPOINT|ROLLBACK\s+TO(?:\s+SAVEPOINT)?)\s+(.+?)\s*$", re.IGNORECASE | re.DOTALL)
_VARIABLES = frozenset({5, 13, 14})  # INTVAR, RAND, USER_VAR: said before a statement, which is looked at itself
_KINDS = events.ROWS_V1 | events.ROWS_V2
_SHOWN = 500  # characters of a statement
_MOST_STATEMENTS = 500  # kept; more are only counted
_MOST_NAMED = 50  # GTIDs of what could not be decoded


class Tally:
    """Feed it events; ask it after any of them. ``wanted`` are the transactions to count, ``idc`` those IDC has.

    ``obstacle`` says of a whole statement what in it IDC cannot run.
    """

    def __init__(
        self, wanted: GtidSet, idc: GtidSet, tables: Tables, obstacle: Callable[[str], Text] = lambda _text: {}
    ) -> None:
        self._obstacle = obstacle
        self._spans, self._idc = dict(wanted.sources), dict(idc.sources)
        self._skim = Skimmer()
        self._now: Open | None = None
        self._prepared: dict[str, Open] = {}
        self.tables = tables
        self.pulse: Callable[[], None] = _nothing  # called inside of what may take long; may raise to end it
        self.left = wanted.count()
        self.totals = Totals()
        self.statements: list[Statement] = []
        self.more_statements = 0
        self.unread: dict[str, str] = {}  # GTID -> why
        self.incidents = 0  # how often the server lost events
        self.rows = 0  # decoded, of all schemas

    @property
    def prepared(self) -> int:
        """XA transactions that were prepared and neither committed nor given up."""
        return len(self._prepared)

    @property
    def pending(self) -> int:
        """Changes of the service's rows in the transaction that is being read."""
        tables = self._now.tables if self._now is not None else {}
        return sum(rows.changes for label, rows in tables.items() if self.tables.service(label))

    def feed(self, event: events.Event) -> None:
        """Take the next event. Raises DamagedError for a GTID that cannot be read."""
        kind = event.kind
        if kind in {events.GTID, events.GTID_TAGGED}:
            self._begin(events.gtid(event), event.time)
        elif kind == events.ANONYMOUS:
            self._now = None
        elif kind == events.INCIDENT:
            self.incidents += 1
            return
        if self._now is None:
            return
        self._now.bytes += len(event.raw)
        try:
            if kind == events.PAYLOAD:
                for inner in transactions.unpack(event):
                    self._inside(inner)
                    self.pulse()
            else:
                self._inside(event)
        except FailbackError as error:
            if self._now is not None:
                self._now.unread = self._now.unread or str(error)
                if kind == events.PAYLOAD:
                    self._commit(self._now)  # its end is inside of what cannot be read

    def _begin(self, gtid: str, time: int) -> None:
        uuid, *tag, number = gtid.split(":")
        source, place = (uuid, "".join(tag)), int(number)
        self._now = None
        self._skim.begin(gtid)
        if any(low <= place <= high for low, high in self._spans.get(source, ())):
            on_idc = any(low <= place <= high for low, high in self._idc.get(source, ()))
            self._now = Open(gtid, time, on_idc)

    def _inside(self, event: events.Event) -> None:
        now, kind = self._now, event.kind
        if now is None or kind in _VARIABLES:
            return
        if kind == events.QUERY:
            self._query(now, event)
        elif kind == events.XID:
            self._commit(now)
        elif kind == events.XA_PREPARE:
            if event.body[:1] == b"\1":  # in one phase: committed
                self._commit(now)
            else:
                self._prepared[now.xa] = now
                self._count(now, prepared=True)
        elif kind in _KINDS:
            self._rows(now, event)
        elif kind == events.TABLE_MAP:
            self._skim.name(event)
        else:
            for item in self._skim.statements(event):
                if isinstance(item, transactions.Statement):
                    now.unread = now.unread or f"it holds rows loaded by a statement ({item.text})"

    def _rows(self, now: Open, event: events.Event) -> None:
        table = self._skim.table(event)
        if table is None:
            return
        label, kind = table.label, _KINDS[event.kind]
        places = self.tables.places(table)
        found = self._skim.rows(event, table, places)
        rows = now.tables.setdefault(label, Rows())
        setattr(rows, kind, getattr(rows, kind) + len(found))
        rows.bytes += len(event.raw)
        self.rows += len(found)
        if places:
            for before, after in found:
                self.tables.row(label, kind, before, after)

    def _query(self, now: Open, event: events.Event) -> None:
        text = events.query(event).text.strip()
        word = text[:9].upper()
        if word.startswith("BEGIN"):
            now.grouped = True
        elif word == "COMMIT":
            self._commit(now)
        elif word.startswith("XA "):
            self._xa(now, text)
        elif saved := _SAVEPOINT.match(text):
            self._savepoint(now, saved)
        elif word == "ROLLBACK":
            self._discard(now)
            self._count(now)
        elif not transactions.is_control(text):
            for item in self._skim.statements(event):
                if isinstance(item, transactions.Statement):
                    self._statement(now, item)
            if not now.grouped:
                self._commit(now)

    def _statement(self, now: Open, item: transactions.Statement) -> None:
        if item.data and _OWN_STATEMENT.search(item.text):
            now.own_statement = True
            return
        if item.data:
            now.unread = now.unread or "it changed rows by a statement: which rows, the log does not tell"
        what = ddl.target(item.text, item.schema)
        if what.kind == "temporary":
            return
        text = item.text if len(item.text) <= _SHOWN else f"{item.text[:_SHOWN]}..."
        judged = {} if now.on_idc or what.kind == "account" else self._obstacle(item.text)
        now.statements.append(Statement(now.gtid, now.time, text, what, item.data, now.on_idc, judged))
        if not item.data:
            self.tables.follow(what)

    def _savepoint(self, now: Open, found: re.Match[str]) -> None:
        name = found[2].strip("`").lower()
        if found[1].upper() == "SAVEPOINT":
            now.savepoints[name] = copy.deepcopy(now.tables)
        elif name in now.savepoints:
            # The server leaves what was rolled back out of its log; where it could not, it logs this instead.
            self.tables.rolled_back(now.tables)
            now.tables = copy.deepcopy(now.savepoints[name])

    def _xa(self, now: Open, text: str) -> None:
        found = _XA.match(text)
        if found is None:
            return
        word, name = found[1].upper(), found[2].strip()
        if word in {"START", "BEGIN"}:
            now.xa, now.grouped = name, True
        elif word in {"COMMIT", "ROLLBACK"}:
            parked = self._prepared.pop(name, None)
            if parked is not None and word == "COMMIT":
                now.tables, now.statements, now.unread = parked.tables, parked.statements, parked.unread
            elif parked is not None:
                self._discard(parked)
            self._commit(now)

    def _discard(self, now: Open) -> None:
        self.tables.rolled_back(now.tables)
        now.tables, now.statements = {}, []

    def _commit(self, now: Open) -> None:
        self.tables.commit(now)
        for item in now.statements:
            # What stops IDC is kept beyond the others.
            if len(self.statements) < _MOST_STATEMENTS * (2 if item.obstacle else 1):
                self.statements.append(item)
            else:
                self.more_statements += 1
        self._count(now)

    def _count(self, now: Open, *, prepared: bool = False) -> None:
        """Put the transaction into one of the totals; it is over then."""
        totals = self.totals
        totals.read += 1
        totals.bytes += now.bytes
        self.left -= 1
        self._now = None
        if prepared:
            totals.empty += 1
            return
        others = [label for label in now.tables if not HOUSEKEEPING.fullmatch(label)]
        mine = any(self.tables.service(label) for label in others)
        if now.unread:
            totals.undecoded += 1
            if len(self.unread) < _MOST_NAMED:
                self.unread[now.gtid] = now.unread
        elif mine:
            totals.data += 1
        elif others:
            totals.foreign += 1
        elif now.statements:
            totals.shape += 1
        elif now.own_statement or now.tables:
            totals.housekeeping += 1
        else:
            totals.empty += 1
        if not now.on_idc and (mine or now.statements or now.unread):
            totals.lacking += 1
        if mine:
            totals.saw(now.time, now.bytes, on_idc=now.on_idc)


def _nothing() -> None:
    """Let it go on."""
