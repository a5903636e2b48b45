"""The application's configuration file: JSON, read at the start and again at every SIGHUP."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class ConfigError(ValueError):
    """The configuration file cannot be used; the message names the file and the value."""


@dataclass(frozen=True)
class Database:
    """Where the shop's data is, and how to get in. Times are in seconds."""

    host: str
    port: int
    user: str
    password_file: Path
    name: str
    pool: int
    ca_file: str
    connect_timeout: float
    read_timeout: float

    def password(self) -> str:
        """Return the password. Read anew each time, so that it can be changed under a running process."""
        return self.password_file.read_text(encoding="utf-8").strip()


@dataclass(frozen=True)
class Config:
    """What the application needs to know."""

    listen: int
    database: Database


def read_config(path: Path) -> Config:
    """Read and check the file. Raises ConfigError with what is wrong and where."""
    try:
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        database: dict[str, Any] = raw["database"]
        config = Config(
            listen=int(raw["listen"]),
            database=Database(
                host=str(database["host"]),
                port=int(database.get("port", 3306)),
                user=str(database["user"]),
                password_file=Path(database["password_file"]),
                name=str(database["name"]),
                pool=int(database.get("pool", 8)),
                ca_file=str(database.get("ca_file", "")),
                connect_timeout=float(database.get("connect_timeout", 2)),
                read_timeout=float(database.get("read_timeout", 10)),
            ),
        )
        config.database.password()
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ConfigError(f"{path}: {type(error).__name__}: {error}") from error
    if config.database.pool < 1:
        raise ConfigError(f"{path}: database.pool must be 1 or more")
    return config
