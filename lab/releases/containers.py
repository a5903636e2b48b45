"""Containers and network of the releases lab, by the docker client. Touches nothing without this lab's label."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from lab.commands import run
from lab.errors import LabError
from lab.releases.topology import DYNAMIC_RANGE, GATEWAY, LABEL, NETWORK, SUBNET

SECONDS = 120.0
# What an engine inside a container needs. Not --privileged: that asks for capabilities that a machine may not have.
_ENGINE = (
    *("--cap-add", "SYS_ADMIN", "--cap-add", "NET_ADMIN", "--cap-add", "SYS_PTRACE"),
    *("--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"),
    *("--security-opt", "systempaths=unconfined", "--cgroupns", "host", "--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw"),
)


@dataclass(frozen=True)
class Spec:
    """Everything a container is made of; an address of its own, or that of the container it is beside."""

    name: str
    image: str
    command: tuple[str, ...]
    address: str = ""
    beside: str = ""
    user: str = ""
    # It runs an engine of its own.
    engine: bool = False
    environment: tuple[tuple[str, str], ...] = ()
    # (path on this machine, path inside, "ro" or "rw")
    mounts: tuple[tuple[str, str, str], ...] = ()

    def digest(self) -> str:
        """Name this spec: changes when anything in it does."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


def docker(*words: str, stdin: str | None = None, seconds: float = SECONDS) -> str:
    """Run the docker client. Raises LabError with what it said."""
    return run(["docker", *words], stdin=stdin, timeout=seconds)


def state(name: str) -> tuple[str, str, str]:
    """Return a container's status, the digest of its spec and its id; three empty words where there is none."""
    label = f'{{{{index .Config.Labels "{LABEL}"}}}}'
    form = '{{.State.Status}}|{{index .Config.Labels "rr.spec"}}|' + label + "|{{.Id}}"
    listed = docker("ps", "--all", "--quiet", "--filter", f"name=^/{name}$").strip()
    if not listed:
        return "", "", ""
    status, spec, label, number = docker("inspect", "--format", form, listed).strip().split("|")
    if label != "1":
        raise LabError(f"A container named {name} exists and is not this lab's. Rename or remove it, then try again.")
    return status, spec, number


def remove(name: str) -> None:
    """Kill and remove a container; one that is gone already is fine."""
    if state(name)[0]:
        docker("rm", "--force", "--volumes", name)


def ensure(spec: Spec) -> bool:
    """Make the container what the spec says, and running. Returns True when it was made anew."""
    status, digest, _number = state(spec.name)
    beside = state(spec.beside)[2] if spec.beside else ""
    wanted = hashlib.sha256(f"{spec.digest()} {beside}".encode()).hexdigest()[:16]
    if status and digest == wanted:
        if status == "paused":
            docker("unpause", spec.name)
        elif status != "running":
            docker("start", spec.name)
        return False
    remove(spec.name)
    words = ["run", "--detach", "--name", spec.name, "--label", f"{LABEL}=1", "--label", f"rr.spec={wanted}"]
    words += ["--log-opt", "max-size=20m"]
    if spec.beside:
        words += ["--network", f"container:{beside}"]
    else:
        words += ["--network", NETWORK, "--hostname", spec.name.removeprefix("rr-")]
        words += ["--ip", spec.address] if spec.address else []
    words += ["--user", spec.user] if spec.user else []
    words += _ENGINE if spec.engine else []
    for name, value in spec.environment:
        words += ["--env", f"{name}={value}"]
    for source, target, mode in spec.mounts:
        words += ["--volume", f"{source}:{target}:{mode}"]
    docker(*words, spec.image, *spec.command)
    return True


def all_names() -> list[str]:
    """List this lab's containers, running or not."""
    return docker("ps", "--all", "--filter", f"label={LABEL}=1", "--format", "{{.Names}}").split()


def network_up() -> None:
    """Make the network unless it stands. Raises LabError when its addresses are taken."""
    if NETWORK in docker("network", "ls", "--format", "{{.Name}}").split():
        return
    pool = ["--subnet", SUBNET, "--gateway", GATEWAY, "--ip-range", DYNAMIC_RANGE]
    docker("network", "create", "--label", f"{LABEL}=1", *pool, NETWORK)


def down() -> None:
    """Remove all containers of this lab, and its network."""
    if names := all_names():
        docker("rm", "--force", "--volumes", *names)
    if docker("network", "ls", "--quiet", "--filter", f"label={LABEL}=1").strip():
        docker("network", "rm", NETWORK)
