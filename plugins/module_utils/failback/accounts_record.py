"""Reading a server's accounts, and keeping them in a record file of mode 0600."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

from failback import accounts_text, accounts_tokens, whole
from failback.accounts import AMAZON, OWN, Accounts
from failback.errors import ConfigError, MySQLError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from failback.mysql import Server

VERSION = 1
_USERS = "SELECT user AS user, host AS host FROM mysql.user ORDER BY user, host"
_SECRET_MODE = 0o077  # no one but the owner may read the record


def read_labels(server: Server) -> list[str]:
    """Name every account of a server as user@host. Raises MySQLError."""
    return [f"{row['user']!s}@{row['host']!s}" for row in server.rows(_USERS)]


def read_statements(server: Server, leave_out: Collection[str] = ()) -> list[str]:
    """Read what would make the server's accounts again, its own and Amazon's left out. Raises MySQLError."""
    server.execute("SET SESSION print_identified_with_as_hex = 1")
    found: list[str] = []
    for row in server.rows(_USERS):
        user, host = str(row["user"]), str(row["host"])
        if user in OWN or user in AMAZON or user in leave_out:
            continue
        try:
            made = server.rows("SHOW CREATE USER %s@%s", (user, host))
            granted = server.rows("SHOW GRANTS FOR %s@%s", (user, host))
        except MySQLError as error:
            # 1396, 1141: dropped since the list was read.
            if error.code in {1396, 1141}:
                continue
            raise
        found += [str(next(iter(line.values()))) for line in (*made, *granted)]
    return found


def read(server: Server, leave_out: Collection[str] = ()) -> Accounts:
    """Read a server's accounts as they are now. Raises MySQLError and ConfigError."""
    return accounts_text.parse(read_statements(server, leave_out))


def write(path: Path, statements: Sequence[str], uuid: str, version: str) -> None:
    """Keep statements in a file that only its owner can read, whole or not at all. Raises ConfigError."""
    data = {
        "version": VERSION,
        "server_uuid": uuid,
        "server_version": version,
        "taken_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "statements": list(statements),
    }
    try:
        whole.write(path, json.dumps(data, indent=1).encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise ConfigError(f"cannot write the account record {path}: {error.strerror}") from error


def load(path: Path) -> tuple[list[str], dict[str, str]]:
    """Read a record, or a plain SQL script of account statements. Returns the statements and what is known of them.

    Raises ConfigError: not there, open to others, or no record.
    """
    try:
        if path.stat().st_mode & _SECRET_MODE:
            raise ConfigError(f"the account record {path} can be read by others: chmod 600 {path}")
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise ConfigError(f"cannot read the account record {path}: {error.strerror}") from error
    if not text.lstrip().startswith("{"):
        return accounts_tokens.split(text), {"source": "script"}
    try:
        data = json.loads(text)
        statements = [str(item) for item in data["statements"]]
        known = {name: str(data[name]) for name in ("server_uuid", "server_version", "taken_at")}
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path} is no account record: {type(error).__name__}") from error
    if data.get("version") != VERSION:
        raise ConfigError(f"the account record {path} is of version {data.get('version')}, this tool reads {VERSION}")
    return statements, {"source": "record", **known}
