"""Reach IDC MySQL from this host with the application's own account. See plugins/modules/mysql_reach.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

import time
from typing import TYPE_CHECKING, Any, ClassVar

from failback.action import FailbackAction, Outcome
from failback.errors import FailbackError, RefusedError, UnreachableError
from failback.mysql import Login, Server

if TYPE_CHECKING:
    from failback.arguments import Arguments


class ActionModule(FailbackAction):
    """The path and the account are the application's; only the client is ours."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "server": {"type": "dict", "required": True},
        "account": {"type": "dict", "required": True},
        "timeout": {"type": "float", "default": 5.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Connect and ask who answers. Raises FailbackError or RefusedError (another server answers)."""
        server = Login.from_dict(args.mapping("server"), "db_idc")
        login = server.with_account(args.mapping("account"), "db_app_login")
        timeout = args.number("timeout")
        begun = time.monotonic()
        with self.stream(login.host, login.port, timeout=timeout) as stream:
            try:
                with Server.connect(
                    login, name="IDC", sock=stream.sock, connect_timeout=timeout, read_timeout=timeout
                ) as idc:
                    opened = time.monotonic()
                    row = idc.row("SELECT @@server_uuid AS uuid, CURRENT_USER() AS account, @@read_only AS read_only")
                    answered = time.monotonic()
            except UnreachableError as error:
                said = stream.complaint()
                raise FailbackError(
                    f"{self.host} cannot reach IDC MySQL at {login.host}:{login.port}: {said or error};"
                    " check the route and the firewall between them",
                    {"ssh": said},
                ) from error
        seen = str(row["uuid"]).lower()
        evidence: dict[str, object] = {
            "from": self.host,
            "to": f"{login.host}:{login.port}",
            "as": str(row["account"]),
            "server_uuid": seen,
            "read_only": bool(row["read_only"]),
            "connect_ms": round((opened - begun) * 1000, 1),
            "query_ms": round((answered - opened) * 1000, 1),
        }
        if login.server_uuid and seen != login.server_uuid:
            raise RefusedError(
                f"{self.host} reaches server {seen} at {login.host}:{login.port}, the inventory means"
                f" {login.server_uuid}: correct db_idc or the route",
                evidence,
            )
        return Outcome(changed=False, before=None, after={"reached": True}, evidence=evidence)
