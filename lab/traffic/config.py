"""The traffic's configuration file (JSON). Times are in seconds, rates in writes per second and client."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class ConfigError(ValueError):
    """The configuration cannot be used; the message names the file and what is wrong."""


@dataclass(frozen=True)
class Login:
    """How to get into one MySQL server. `host` may be a name: it is resolved afresh at each connection."""

    host: str
    port: int
    user: str
    password_file: Path
    ca_file: str
    server_uuid: str = ""

    def password(self) -> str:
        """Return the password, without the line's end."""
        return self.password_file.read_text(encoding="utf-8").strip()


@dataclass(frozen=True)
class HttpPlan:
    """The HTTP clients: spread over the front doors in turn."""

    clients: int
    rate: float
    urls: tuple[str, ...]
    host_header: str
    timeout: float


@dataclass(frozen=True)
class SqlPlan:
    """The direct MySQL writers."""

    clients: int
    rate: float
    login: Login


@dataclass(frozen=True)
class TrafficConfig:
    """All that a run and its check need."""

    ledger: Path
    http: HttpPlan
    sql: SqlPlan
    sampler_interval: float
    sides: dict[str, Login] = field(default_factory=dict)
    check: dict[str, Login] = field(default_factory=dict)


def read_config(path: Path) -> TrafficConfig:
    """Read and check the file. Raises ConfigError."""
    try:
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return _config(raw)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ConfigError(f"{path}: {type(error).__name__}: {error}") from error


def _config(raw: dict[str, Any]) -> TrafficConfig:
    ca_file = str(raw.get("ca_file", ""))
    http, sql, sampler = raw["http"], raw["sql"], raw["sampler"]
    sides = {name: _login({**sampler, **side}, ca_file) for name, side in sampler["sides"].items()}
    checks = {name: _login({**sampler, **side}, ca_file) for name, side in raw.get("check", {}).items()}
    return TrafficConfig(
        ledger=Path(raw["ledger"]),
        http=HttpPlan(
            clients=int(http.get("clients", 8)),
            rate=float(http.get("rate", 10)),
            urls=tuple(http["urls"] if "urls" in http else [http["url"]]),
            host_header=str(http.get("host_header", "")),
            timeout=float(http.get("timeout", 60)),
        ),
        sql=SqlPlan(int(sql.get("clients", 8)), float(sql.get("rate", 10)), _login(sql, ca_file)),
        sampler_interval=float(sampler.get("interval", 0.05)),
        sides=sides,
        check={**sides, **checks},
    )


def _login(raw: dict[str, Any], ca_file: str) -> Login:
    return Login(
        host=str(raw["host"]),
        port=int(raw.get("port", 3306)),
        user=str(raw["user"]),
        password_file=Path(raw["password_file"]),
        ca_file=str(raw.get("ca_file", ca_file)),
        server_uuid=str(raw.get("server_uuid", "")),
    )
