"""What stands, in what state, and who answers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab import docker_api, ready
from lab.topology import ADDRESS, HOSTS, SERVICES

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.paths import LabPaths

ABSENT = "absent"
RUNNING = "running"


@dataclass(frozen=True)
class Part:
    """One container: the engine's word on it and its own. `answers` is None where it has no voice of its own."""

    name: str
    host: str
    address: str
    state: str
    answers: bool | None
    answer: str

    @property
    def well(self) -> bool:
        """Tell whether it runs and, where it can, answers."""
        return self.state == RUNNING and self.answers is not False


def _look(name: str, host: str, probe: Callable[[], str] | None) -> Part:
    container = docker_api.find(name)
    state = ABSENT if container is None else str(container.status)
    answers: bool | None = None
    answer = ""
    if probe is not None and state == RUNNING:
        try:
            answers, answer = True, probe()
        except ready.NO_ANSWER as error:
            answers, answer = False, str(error).splitlines()[0] if str(error) else type(error).__name__
    return Part(name, host, ADDRESS[host], state, answers, answer)


def read(paths: LabPaths) -> list[Part]:
    """Look at every host and service, all at once."""
    probes = ready.probes(paths)
    wanted: list[tuple[str, str, Callable[[], str] | None]] = []
    for host in HOSTS:
        probe = (lambda name=host.name: ready.sshd(name)) if host.sshd else None
        wanted.append((host.container, host.name, probe))
        wanted += [(s.name, s.host, probes.get(s.name)) for s in SERVICES if s.host == host.name]
    with ThreadPoolExecutor(len(wanted)) as pool:
        return list(pool.map(lambda one: _look(*one), wanted))


def table(parts: list[Part]) -> str:
    """Give the state as a table for people; services are indented under their host."""
    rows = [("PART", "ADDRESS", "STATE", "ANSWERS")]
    for part in parts:
        is_host = part.name == f"rr-{part.host}"
        answer = {True: part.answer, False: f"NO: {part.answer}", None: "-"}[part.answers]
        rows.append((part.name if is_host else f"  {part.name}", part.address if is_host else "", part.state, answer))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]).rstrip()
        for row in rows
    ]
    ill = [part.name for part in parts if not part.well]
    lines.append(f"{len(parts) - len(ill)} of {len(parts)} well." + (f" Not well: {', '.join(ill)}" if ill else ""))
    return "\n".join(lines)
