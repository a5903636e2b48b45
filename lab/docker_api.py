"""The only module that speaks to the Docker Engine. It touches nothing that does not carry the lab's label."""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from lab.errors import LabError
from lab.topology import LABEL, NETWORK

try:
    import docker
    import docker.errors
    import docker.types
except ImportError as missing:
    raise LabError("The lab needs the extra `lab`: pip install 'rollback-runner[lab]'.") from missing

CLIENT_TIMEOUT_SECONDS = 180


@dataclass(frozen=True)
class ContainerSpec:
    """Everything a container is made of. Two specs with equal digests are the same container."""

    name: str
    image: str
    command: tuple[str, ...]
    host: str
    kind: str
    # An address of its own on the lab's network ("" for any), or None to share the one of `beside`.
    address: str | None = None
    beside: str = ""
    user: str = ""
    capabilities: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    # (path on this machine, path inside, "ro" or "rw")
    mounts: tuple[tuple[str, str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = field(default=())

    def digest(self) -> str:
        """Name this spec: changes when anything in it does."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


@functools.cache
def client() -> Any:
    """Return the client of the engine that answers here."""
    return docker.from_env(timeout=CLIENT_TIMEOUT_SECONDS, max_pool_size=32)


def find(name: str) -> Any | None:
    """Return the lab's container of that name, or None. Raises LabError when the name belongs to someone else."""
    try:
        container = client().containers.get(name)
    except docker.errors.NotFound:
        return None
    if container.labels.get(LABEL) != "1":
        raise LabError(f"A container named {name} exists and is not the lab's. Rename or remove it, then try again.")
    return container


def all_containers() -> list[Any]:
    """List the lab's containers, running or not."""
    return list(client().containers.list(all=True, filters={"label": f"{LABEL}=1"}, ignore_removed=True))


def remove(name: str) -> None:
    """Kill and remove a container of the lab; one that is gone already is fine."""
    container = find(name)
    if container is None:
        return
    try:
        container.remove(force=True, v=True)
    except docker.errors.NotFound:
        return


def kill(name: str) -> None:
    """Stop a container at once, without a word to its process. What stands still is fine, paused or not."""
    container = find(name)
    if container is None or container.status in {"exited", "created", "dead"}:
        return
    try:
        if container.status == "paused":
            container.unpause()
        container.kill()
        container.wait(timeout=20)
    except docker.errors.APIError as error:
        # It ended between the look and the kill.
        if "is not running" not in str(error):
            raise


def stop(name: str, seconds: int) -> None:
    """Ask the process to end and give it `seconds` to do so."""
    container = find(name)
    if container is not None:
        container.stop(timeout=seconds)


def start(name: str) -> None:
    """Start a container that exists."""
    container = find(name)
    if container is None:
        raise LabError(f"Container {name} does not exist. Run `lab up`.")
    container.start()


def pause(name: str) -> None:
    """Freeze a running container."""
    container = find(name)
    if container is None:
        raise LabError(f"Container {name} does not exist. Run `lab up`.")
    container.pause()


def unpause(name: str) -> None:
    """Let a frozen container go on; one that runs is fine."""
    container = find(name)
    if container is not None and container.status == "paused":
        container.unpause()


def _right(container: Any, spec: ContainerSpec) -> bool:
    """Tell whether a container is what the spec says, and still beside the host it was made for."""
    if container.labels.get("rr.spec") != spec.digest():
        return False
    if spec.address:
        networks = container.attrs["NetworkSettings"]["Networks"]
        return NETWORK in networks
    if spec.beside:
        beside = find(spec.beside)
        return beside is not None and container.attrs["HostConfig"]["NetworkMode"] == f"container:{beside.id}"
    return True


def stands(spec: ContainerSpec) -> bool:
    """Tell whether the container is there, is what the spec says, and runs."""
    container = find(spec.name)
    return container is not None and container.status == "running" and _right(container, spec)


def create(spec: ContainerSpec) -> None:
    """Make a container and start it."""
    api = client()
    options: dict[str, Any] = {
        "binds": [f"{source}:{target}:{mode}" for source, target, mode in spec.mounts],
        "cap_add": list(spec.capabilities),
        "log_config": docker.types.LogConfig(type="json-file", config={"max-size": "20m", "max-file": "1"}),
    }
    arguments: dict[str, Any] = {
        "image": spec.image,
        "command": list(spec.command),
        "name": spec.name,
        "user": spec.user or None,
        "environment": dict(spec.environment),
        "labels": {
            LABEL: "1",
            "rr.host": spec.host,
            "rr.kind": spec.kind,
            "rr.spec": spec.digest(),
            **dict(spec.labels),
        },
    }
    if spec.beside:
        beside = find(spec.beside)
        if beside is None:
            raise LabError(f"Host container {spec.beside} does not exist. Run `lab up`.")
        options["network_mode"] = f"container:{beside.id}"
    else:
        options["network_mode"] = NETWORK
        arguments["hostname"] = spec.host
        endpoint = api.api.create_endpoint_config(ipv4_address=spec.address or None)
        arguments["networking_config"] = api.api.create_networking_config({NETWORK: endpoint})
    arguments["host_config"] = api.api.create_host_config(**options)
    created = api.api.create_container(**arguments)
    api.api.start(created["Id"])


def ensure(spec: ContainerSpec) -> bool:
    """Make the container what the spec says and running. Returns True when it was made anew."""
    container = find(spec.name)
    if container is not None and _right(container, spec):
        if container.status == "paused":
            container.unpause()
        elif container.status != "running":
            container.start()
        return False
    remove(spec.name)
    create(spec)
    return True
