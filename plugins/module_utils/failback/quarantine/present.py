"""What IDC has now, read over one connection: rows by key in batches, counts where there is no key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.quarantine.judge import key_of, whole
from failback.sql import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from failback.binlog.rows import Image
    from failback.mysql import Server
    from failback.quarantine.judge import Key, Transaction
    from failback.quarantine.shape import Cascade, Shape

BATCH = 300  # keys a query


class Rows:
    """Implements ``judge.Present``. ``prefetch`` first, or each row costs a query."""

    def __init__(self, server: Server, *, lock: bool = False) -> None:
        self._server = server
        self._lock = " FOR UPDATE" if lock else ""
        self._rows: dict[tuple[str, Key], Image | None] = {}
        self._counts: dict[tuple[str, Key], int] = {}

    def forget(self) -> None:
        """Let go of what was read: the overlay of the judge remembers what matters."""
        self._rows.clear()

    def prefetch(self, shapes: Mapping[str, Shape], transactions: Iterable[Transaction]) -> None:
        """Read the rows that these transactions are about."""
        wanted: dict[str, dict[Key, None]] = {}
        for transaction in transactions:
            for change in transaction.changes:
                shape = shapes.get(change.table.label)
                if shape is None or not shape.key or shape.differs(change.table):
                    continue
                for side in (change.before, change.after):
                    if side is not None:
                        key = key_of(shape, side.values)
                        if (shape.quoted, key) not in self._rows:
                            wanted.setdefault(change.table.label, {})[key] = None
        for label, keys in wanted.items():
            every = list(keys)
            for start in range(0, len(every), BATCH):
                self._read(shapes[label], every[start : start + BATCH])

    def _read(self, shape: Shape, keys: Sequence[Key]) -> None:
        for key in keys:
            self._rows[shape.quoted, key] = None
        names = ", ".join(quote_name(name) for name in shape.key)
        marks = ", ".join("(" + ", ".join(["%s"] * len(shape.key)) + ")" for _ in keys)
        sql = f"SELECT {_select(shape)} FROM {shape.quoted} WHERE ({names}) IN ({marks}){self._lock}"
        for row in self._server.rows(sql, [value for key in keys for value in key]):
            # Under a collation that knows no case, a row may answer to another spelling of its key.
            self._rows[shape.quoted, key_of(shape, row)] = row
            for key in keys:
                if key != key_of(shape, row) and _answers(key, key_of(shape, row)):
                    self._rows[shape.quoted, key] = row

    def row(self, shape: Shape, key: Key) -> Image | None:
        """Give the row of that key."""
        if (shape.quoted, key) not in self._rows:
            self._read(shape, [key])
        return self._rows[shape.quoted, key]

    def count(self, shape: Shape, image: Image) -> int:
        """Count rows equal to the image, in a table without a key."""
        place = (shape.quoted, whole(shape, image))
        if place not in self._counts:
            names = [column for column in shape.columns if not column.generated and column.name in image]
            test = " AND ".join(
                f"{_exact(column.name, column.data_type)} <=> {_given(column.data_type)}" for column in names
            )
            sql = f"SELECT COUNT(*) FROM {shape.quoted} WHERE {test}"
            self._counts[place] = self._server.number(sql, [image[column.name] for column in names])
        return self._counts[place]

    def carried(self, cascade: Cascade, image: Image) -> int:
        """Count the rows of another table that go or change with this one."""
        test = " AND ".join(f"{quote_name(child)} = %s" for child, _ in cascade.pairs)
        values = [image.get(parent) for _, parent in cascade.pairs]
        return self._server.number(f"SELECT COUNT(*) FROM {cascade.child} WHERE {test}", values)


def _select(shape: Shape) -> str:
    """Name the columns; FLOAT as a double, since its own text has six digits only."""
    return ", ".join(
        f"{quote_name(column.name)} + 0e0 AS {quote_name(column.name)}"
        if column.data_type.startswith("float")
        else quote_name(column.name)
        for column in shape.columns
        if not column.generated
    )


def _exact(name: str, data_type: str) -> str:
    """Compare texts by their bytes, floating-point numbers by their whole value."""
    quoted = quote_name(name)
    if data_type.startswith("float"):
        return f"{quoted} + 0e0"
    if data_type.startswith(("char", "varchar")) or data_type.endswith("text"):
        return f"CAST(CONVERT({quoted} USING utf8mb4) AS BINARY)"
    return quoted


def _given(data_type: str) -> str:
    if data_type == "json":
        return "CAST(%s AS JSON)"
    if data_type.startswith(("char", "varchar")) or data_type.endswith("text"):
        return "CAST(CONVERT(%s USING utf8mb4) AS BINARY)"
    return "%s"


def _answers(asked: Key, got: Key) -> bool:
    """Whether a row with key ``got`` may be what was asked for under a collation: texts alone may differ."""
    return all(
        left == right or (isinstance(left, str) and isinstance(right, str) and left.casefold() == right.casefold())
        for left, right in zip(asked, got, strict=True)
    )
