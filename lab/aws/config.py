"""The reconciler's configuration file (JSON), shared by the server, the seed and the reconciler."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class ConfigError(ValueError):
    """The configuration cannot be used; the message names the file and what is wrong."""


@dataclass(frozen=True)
class DnsTarget:
    """The name server that plays Route 53, and the key it takes updates with."""

    server: str
    port: int
    zone: str
    key_name: str
    key_algorithm: str
    key_file: Path


@dataclass(frozen=True)
class AwsConfig:
    """What stands for what. `read_only_delay` (seconds): how late a parameter group's change arrives."""

    endpoint: str
    region: str
    profile: str
    credentials_file: str
    instance: str
    parameter_group: str
    container: str
    netns_container: str
    mysql_exec: tuple[str, ...]
    read_only_delay: float
    ids_file: Path
    state_file: Path
    dns: DnsTarget
    rds_address: str
    allowed_cidrs: tuple[str, ...]
    records: tuple[dict[str, Any], ...]


def read_config(path: Path) -> AwsConfig:
    """Read and check the file. Raises ConfigError."""
    try:
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        dns = raw["dns"]
        return AwsConfig(
            endpoint=str(raw["endpoint"]).rstrip("/"),
            region=str(raw["region"]),
            profile=str(raw["profile"]),
            credentials_file=str(raw["credentials_file"]),
            instance=str(raw["instance"]),
            parameter_group=str(raw["parameter_group"]),
            container=str(raw["container"]),
            netns_container=str(raw["netns_container"]),
            mysql_exec=tuple(raw["mysql_exec"]),
            read_only_delay=float(raw["read_only_delay"]),
            ids_file=Path(raw["ids_file"]),
            state_file=Path(raw["state_file"]),
            dns=DnsTarget(
                server=str(dns["server"]),
                port=int(dns["port"]),
                zone=str(dns["zone"]).rstrip("."),
                key_name=str(dns["key_name"]),
                key_algorithm=str(dns["key_algorithm"]),
                key_file=Path(raw["tsig_key_file"]),
            ),
            rds_address=str(raw["addresses"]["rds"]),
            allowed_cidrs=tuple(raw["allowed_cidrs"]),
            records=tuple(raw["records"]),
        )
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ConfigError(f"{path}: {type(error).__name__}: {error}") from error
