"""A parameter group's values inside the MySQL server: they arrive late, as on RDS, and survive its restarts."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field

EXEC_SECONDS = 20
TRUE_IF_REPLICA = "{TrueIfReplica}"
# The dynamic parameters that the stand-in carries into the server: name on RDS -> variable of MySQL.
CARRIED = {
    "read_only": "read_only",
    "event_scheduler": "event_scheduler",
    "max_connections": "max_connections",
    "innodb_flush_log_at_trx_commit": "innodb_flush_log_at_trx_commit",
    "sync_binlog": "sync_binlog",
    "wait_timeout": "wait_timeout",
    "interactive_timeout": "interactive_timeout",
}


class DatabaseError(RuntimeError):
    """The server did not take a parameter; the message is its own."""


def carried(parameters: dict[str, str]) -> dict[str, str]:
    """Return what of a group's own values the server must have. The instance is no replica. Pure."""
    values = {CARRIED[name]: value for name, value in parameters.items() if name in CARRIED}
    if values.get("read_only") == TRUE_IF_REPLICA:
        values["read_only"] = "0"
    return values


def statements(wanted: dict[str, str], applied: dict[str, str]) -> list[str]:
    """Return the SQL that leads from what was applied to what is wanted. Pure.

    Persisted, because on RDS the group's values are in the server's own configuration: a crash does not lift read_only.
    """
    changed = [f"SET PERSIST {name} = {value}" for name, value in sorted(wanted.items()) if applied.get(name) != value]
    for name in sorted(set(applied) - set(wanted)):
        # Back to what the configuration file says would need a restart; the server's defaults are the group's here.
        default = "ON" if name == "event_scheduler" else "DEFAULT"
        changed += [f"SET GLOBAL {name} = {default}", f"RESET PERSIST IF EXISTS {name}"]
    return changed


@dataclass
class Delayed:
    """Values on their way: what was wanted first and when, what has arrived. Times are in seconds. Pure.

    A change that is taken back before it arrives never happens; each further change starts the delay anew.
    """

    delay: float
    applied: dict[str, str] = field(default_factory=dict)
    wanted: dict[str, str] = field(default_factory=dict)
    due: float | None = None

    def see(self, wanted: dict[str, str], now: float) -> None:
        """Take note of what the group says now."""
        if wanted == self.wanted and (self.due is not None or wanted == self.applied):
            return
        self.wanted = dict(wanted)
        self.due = None if wanted == self.applied else now + self.delay

    def ripe(self, now: float) -> bool:
        """Tell whether the change has waited long enough."""
        return self.due is not None and now >= self.due

    def arrived(self) -> None:
        """Take note that the server has it."""
        self.applied, self.due = dict(self.wanted), None

    @property
    def status(self) -> str:
        """Return AWS's word for it."""
        return "in-sync" if self.due is None else "applying"


def execute(mysql: tuple[str, ...], sql: list[str]) -> None:
    """Run statements as the server's own administrator. Raises DatabaseError."""
    text = "".join(f"{statement};\n" for statement in sql)
    try:
        done = subprocess.run(
            mysql,
            input=text,
            text=True,
            capture_output=True,
            timeout=EXEC_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DatabaseError(f"no answer within {EXEC_SECONDS} s to: {sql}") from error
    if done.returncode:
        raise DatabaseError(f"{sql}: {done.stderr.strip() or done.stdout.strip()}")
