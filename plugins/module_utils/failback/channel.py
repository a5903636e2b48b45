"""The replication channel RDS -> IDC: what stands, what to do about it, and the statements. Planning is pure.

Rules:

- Our channel is the one named ``rollback_runner``; no other is ever changed. Another channel that already replicates
  from this RDS is used as it stands.
- ``mysql.%`` is filtered: the fence locks accounts on RDS by ALTER USER, which is in the binlog. Without the filter
  the application would be locked out of IDC too.
- The credentials are given to START REPLICA, which keeps them in memory. CHANGE REPLICATION SOURCE would write the
  password in clear to mysql.slave_master_info.
- A channel of ours that does not run is made anew. With SOURCE_AUTO_POSITION nothing is lost by that: the
  receiver asks again for all that is not executed, and relay logs torn by a crash are gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

from failback.errors import ConfigError, RefusedError
from failback.sql import quote_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.mysql import Login, Row, Server

OWN = "rollback_runner"
FILTER = "mysql.%"
CONNECT_RETRY = 1  # seconds between the receiver's tries
RETRY_COUNT = 30  # tries before the receiver gives up and its error shows
HEARTBEAT = 0.5  # seconds of silence after which RDS says that it is still there
PASSWORD_LIMIT = 32  # characters the replication protocol takes; START REPLICA cuts a longer password silently
# The receiver retries these for ever, to no end: 1044/1045 access denied, 1236 RDS cannot serve the position (purged
# binary logs), 1593 same server id or uuid, 3118 account locked, 3159 TLS required.
_HOPELESS = frozenset({1044, 1045, 1236, 1593, 3118, 3159, 13114})

_OBSERVE = (
    "SELECT c.channel_name AS name, c.host AS host, c.port AS port, c.auto_position AS auto_position,"
    " s.source_uuid AS source_uuid, s.service_state AS receiver, s.last_error_number AS receiver_code,"
    " s.last_error_message AS receiver_error, a.service_state AS applier,"
    " (SELECT GROUP_CONCAT(f.filter_name, '=', f.filter_rule SEPARATOR '; ')"
    " FROM performance_schema.replication_applier_filters f WHERE f.channel_name = c.channel_name) AS filters,"
    " (SELECT GROUP_CONCAT(w.last_error_message SEPARATOR '; ')"
    " FROM performance_schema.replication_applier_status_by_worker w"
    " WHERE w.channel_name = c.channel_name AND w.last_error_number <> 0) AS worker_error,"
    " (SELECT GROUP_CONCAT(o.last_error_message SEPARATOR '; ')"
    " FROM performance_schema.replication_applier_status_by_coordinator o"
    " WHERE o.channel_name = c.channel_name AND o.last_error_number <> 0) AS coordinator_error"
    " FROM performance_schema.replication_connection_configuration c"
    " JOIN performance_schema.replication_connection_status s USING (channel_name)"
    " JOIN performance_schema.replication_applier_status a USING (channel_name)"
    " WHERE c.channel_name NOT LIKE 'group_replication%%'"
)


class Address(Protocol):
    """Where RDS answers, in whichever type its login is kept."""

    @property
    def host(self) -> str:
        """Return its name or address."""

    @property
    def port(self) -> int:
        """Return its port."""


@dataclass(frozen=True)
class Channel:
    """One channel as the server reports it."""

    name: str
    host: str
    port: int
    auto_position: bool
    source_uuid: str
    receiver: str  # ON, OFF, CONNECTING
    applier: str  # ON, OFF
    receiver_code: int
    receiver_error: str
    applier_error: str
    filters: str

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """Build from a row of the query of ``observe``."""
        errors = [str(row[key]) for key in ("worker_error", "coordinator_error") if row[key]]
        return cls(
            name=str(row["name"]),
            host=str(row["host"]),
            port=int(str(row["port"])),
            auto_position=str(row["auto_position"]) == "1",
            source_uuid=str(row["source_uuid"] or "").lower(),
            receiver=str(row["receiver"]),
            applier=str(row["applier"]),
            receiver_code=int(str(row["receiver_code"] or 0)),
            receiver_error=str(row["receiver_error"] or "") if row["receiver_code"] else "",
            applier_error=errors[0] if errors else "",
            filters=str(row["filters"] or ""),
        )

    @property
    def running(self) -> bool:
        """True when both threads are up; a receiver that reconnects counts as up."""
        return self.receiver != "OFF" and self.applier == "ON"

    @property
    def label(self) -> str:
        """The channel's name for people; the default channel has none."""
        return self.name or "(default)"

    @property
    def facts(self) -> dict[str, object]:
        """For the record."""
        return {
            "channel": self.label,
            "source": f"{self.host}:{self.port}",
            "receiver": self.receiver,
            "applier": self.applier,
            "receiver_error": self.receiver_error,
            "applier_error": self.applier_error,
        }

    @property
    def filters_accounts(self) -> bool:
        """True when account statements of RDS stay away from IDC."""
        return FILTER in self.filters

    def comes_from(self, source: Login) -> bool:
        """Tell whether it replicates from this very server, by uuid where known, else by address."""
        if self.source_uuid and source.server_uuid:
            return self.source_uuid == source.server_uuid
        return (self.host, self.port) == (source.host, source.port)


@dataclass(frozen=True)
class Plan:
    """What to do: "none" or "build", on which channel, and why."""

    act: str
    channel: str
    own: bool
    why: str
    notes: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """True when something is to be done."""
        return self.act != "none"


