"""The statements of a clone and the reading of how far it is. What is long runs on a connection of its own."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.clone import LIBRARY, PLUGIN
from failback.errors import MySQLError, UnreachableError
from failback.gtid import GtidSet
from failback.mysql import Server
from failback.sql import quote_account, quote_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.clone import Side
    from failback.mysql import Login

# The server is not run by a supervisor (as in a container): it has ended, and completes the clone when it is started.
RESTART_FAILED = 3707
STATUS = (
    "SELECT state AS state, source AS source, error_no AS error_no, error_message AS error_message,"
    " gtid_executed AS gtid_executed, begin_time AS begun, end_time AS ended FROM performance_schema.clone_status"
)
PROGRESS = (
    "SELECT stage AS stage, state AS state, estimate AS estimate, data AS data,"
    " TIMESTAMPDIFF(MICROSECOND, begin_time, COALESCE(end_time, NOW(6))) / 1000000 AS seconds"
    " FROM performance_schema.clone_progress"
)
# Not by clone_status: a server that was killed in mid-clone says "In Progress" for ever. The statement itself is shown
# nowhere, as it holds a password.
_RUNNING = "SELECT COUNT(*) FROM performance_schema.threads WHERE processlist_state LIKE 'clone%'"
_INSTALL = f"INSTALL PLUGIN {PLUGIN} SONAME '{LIBRARY}'"
_UNINSTALL = f"UNINSTALL PLUGIN {PLUGIN}"
_CHANNELS = "SELECT channel_name AS name FROM performance_schema.replication_connection_configuration"


@dataclass(frozen=True)
class Lent:
    """What was lent for a clone and must be given back. Kept where a clone leaves it: in IDC's persisted settings.

    The list of valid donors is the note. What stands in it beside the donor can be no donor: ``.invalid`` never
    resolves (RFC 2606).
    """

    begun: bool = False
    to_donor: bool = False  # the plugin is on the donor because of us, and came to IDC with the donor's data
    to_idc: bool = False  # the plugin was loaded into the empty IDC server by us
    skip_start: bool = False  # replicas are kept from starting by us

    def text(self, donor: str) -> str:
        """Write it as a list of donors."""
        notes = {"donor": self.to_donor, "idc": self.to_idc, "skip-start": self.skip_start}
        return ",".join([donor, *(f"{name}.rollback-runner.invalid:1" for name, lent in notes.items() if lent)])


def lent(server: Server) -> Lent:
    """Read the note from IDC."""
    noted = server.text(
        "SELECT variable_value FROM performance_schema.persisted_variables"
        " WHERE variable_name = 'clone_valid_donor_list'"
    )
    names = {part.partition(".")[0] for part in noted.split(",") if ".rollback-runner.invalid:" in part}
    return Lent(bool(noted), "donor" in names, "idc" in names, "skip-start" in names)


def lend(idc: Server, donor: Server, known: Lent, address: str) -> None:
    """Load the plugin on both where it is missing, note it, and keep the donor's replication from starting on IDC."""
    skipping = bool(idc.number("SELECT @@GLOBAL.skip_replica_start"))
    now = Lent(
        begun=True,
        to_donor=known.to_donor or not installed(donor),
        to_idc=known.to_idc or not installed(idc),
        skip_start=known.skip_start or not skipping,
    )
    idc.execute("SET SESSION sql_log_bin = 0")
    # Empty and read_only: nobody writes here, and after the clone its persisted settings close it again.
    idc.execute("SET GLOBAL super_read_only = OFF")
    if not installed(idc):
        idc.execute(_INSTALL)
    if now.skip_start:
        idc.execute("SET PERSIST_ONLY skip_replica_start = ON")
    idc.execute(f"SET PERSIST clone_valid_donor_list = {quote_text(now.text(address))}")
    if not installed(donor):
        _while_writable(donor, _INSTALL)


def take_back(server: Server) -> None:
    """Take the plugin away from a server."""
    if installed(server):
        _while_writable(server, _UNINSTALL)


def restore(idc: Server, known: Lent, *, keep_note: bool = False) -> None:
    """Give back everything on IDC, closed for writes at the end; the note goes last, unless the next run needs it."""
    if known.skip_start:
        idc.execute("RESET PERSIST IF EXISTS skip_replica_start")
    if known.to_donor or known.to_idc:
        take_back(idc)
    if not keep_note:
        idc.execute("RESET PERSIST IF EXISTS clone_valid_donor_list")
    idc.execute("SET GLOBAL super_read_only = ON")


def _while_writable(server: Server, statement: str) -> None:
    """Run it also on a server that is closed for writes: users stay shut out, as read_only stays on."""
    closed = bool(server.number("SELECT @@GLOBAL.super_read_only"))
    server.execute("SET SESSION sql_log_bin = 0")
    if closed:
        server.execute("SET GLOBAL super_read_only = OFF")
    try:
        server.execute(statement)
    finally:
        if closed:
            server.execute("SET GLOBAL super_read_only = ON")


