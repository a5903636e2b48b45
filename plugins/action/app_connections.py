"""See this host's application sessions on a server. See plugins/modules/app_connections.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

import time
from typing import TYPE_CHECKING, Any, ClassVar

from failback.action import FailbackAction, Outcome
from failback.errors import FailbackError
from failback.mysql import Login, Server

if TYPE_CHECKING:
    from collections.abc import Iterable

    from failback.arguments import Arguments

POLL = 0.2


class ActionModule(FailbackAction):
    """Read-only: waits until the sessions are there, or stops."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "server": {"type": "dict", "required": True},
        "app_user": {"type": "str", "required": True},
        "addresses": {"type": "list", "elements": "str", "required": True},
        "at_least": {"type": "int", "default": 1},
        "timeout": {"type": "float", "default": 10.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Count. Raises FailbackError when there are too few at the deadline."""
        login = Login.from_dict(args.mapping("server"), "db_idc")
        wanted, user = args.count("at_least"), args.text("app_user")
        deadline = time.monotonic() + args.number("timeout")
        with Server.connect(login, name="IDC") as server:
            while True:
                by_host = _sessions(server, user)
                here = _ours(server, by_host, set(args.texts("addresses")))
                seen = sum(by_host[name] for name in here)
                if seen >= wanted or self.check_mode or time.monotonic() >= deadline:
                    break
                time.sleep(POLL)
        evidence: dict[str, object] = {
            "user": user,
            "addresses": args.texts("addresses"),
            "sessions": seen,
            "sessions_by_address": by_host,
        }
        if seen < wanted and not self.check_mode:
            told = (
                f"IDC sees {seen} sessions of {user} from {self.host} ({', '.join(args.texts('addresses'))}), expected"
                f" at least {wanted}: look at the application's configuration and log on that host"
            )
            others = sorted(set(by_host) - set(here))
            if others:
                told += f"; IDC sees some from {', '.join(others)}: if that is this host, add it to app_addresses"
            raise FailbackError(told, evidence)
        return Outcome(changed=False, before=None, after={"sessions": seen}, evidence=evidence)


def _sessions(server: Server, user: str) -> dict[str, int]:
    """Count the user's sessions by client: its address, or its name where MySQL found one."""
    rows = server.rows(
        "SELECT processlist_host AS client, COUNT(*) AS sessions"
        " FROM performance_schema.threads WHERE processlist_user = %s GROUP BY client",
        (user,),
    )
    return {str(row["client"]): int(str(row["sessions"])) for row in rows}


def _ours(server: Server, clients: Iterable[str], addresses: set[str]) -> list[str]:
    """Pick the clients that have one of these addresses, by themselves or by the name that MySQL gave the address.

    MySQL shows names instead of addresses unless skip_name_resolve is on; its host cache tells which is whose.
    """
    rows = server.rows("SELECT ip AS ip, host AS host FROM performance_schema.host_cache WHERE host IS NOT NULL")
    named = {str(row["host"]) for row in rows if str(row["ip"]) in addresses}
    return [client for client in clients if client in addresses or client in named]
