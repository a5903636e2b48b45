"""CPU, memory, disks and network of each host, from /proc, over one long-lived ssh a host.

The host needs a shell and cat, nothing else. Between two questions its shell waits in a read; a question costs two
short processes (cat and df) at the lowest priority. Rates are between two readings of the host's own clock and
counters (proc(5), Documentation/admin-guide/iostats.rst); a counter that went back (a restart) gives no rate.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rollback_runner.watching.conversation import Conversation, reach
from rollback_runner.watching.series import Point
from rollback_runner.watching.source import Reading, Source, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from rollback_runner.site.site import Site
    from rollback_runner.watching.settings import Settings
    from rollback_runner.watching.source import Place

_GROUPS = ("database_hosts", "app_hosts", "aws_app_hosts", "load_balancers")
_PATIENCE = 5.0
_PROGRAM = """exec 2>/dev/null; LC_ALL=C; export LC_ALL; renice -n 19 -p $$ >/dev/null
while read -r n; do
read -r l </proc/uptime && echo "uptime $l"
read -r l </proc/stat && echo "$l"
read -r l </sys/fs/cgroup/memory.max && echo "limit $l" && read -r l </sys/fs/cgroup/memory.current && echo "taken $l"
echo /sys/block/*
cat /proc/meminfo /proc/net/dev /proc/diskstats
df -kPl
echo "<<$n>>"
done"""
# Not a host's own traffic or room: loopback, containers, bridges, bonds and VLANs (their ports are counted).
_NO_PORT = ("lo", "veth", "docker", "br-", "virbr", "tap", "tun", "cni", "flannel", "bond", "team", "dummy", "wg")
_NO_DISK = ("loop", "ram", "zram", "dm-", "md", "sr", "fd")
_NO_ROOM = ("tmpfs", "devtmpfs", "shm", "udev", "none", "cgroup", "efivarfs", "/dev/loop")
_DF_CELLS = 6


@dataclass(frozen=True)
class Facts:
    """What one reading of a host says; counters since its boot, sizes in bytes, ``uptime`` in seconds."""

    uptime: float
    cpu: tuple[int, ...]
    memory: Mapping[str, int]
    ports: Mapping[str, tuple[int, int]]
    disks: Mapping[str, int]
    rooms: Mapping[str, float] = field(default_factory=dict)


class Host(Source):
    """One host."""

    name = "ssh"

    def __init__(self, host: str, variables: Mapping[str, Any]) -> None:
        self.hosts = (host,)
        self.interval = 0.0
        self._host = host
        self._talk = Conversation(reach(host, variables, _PROGRAM), _PATIENCE)
        self._before: Facts | None = None

    def read(self) -> Reading:
        """Ask the host. Raises `SourceError`."""
        text = self._talk.ask()
        now = time.time()
        facts = parse(text)
        before = None if self._talk.fresh else self._before
        self._before = facts
        return Reading([Point(now, name, self._host, value) for name, value in figures(before, facts)])

    def interrupt(self) -> None:
        """End the ssh, which nobody then waits for."""
        self._talk.interrupt()

    def close(self) -> None:
        """End the ssh."""
        self._talk.close()


def sources(site: Site, _settings: Settings, _place: Place) -> Iterator[Host]:
    """Yield one source per host that can be logged in to."""
    hosts = dict.fromkeys(host for group in _GROUPS for host in site.hosts(group))
    yield from (Host(host, site.variables[host]) for host in hosts)


def parse(text: str) -> Facts:
    """Read the host's answer. Raises `SourceError` when it is none."""
    cells = [line.split() for line in text.splitlines()]
    try:
        named = {line[0]: line[1:] for line in cells if line}
        disks = {path.rpartition("/")[2] for path in next((line for line in cells if _is_block(line)), [])}
        return Facts(
            uptime=float(named["uptime"][0]),
            cpu=tuple(int(value) for value in named["cpu"][:8]),
            memory=_memory(named),
            ports=dict(_ports(text)),
            disks=dict(_disks(cells, disks)),
            rooms=dict(_rooms(cells)),
        )
    except (KeyError, ValueError, IndexError) as error:
        raise SourceError(f"the host's answer cannot be read ({error!r}): {text[:80]!r}") from error


def figures(before: Facts | None, now: Facts) -> Iterator[tuple[str, float]]:
    """Yield what can be said: shares of memory and room at once, what is a rate after a second reading."""
    total = now.memory["MemTotal"]
    yield "memory_used", _share(total - now.memory["MemAvailable"], total)
    swap = now.memory.get("SwapTotal", 0)
    yield "swap_used", _share(swap - now.memory.get("SwapFree", 0), swap)
    if now.rooms:
        yield "disk_used", max(now.rooms.values())
    passed = now.uptime - before.uptime if before else 0.0
    if before is None or passed <= 0:
        return
    ticks = [new - old for new, old in zip(now.cpu, before.cpu, strict=False)]
    if sum(ticks) > 0:
        # user, nice, system, idle, iowait, irq, softirq, steal; iowait may go back by some ticks (proc(5)).
        waiting = max(0, ticks[4])
        yield "cpu_busy", _share(sum(ticks) - ticks[3] - waiting, sum(ticks))
        yield "cpu_waiting", _share(waiting, sum(ticks))
    busy = [now.disks[name] - before.disks[name] for name in now.disks.keys() & before.disks.keys()]
    if busy and min(busy) >= 0:
        yield "disk_busy", min(1.0, max(busy) / 1000 / passed)
    for place, name in enumerate(("network_in", "network_out")):
        both = now.ports.keys() & before.ports.keys()
        moved = [now.ports[port][place] - before.ports[port][place] for port in both]
        if moved and min(moved) >= 0:
            yield name, sum(moved) / passed


def _memory(named: Mapping[str, Sequence[str]]) -> dict[str, int]:
    names = ("MemTotal", "MemAvailable", "SwapTotal", "SwapFree")
    found = {name: int(named[f"{name}:"][0]) * 1024 for name in names if f"{name}:" in named}
    # The limit of the control group where that is lower: what a container may have, not what its machine has.
    if "limit" in named and "taken" in named and named["limit"][0].isdecimal():
        most = int(named["limit"][0])
        if most < found["MemTotal"]:
            found |= {"MemTotal": most, "MemAvailable": max(0, most - int(named["taken"][0]))}
    return found


def _is_block(line: Sequence[str]) -> bool:
    return bool(line) and line[0].startswith("/sys/block/")


def _ports(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    for line in text.splitlines():
        name, colon, rest = line.partition(":")
        cells = rest.split()
        port = name.strip()
        if colon and len(cells) == 16 and not port.startswith(_NO_PORT) and "." not in port:  # noqa: PLR2004 - proc(5)
            yield port, (int(cells[0]), int(cells[8]))


def _disks(lines: Iterable[Sequence[str]], whole: set[str]) -> Iterator[tuple[str, int]]:
    """Yield the milliseconds each whole disk was busy since boot (field 10 of iostats)."""
    for cells in lines:
        if len(cells) >= 14 and cells[0].isdecimal() and cells[2] in whole and not cells[2].startswith(_NO_DISK):  # noqa: PLR2004 - as above
            yield cells[2], int(cells[12])


def _rooms(lines: Iterable[Sequence[str]]) -> Iterator[tuple[str, float]]:
    """Yield the share each file system is used to, as df counts it: of what ordinary users may take."""
    for cells in lines:
        if len(cells) < _DF_CELLS or not cells[4].endswith("%") or cells[0].startswith(_NO_ROOM):
            continue
        used, free = int(cells[2]), int(cells[3])
        yield cells[0], _share(used, used + free)


def _share(part: float, whole: float) -> float:
    return min(1.0, max(0.0, part / whole)) if whole > 0 else 0.0
