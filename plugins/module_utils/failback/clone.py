"""A physical copy of a standby through MySQL's CLONE plugin: is this donor fit, and for whom? Judging is pure.

Source of facts: MySQL 9.7 manual, "Cloning Remote Data", and what the servers answered (tests/integration/server).
A clone replaces everything on the recipient, accounts included; its server_uuid and persisted settings stay.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from failback import grants
from failback.errors import ConfigError, LoginRefusedError, UnreachableError
from failback.gtid import GtidSet
from failback.mysql import Server, version_tuple
from failback.restore.model import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.mysql import Login

SCHEME = "clone"
PLUGIN = "clone"
LIBRARY = "mysql_clone.so"
MIN_PACKET = 2 << 20  # both servers must allow packets of 2 MiB
# Before 8.0.37 both must be of one release; later ones of one series may differ in the patch.
_SAME_SERIES = (8, 0, 37)
_SYSTEM = "('mysql', 'sys', 'information_schema', 'performance_schema')"
_SAME = ("character_set_server", "collation_server", "innodb_page_size", "lower_case_table_names")
_SAME_BUILD = ("version_compile_os", "version_compile_machine")
_VARIABLES = (
    *_SAME,
    *_SAME_BUILD,
    "version",
    "server_uuid",
    "server_id",
    "max_allowed_packet",
    "gtid_mode",
    "read_only",
    "super_read_only",
    "gtid_executed",
    "skip_replica_start",
    "datadir",
)
# Plugins that cloned data may need; what only the server's own list holds is compiled in everywhere.
_PLUGINS = (
    "SELECT plugin_name AS name FROM information_schema.plugins"
    " WHERE plugin_status = 'ACTIVE' AND plugin_library IS NOT NULL"
)
_BYTES = "SELECT COALESCE(SUM(file_size), 0) FROM information_schema.innodb_tablespaces"
_OUTSIDE = "SELECT COUNT(*) FROM information_schema.innodb_datafiles WHERE path LIKE '/%'"
_SCHEMAS = (
    "SELECT table_schema AS s, COUNT(*) AS n FROM information_schema.tables"
    f" WHERE table_schema NOT IN {_SYSTEM} GROUP BY table_schema ORDER BY table_schema"
)
_CHANNELS = "SELECT channel_name AS name, service_state AS state FROM performance_schema.replication_connection_status"
DONOR_NEEDS: dict[str, tuple[str, ...]] = {"give itself to be cloned": ("BACKUP_ADMIN",)}
RECIPIENT_NEEDS: dict[str, tuple[str, ...]] = {
    "clone": ("CLONE_ADMIN",),
    "name the donor and close the server": ("SYSTEM_VARIABLES_ADMIN", "SUPER"),
}


@dataclass(frozen=True)
class Side:
    """One server, as far as cloning goes. ``bytes`` is the size of its tablespaces."""

    values: dict[str, str]
    plugins: frozenset[str]
    schemas: dict[str, int]
    channels: tuple[str, ...]
    privileges: frozenset[str]
    bytes: int
    outside: int = 0  # tablespaces outside of its data directory

    @property
    def executed(self) -> GtidSet:
        """Everything it ever executed."""
        return GtidSet.parse(self.values["gtid_executed"])

    @property
    def cloning(self) -> bool:
        """Whether the plugin is there already."""
        return PLUGIN in self.plugins

    @property
    def facts(self) -> dict[str, object]:
        """For the record."""
        keep = ("version", "server_uuid", "gtid_executed", "read_only", "super_read_only")
        told: dict[str, object] = {name: self.values[name] for name in keep}
        return told | {"schemas": self.schemas, "bytes": self.bytes, "channels": list(self.channels)}


@dataclass(frozen=True)
class Bounds:
    """What the donor may hold, and what it should. None: anything."""

    allowed: GtidSet | None = None
    wanted: GtidSet = field(default_factory=GtidSet)
    schemas: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inspection:
    """What was found about a donor; ``facts`` is {} when it did not answer."""

    findings: tuple[Finding, ...]
    facts: Mapping[str, object]

    @property
    def usable(self) -> bool:
        """True when nothing forbids cloning from it."""
        return not any(finding.severity == "fatal" for finding in self.findings)


def parse_url(url: str) -> tuple[str, int]:
    """Read ``clone://host:port``. Raises ConfigError."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 3306
    except ValueError as error:
        raise ConfigError(f"cannot read the address of the standby {url!r}: {error}") from error
    if parts.scheme != SCHEME or not host or parts.path.strip("/"):
        raise ConfigError(f"{url!r} names no standby: write clone://host:port")
    return host, port


def observe(server: Server) -> Side:
    """Read one side. Raises UnreachableError or MySQLError."""
    row = server.row("SELECT " + ", ".join(f"@@GLOBAL.{name} AS `{name}`" for name in _VARIABLES))
    lines = [str(next(iter(row.values()))) for row in server.rows("SHOW GRANTS FOR CURRENT_USER()")]
    return Side(
        values={name: str(value).replace("\n", "") for name, value in row.items()},
        plugins=frozenset(str(found["name"]).lower() for found in server.rows(_PLUGINS)),
        schemas={str(found["s"]): int(str(found["n"])) for found in server.rows(_SCHEMAS)},
        channels=tuple(str(found["name"]) for found in server.rows(_CHANNELS) if str(found["state"]) != "OFF"),
        privileges=frozenset(grants.global_privileges(lines)),
        bytes=server.number(_BYTES),
        outside=server.number(_OUTSIDE),
    )


