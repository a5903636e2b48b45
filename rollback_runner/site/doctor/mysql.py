"""The doctor's look at a MySQL server: it logs in as a run does, and reads what the account may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from failback import grants, kept_way, observe
from failback.errors import LoginRefusedError, UnreachableError
from failback.mysql import Login, Server
from failback.sql import quote_account

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PATIENCE = 5.0  # seconds for one answer from outside


def login(server: Mapping[str, Any], side: str, schemas: Sequence[str], keep: Sequence[str] = ()) -> str:
    """Log in as the tool, see who answers, and read what the account may do; nothing of it is tried.

    ``keep`` are the CIDRs that a closed network lets in to this server, () where none is closed in front of it.
    """
    meant = Login.from_dict(server, side)
    with _entered(meant, side) as there:
        version, read_only = there.text("SELECT @@version"), there.number("SELECT @@read_only")
        uuid, gtid = there.text("SELECT @@server_uuid"), there.text("SELECT @@gtid_mode")
        lines = _grants(there)
        cut_off = kept_way.cut_off(observe.seen_as(there), keep) if keep else ""
    if uuid != meant.server_uuid:
        raise ValueError(f"this server is {uuid}, the site means {meant.server_uuid}: it is the wrong one")
    if gtid != "ON":
        raise ValueError(f"gtid_mode is {gtid}; it must be ON on both sides before the cut-over")
    lacks = lacking(lines, side, schemas)
    if lacks:
        raise ValueError(f"{meant.user} cannot {'; '.join(lacks)} (docs/permissions.md)")
    if cut_off:
        raise ValueError("; ".join(kept_way.reason(cut_off, keep)))
    return f"version {version}, read_only {read_only}, {meant.user} has the privileges it needs"


def _entered(meant: Login, side: str) -> Server:
    """Connect as a run does, and add what to correct. Nothing is sent to whom ca_file does not vouch for."""
    try:
        return Server.connect(meant, name=side, connect_timeout=_PATIENCE, read_timeout=_PATIENCE)
    except UnreachableError as error:
        raise ValueError(
            f"{error}. Correct {side}.host or {side}.port, or bring the server or the way there up"
        ) from error
    except LoginRefusedError as error:
        raise ValueError(f"{error}. Correct {side}.user, or what is in {side}.password_file") from error


def _grants(there: Server) -> list[str]:
    user, _, host = there.text("SELECT CURRENT_USER()").rpartition("@")
    roles = there.text("SELECT CURRENT_ROLE()")
    using = "" if roles in {"", "NONE"} else f" USING {roles}"
    return [str(next(iter(row.values()))) for row in there.rows(f"SHOW GRANTS FOR {quote_account(user, host)}{using}")]


def lacking(lines: list[str], side: str, schemas: Sequence[str]) -> list[str]:
    """Say what the tool's account cannot do on a side (db_idc, db_aws), each with the grant it lacks; pure."""
    needs = grants.IDC_NEEDS if side == "db_idc" else grants.RDS_NEEDS
    found = [
        f"{what}: GRANT {names} ON *.*"
        for what, names in grants.lacking(grants.global_privileges(lines), needs).items()
    ]
    for schema in schemas if side == "db_idc" else ():
        missing = grants.lacking(grants.privileges_on(lines, schema), grants.SCHEMA_NEEDS)
        found += [f"{what} in {schema}: GRANT {names} ON {schema}.*" for what, names in missing.items()]
    return found
