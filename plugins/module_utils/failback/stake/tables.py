"""Tables by name while names and shapes change under the rows. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.stake.counts import Open, Table
from failback.stake.net import LIMIT, Net

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from failback.binlog.table_map import TableMap
    from failback.stake.ddl import Target

_RESHAPED = "its shape was changed, and the log names no columns"
_REPLACED = "another table was renamed to it"
_ROLLED_BACK = "rows of it were written and rolled back"


class Tables:
    """Adds up what ended transactions did, and follows tables through CREATE, DROP, TRUNCATE and RENAME.

    ``keys`` gives the places of the primary key's columns, from 0, for tables whose key the log does not tell;
    ``there`` names the tables of the cut-over, where they are known.
    """

    def __init__(
        self,
        schemas: Collection[str],
        *,
        keys: Mapping[str, tuple[int, ...]] | None = None,
        there: Collection[str] | None = None,
        limit: int = LIMIT,
    ) -> None:
        self._schemas = frozenset(schemas)
        self._keys = dict(keys or {})
        self._there = None if there is None else frozenset(there)
        self.net = Net(limit)
        self.by_name: dict[str, Table] = {}
        self.replaced: set[str] = set()  # names that another table took over
        self._types: dict[str, tuple[tuple[int, bytes], ...]] = {}  # of the keys
        self._guessed: set[str] = set()  # tables whose key's places are those of today's shape

    def service(self, label: str) -> bool:
        """Whether a table is the service's."""
        return label.partition(".")[0] in self._schemas

    def places(self, table: TableMap) -> tuple[int, ...]:
        """Tell which columns make a row of this table known; () where its rows are only counted."""
        label = table.label
        if table.schema not in self._schemas or label in self.net.unknown:
            return ()
        places = table.key
        if not places:
            places = self._keys.get(label, ())
            self._guessed.add(label)
        if not places or max(places) >= len(table.columns):
            self.net.forget(label, "no primary key" if not places else _RESHAPED)
            return ()
        types = tuple((table.columns[place].kind, table.columns[place].meta) for place in places)
        if self._types.setdefault(label, types) != types:
            self.net.forget(label, "the type of its key was changed")
            return ()
        return places

    def row(self, label: str, kind: str, before: bytes | None, after: bytes | None) -> None:
        """Note which row a change was about, by its key before and after."""
        if kind == "update" and after is None:
            after = before  # a smaller row image leaves the key out where it did not change
        self.net.add(label, kind, before, after)

    def commit(self, now: Open) -> None:
        """Add a transaction that ended well."""
        for label, rows in now.tables.items():
            table = self.by_name.setdefault(label, Table())
            table.rows.add(rows)
            if not now.on_idc:
                table.lacking.add(rows)
            table.transactions += 1
            table.first, table.last = table.first or now.time, now.time

    def rolled_back(self, labels: Collection[str]) -> None:
        """Rows that were read and do not count: which rows they left as they were is not known."""
        for label in labels:
            self.net.forget(label, _ROLLED_BACK)

    def follow(self, what: Target) -> None:
        """Follow a statement. Counted rows stay with the table, whatever it is called."""
        if what.act == "rename":
            for old, new in what.renames:
                self._rename(old, new)
        elif what.kind == "schema" and what.act == "drop":
            inside = {*self.by_name, *(self._there or ())}
            for label in sorted(name for name in inside if name.partition(".")[0] == what.schema):
                self._gone(label)
        elif what.kind == "table":
            for label in what.tables:
                self._one(label, what)

    def _one(self, label: str, what: Target) -> None:
        known = label in self.by_name
        if what.act == "create":
            there = what.careful and (known or label in (self._there or ()))
            table = self.by_name.setdefault(label, Table(was_there=there))
            table.dropped = False
        elif what.act == "drop":
            if known or not what.careful or self._there is None or label in self._there:
                self._gone(label)
        elif what.act == "truncate":
            self.by_name.setdefault(label, Table()).truncated += 1
            self.net.emptied(label)
        else:
            # The columns' places are those of now; before this statement they may have been others.
            self._keys.pop(label, None)
            if label in self._guessed:
                self.net.forget(label, _RESHAPED)

    def _gone(self, label: str) -> None:
        self.by_name.setdefault(label, Table()).dropped = True
        self.net.emptied(label)

    def _rename(self, old: str, new: str) -> None:
        table = self.by_name.pop(old, Table())
        covered = self.by_name.pop(new, None)
        if covered is not None or new in (self._there or ()):
            self.replaced.add(new)
        if covered is not None and covered.rows.changes:
            self.by_name[f"{new} (before it was replaced)"] = covered
        self.by_name[new] = table
        if old in self._keys:
            self._keys[new] = self._keys.pop(old)
        self._types.pop(new, None)
        if old in self._types:
            self._types[new] = self._types.pop(old)
        if old in self._guessed:
            self._guessed.add(new)
        self.net.rename(old, new)
        if new in self.replaced:
            self.net.forget(new, _REPLACED)
