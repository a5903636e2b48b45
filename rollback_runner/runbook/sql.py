"""SQL that a person can paste: it asks the server what has to be done and prints the statements that do it. Pure.

The marks are those of the tool (`failback.fence_plan`), so that `rollback-runner abort` undoes by machine what was
closed by hand, and the other way round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.channel import build_statements
from failback.fence_plan import MARK
from failback.sql import quote_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rollback_runner.runbook.site_view import Login

_LONG = "SET SESSION group_concat_max_len = 1000000;"
_ACCOUNT = "QUOTE(user), '@', QUOTE(host)"
_DEFINER = "QUOTE(SUBSTRING_INDEX(definer, '@', 1)), '@', QUOTE(SUBSTRING_INDEX(definer, '@', -1))"
_ME = "QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', 1)), '@', QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', -1))"
_NOTED = (
    f"SELECT User_attributes->'$.metadata.{MARK}.events' FROM mysql.user WHERE CONCAT(user, '@', host) = CURRENT_USER()"
)


def names(values: Iterable[str]) -> str:
    """Write texts as a list of SQL."""
    return ", ".join(quote_text(value) for value in values)


def lock(exempt: Iterable[str]) -> str:
    """Print the one statement that locks every account that can log in and is not exempt."""
    return (
        f"{_LONG}\n"
        f"SELECT CONCAT('ALTER USER ', GROUP_CONCAT({_ACCOUNT}),\n"
        f'  \' ACCOUNT LOCK ATTRIBUTE \'\'{{"{MARK}": {{"locked": true, "run": "by-hand"}}}}\'\';\')\n'
        f"  FROM mysql.user WHERE account_locked = 'N' AND user NOT IN ({names(exempt)}) HAVING COUNT(*) > 0;"
    )


def unlock() -> str:
    """Print the one statement that unlocks what carries the mark, and nothing else."""
    return (
        f"{_LONG}\n"
        f"SELECT CONCAT('ALTER USER ', GROUP_CONCAT({_ACCOUNT}),\n"
        f"  ' ACCOUNT UNLOCK ATTRIBUTE ''{{\"{MARK}\": null}}'';')\n"
        f"  FROM mysql.user WHERE JSON_CONTAINS_PATH(User_attributes, 'one', '$.metadata.{MARK}.locked')\n"
        "  HAVING COUNT(*) > 0;"
    )


def events_off(exempt: Iterable[str]) -> str:
    """Print the note of the events that run, on the tool's own account, and the statements that stop them."""
    spared = f"status = 'ENABLED' AND SUBSTRING_INDEX(definer, '@', 1) NOT IN ({names(exempt)})"
    return (
        f"SELECT CONCAT('ALTER USER ', {_ME}, ' ATTRIBUTE ',\n"
        f"  QUOTE(JSON_OBJECT('{MARK}', JSON_OBJECT('run', 'by-hand', 'events',\n"
        "    JSON_ARRAYAGG(CONCAT(event_schema, '.', event_name))))), ';')\n"
        f"  FROM information_schema.events WHERE {spared} HAVING COUNT(*) > 0;\n"
        f"SELECT CONCAT('ALTER DEFINER=', {_DEFINER},\n"
        "  ' EVENT `', event_schema, '`.`', event_name, '` DISABLE ON REPLICA;')\n"
        f"  FROM information_schema.events WHERE {spared};"
    )


def events_back() -> str:
    """Print the statements that start the noted events again; the note goes last."""
    return (
        f"SELECT CONCAT('ALTER DEFINER=', {_DEFINER},\n"
        "  ' EVENT `', event_schema, '`.`', event_name, '` ENABLE;')\n"
        f"  FROM information_schema.events WHERE JSON_CONTAINS(({_NOTED}),\n"
        "  JSON_QUOTE(CONCAT(event_schema, '.', event_name)));\n"
        f"SELECT CONCAT('ALTER USER ', {_ME}, ' ATTRIBUTE ''{{\"{MARK}\": null}}'';');"
    )


def events_on_idc(schemas: Iterable[str]) -> str:
    """Print the statements that let the events run on IDC: all that RDS sent over wait there, switched off."""
    return (
        f"SELECT CONCAT('ALTER DEFINER=', {_DEFINER},\n"
        "  ' EVENT `', event_schema, '`.`', event_name, '` ENABLE;')\n"
        "  FROM information_schema.events WHERE status IN ('REPLICA_SIDE_DISABLED', 'SLAVESIDE_DISABLED')\n"
        f"  AND event_schema IN ({names(schemas)});"
    )


def sessions(exempt: Iterable[str]) -> str:
    """Print one call for every session that is neither ours nor exempt."""
    return (
        "SELECT CONCAT('CALL mysql.rds_kill(', id, ');') FROM information_schema.processlist"
        f" WHERE id <> CONNECTION_ID() AND user NOT IN ({names([*exempt, 'unauthenticated user'])})"
    )


def build(source: Login) -> str:
    """Make the replication channel as the tool makes it, but for the start, which carries the password."""
    return ";\n".join(build_statements(source, source.ca_file)) + ";"


def counters(schemas: Iterable[str]) -> str:
    """Print table and next AUTO_INCREMENT value, one table a line."""
    return (
        "SET SESSION information_schema_stats_expiry = 0;"
        " SELECT CONCAT('`', table_schema, '`.`', table_name, '`'), auto_increment FROM information_schema.tables"
        f" WHERE table_type = 'BASE TABLE' AND auto_increment IS NOT NULL AND table_schema IN ({names(schemas)})"
    )
