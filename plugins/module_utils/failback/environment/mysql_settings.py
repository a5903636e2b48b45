"""The settings of a MySQL server that matter after a failback, read and compared. Pure but for ``read``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from failback.baseline.compare import Difference
from failback.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.mysql import Server

# What changes the meaning of statements, the durability of commits, who may get in, and how much fits in.
THAT_MATTER = (
    *("version", "server_uuid", "server_id", "port", "character_set_server", "collation_server", "sql_mode"),
    *("time_zone", "default_storage_engine", "lower_case_table_names", "explicit_defaults_for_timestamp"),
    *("transaction_isolation", "autocommit", "innodb_flush_log_at_trx_commit", "sync_binlog", "innodb_doublewrite"),
    *("innodb_redo_log_capacity", "innodb_buffer_pool_size", "max_connections", "max_allowed_packet", "wait_timeout"),
    *("log_bin", "binlog_format", "binlog_row_image", "binlog_expire_logs_seconds", "gtid_mode"),
    *("enforce_gtid_consistency", "require_secure_transport", "foreign_key_checks", "unique_checks", "local_infile"),
    *("event_scheduler", "read_only", "super_read_only", "innodb_fast_shutdown", "log_error_verbosity"),
)
_NAME = re.compile(r"^[a-z][a-z0-9_.]*$")
# Set only at the start of a server, or by other means than SET.
_NOT_BY_SET = frozenset(
    {"version", "server_uuid", "port", "lower_case_table_names", "log_bin", "innodb_doublewrite", "server_id"}
)


def read(server: Server, names: Sequence[str]) -> dict[str, str]:
    """Read global values by name; one that this server does not know is left out. Raises ConfigError or MySQLError."""
    wanted = tuple(names) or THAT_MATTER
    strange = [name for name in wanted if not _NAME.match(name)]
    if strange:
        raise ConfigError(f"baseline_mysql_settings: {strange[0]!r} is no name of a setting")
    marks = ", ".join(["%s"] * len(wanted))
    rows = server.rows(
        "SELECT VARIABLE_NAME AS name, VARIABLE_VALUE AS value FROM performance_schema.global_variables"
        f" WHERE VARIABLE_NAME IN ({marks})",
        wanted,
    )
    return {str(row["name"]): str(row["value"]) for row in rows}


def differences(then: Mapping[str, str], now: Mapping[str, str]) -> list[Difference]:
    """Compare; each difference comes with the statement that would undo it."""
    found = []
    for name, value in sorted(then.items()):
        if now.get(name) == value:
            continue
        quoted = value if re.fullmatch(r"-?\d+|ON|OFF", value) else "'" + value.replace("'", "''") + "'"
        by_set = f"SET PERSIST {name} = {quoted};"
        hint = "set it in the configuration file and restart." if name in _NOT_BY_SET else by_set
        found.append(
            Difference(f"mysql.{name}", (f"-{value}", f"+{now.get(name, 'unknown to this server')}"), hint=hint)
        )
    return found