def inspect(
    donor: Login,
    *,
    recipient: Side | None = None,
    admin: Login | None = None,
    bounds: Bounds | None = None,
    source: str = "",
) -> Inspection:
    """Judge a donor; it is only read. ``admin`` is db_idc: its account must get in on the donor too.

    Never raises for a donor that is down or says no: that is a finding. Raises ConfigError for unusable settings.
    """
    url = source or f"{SCHEME}://{donor.host}:{donor.port}"
    try:
        with Server.connect(donor, name="standby") as server:
            side = observe(server)
    except (UnreachableError, LoginRefusedError) as error:
        return Inspection((Finding("fatal", url, str(error), "start it, or correct its login"),), {})
    found = [*judge_donor(side, bounds or Bounds(), url, expected_uuid=donor.server_uuid)]
    if recipient is not None:
        found += compare(side, recipient, url)
    if admin is not None:
        found += _same_account(donor, admin, url)
    return Inspection(tuple(found), side.facts)


def _same_account(donor: Login, admin: Login, url: str) -> list[Finding]:
    """After the clone only the donor's accounts are left: whoever works on IDC must be among them."""
    try:
        login = donor.with_account({"user": admin.user, "password_file": admin.password_file}, "db_idc")
        Server.connect(login, name="standby").close()
    except LoginRefusedError as error:
        text = f"the standby does not know the account of db_idc, and a clone brings the standby's accounts: {error}"
        return [Finding("fatal", url, text, "create it there with the same password, or restore from a dump")]
    except UnreachableError as error:
        return [Finding("fatal", url, str(error), "start it again")]
    return []


def judge_donor(side: Side, bounds: Bounds, url: str, *, expected_uuid: str = "") -> list[Finding]:
    """Tell what forbids cloning from it, or must be known. Pure."""

    def fatal(text: str, step: str) -> None:
        found.append(Finding("fatal", url, text, step))

    found: list[Finding] = []
    if expected_uuid and side.values["server_uuid"].lower() != expected_uuid:
        fatal(f"the standby is server {side.values['server_uuid']}, {expected_uuid} is meant", "correct its address")
    if side.values["gtid_mode"] != "ON":
        fatal("the standby runs without GTIDs, so nothing tells where it stands", "restore from a dump instead")
    if bounds.allowed is not None and (more := side.executed - bounds.allowed):
        fatal(
            f"the standby holds {more.count()} transactions that must not come to IDC ({str(more)[:200]})",
            "take an older source",
        )
    if missing := bounds.wanted - side.executed:
        text = f"the standby lacks {missing.count()} transactions up to the cut-over ({str(missing)[:200]})"
        found.append(Finding("warning", url, text, "replay them from archived binary logs after the clone"))
    if absent := [name for name in bounds.schemas if name not in side.schemas]:
        fatal(f"the standby does not hold {', '.join(absent)}", "take another source")
    if side.outside:
        fatal(f"{side.outside} tablespaces of the standby lie outside of its data directory", "restore from a dump")
    for what, names in grants.lacking(set(side.privileges), DONOR_NEEDS).items():
        fatal(f"the account on the standby cannot {what}", f"GRANT {names} ON *.* to it")
    return found


def compare(donor: Side, recipient: Side, url: str) -> list[Finding]:
    """Tell why this donor does not fit this recipient. Pure."""

    def fatal(text: str, step: str) -> None:
        found.append(Finding("fatal", url, text, step))

    found: list[Finding] = []
    above, below = version_tuple(donor.values["version"]), version_tuple(recipient.values["version"])
    series = above[:2] == below[:2] and min(above, below) >= _SAME_SERIES
    if above != below and not series:
        fatal(
            f"the standby runs MySQL {donor.values['version']}, IDC {recipient.values['version']}: CLONE needs the"
            " same version",
            "restore from a dump instead",
        )
    for name in (*_SAME, *_SAME_BUILD):
        if donor.values[name] != recipient.values[name]:
            fatal(
                f"{name} is {donor.values[name]} on the standby and {recipient.values[name]} on IDC",
                "set it as on the standby and rebuild IDC" if name in _SAME else "restore from a dump instead",
            )
    for name, side in (("the standby", donor), ("IDC", recipient)):
        if int(side.values["max_allowed_packet"]) < MIN_PACKET:
            fatal(f"max_allowed_packet is below 2 MiB on {name}", "SET GLOBAL max_allowed_packet = 67108864")
    if donor.values["server_uuid"] == recipient.values["server_uuid"]:
        fatal("the standby and IDC are the same server", "correct the standby's address")
    if lacking := sorted(donor.plugins - recipient.plugins - {PLUGIN}):
        fatal(f"IDC lacks plugins that the standby has: {', '.join(lacking)}", "load them on IDC (plugin_load_add)")
    for what, names in grants.lacking(set(recipient.privileges), RECIPIENT_NEEDS).items():
        fatal(f"the account on IDC cannot {what}", f"GRANT {names} ON *.* to it")
    return found
