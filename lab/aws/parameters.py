"""The parameters of an RDS MySQL group that matter to a fail-back, with what RDS says about each. Pure.

Sources: the RDS guide, "Parameters for MySQL"; `read_only` is dynamic and modifiable with the values 0, 1 and
{TrueIfReplica} (the parameter schema that AWS publishes). The real list has several hundred; this is a selection.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

PAGE_LEAST, PAGE_MOST = 20, 100


class ParameterError(ValueError):
    """RDS would refuse this change; the message is in its manner."""


@dataclass(frozen=True)
class Parameter:
    """One parameter: the value it has when nobody set it, which values it takes, and when a change arrives."""

    name: str
    default: str
    allowed: str
    apply_type: str = "dynamic"
    data_type: str = "boolean"
    modifiable: bool = True


_ALL = (
    Parameter("autocommit", "1", "0,1"),
    Parameter("back_log", "", "1-65535", "static", "integer"),
    Parameter("binlog_cache_size", "32768", "4096-18446744073709547520", "dynamic", "integer"),
    Parameter("binlog_format", "ROW", "ROW,STATEMENT,MIXED", "dynamic", "string"),
    Parameter("binlog_row_image", "full", "full,minimal,noblob", "dynamic", "string"),
    Parameter("binlog_row_metadata", "FULL", "FULL,MINIMAL", "dynamic", "string"),
    Parameter("character_set_server", "utf8mb4", "utf8mb4,utf8mb3,latin1,ascii", "dynamic", "string"),
    Parameter("connect_timeout", "10", "2-31536000", "dynamic", "integer"),
    Parameter("default_storage_engine", "InnoDB", "InnoDB", "dynamic", "string", modifiable=False),
    Parameter("enforce_gtid_consistency", "ON", "OFF,WARN,ON", "dynamic", "string"),
    Parameter("event_scheduler", "ON", "ON,OFF", "dynamic", "string"),
    Parameter("explicit_defaults_for_timestamp", "1", "0,1"),
    Parameter("general_log", "0", "0,1"),
    Parameter("gtid-mode", "ON", "OFF,OFF_PERMISSIVE,ON_PERMISSIVE,ON", "dynamic", "string"),
    Parameter("innodb_buffer_pool_size", "536870912", "5242880-18446744073709551615", "dynamic", "integer"),
    Parameter("innodb_flush_log_at_trx_commit", "1", "0,1,2", "dynamic", "integer"),
    Parameter("innodb_lock_wait_timeout", "50", "1-1073741824", "dynamic", "integer"),
    Parameter("interactive_timeout", "28800", "1-31536000", "dynamic", "integer"),
    Parameter("local_infile", "1", "0,1"),
    Parameter("log_bin_trust_function_creators", "1", "0,1"),
    Parameter("long_query_time", "10", "0-31536000", "dynamic", "float"),
    Parameter("lower_case_table_names", "0", "0,1", "static", "integer"),
    Parameter("max_allowed_packet", "67108864", "1024-1073741824", "dynamic", "integer"),
    Parameter("max_connections", "500", "1-100000", "dynamic", "integer"),
    Parameter("max_user_connections", "0", "0-4294967295", "dynamic", "integer"),
    Parameter("performance_schema", "1", "0,1", "static"),
    Parameter("read_only", "{TrueIfReplica}", "0,1,{TrueIfReplica}"),
    Parameter("require_secure_transport", "0", "0,1"),
    Parameter("server_id", "1051", "1-4294967295", "static", "integer", modifiable=False),
    Parameter("slow_query_log", "0", "0,1"),
    Parameter("sql_mode", "", "", "dynamic", "list"),
    Parameter("sync_binlog", "1", "0-18446744073709547520", "dynamic", "integer"),
    Parameter("time_zone", "UTC", "UTC,Asia/Seoul", "dynamic", "string"),
    Parameter("wait_timeout", "28800", "1-31536000", "dynamic", "integer"),
)
CATALOGUE = {parameter.name: parameter for parameter in _ALL}


def check_change(group: str, changes: list[dict[str, Any]]) -> None:
    """Refuse what RDS refuses. Raises ParameterError."""
    if group.startswith("default."):
        raise ParameterError(f"Cannot modify a default parameter group: {group}")
    if not 1 <= len(changes) <= PAGE_LEAST:
        raise ParameterError(f"A maximum of {PAGE_LEAST} parameters can be modified in a single request.")
    for change in changes:
        name, value = change.get("ParameterName", ""), change.get("ParameterValue", "")
        parameter = CATALOGUE.get(name)
        if parameter is None:
            raise ParameterError(f"Could not find parameter with name: {name}")
        if not parameter.modifiable:
            raise ParameterError(f"The parameter {name} cannot be modified.")
        if not _allowed(parameter.allowed, value):
            raise ParameterError(
                f"Invalid parameter value: {value} for: {name} allowed values are: {parameter.allowed}"
            )
        if change.get("ApplyMethod") not in {"immediate", "pending-reboot"}:
            raise ParameterError("The parameter ApplyMethod must be one of: immediate, pending-reboot")
        if parameter.apply_type == "static" and change["ApplyMethod"] == "immediate":
            raise ParameterError(f"cannot use immediate apply method for static parameter: {name}")


def describe(stored: dict[str, dict[str, Any]], source: str = "") -> list[dict[str, Any]]:
    """Return every parameter in RDS's words: set by a user, or the default. `source` filters as on AWS."""
    described = []
    for name, parameter in sorted(CATALOGUE.items()):
        own = stored.get(name)
        value = own["ParameterValue"] if own else parameter.default
        described.append(
            {
                "ParameterName": name,
                **({"ParameterValue": value} if value else {}),
                "Description": f"MySQL system variable {name}",
                "Source": "user" if own else "engine-default",
                "ApplyType": parameter.apply_type,
                "DataType": parameter.data_type,
                **({"AllowedValues": parameter.allowed} if parameter.allowed else {}),
                "IsModifiable": parameter.modifiable,
                "ApplyMethod": own.get("ApplyMethod", "pending-reboot") if own else "pending-reboot",
            },
        )
    return [entry for entry in described if not source or entry["Source"] == source]


def page(entries: list[dict[str, Any]], marker: str, most: int | None) -> tuple[list[dict[str, Any]], str]:
    """Return one page and the next one's marker. Pages are small: a caller who ignores markers is found out."""
    size = min(max(most or PAGE_LEAST, PAGE_LEAST), PAGE_MOST)
    first = int(marker) if marker.isdecimal() else 0
    return entries[first : first + size], str(first + size) if first + size < len(entries) else ""


def _allowed(allowed: str, value: str) -> bool:
    span = re.fullmatch(r"(\d+)-(\d+)", allowed)
    if span:
        return value.isdecimal() and int(span[1]) <= int(value) <= int(span[2])
    return not allowed or value in allowed.split(",")
