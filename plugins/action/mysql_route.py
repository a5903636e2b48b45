"""Find how IDC reaches RDS, and open a tunnel where it does not. See plugins/modules/mysql_route.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

import os
import subprocess
import time
from typing import TYPE_CHECKING, Any, ClassVar

from failback import route
from failback.action import FailbackAction, Outcome
from failback.errors import FailbackError, LoginRefusedError, RefusedError, UnreachableError
from failback.mysql import Login, Server

if TYPE_CHECKING:
    from failback.arguments import Arguments

POLL = 0.2


class ActionModule(FailbackAction):
    """Runs with the connection of the database host (delegate_to)."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "state": {"type": "str", "choices": ["open", "closed"], "default": "open"},
        "aws": {"type": "dict"},
        "replication": {"type": "dict"},
        "port": {"type": "int", "default": 13306},
        "lifetime": {"type": "int", "default": 3600},
        "timeout": {"type": "float", "default": 5.0},
    }
    RULES: ClassVar[dict[str, Any]] = {"required_if": [("state", "open", ("aws", "replication"))]}

    def perform(self, args: Arguments) -> Outcome:
        """Look, and open or close. ``after.replication`` is what mysql_channel needs."""
        port = args.count("port")
        if args.text("state") == "closed":
            return self._close(port)
        aws = Login.from_dict(args.mapping("aws"), "db_aws")
        replication = args.mapping("replication")
        # The CA's path in db_replication is one on the IDC server; here the one of db_aws serves.
        login = Login.from_dict(
            replication | {"ca_file": aws.ca_file, "server_uuid": aws.server_uuid}, "db_replication"
        )
        answered, said = self._try(login, login.host, login.port, args.number("timeout"))
        chosen = route.decide(answered=answered, complaint=said)
        evidence: dict[str, object] = {"way": chosen.way, "why": chosen.why}
        if chosen.way == "direct":
            return Outcome(changed=False, after={"replication": replication}, evidence=evidence)
        tunnelled = replication | {"host": "127.0.0.1", "port": port}
        already, _ = self._try(login, "127.0.0.1", port, args.number("timeout"))
        if already or self.check_mode:
            return Outcome(changed=not already, after={"replication": tunnelled}, evidence=evidence)
        with self.act("open a tunnel from the database host to RDS", port=port, to=str(aws)):
            self._open(aws, login, port, args)
        return Outcome(changed=True, after={"replication": tunnelled}, evidence=evidence)

    def _try(self, login: Login, host: str, port: int, timeout: float) -> tuple[bool, str]:
        """Whether RDS answers at host:port as seen from the database host; else what was said. Raises RefusedError."""
        with self.stream(host, port, timeout=timeout, alone=True) as stream:
            try:
                with Server.connect(
                    login, name="RDS", sock=stream.sock, connect_timeout=timeout, read_timeout=timeout
                ) as server:
                    seen = server.text("SELECT @@server_uuid").lower()
            except LoginRefusedError as error:
                return True, str(error)  # it is there; the channel will say what is wrong with the account
            except UnreachableError as error:
                return False, stream.complaint() or str(error)
        if login.server_uuid and seen != login.server_uuid:
            raise RefusedError(
                f"from the database host, {host}:{port} leads to server {seen}, the inventory means {login.server_uuid}"
            )
        return True, ""

    def _open(self, aws: Login, login: Login, port: int, args: Arguments) -> None:
        """Start ssh -R in a session of its own, and wait until RDS answers through it. Raises FailbackError."""
        binary = self._connection.get_option("ssh_executable")
        target = self._connection.get_option("host") or self._play_context.remote_addr
        # -S none: a connection of its own, for a shared one would end with Ansible's.
        options = ["-S", "none", "-o", "ExitOnForwardFailure=yes", "-R", route.forward(port, aws.host, aws.port)]
        hold = route.hold_command(port, args.count("lifetime"))
        argv = self._connection._build_command(binary, "ssh", *options, target, hold)  # noqa: SLF001 - as in stream()
        process = subprocess.Popen(
            [os.fsdecode(part) for part in argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # outlives this task, not its lifetime on the host
        )
        deadline = time.monotonic() + 3 * args.number("timeout")
        said = ""
        while process.poll() is None and time.monotonic() < deadline:
            answered, said = self._try(login, "127.0.0.1", port, args.number("timeout"))
            if answered:
                return
            time.sleep(POLL)
        process.terminate()
        raise FailbackError(
            f"neither the database host reaches RDS nor does a tunnel through this machine ({said or 'ssh -R ended'}):"
            f" allow TCP forwarding in the host's sshd, free its port {port}, or open the way to"
            f" {login.host}:{login.port}"
        )

    def _close(self, port: int) -> Outcome:
        there = self.command(["test", "-e", route.pid_file(port)]).rc == 0
        if there and not self.check_mode:
            with self.act("close the tunnel from the database host to RDS", port=port):
                self.command(["sh", "-c", route.release_command(port)])
        return Outcome(changed=there, before={"tunnel": there}, after={"tunnel": False})