def installed(server: Server) -> bool:
    """Whether the plugin is loaded."""
    return bool(server.number(f"SELECT COUNT(*) FROM information_schema.plugins WHERE plugin_name = '{PLUGIN}'"))


def in_progress(server: Server) -> bool:
    """Whether a clone runs here now, perhaps one of a run that was stopped."""
    return bool(server.number(_RUNNING))


def status(server: Server) -> dict[str, object]:
    """Read the last clone's end; {} when there was none."""
    row = server.row(STATUS) if installed(server) else {}
    return {name: value.replace("\n", "") if isinstance(value, str) else value for name, value in row.items()}


def progress(server: Server) -> dict[str, object]:
    """Read how far it is: bytes copied and expected, the stage it is in."""
    rows = server.rows(PROGRESS)
    stage = next((str(row["stage"]) for row in rows if str(row["state"]) == "In Progress"), "")
    return {
        "stage": stage,
        "bytes": sum(int(str(row["data"])) for row in rows),
        "expected_bytes": sum(int(str(row["estimate"])) for row in rows),
        "stages": {str(row["stage"]): float(str(row["seconds"] or 0)) for row in rows},
    }


@dataclass(frozen=True)
class Snapshot:
    """How far a copy is, for those who watch. Its budget is what it gets at all."""

    stage: str
    done_bytes: int
    expected_bytes: int
    elapsed: float
    budget_seconds: float

    @classmethod
    def of(cls, told: Mapping[str, object], elapsed: float, budget: float) -> Snapshot:
        """Build from what `progress` read."""
        return cls(str(told["stage"]), int(str(told["bytes"])), int(str(told["expected_bytes"])), elapsed, budget)

    @property
    def share(self) -> float:
        """Part that is copied, 0 to 1; -1 while the server expects nothing yet."""
        return min(1.0, self.done_bytes / self.expected_bytes) if self.expected_bytes else -1.0

    @property
    def rate(self) -> float:
        """Bytes a second."""
        return self.done_bytes / self.elapsed if self.elapsed > 0 else 0.0

    @property
    def forecast_seconds(self) -> float:
        """Seconds of the whole copy, -1 while nothing can be said."""
        return self.elapsed / self.share if self.share > 0 else -1.0

    @property
    def breach(self) -> bool:
        """Whether it will take longer than it gets."""
        return max(self.elapsed, self.forecast_seconds) > self.budget_seconds


def remove_channels(server: Server) -> list[str]:
    """Drop the replication channels that came along: this server is not the standby."""
    names = [str(row["name"]) for row in server.rows(_CHANNELS)]
    for name in names:
        server.execute(f"STOP REPLICA FOR CHANNEL {quote_text(name)}")
        server.execute(f"RESET REPLICA ALL FOR CHANNEL {quote_text(name)}")
    return names


def not_proven(side: Side, uuid: str, status: Mapping[str, object], scheduler: str) -> list[str]:
    """Tell what is not as it must be after a clone, each as the end of a sentence. Pure."""
    wrong = []
    if uuid and side.values["server_uuid"].lower() != uuid:
        wrong.append(f"its server_uuid is {side.values['server_uuid']} and not {uuid}")
    if status and side.executed != GtidSet.parse(str(status["gtid_executed"])):
        wrong.append(f"it stands at {side.executed} and not where the standby stood ({status['gtid_executed']})")
    if side.values["super_read_only"] != "1":
        wrong.append("it is open for writes: SET PERSIST super_read_only = ON")
    if scheduler == "ON":
        wrong.append("its event scheduler is on: SET PERSIST event_scheduler = OFF")
    if side.channels:
        wrong.append(f"it replicates ({', '.join(side.channels)})")
    return wrong


class Cloning(threading.Thread):
    """Runs CLONE INSTANCE; ``outcome`` is None while it runs, "" when all was copied, else what went wrong."""

    def __init__(self, recipient: Login, donor: Login, *, tls: bool) -> None:
        super().__init__(name="clone", daemon=True)
        self._recipient, self._donor, self._tls = recipient, donor, tls
        self.outcome: str | None = None
        self.code = 0
        self.thread_id = 0

    def run(self) -> None:
        """Copy. The password goes to the server in the statement; its logs show ``<secret>`` instead."""
        donor = self._donor
        secret = quote_text(donor.password().decode("utf-8"))
        statement = (
            f"CLONE INSTANCE FROM {quote_account(donor.user, donor.host)}:{donor.port} IDENTIFIED BY {secret}"
            f" REQUIRE {'SSL' if self._tls else 'NO SSL'}"
        )
        try:
            with Server.connect(self._recipient, name="IDC", read_timeout=86400.0) as server:
                self.thread_id = server.thread_id
                server.execute(statement)
            self.outcome = ""
        except MySQLError as error:
            self.code = error.code
            self.outcome = "" if error.code == RESTART_FAILED else str(error)
        except UnreachableError:
            self.outcome = ""  # the server went down to start again with the new data: what it holds then tells
        except Exception as error:  # noqa: BLE001 - a thread has nobody to raise to
            self.outcome = f"{type(error).__name__}: {error}"
