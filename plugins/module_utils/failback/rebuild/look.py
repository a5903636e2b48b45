"""Reading the world for a rebuild: the data directory through a helper, the server over the network, the log."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from failback.errors import ConfigError, FailbackError, LoginRefusedError, MySQLError, UnreachableError
from failback.mysql import Server
from failback.rebuild import normal, scripts, service, words
from failback.rebuild.place import Listing, ServerSeen, parse_listing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.action import Completed
    from failback.container import Container
    from failback.mysql import Login
    from failback.rebuild.service import Service, Settings

NOT_LOOKED = Listing(present=True, entries=("mysql.ibd",))
_LOG_LINES = 400
_SCHEMAS = (
    "SELECT s.schema_name AS name, COUNT(t.table_name) AS tables FROM information_schema.schemata s"
    " LEFT JOIN information_schema.tables t ON t.table_schema = s.schema_name"
    " WHERE s.schema_name NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')"
    " GROUP BY s.schema_name ORDER BY s.schema_name"
)
_WHO = (
    "SELECT @@GLOBAL.server_uuid AS uuid, @@GLOBAL.version AS version, @@GLOBAL.super_read_only AS closed,"
    " @@GLOBAL.gtid_executed AS executed"
)


class Commander(Protocol):
    """Runs commands on the host; the action plugins do."""

    @property
    def host(self) -> str:
        """Name of the host, for messages."""

    def command(self, argv: Sequence[str], *, stdin: str | None = None, timeout: float = 30.0) -> Completed:
        """Run one command there."""


def listing(on: Commander, of: Service, settings: Settings) -> Listing:
    """Look into the data directory. Raises FailbackError when docker cannot run a helper."""
    mount = of.mount_of(settings.datadir)
    target = mount.target if mount else "/"
    argv = service.script_argv(of, scripts.LOOK, [settings.datadir, settings.log_file, target], look=True)
    done = on.command(argv, timeout=120.0)
    if done.rc != 0:
        said = " ".join(done.stderr.split())[-300:]
        raise FailbackError(f"cannot look into the data directory of {of.name} on {on.host}: {said}")
    return parse_listing(done.stdout)


def server(login: Login, seen: Listing) -> ServerSeen | None:
    """Ask the server; None when it does not answer. A login it refuses is an answer."""
    try:
        with Server.connect(login, name="IDC", connect_timeout=2.0, read_timeout=5.0) as idc:
            who = idc.row(_WHO)
            schemas = {str(row["name"]): int(str(row["tables"])) for row in idc.rows(_SCHEMAS)}
            return ServerSeen(
                uuid=str(who["uuid"]).lower(),
                version=str(who["version"]),
                super_read_only=bool(who["closed"]),
                schemas=schemas,
                executed=str(who["executed"]).replace("\n", ""),
            )
    except LoginRefusedError as error:
        return ServerSeen(refused=str(error))
    except ConfigError as error:
        if "certificate" in str(error):
            return ServerSeen(refused=str(error))
        raise
    except UnreachableError:
        return None
    except MySQLError:
        if seen.startable:
            raise
        return ServerSeen()  # its files are gone, so it fails here and there


def last_words(on: Commander, container: Container, seen: Listing) -> words.Words:
    """Read what the server said since its last start: on the container's output, and in its own log file.

    What it said before a rebuild is about files that are set aside by now; what it says about copies of its files is
    about the new ones that a stopped run left beside them.
    """
    state = seen.state
    if state is not None and state.step == "published" and container.started_at[:19] < state.time[:19]:
        return words.Words()
    argv = ["docker", "container", "logs", "--tail", str(_LOG_LINES)]
    if container.started_at and not container.started_at.startswith("0001"):
        argv += ["--since", container.started_at]
    done = on.command([*argv, container.name], timeout=30.0)
    own = [line for line in seen.log.splitlines() if line[:19] >= container.started_at[:19]]
    found = words.read("\n".join([done.stdout, done.stderr, *own]), out_of_memory=container.out_of_memory)
    if state is None or state.step == "published":
        return found
    return replace(found, in_the_way=tuple(reason for reason in found.in_the_way if reason != words.COPIES))


def closed(login: Login) -> dict[str, object]:
    """Read what a new server must show. Raises UnreachableError or MySQLError."""
    with Server.connect(login, name="IDC") as idc:
        row = idc.row(
            "SELECT @@GLOBAL.read_only AS read_only, @@GLOBAL.event_scheduler AS events,"
            " @@GLOBAL.gtid_purged AS purged, @@GLOBAL.gtid_executed AS executed,"
            " (SELECT COUNT(*) FROM mysql.user WHERE account_locked = 'N') AS open_accounts"
        )
        cipher = idc.row("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
        deviations = normal.not_normal(normal.read(idc))
    return {
        "read_only": bool(row["read_only"]),
        "event_scheduler": str(row["events"]).upper(),
        "gtid_purged": str(row["purged"]),
        "gtid_executed": str(row["executed"]),
        "open_accounts": int(str(row["open_accounts"])),
        "not_normal": deviations,
        "tls": str(cipher.get("Value", "")),
        "tls_wanted": bool(login.ca_file),
    }


def not_as_new(after: Mapping[str, object], uuid: str) -> list[str]:
    """Tell what is not as it must be right after a rebuild, each as the end of a sentence. Pure."""
    who = after["server"]
    assert isinstance(who, dict)
    wrong = []
    if who["uuid"] != uuid:
        wrong.append(f"its server_uuid is {who['uuid']} and not {uuid}")
    if not who["super_read_only"]:
        wrong.append("it is open for writes")
    if after["event_scheduler"] == "ON":
        wrong.append("its event scheduler is on")
    if after["gtid_executed"] or after["gtid_purged"]:
        wrong.append(f"it has transactions of its own ({after['gtid_executed']})")
    if who["schemas"]:
        wrong.append(f"it holds {', '.join(who['schemas'])}")
    if after["tls_wanted"] and not after["tls"]:
        wrong.append("it does not speak TLS")
    return wrong
