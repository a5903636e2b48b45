"""What the restore has done, kept on the server it restores to: schema ``rollback_runner_restore``.

A piece is recorded in the transaction that loads its rows, so the record and the rows are there together or not at all,
whoever is killed. The backup is known by a digest; going on with another one is refused. Nothing of it reaches the
binary log.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.errors import RefusedError
from failback.mysql import quote_name, quote_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from failback.mysql import Server
    from failback.restore.model import Backup, Piece

SCHEMA = "rollback_runner_restore"
LOCK = "rollback_runner_restore"  # GET_LOCK name: one restore at a time

_TABLES = (
    f"CREATE DATABASE IF NOT EXISTS {SCHEMA} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    f"""CREATE TABLE IF NOT EXISTS {SCHEMA}.run (id tinyint PRIMARY KEY, backup char(64) NOT NULL, url text NOT NULL,
 state varchar(16) NOT NULL, scope json NOT NULL, started datetime(6) NOT NULL, server_started datetime NOT NULL,
 told json NOT NULL) ENGINE=InnoDB""",
    f"""CREATE TABLE IF NOT EXISTS {SCHEMA}.settings (name varchar(64) PRIMARY KEY, former varchar(255) NOT NULL,
 ours varchar(255) NOT NULL) ENGINE=InnoDB""",
    f"""CREATE TABLE IF NOT EXISTS {SCHEMA}.objects (kind varchar(16), schema_name varchar(64), name varchar(64),
 state varchar(16) NOT NULL, PRIMARY KEY (kind, schema_name, name)) ENGINE=InnoDB""",
    f"""CREATE TABLE IF NOT EXISTS {SCHEMA}.pieces (digest binary(32) PRIMARY KEY, id text NOT NULL,
 schema_name varchar(64) NOT NULL, table_name varchar(64) NOT NULL, size bigint NOT NULL, loaded bigint NOT NULL,
 seconds double NOT NULL) ENGINE=InnoDB""",
)


@dataclass(frozen=True)
class Run:
    """The restore that is on this server."""

    backup: str
    url: str
    state: str  # loading, finished
    scope: dict[str, object]
    server_started: str  # UTC, by the server's own clock
    told: dict[str, object]  # results that later stages and a second run show again

    @property
    def finished(self) -> bool:
        """Whether everything was proven and the settings are back."""
        return self.state == "finished"

    def result(self, stage: str) -> dict[str, object]:
        """Give what a stage told when it was done; empty while it is not."""
        found = self.told.get(stage)
        return dict(found) if isinstance(found, dict) else {}


def identity(backup: Backup, digest: str = "") -> str:
    """Give the digest a backup is known by: definitions, size, position, and ``digest`` of its bytes if known."""
    known = [
        digest,
        backup.format,
        backup.size,
        backup.server_version,
        backup.taken_at,
        [backup.position.gtid, backup.position.log_file, backup.position.log_position],
        sorted(backup.schemas.items()),
        [[table.schema, table.name, table.create, table.rows] for table in backup.tables],
        [[item.kind, item.schema, item.name, item.create] for item in backup.programs],
    ]
    return hashlib.sha256(json.dumps(known, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


def digest_of(piece: Piece) -> bytes:
    """Give the key of a piece: its id and its size, so that a piece of another length is another piece."""
    return hashlib.sha256(f"{piece.id}\0{piece.size}".encode("utf-8", "surrogatepass")).digest()


class Book:
    """Reads and writes the bookkeeping over one session."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def exists(self) -> bool:
        """Whether a restore was ever begun here and not forgotten."""
        found = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema=%s AND table_name='run'"
        return bool(self._server.number(found, (SCHEMA,)))

    def run(self) -> Run | None:
        """Read the restore that is on this server."""
        if not self.exists():
            return None
        row = self._server.row(f"SELECT * FROM {SCHEMA}.run WHERE id=1")
        if not row:
            return None
        scope, told = json.loads(str(row["scope"])), json.loads(str(row["told"]))
        return Run(str(row["backup"]), str(row["url"]), str(row["state"]), scope, str(row["server_started"]), told)

    def begin(self, backup: str, url: str, scope: dict[str, object]) -> None:
        """Make the bookkeeping and write down which backup goes where. Safe to repeat."""
        for statement in _TABLES:
            self._server.execute(statement)
        self._server.execute(
            f"INSERT IGNORE INTO {SCHEMA}.run VALUES (1, %s, %s, 'loading', %s, NOW(6), {STARTED}, '{{}}')",
            (backup, url, json.dumps(scope)),
        )

    def seconds_since_begin(self) -> float:
        """Say how long ago the restore that is under way began, by the server's clock; 0 when none is."""
        run = self.run()
        if run is None or run.finished:
            return 0.0
        query = f"SELECT TIMESTAMPDIFF(MICROSECOND, started, NOW(6)) FROM {SCHEMA}.run"
        return self._server.number(query) / 1e6

    def seen_started(self) -> None:
        """Note since when the server runs now."""
        self._server.execute(f"UPDATE {SCHEMA}.run SET server_started={STARTED}")

    def tell(self, key: str, value: object) -> None:
        """Keep a result for later stages."""
        self._server.execute(
            f"UPDATE {SCHEMA}.run SET told=JSON_SET(told, %s, CAST(%s AS JSON))",
            (f'$."{key}"', json.dumps(value, default=str)),
        )

    def objects(self) -> dict[tuple[str, str, str], str]:
        """Read what the restore made: (kind, schema, name) -> state."""
        rows = self._server.rows(f"SELECT kind, schema_name, name, state FROM {SCHEMA}.objects")
        return {(str(r["kind"]), str(r["schema_name"]), str(r["name"])): str(r["state"]) for r in rows}

    def claim(self, items: Sequence[tuple[str, str, str]]) -> None:
        """Write down what is about to be made, so that only that is ever dropped by us."""
        for start in range(0, len(items), 500):
            values = ", ".join(
                f"({quote_text(kind)}, {quote_text(schema)}, {quote_text(name)}, 'made')"
                for kind, schema, name in items[start : start + 500]
            )
            self._server.execute(f"INSERT IGNORE INTO {SCHEMA}.objects VALUES {values}")

    def mark(self, kind: str, schema: str, name: str, state: str) -> None:
        """Set one object's state."""
        self._server.execute(
            f"UPDATE {SCHEMA}.objects SET state=%s WHERE kind=%s AND schema_name=%s AND name=%s",
            (state, kind, schema, name),
        )

    def pieces(self) -> dict[bytes, tuple[str, int, int]]:
        """Read the pieces that are loaded: key -> (table's label, size in bytes, rows)."""
        rows = self._server.rows(
            f"SELECT digest, CONCAT(schema_name, '.', table_name) AS label, size, loaded FROM {SCHEMA}.pieces"
        )
        found: dict[bytes, tuple[str, int, int]] = {}
        for row in rows:
            key = row["digest"]
            assert isinstance(key, bytes)
            found[key] = (str(row["label"]), int(str(row["size"])), int(str(row["loaded"])))
        return found

    def forget_pieces(self, schema: str, table: str) -> None:
        """Take back what is recorded of one table, before it is loaded anew."""
        self._server.execute(f"DELETE FROM {SCHEMA}.pieces WHERE schema_name=%s AND table_name=%s", (schema, table))

    def settings(self) -> dict[str, tuple[str, str]]:
        """Read the settings that were changed: name -> (former value, ours)."""
        rows = self._server.rows(f"SELECT name, former, ours FROM {SCHEMA}.settings")
        return {str(row["name"]): (str(row["former"]), str(row["ours"])) for row in rows}

    def remember_setting(self, name: str, former: str, ours: str) -> None:
        """Write down a setting before it is changed; what was written first stays."""
        self._server.execute(
            f"INSERT INTO {SCHEMA}.settings VALUES (%s, %s, %s) ON DUPLICATE KEY UPDATE ours=%s",
            (name, former, ours, ours),
        )

    def disown(self) -> None:
        """Note that the backup is not what it was: going on is refused from now on, a restart is not."""
        self._server.execute(f"UPDATE {SCHEMA}.run SET backup='changed'")

    def finish(self) -> None:
        """Keep the result, drop what only a running restore needs."""
        self._server.execute(f"UPDATE {SCHEMA}.run SET state='finished'")
        for table in ("settings", "pieces", "objects"):
            self._server.execute(f"TRUNCATE TABLE {SCHEMA}.{table}")

    def forget(self) -> None:
        """Drop the bookkeeping."""
        self._server.execute(f"DROP DATABASE IF EXISTS {SCHEMA}")


