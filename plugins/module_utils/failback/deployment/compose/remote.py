"""How the application's hosts and load balancer nodes are asked: one program over SSH, by the site's own settings."""

from __future__ import annotations

import shlex
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from failback import remote, ssh_words
from failback.errors import FailbackError, UnreachableError
from failback.restore.source_site import site_ssh

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from failback.deployment.compose.settings import Node, WebHost

_HOST = (
    "failback.deployment.compose.docker_agent",
    "failback.deployment.compose.lock_agent",
    "failback.deployment.compose.host_agent",
)
_NODE = ("failback.haproxy.runtime", "failback.haproxy.agent")
_POOL = (*_NODE, "failback.environment.pool_agent")
_SSH_ITSELF = 255  # the code ssh ends with when the fault is its own
_TUNNEL = 10.0  # seconds that a tunnel may take to stand
_LOCAL = "local"
One = TypeVar("One")


@dataclass(frozen=True)
class Remote:
    """Asks hosts of the inventory. Raises UnreachableError and FailbackError."""

    hostvars: Mapping[str, Mapping[str, Any]]

    def host(self, host: WebHost, request: Mapping[str, Any], timeout: float) -> dict[str, Any]:
        """Ask the agent on a host of the application."""
        return self._ask(host.name, host.interpreter, _HOST, request, timeout)

    def node(self, node: Node, request: Mapping[str, Any], timeout: float = 30.0) -> dict[str, Any]:
        """Ask the agent on a load balancer node for the whole process: look, hold, switch, release."""
        body = {"socket": node.socket, "backend": node.backend, **request}
        return self._ask(node.name, node.interpreter, _NODE, body, timeout)

    def pool(self, node: Node, request: Mapping[str, Any], timeout: float = 30.0) -> dict[str, Any]:
        """Ask a node to take servers out of its pool, or to give them back."""
        body = {"socket": node.socket, "backend": node.backend, "check": False, **request}
        return self._ask(node.name, node.interpreter, _POOL, body, timeout)

    @contextmanager
    def tunnel(self, host: WebHost, port: int) -> Iterator[str]:
        """Lead a port of this machine to a port of the host, through its SSH; give the address here."""
        if self._connection(host.name) == _LOCAL:
            yield f"http://{host.address}:{port}"
            return
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            here = int(probe.getsockname()[1])
        # A connection of its own: a forward of a shared one would outlive this call.
        argv = site_ssh(self.hostvars)([host.name, ""])[:-1]
        options = [
            "-S",
            "none",
            "-N",
            "-o",
            "ExitOnForwardFailure=yes",
            "-L",
            f"127.0.0.1:{here}:{host.address}:{port}",
        ]
        argv[1:1] = ["-o", "ControlMaster=no", *options]
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            _wait(process, here, host.name)
            yield f"http://127.0.0.1:{here}"
        finally:
            process.terminate()
            process.communicate()

    def _connection(self, name: str) -> str:
        return str(self.hostvars[name].get("ansible_connection") or "ssh")

    def _ask(
        self, name: str, interpreter: str, modules: tuple[str, ...], request: Mapping[str, Any], timeout: float
    ) -> dict[str, Any]:
        argv = remote.argv(interpreter)
        if self._connection(name) != _LOCAL:
            bounded = ["timeout", "--kill-after=1", f"{timeout:g}", *argv]
            argv = site_ssh(self.hostvars)([name, shlex.join(bounded)])
        try:
            done = subprocess.run(
                argv,
                input=remote.program(modules, request),
                capture_output=True,
                text=True,
                check=False,
                timeout=timeout + 15,  # the host's own limit comes first
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise UnreachableError(f"{name} does not answer: {error}") from error
        if done.returncode == _SSH_ITSELF:
            raise UnreachableError(f"{name} cannot be reached: {ssh_words.sentence(done.stderr)}")
        what, then = "agent on the host", "What it had begun may go on there: look again"
        return remote.report(done.returncode, done.stdout, done.stderr, name, what=what, next_step=then)


def each(things: Sequence[One], work: Callable[[One], dict[str, Any]]) -> list[dict[str, Any] | FailbackError]:
    """Do it for all at once; give each one's report or its error, in their order."""

    def safely(one: One) -> dict[str, Any] | FailbackError:
        try:
            return work(one)
        except FailbackError as error:
            return error

    if not things:
        return []
    with ThreadPoolExecutor(max_workers=min(len(things), 16)) as pool:
        return list(pool.map(safely, things))


def _wait(process: subprocess.Popen[bytes], port: int, name: str) -> None:
    deadline = time.monotonic() + _TUNNEL
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    process.terminate()
    said = process.communicate()[1].decode(errors="replace")
    raise UnreachableError(f"no way through {name} by SSH: {ssh_words.sentence(said)}")