def observe(server: Server) -> tuple[Channel, ...]:
    """Every replication channel of the server."""
    return tuple(Channel.from_row(row) for row in server.rows(_OBSERVE.replace("%%", "%")))


def restart_note(server: Server) -> str:
    """Warn of a restart that would start replication by itself: the filter does not outlive the server's process.

    Relay logs with the fence's account locks would then be applied to IDC unfiltered. The application's login is tried
    before anything is opened, so that would be noticed, but a person would have to unlock the accounts on IDC.
    """
    rows = server.rows(
        "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('skip_replica_start', 'skip_slave_start', 'relay_log_recovery')"
    )
    if any(str(row["Value"]).upper() == "ON" for row in rows):
        return ""
    return (
        "skip_replica_start and relay_log_recovery are both off on IDC: should it restart between fence and promotion,"
        " account locks of RDS could be applied to it; set one of them in its configuration"
    )


def find(channels: Sequence[Channel], name: str) -> Channel | None:
    """Find the channel of that name."""
    return next((channel for channel in channels if channel.name == name), None)


def plan(channels: Sequence[Channel], source: Login) -> Plan:
    """Decide how IDC shall follow ``source``.

    Raises RefusedError when a channel that is not ours runs and would harm: from another server, or without the
    filter.
    """
    notes = []
    standing = None
    for channel in channels:
        if channel.name == OWN:
            continue
        if not channel.running:
            notes.append(f"channel {channel.label} is stopped and was left alone")
        elif not channel.comes_from(source):
            raise RefusedError(
                f"IDC replicates from {channel.host}:{channel.port} through channel {channel.label}, and that is not"
                f" this RDS: stop it (STOP REPLICA FOR CHANNEL {quote_text(channel.name)}), then run the phase again",
                channel.facts,
            )
        elif not channel.filters_accounts:
            raise RefusedError(
                f"channel {channel.label} already replicates from RDS but lets account statements through, so the"
                f" fence would lock the application out of IDC too: give it the filter"
                f" REPLICATE_WILD_IGNORE_TABLE=('{FILTER}') or remove the channel, then run the phase again",
                channel.facts,
            )
        else:
            standing = channel
    if standing is not None:
        return Plan("none", standing.name, own=False, why="a standing channel follows this RDS", notes=tuple(notes))
    own = find(channels, OWN)
    why = _why_build(own, source)
    return Plan("build" if why else "none", OWN, own=True, why=why or "our channel runs", notes=tuple(notes))


def _why_build(own: Channel | None, source: Login) -> str:
    """Why our channel must be made or made anew; "" when it is as it must be."""
    if own is None:
        return "there is no channel yet"
    if (own.host, own.port) != (source.host, source.port):
        return f"our channel points at {own.host}:{own.port}"
    if not own.auto_position or not own.filters_accounts:
        return "our channel was left half made"
    if not own.running:
        return f"our channel does not run: {own.applier_error or own.receiver_error or 'it was stopped'}"
    return ""


def remove_statements() -> list[str]:
    """Stop and forget our channel; relay logs go with it."""
    return [f"STOP REPLICA FOR CHANNEL '{OWN}'", f"RESET REPLICA ALL FOR CHANNEL '{OWN}'"]


def build_statements(source: Address, ca_on_idc: str) -> list[str]:
    """Make our channel, without the last step: see ``start_statement``.

    ``ca_on_idc`` is the path of RDS's CA on the IDC server; with "" the link is encrypted but RDS's certificate is
    not verified (its server_uuid is, by the gate and by ``Channel.comes_from``).
    """
    options = [
        f"SOURCE_HOST={quote_text(source.host)}",
        f"SOURCE_PORT={source.port}",
        "SOURCE_AUTO_POSITION=1",
        "SOURCE_SSL=1",
        f"SOURCE_CONNECT_RETRY={CONNECT_RETRY}",
        f"SOURCE_RETRY_COUNT={RETRY_COUNT}",
        f"SOURCE_HEARTBEAT_PERIOD={HEARTBEAT}",
    ]
    if ca_on_idc:
        options.append(f"SOURCE_SSL_CA={quote_text(ca_on_idc)}")
    return [
        f"CHANGE REPLICATION SOURCE TO {', '.join(options)} FOR CHANNEL '{OWN}'",
        f"CHANGE REPLICATION FILTER REPLICATE_WILD_IGNORE_TABLE=('{FILTER}') FOR CHANNEL '{OWN}'",
    ]


def start_statement(source: Login) -> str:
    """Start our channel. Carries the password: never log it. Raises ConfigError when MySQL would cut the password."""
    password = source.password().decode()
    if len(password) > PASSWORD_LIMIT:
        raise ConfigError(
            f"the password of {source.user} in {source.password_file} has {len(password)} characters and MySQL"
            f" replication takes {PASSWORD_LIMIT}: give the account a shorter one (ALTER USER on RDS) and put it there"
        )
    password = quote_text(password)
    return f"START REPLICA USER={quote_text(source.user)} PASSWORD={password} FOR CHANNEL '{OWN}'"


def trouble(channel: Channel | None) -> str:
    """Why the channel can make no progress any more; "" while it can."""
    if channel is None:
        return "the channel is gone"
    if channel.applier_error:
        return f"the applier refused a transaction: {channel.applier_error}"
    if channel.receiver_code in _HOPELESS and channel.receiver != "ON":
        return f"RDS turns the receiver away: {channel.receiver_error}"
    if channel.receiver == "OFF":
        return f"the receiver stopped: {channel.receiver_error or 'no error given'}"
    if channel.applier == "OFF":
        return "the applier is stopped"
    return ""