# By the server's clock, to the second: 'Uptime' counts whole seconds.
STARTED = (
    "(NOW() - INTERVAL (SELECT variable_value FROM performance_schema.global_status"
    " WHERE variable_name='Uptime') SECOND)"
)


def take_lock(server: Server, wait: float = 10.0) -> None:
    """Be the only restore on this server. A killed one lets go as soon as its socket closes.

    Raises RefusedError naming the connection that holds it.
    """
    if server.number("SELECT GET_LOCK(%s, %s)", (LOCK, wait)) == 1:
        return
    holder = server.text("SELECT IS_USED_LOCK(%s)", (LOCK,))
    row = server.row("SELECT host, user FROM information_schema.processlist WHERE id=%s", (holder or 0,))
    raise RefusedError(
        f"another restore works on {server.name} (connection {holder} of {row.get('user')!s} from {row.get('host')!s}):"
        " wait for it, or end it"
    )


def statement_insert_piece(piece: Piece, rows: int, seconds: float) -> tuple[str, tuple[object, ...]]:
    """Give the statement that records a piece, for the transaction of its rows."""
    values = (digest_of(piece), piece.id, piece.schema, piece.table, piece.size, rows, seconds)
    return f"INSERT INTO {SCHEMA}.pieces VALUES (%s, %s, %s, %s, %s, %s, %s)", values


def labels(names: Iterable[tuple[str, str]]) -> str:
    """Write names for a message, the first few."""
    every = [f"{schema}.{name}" for schema, name in names]
    more = f" and {len(every) - 8} more" if len(every) > 8 else ""  # noqa: PLR2004 - enough to act on
    return ", ".join(every[:8]) + more


def quoted(schema: str, name: str) -> str:
    """Quote ``schema.name``."""
    return f"{quote_name(schema)}.{quote_name(name)}"
