"""How the IDC server gets to RDS for replication: straight, or through a tunnel that this machine opens. Pure.

The tunnel is ``ssh -R`` from here to the database host: a port on the host's loopback leads through this machine to
RDS. It ends by itself after a while, and its process on the host is found again by a file there, so that a run
that was killed leaves nothing for ever. That process is the host's sshd for this session: ssh outlives the command it
was given for as long as somebody uses the forwarded port, so ending the command would not end the tunnel.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

_FORBIDDEN = ("administratively prohibited", "forwarding disabled", "open failed: unknown channel")


@dataclass(frozen=True)
class Route:
    """The way, "direct" or "tunnel", and why."""

    way: str
    why: str


def decide(*, answered: bool, complaint: str) -> Route:
    """Choose the way from one try to reach RDS from the database host.

    ``answered``: RDS spoke to us over the host. ``complaint``: what ssh or the client said when it did not.
    Where the host's ssh forbids the try, nothing is known and the straight way is tried: replication itself will tell.
    """
    if answered:
        return Route("direct", "the database host reaches RDS")
    said = complaint.lower()
    if any(text in said for text in _FORBIDDEN):
        return Route("direct", f"the host's ssh does not let us look ({complaint})")
    return Route("tunnel", f"the database host does not reach RDS ({complaint or 'no answer'})")


def pid_file(port: int) -> str:
    """Where the host keeps the process that holds the tunnel's session."""
    return f"/tmp/rollback-runner-tunnel-{port}.pid"  # noqa: S108 - holds a process id, and is read back as a number only


def hold_command(port: int, lifetime: int) -> str:
    """Give the command on the host that keeps the session, and with it the tunnel, for ``lifetime`` seconds at most."""
    return f"echo $PPID > {shlex.quote(pid_file(port))}; sleep {lifetime}; kill $PPID"


def release_command(port: int) -> str:
    """Give the command on the host that ends the tunnel; says nothing when there is none."""
    path = shlex.quote(pid_file(port))
    return (
        f'pid=$(cat {path} 2>/dev/null) && case $pid in *[!0-9]*) ;; *) kill "$pid" 2>/dev/null ;; esac; rm -f {path}'
    )


def forward(port: int, host: str, target_port: int) -> str:
    """Give the argument of ``ssh -R``: loopback only, nobody else on the host's network may use it."""
    return f"127.0.0.1:{port}:{host}:{target_port}"
