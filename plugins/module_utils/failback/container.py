"""One service container on its host, through the docker command of that host.

Nothing is needed on the host but its docker client; the argv lists are built here and run by the caller over the
connection it has. ``decide`` is pure: what to do, and why, from what `docker inspect` says.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from failback.errors import FailbackError


class ContainerError(FailbackError):
    """The container is missing, or docker did not do what it was told."""


@dataclass(frozen=True)
class Container:
    """What `docker inspect` says, reduced to what the decision and the record need."""

    name: str
    id: str
    image: str  # image digest: what really runs, whatever the tag says today
    status: str  # created, running, paused, restarting, removing, exited, dead
    health: str  # healthy, unhealthy, starting, or "" without a health check
    exit_code: int
    out_of_memory: bool
    restarts: int
    started_at: str
    restart_policy: str

    @property
    def facts(self) -> dict[str, object]:
        """For the record."""
        return {
            "container": self.name,
            "id": self.id[:12],
            "image": self.image,
            "status": self.status,
            "health": self.health or "no health check",
            "exit_code": self.exit_code,
            "out_of_memory": self.out_of_memory,
            "restarts": self.restarts,
            "started_at": self.started_at,
            "restart_policy": self.restart_policy,
        }


@dataclass(frozen=True)
class Decision:
    """What to do: nothing ("none"), "start", "unpause" or "restart"; and why."""

    act: str
    why: str

    @property
    def changed(self) -> bool:
        """True when something is to be done."""
        return self.act != "none"


def inspect_argv(name: str) -> list[str]:
    """Ask for one container."""
    return ["docker", "container", "inspect", name]


def act_argv(act: str, name: str, stop_timeout: int) -> list[str]:
    """Carry out a decision. A restart gives the server ``stop_timeout`` seconds to close its files."""
    if act == "restart":
        return ["docker", "container", "restart", "-t", str(stop_timeout), name]
    return ["docker", "container", act, name]


def parse_inspect(name: str, rc: int, stdout: str, stderr: str) -> Container:
    """Read the answer of ``inspect_argv``.

    Raises ContainerError: no such container, no access to docker, or an answer that is none.
    """
    if rc != 0:
        said = " ".join((stderr or stdout).split())[-300:]
        if "no such container" in said.lower():
            raise ContainerError(
                f"there is no container {name} on this host: create it from its image and data first", {"docker": said}
            )
        raise ContainerError(f"docker does not answer for {name}: {said or f'exit code {rc}'}", {"docker": said})
    try:
        data: dict[str, Any] = json.loads(stdout)[0]
        state = data["State"]
        return Container(
            name=name,
            id=str(data["Id"]),
            image=str(data["Image"]),
            status=str(state["Status"]),
            health=str((state.get("Health") or {}).get("Status", "")),
            exit_code=int(state.get("ExitCode", 0)),
            out_of_memory=bool(state.get("OOMKilled", False)),
            restarts=int(data.get("RestartCount", 0)),
            started_at=str(state.get("StartedAt", "")),
            restart_policy=str(((data.get("HostConfig") or {}).get("RestartPolicy") or {}).get("Name", "")),
        )
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise ContainerError(f"docker's answer for {name} cannot be read: {error}") from error


def decide(container: Container, *, answers: bool, why_not: str = "") -> Decision:
    """Start what does not run; restart only a running container whose server does not answer.

    ``answers``: the server inside answered a query. ``why_not``: what it said instead. A server that answers is
    never restarted, whatever its health check thinks: a restart costs the buffer pool and the catch-up.
    """
    status = container.status
    if status == "running":
        if answers:
            return Decision("none", "it runs and its server answers")
        if container.health == "starting":
            return Decision("none", "it is still starting")
        return Decision("restart", f"it runs but its server does not answer: {why_not or 'no reason given'}")
    if status == "paused":
        return Decision("unpause", "it is paused")
    if status == "restarting":
        return Decision("none", "docker is restarting it")
    if status in {"created", "exited"}:
        cause = "killed for want of memory" if container.out_of_memory else f"exit code {container.exit_code}"
        return Decision("start", "it was never started" if status == "created" else f"it had stopped ({cause})")
    raise ContainerError(f"the container {container.name} is {status}: docker must be repaired by hand first")
