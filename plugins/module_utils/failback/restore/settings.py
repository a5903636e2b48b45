"""Server settings during a restore: what is changed, recorded before it is changed, and proven back to normal.

Always: ``local_infile`` on (LOAD DATA LOCAL needs it), events off, and ``super_read_only`` off while ``read_only``
stays as it is: the application cannot write, our account can. Fast: redo log off, no flushing at commit; only where the
server holds nothing to lose, because a server killed without its redo log can never be started again.

Only SET GLOBAL, never SET PERSIST: a restart brings everything back but the redo log, which stays off until it is
enabled. Facts: MySQL reference manual, "Disabling Redo Logging"; innodb_doublewrite has no effect while the redo log
is off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.errors import FailbackError, MySQLError
from failback.mysql import quote_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.mysql import Server

REDO = "redo_log"  # not a variable: ALTER INSTANCE changes it, a status tells it
NEEDED: Mapping[str, str] = {"local_infile": "ON", "event_scheduler": "OFF", "super_read_only": "OFF"}
FAST: Mapping[str, str] = {
    "innodb_flush_log_at_trx_commit": "0",
    "sync_binlog": "0",
    REDO: "OFF",
}
_SWITCH = {"0": "OFF", "1": "ON"}
_SWITCHES = frozenset({"local_infile", "event_scheduler", "super_read_only", "read_only"})


@dataclass(frozen=True)
class Change:
    """One setting to change."""

    name: str
    former: str
    ours: str


def read(server: Server, names: Mapping[str, str]) -> dict[str, str]:
    """Read settings as the server has them; one it does not know is left out."""
    found: dict[str, str] = {}
    if not names:  # a restore that had nothing to change has nothing to put back
        return found
    for row in server.rows("SHOW GLOBAL VARIABLES WHERE variable_name IN (%s)" % ", ".join(map(quote_text, names))):  # noqa: UP031 - the driver's own % would be doubled
        name, value = str(row["Variable_name"]), str(row["Value"]).upper()
        found[name] = _SWITCH.get(value, value) if name in _SWITCHES else value
    if REDO in names:
        status = server.row("SHOW GLOBAL STATUS LIKE 'Innodb_redo_log_enabled'")
        if status:
            found[REDO] = str(status["Value"]).upper()
    return found


def plan(now: Mapping[str, str], wanted: Mapping[str, str]) -> list[Change]:
    """Say what to change. ``event_scheduler=DISABLED`` cannot be changed and need not be. Pure."""
    return [
        Change(name, now[name], value)
        for name, value in wanted.items()
        if name in now and now[name] != value and now[name] != "DISABLED"
    ]


def apply(server: Server, name: str, value: str) -> None:
    """Change one setting of the running server. Raises MySQLError."""
    if name == REDO:
        verb = "ENABLE" if value == "ON" else "DISABLE"
        server.execute(f"ALTER INSTANCE {verb} INNODB REDO_LOG")
        return
    text = value if value.lstrip("-").isdigit() or value in {"ON", "OFF"} else quote_text(value)
    server.execute(f"SET GLOBAL {name} = {text}")


def apply_fast(server: Server, change: Change) -> str:
    """Change a setting that only makes things faster; "" or why the server would not."""
    try:
        apply(server, change.name, change.ours)
    except MySQLError as error:
        return str(error)
    return ""


def put_back(server: Server, recorded: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Bring every recorded setting back to its former value and prove it; the values seen afterwards.

    The redo log first: until it is on, nothing else matters. ``super_read_only`` last: after it, nothing can be written
    down any more. Raises FailbackError naming what did not take.
    """
    order = sorted(recorded, key=lambda name: (name != REDO, name == "super_read_only", name))
    now = read(server, dict.fromkeys(order, ""))
    for name in order:
        former = recorded[name][0]
        if name in now and now[name] != former and name != "super_read_only":
            apply(server, name, former)
    seen = read(server, dict.fromkeys(order, ""))
    wrong = [
        f"{name} is {seen.get(name)} and was {recorded[name][0]}"
        for name in order
        if name != "super_read_only" and seen.get(name) != recorded[name][0]
    ]
    if wrong:
        raise FailbackError(
            f"settings of {server.name} are not back to normal: {'; '.join(wrong)}. Set them by hand, run this again",
            {"settings": seen},
        )
    return seen


def nothing_to_lose(server: Server, ours: frozenset[tuple[str, str]]) -> list[str]:
    """Name the tables that are neither the server's own nor made by this restore; empty: fast settings are safe."""
    rows = server.rows(
        "SELECT table_schema AS s, table_name AS t FROM information_schema.tables WHERE table_type='BASE TABLE'"
        " AND table_schema NOT IN"
        " ('mysql', 'sys', 'performance_schema', 'information_schema', 'rollback_runner_restore')"
    )
    return sorted(f"{row['s']!s}.{row['t']!s}" for row in rows if (str(row["s"]), str(row["t"])) not in ours)
