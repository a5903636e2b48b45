"""One PostgreSQL session that only reads. The only import of psycopg, and only when it is asked for.

Every error leaves here as one of failback.errors. Times are seconds.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from failback.errors import ConfigError, FailbackError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

CONNECT_TIMEOUT = 3
_OPTIONS = "-c statement_timeout=10000 -c lock_timeout=5000 -c default_transaction_read_only=on"
# SQLSTATE classes, PostgreSQL manual, Appendix A.
_NO_TABLE = ("42P01", "3F000")
_NOT_ALLOWED = "42501"


class NoTableError(FailbackError):
    """The table or schema that was asked for is not there."""


@dataclass
class Session:
    """An open session; a context manager."""

    connection: Any
    name: str

    @classmethod
    def connect(cls, login: Mapping[str, Any], database: str) -> Self:
        """Connect to one database. Raises ConfigError, UnreachableError or FailbackError."""
        psycopg = _driver()
        where = f"{login.get('user')}@{login.get('host')}:{login.get('port') or 5432}/{database}"
        tls = {"sslmode": "verify-ca", "sslrootcert": str(login["ca_file"])} if login.get("ca_file") else {}
        try:
            connection = psycopg.connect(
                host=str(login.get("host") or ""),
                port=int(login.get("port") or 5432),
                user=str(login.get("user") or ""),
                password=_password(login),
                dbname=database,
                connect_timeout=CONNECT_TIMEOUT,
                application_name="rollback-runner",
                options=_OPTIONS,
                autocommit=True,
                row_factory=importlib.import_module("psycopg.rows").dict_row,
                **tls,
            )
        except psycopg.OperationalError as error:
            raise UnreachableError(f"{where} does not answer or refuses the login: {_first(error)}") from error
        return cls(connection, where)

    def rows(self, sql: str, args: Sequence[object] | None = None) -> list[dict[str, Any]]:
        """Every row of one query. Raises NoTableError, ConfigError, UnreachableError or FailbackError."""
        psycopg = _driver()
        try:
            found: list[dict[str, Any]] = self.connection.execute(sql, args).fetchall()
        except psycopg.Error as error:
            state = str(error.sqlstate or "")
            if state in _NO_TABLE:
                raise NoTableError(f"{self.name}: {_first(error)}") from error
            if state == _NOT_ALLOWED:
                raise ConfigError(
                    f"{self.name} may not read this: {_first(error)}. Grant it SELECT and USAGE"
                ) from error
            kind = UnreachableError if isinstance(error, psycopg.OperationalError) else FailbackError
            raise kind(f"{self.name} refuses: {_first(error)}") from error
        return found

    def identity(self) -> str:
        """Return the cluster's system identifier, which every standby of it shares."""
        return str(self.rows("SELECT system_identifier::text AS i FROM pg_control_system()")[0]["i"])

    def close(self) -> None:
        """Close; safe to repeat."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _driver() -> Any:
    try:
        return importlib.import_module("psycopg")
    except ImportError as error:
        raise ConfigError(
            "deployment_migrations.dialect is postgresql, and psycopg is not installed: install the extra"
            " (pip install 'rollback-runner[postgresql]')"
        ) from error


def _password(login: Mapping[str, Any]) -> str | None:
    """Read the password now; without a file the server decides by other means (a local socket)."""
    if not login.get("password_file"):
        return None
    path = str(login["password_file"])
    try:
        return Path(path).expanduser().read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise ConfigError(f"cannot read the password file {path}: {error.strerror}") from error


def _first(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "no word why")
