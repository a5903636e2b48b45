"""What must hold right before the database is changed: the server, the schema, the plan, and who follows it.

Everything here is looked at again at the last moment, whatever was seen when the plan was made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.errors import FailbackError, RefusedError

if TYPE_CHECKING:
    from failback.deployment.migrations.gate import Gate
    from failback.deployment.migrations.settings import Settings
    from failback.mysql import Server


@dataclass(frozen=True)
class Standing:
    """What the server is just now. ``followers``: replicas that read its binary log."""

    uuid: str
    followers: int
    binlog: bool

    def as_dict(self) -> dict[str, object]:
        """Return it as JSON would hold it."""
        return {"server_uuid": self.uuid, "followers": self.followers, "binlog": self.binlog}


def server(session: Server, settings: Settings) -> Standing:
    """Check that this is the server that is meant and that it takes writes itself. Raises RefusedError."""
    row = session.row("SELECT @@server_uuid AS u, @@read_only AS r, @@super_read_only AS s, @@log_bin AS b")
    wanted, found = str(settings.login.get("server_uuid") or "").lower(), str(row["u"]).lower()
    if wanted and wanted != found:
        raise RefusedError(
            f"another server answers for deployment_database: {found}, not {wanted}. Correct the address, or"
            " server_uuid"
        )
    if row["r"] or row["s"]:
        raise RefusedError(f"{session.name} is read only: it is not the server that the application writes to")
    if source := _source(session):
        raise RefusedError(
            f"{session.name} follows {source}: what is changed here would be changed on one server alone. Name the"
            " server that is written to in deployment_database"
        )
    if not session.number("SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name=%s", (settings.schema,)):
        raise RefusedError(
            f"there is no schema {settings.schema} on {session.name}: correct deployment_database.schema"
        )
    return Standing(found, _followers(session), bool(row["b"]))


def same_gate(planned: Gate, now: Gate) -> None:
    """Check that the database is to the target's code what it was when the plan was made. Raises RefusedError."""
    before, after = planned.digest_facts(), now.digest_facts()
    differ = sorted(name for name in before if before[name] != after[name])
    if differ:
        raise RefusedError(
            f"the database is not what it was when this was planned ({', '.join(differ)} changed): nothing was touched."
            " Look again, then decide",
            {"changed": differ},
        )


def fits(gate: Gate) -> bool:
    """Tell whether the target's code can live with the database as it is."""
    return gate.verdict in {"nothing", "compatible"} and not gate.pending


def _source(session: Server) -> str:
    try:
        row = session.row("SHOW REPLICA STATUS")
    except FailbackError:  # an account without REPLICATION CLIENT cannot ask; read_only tells most replicas
        return ""
    return f"{row.get('Source_Host')!s}:{row.get('Source_Port')!s}" if row else ""


def _followers(session: Server) -> int:
    try:
        return session.number(
            "SELECT COUNT(*) FROM performance_schema.threads WHERE processlist_command LIKE 'Binlog Dump%%'"
        )
    except FailbackError:
        return 0
