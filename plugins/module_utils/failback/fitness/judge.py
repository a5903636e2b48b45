"""What a host's facts mean for a rollback. Pure: what the agent read in, findings out.

A blocker is what would make a step of the way back fail or serve wrongly. What the plan itself mends (a stopped IDC
MySQL is started by IDC-02, a differing file is put back by ENV-03) is a warning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from failback.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from failback.environment.order import Service

_MANY_FILES = 0.9  # share of the kernel's limit of open files
_FEW_FILES = 1024  # what a login gets where nobody raised it
_DAY = 86_400.0


@dataclass(frozen=True)
class Case:
    """What the judgement depends on besides the facts."""

    host: str
    services: Sequence[Service] = ()
    started_by_plan: Collection[str] = ()  # containers that the plan starts or rebuilds itself
    baseline: Mapping[str, Any] = field(default_factory=dict)  # containers of the baseline, by name
    docker_least: str = "20.10"
    recent_boot: float = _DAY
    swappiness: int = 10
    database: bool = False
    restores: bool = False  # the way makes IDC MySQL anew before the services are restarted
    database_services: Collection[str] = ()  # names of the services that are databases


def findings(facts: Mapping[str, Any], case: Case) -> list[Finding]:
    """Judge all that the agent read, but for clocks and differences."""
    return [
        *_docker(facts.get("docker", {}), case),
        *_containers(facts, case),
        *_paths(facts, case),
        *_memory(facts.get("killed", {}), case),
        *_time(facts.get("time", {}), case),
        *_kernel(facts.get("kernel", {}), case),
    ]


def unreachable(host: str, said: str, absent_because: str = "") -> Finding:
    """Judge a host that gave no answer; one that the site declared absent is only told."""
    if absent_because:
        return Finding("note", f"host:{host}:absent", f"{host} does not answer, as the site declared: {absent_because}")
    return Finding(
        "blocker", f"host:{host}:unreachable", said, f"bring {host} up and let this machine in: ssh {host} true"
    )


def version(text: str) -> tuple[int, ...]:
    """Turn 20.10.24+dfsg1 into (20, 10, 24)."""
    match = re.match(r"[\d.]+", text)
    return tuple(int(part) for part in match[0].strip(".").split(".") if part) if match else ()


def _docker(engine: Mapping[str, Any], case: Case) -> Iterator[Finding]:
    if not case.services:
        return
    if not engine.get("version"):
        said = engine.get("error") or "docker is not installed"
        yield Finding(
            "blocker",
            f"docker:{case.host}:silent",
            f"the docker engine on {case.host} does not answer: {said}",
            f"start it on {case.host} (systemctl start docker) and put the SSH user into the group docker",
        )
    elif version(str(engine["version"])) < version(case.docker_least):
        yield Finding(
            "warning",
            f"docker:{case.host}:old",
            f"the docker engine on {case.host} is {engine['version']}, tested is {case.docker_least} and newer",
            "rehearse on this host, or update the engine when no rollback is near",
        )


def _containers(facts: Mapping[str, Any], case: Case) -> Iterator[Finding]:
    if not facts.get("docker", {}).get("version"):
        return
    seen, images = facts.get("containers", {}), facts.get("images", {})
    for service in case.services:
        name = service.container
        here = seen.get(name) or {}
        then = case.baseline.get(name) or {}
        if not here.get("exists"):
            yield Finding(
                "blocker",
                f"container:{case.host}:{name}:missing",
                f"there is no container {name} on {case.host}",
                "make it from its image and data as it was before the migration",
            )
        else:
            yield from _state(here, service, case)
        yield from _image(here, then, images, name, case)


def _state(here: Mapping[str, Any], service: Service, case: Case) -> Iterator[Finding]:
    name, status, health = service.container, str(here["status"]), str(here.get("health", ""))
    key = f"container:{case.host}:{name}"
    look = f"docker logs --tail 50 {name}"
    if status != "running":
        mended, wanting = name in case.started_by_plan, _wants_its_database(status, service, case)
        told = f"{name} on {case.host} is {status}"
        after = "the plan starts it (IDC-02)" if mended else f"docker start {name}, on {case.host}; then {look}"
        if wanting:
            told += f"; it may be for want of {', '.join(service.needs)}, which this way restores first"
            after = f"see that it is nothing else: {look}; the plan restarts it when the data is there (ENV-01)"
        yield Finding("warning" if mended or wanting else "blocker", f"{key}:state", told, after)
    elif health == "unhealthy":
        # Its health check may ask a database that is part of the failure; MySQL itself has no such excuse.
        excused = bool(service.needs) or name in case.started_by_plan
        yield Finding(
            "warning" if excused else "blocker",
            f"{key}:health",
            f"the health check of {name} on {case.host} fails"
            + (f"; it may be for want of {', '.join(service.needs)}" if service.needs else ""),
            f"docker inspect -f '{{{{json .State.Health.Log}}}}' {name}, then {look}",
        )
    elif health == "starting":
        yield Finding("note", f"{key}:health", f"{name} on {case.host} is still starting", "look again in a minute")


def _wants_its_database(status: str, service: Service, case: Case) -> bool:
    """Tell whether it may be down only because IDC has no data yet: it could not be up before the way has begun."""
    again = status == "restarting" or (status == "exited" and service.restart != "never")
    return case.restores and again and bool(set(service.needs) & set(case.database_services))


def _image(
    here: Mapping[str, Any], then: Mapping[str, Any], images: Mapping[str, str], name: str, case: Case
) -> Iterator[Finding]:
    """Ask whether the container could be made again without a registry, as what it was."""
    own, kept = str(here.get("image", "")), str(then.get("image", ""))
    key = f"image:{case.host}:{name}"
    for digest, whose in dict.fromkeys([(own, "it runs"), (kept, "of the baseline")]):
        if not digest or images.get(digest) or (whose == "of the baseline" and digest == own):
            continue
        yield Finding(
            "blocker",
            f"{key}:gone",
            f"the image of {name} is not on {case.host} any more: {digest[:19]}, the one {whose}. Without a registry"
            " the container cannot be made again",
            f"docker save it on a host that has it, and docker load it on {case.host}",
        )
    if own and kept and own != kept:
        yield Finding(
            "warning",
            f"{key}:other",
            f"{name} on {case.host} runs the image {own[:19]}, the baseline has {kept[:19]}",
            "make it from the image of the baseline, or record a baseline anew if this one is meant; ENV-01 refuses it",
        )
    tag = str(here.get("image_name", ""))
    meant = images.get(tag, "")
    if own and meant and own not in {tag, meant}:
        yield Finding(
            "warning",
            f"{key}:tag",
            f"{tag} on {case.host} means {meant[:19]} today, and {name} was made from {own[:19]}: made again by its"
            " tag, it would be another program",
            f"docker tag {own[:19]} {tag}",
        )


def _paths(facts: Mapping[str, Any], case: Case) -> Iterator[Finding]:
    for path, state in facts.get("paths", {}).items():
        if "error" in state:
            yield Finding(
                "blocker",
                f"filesystem:{case.host}:{path}:error",
                f"{path} on {case.host} cannot be looked at: {state['error']}",
                f"mount or repair it; the kernel's log says why (journalctl -k on {case.host})",
            )
        elif state["read_only"]:
            yield Finding(
                "blocker",
                f"filesystem:{case.host}:{path}:read_only",
                f"{path} on {case.host} is mounted read-only",
                f"find out why (journalctl -k on {case.host}), check the disk, then mount -o remount,rw",
            )
    for one in facts.get("read_only", ()):
        yield Finding(
            "warning",
            f"filesystem:{case.host}:{one['device']}:read_only",
            f"{one['device']} ({one['type']}) on {case.host} is held read-only by the kernel, as after a disk error",
            f"look at the kernel's log (journalctl -k on {case.host}); repair or replace the disk",
        )
    for device, count in facts.get("disk_errors", {}).items():
        yield Finding(
            "warning",
            f"filesystem:{case.host}:{device}:errors",
            f"ext4 noted {count} errors on {device} of {case.host} since its last check",
            f"look at the kernel's log and the disk's own (smartctl -a), check it: fsck of {device} while unmounted",
        )


def _memory(killed: Mapping[str, Any], case: Case) -> Iterator[Finding]:
    count, last = killed.get("count"), killed.get("last") or []
    if not count and not last:
        return
    told = f"; the last: {last[-1]}" if last else ""
    # The count alone does not say when, nor whether it was one of ours.
    yield Finding(
        "warning" if last else "note",
        f"memory:{case.host}:killed",
        f"the kernel of {case.host} killed {count or len(last)} processes for want of memory since it was booted{told}",
        "see what grew (journalctl -k -g 'Out of memory') and give it a limit, or the host more memory",
    )


def _time(clock: Mapping[str, Any], case: Case) -> Iterator[Finding]:
    services = ", ".join(clock.get("services") or [])
    # Of a clock that nothing keeps, the kernel always says so: told once for all hosts, with the clocks.
    if clock.get("in_sync") is False and (services or clock.get("told_by") != "kernel"):
        yield Finding(
            "warning",
            f"time:{case.host}:sync",
            f"the clock of {case.host} is not in sync ({services or 'no time service'}; says {clock['told_by']}): it"
            " will drift",
            "chronyc sources -v, or timedatectl timesync-status: let it reach a time server",
        )


def _kernel(kernel: Mapping[str, Any], case: Case) -> Iterator[Finding]:
    uptime, opened, most = kernel.get("uptime"), kernel.get("files_open"), kernel.get("files_most")
    if uptime is not None and uptime < case.recent_boot:
        yield Finding(
            "note",
            f"boot:{case.host}:recent",
            f"{case.host} was booted {uptime / 3600:.1f} hours ago",
            "make sure that everything was started again, and why it was booted",
        )
    if opened and most and opened > _MANY_FILES * most:
        yield Finding(
            "warning",
            f"limits:{case.host}:files",
            f"{opened} of {most} files that {case.host} may open are open",
            "raise fs.file-max, or find what does not close its files",
        )
    files = (kernel.get("login_files") or {}).get("hard")
    if files is not None and 0 <= files < _FEW_FILES:
        yield Finding(
            "note", f"limits:{case.host}:login", f"a login on {case.host} may open {files} files only", "raise nofile"
        )
    swappiness = kernel.get("swappiness")
    if case.database and swappiness is not None and swappiness > case.swappiness:
        yield Finding(
            "note",
            f"limits:{case.host}:swappiness",
            f"vm.swappiness is {swappiness} on {case.host}: MySQL's buffer pool may be swapped out under load",
            f"sysctl -w vm.swappiness={min(case.swappiness, 1)}",
        )
