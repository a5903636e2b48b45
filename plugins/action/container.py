"""Have a service container run, touched only if it must be. See plugins/modules/container.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

import time
from typing import TYPE_CHECKING, Any, ClassVar

from failback import container as containers
from failback.action import FailbackAction, Outcome
from failback.errors import ConfigError, FailbackError, LoginRefusedError, RefusedError, UnreachableError
from failback.mysql import Login, Server

if TYPE_CHECKING:
    from failback.arguments import Arguments
    from failback.container import Container

POLL = 0.3
GREETING = 3.0  # seconds a server that lives takes at most to greet
PATIENCE = 3  # tries before a running container whose server is silent counts as hung


class ActionModule(FailbackAction):
    """Start, unpause or restart, and wait until MySQL inside answers."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "name": {"type": "str", "required": True},
        "mysql": {"type": "dict"},
        "timeout": {"type": "float", "default": 120.0},
        "stop_timeout": {"type": "int", "default": 60},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Look, decide, act, wait. Raises ContainerError or FailbackError."""
        name = args.text("name")
        login = Login.from_dict(args.mapping("mysql"), "db_idc") if args.given("mysql") else None
        seen = self._inspect(name)
        answer = self._patient(seen, login)
        decision = containers.decide(seen, answers=not answer, why_not=answer)
        evidence: dict[str, object] = {"decision": decision.act, "why": decision.why, "restarted": False}
        if decision.act == "restart" and login is not None:
            self._refuse_if_alive(name, login, answer)
        if self.check_mode:
            return Outcome(decision.changed, seen.facts, {"would": decision.act}, evidence)
        if decision.changed:
            argv = containers.act_argv(decision.act, name, args.count("stop_timeout"))
            with self.act(f"{decision.act} the container {name}", why=decision.why):
                done = self.command(argv, timeout=args.count("stop_timeout") + 30.0)
                if done.rc != 0:
                    said = " ".join((done.stderr or done.stdout).split())[-300:]
                    raise FailbackError(f"docker could not {decision.act} {name} on {self.host}: {said}", evidence)
            evidence["restarted"] = decision.act == "restart"
        begun = time.monotonic()
        after = self._await(name, login, args.number("timeout"), evidence)
        evidence["waited_seconds"] = round(time.monotonic() - begun, 1)
        return Outcome(decision.changed, seen.facts, after.facts, evidence)

    def _inspect(self, name: str) -> Container:
        done = self.command(containers.inspect_argv(name), timeout=20.0)
        return containers.parse_inspect(name, done.rc, done.stdout, done.stderr)

    def _refuse_if_alive(self, name: str, login: Login, answer: str) -> None:
        """Refuse a restart when the server greets on its own host: then the address or the way there is at fault."""
        try:
            with self.stream("127.0.0.1", login.port) as stream:
                stream.sock.settimeout(GREETING)
                greeted = bool(stream.sock.recv(1))  # a MySQL server speaks first
        except (OSError, UnreachableError):
            return
        if greeted:
            raise RefusedError(
                f"{answer}, yet {name} answers on {self.host} itself, so it is not restarted: correct db_idc.host"
                " (or port), or open the way from here to it"
            )

    @staticmethod
    def _patient(seen: Container, login: Login | None) -> str:
        """Ask the server in a running container a few times; "" or what is wrong."""
        answer = ""
        for _ in range(PATIENCE if seen.status == "running" else 0):
            answer = _silence(login)
            if not answer:
                break
            time.sleep(POLL)
        return answer

    def _await(self, name: str, login: Login | None, limit: float, evidence: dict[str, object]) -> Container:
        """Wait until the container runs and its server answers."""
        deadline = time.monotonic() + limit
        answer = _silence(login)
        while answer and time.monotonic() < deadline:
            time.sleep(POLL)
            answer = _silence(login)
        seen = self._inspect(name)
        if answer or seen.status != "running":
            logs = self.command(["docker", "logs", "--tail", "5", name], timeout=20.0)
            evidence["log"] = (logs.stderr or logs.stdout)[-1500:]
            raise FailbackError(
                f"{name} on {self.host} is {seen.status} and does not answer after {limit:g} s:"
                f" {answer or 'it stopped again'}; read its log (docker logs {name})",
                evidence | {"container": seen.facts},
            )
        return seen


def _silence(login: Login | None) -> str:
    """Ask the server; "" when it answers, else what it said. A refused login is an answer, a bad setting is raised."""
    if login is None:
        return ""
    try:
        with Server.connect(login, name="IDC", connect_timeout=2.0, read_timeout=3.0) as server:
            server.value("SELECT 1")
    except ConfigError:
        raise  # neither waiting nor a restart would mend it
    except LoginRefusedError:
        return ""  # the gate that follows says so
    except FailbackError as error:
        return str(error)
    return ""
