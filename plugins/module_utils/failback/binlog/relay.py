"""A replication channel that reads files instead of a server: archived binary logs applied by the server itself.

The files are put where the server keeps the relay logs of a channel of that name, with their index, before the channel
is made; CHANGE REPLICATION SOURCE then takes them for what a receiver had fetched. So every kind of event is applied by
the native applier, by several workers, under super_read_only, each transaction exactly once by its GTID.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback import channel as channels
from failback.catch_up import executed, wait_for
from failback.errors import FailbackError
from failback.sql import quote_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from failback.gtid import GtidSet
    from failback.mysql import Server

CHANNEL = "rr_replay"
# Nobody answers to this name (RFC 2606), should a receiver ever be started.
_NOBODY = "nobody.invalid"
SLICE = 0.5  # seconds between two looks at the applier
PROGRESS = 5.0  # seconds between two lines
_IDLE_LIMIT = 10.0  # seconds; workers that still apply end within them or go on counting down what is missing
_OWN_ID = "own_server_id_"
_STAND_IN = 4_294_960_000  # near the end of what server_id may be
_USER = "SELECT user AS u FROM performance_schema.replication_connection_configuration WHERE channel_name = %s"


@dataclass
class _Idle:
    """How long the applier has had nothing to read while as much was missing as before."""

    missing: int = -1
    begun: float = 0.0

    def since(self, server: Server, missing: int) -> float:
        """Look; seconds."""
        state = server.row(f"SHOW REPLICA STATUS FOR CHANNEL {quote_text(CHANNEL)}").get("Replica_SQL_Running_State")
        if missing != self.missing or not str(state).startswith("Replica has read all relay log"):
            self.missing, self.begun = missing, time.monotonic()
        return time.monotonic() - self.begun


def file_names(server: Server, count: int) -> tuple[str, list[str]]:
    """Give the index file and the relay logs, as paths on the server."""
    base = server.text("SELECT @@GLOBAL.relay_log_basename")
    index = server.text("SELECT @@GLOBAL.relay_log_index").removesuffix(".index")
    return f"{index}-{CHANNEL}.index", [f"{base}-{CHANNEL}.{number:06d}" for number in range(1, count + 1)]


def index_text(files: Sequence[str]) -> str:
    """Write the index: one path a line."""
    return "".join(f"{name}\n" for name in files)


def restart_note(server: Server) -> str:
    """Warn of a restart in the middle: the channel would go on by itself, without its filter; "" where it would not."""
    if server.number("SELECT @@GLOBAL.skip_replica_start OR @@GLOBAL.relay_log_recovery"):
        return ""
    return (
        "skip_replica_start and relay_log_recovery are both off on IDC: should it restart during the replay, it goes on"
        " by itself and applies account statements and other schemas too; set one of them in its configuration"
    )


def start_statements(first: str, ignored: Sequence[str], server_id: int) -> list[str]:
    """Make the channel over the files and start its applier; tables of the ``ignored`` schemas are left out.

    An applier skips what carries its own server's id (replicate_same_server_id can only be set at a start), and these
    are IDC's own logs: meanwhile the server goes by another id. The channel's user remembers the real one, so that
    whoever removes the channel, also after a kill, gives it back.
    """
    channel = quote_text(CHANNEL)
    patterns = ", ".join(quote_text(f"{_literal(schema)}.%") for schema in ignored)
    name = first.rsplit("/", 1)[-1]
    change = (
        f"CHANGE REPLICATION SOURCE TO SOURCE_HOST={quote_text(_NOBODY)},"
        f" SOURCE_USER={quote_text(f'{_OWN_ID}{server_id}')},"
        f" RELAY_LOG_FILE={quote_text(name)}, RELAY_LOG_POS=4 FOR CHANNEL {channel}"
    )
    return [
        change,
        f"CHANGE REPLICATION FILTER REPLICATE_WILD_IGNORE_TABLE=({patterns}) FOR CHANNEL {channel}",
        f"SET GLOBAL server_id = {other_id(server_id)}",
        f"START REPLICA SQL_THREAD FOR CHANNEL {channel}",
    ]


def other_id(server_id: int) -> int:
    """Give an id that no server of the pair is likely to have; it stands in no transaction: each keeps its own."""
    return _STAND_IN + server_id % 1000


def _literal(name: str) -> str:
    return name.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")


def remove(server: Server) -> bool:
    """Forget the channel and its files; False when there was none."""
    if channels.find(channels.observe(server), CHANNEL) is None:
        return False
    server.execute(f"STOP REPLICA FOR CHANNEL {quote_text(CHANNEL)}")
    user = server.text(_USER, (CHANNEL,))
    if user.startswith(_OWN_ID):
        server.execute(f"SET GLOBAL server_id = {int(user.removeprefix(_OWN_ID))}")
    server.execute(f"RESET REPLICA ALL FOR CHANNEL {quote_text(CHANNEL)}")
    return True


def apply(server: Server, wanted: GtidSet, timeout: float, say: Callable[[int, float], None]) -> float:
    """Wait until ``wanted`` is executed; give the seconds. Raises FailbackError in the applier's own words."""
    begun = time.monotonic()
    said = 0.0
    idle = _Idle()
    while not wait_for(server, wanted, SLICE):
        missing = wanted - executed(server)
        if not missing:
            break
        state = channels.find(channels.observe(server), CHANNEL)
        waited = time.monotonic() - begun
        problem = "the channel is gone" if state is None else state.applier_error
        if state is not None and not problem and state.applier == "OFF":
            problem = "the applier stopped"
        if not problem and idle.since(server, missing.count()) > _IDLE_LIMIT:
            problem = "the applier has read all the files and waits, though they should hold these transactions"
        if problem or waited > timeout:
            raise FailbackError(
                f"IDC lacks {missing.count()} transactions of its own after {waited:.0f} s of replay:"
                f" {problem or 'the deadline passed while the applier worked'}. What was applied stays;"
                " run the phase again to go on from there",
                {"missing": str(missing)[:2000], "missing_transactions": missing.count()},
            )
        if waited - said >= PROGRESS:
            said = waited
            say(missing.count(), waited)
    return time.monotonic() - begun
