"""One write by the application's own account on IDC, read back: the proof that the door is really open."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.errors import FailbackError
from failback.sql import quote_name, quote_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.mysql import Server

_ANY_TABLE = (
    "SELECT t.table_schema AS s, t.table_name AS n, c.column_name AS c"
    " FROM information_schema.tables t JOIN information_schema.statistics c"
    " ON c.table_schema = t.table_schema AND c.table_name = t.table_name"
    " WHERE t.table_type = 'BASE TABLE' AND t.engine = 'InnoDB' AND c.index_name = 'PRIMARY' AND c.seq_in_index = 1"
    " AND t.table_schema IN ({schemas}) ORDER BY t.table_rows, t.table_name LIMIT 1"
)


@dataclass(frozen=True)
class Target:
    """Where to write: a marker table with a text column made for it, or any table for a write that is taken back."""

    schema: str
    table: str
    column: str
    marker: bool

    @property
    def label(self) -> str:
        """schema.table for people."""
        return f"{self.schema}.{self.table}"

    @property
    def quoted(self) -> str:
        """The table's name for SQL."""
        return f"{quote_name(self.schema)}.{quote_name(self.table)}"


def find_table(server: Server, marker: Mapping[str, object], schemas: Sequence[str]) -> Target:
    """Choose the site's marker table (``{table, column}``), else the smallest table.

    Raises FailbackError when there is no table at all.
    """
    if marker.get("table") and marker.get("column"):
        schema, _, table = str(marker["table"]).rpartition(".")
        return Target(schema or schemas[0], table, str(marker["column"]), marker=True)
    row = server.row(_ANY_TABLE.format(schemas=",".join(quote_text(name) for name in schemas)))
    if not row:
        raise FailbackError(f"no table to test a write on in {', '.join(schemas)}: name one as the marker table")
    return Target(str(row["s"]), str(row["n"]), str(row["c"]), marker=False)


def run(app: Server, target: Target, run_id: str, *, keep: bool) -> dict[str, object]:
    """Write, read back, and commit (``keep``) or roll back.

    Without a marker table the write is an UPDATE that changes nothing, always rolled back: it proves that the server
    takes writes from this account, and leaves no trace. Raises FailbackError when the row does not come back.
    """
    token = str(uuid.uuid4())
    name = quote_name(target.column)
    app.execute("START TRANSACTION READ WRITE")
    if not target.marker:
        app.execute(f"UPDATE {target.quoted} SET {name} = {name} ORDER BY {name} LIMIT 1")
        app.execute("ROLLBACK")
        return {"table": target.label, "write": "an update without effect, rolled back", "as": app.name}
    app.execute(f"INSERT INTO {target.quoted} ({name}) VALUES (%s)", (token,))
    app.execute("COMMIT" if keep else "DO 0")
    found = app.number(f"SELECT COUNT(*) FROM {target.quoted} WHERE {name} = %s", (token,))
    if not keep:
        app.execute("ROLLBACK")
    if found != 1:
        raise FailbackError(f"IDC took a write to {target.label} but gives back {found} rows of it instead of 1")
    return {"table": target.label, "write": token if keep else "rolled back", "read_back": True, "run": run_id}
