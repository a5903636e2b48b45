"""How much room each way through needs, on which file system, and whether it is there. Pure. Sizes are bytes.

What is counted, and why (measured or documented):
- data that IDC lacks: what RDS's schemas have grown by; in a restore all of it, for what stood there is kept aside;
- redo log: what it may still grow to (innodb_redo_log_capacity); undo: as much as RDS has of it now;
- index builds: sort files go to innodb_tmpdir, else tmpdir, and may take as much as the table and its indexes (MySQL
  manual, "Online DDL Space Requirements"), for as many of the largest tables as are built at once;
- relay logs: all that is still to be fetched, unless relay_log_space_limit is lower; the same again in IDC's own binary
  logs, which a replica writes too (log_replica_updates);
- quarantine: RDS's binary logs since the cut-over as they are, and what is decoded from them (twice that, measured).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from failback.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GIB = 1 << 30
RESTORES = frozenset({"restore-first", "stop-first"})
WAYS = ("switch-first", "restore-first", "stop-first")
QUARANTINE_TIMES = 3  # raw, decoded, judged: 7.5 MB of logs became 22 MB in the lab
_SPARE_INODES = 1000
_HOUR = 3600.0


@dataclass(frozen=True)
class Sizes:
    """What one server holds; ``tables`` are data and indexes of each table, largest first."""

    data: int = 0
    tables: tuple[int, ...] = ()
    undo: int = 0


@dataclass(frozen=True)
class Facts:
    """What the needs are computed from."""

    idc: Sizes | None = None  # None where the server did not answer
    rds: Sizes | None = None
    backup_bytes: int = 0
    backup_growth: float = 2.5
    since_cutover: int = 0  # of RDS's binary logs
    backlog: int = 0  # of them, what IDC has not got yet
    archived: int = 0  # archived binary logs of IDC, applied after a restore
    redo_left: int = 0
    relay_limit: int = 0  # relay_log_space_limit, 0 is none
    own_logs: bool = True  # IDC writes what it applies into its own binary logs
    workers: int = 4
    record: int = 0  # of a run, in RR_HOME

    @property
    def restored(self) -> int:
        """What a restored server will hold: the larger of what is known, else the backup unpacked."""
        known = max(side.data for side in (self.idc, self.rds, Sizes()) if side)
        return known or math.ceil(self.backup_bytes * self.backup_growth)

    @property
    def table_count(self) -> int:
        """Tables, each with a file of its own."""
        return max(len(side.tables) for side in (self.idc, self.rds, Sizes()) if side)


@dataclass(frozen=True)
class Place:
    """One directory, the file system it is on, and what that has. ``error`` instead where it cannot be seen."""

    name: str  # datadir, tmpdir, relay_log, binlog, docker, quarantine, record
    path: str
    where: str  # host or container it was seen from
    system: str = ""  # the same for directories of one file system
    free: int = 0
    total: int = 0
    inodes: int = 0
    inodes_free: int = 0
    error: str = ""


@dataclass(frozen=True)
class Margin:
    """What must be left: a share of what is needed, and bytes."""

    share: float
    reserve: int
    hours: float


@dataclass(frozen=True)
class Room:
    """One file system against what all of its directories need."""

    paths: tuple[str, ...]
    names: tuple[str, ...]
    where: str
    free: int
    needed: int
    parts: tuple[tuple[str, int], ...]
    inodes_free: int | None
    inodes_needed: int
    hours_left: float | None = field(default=None)
    system: str = ""  # the same for rooms of one file system

    @property
    def margin(self) -> int:
        """What is left over; negative where it does not fit."""
        return self.free - self.needed

    def as_dict(self) -> dict[str, Any]:
        """Return what goes on record."""
        return {
            "paths": list(self.paths),
            "for": list(self.names),
            "where": self.where,
            "system": self.system,
            "free": self.free,
            "needed": self.needed,
            "margin": self.margin,
            "parts": [{"what": what, "bytes": size} for what, size in self.parts],
            "inodes_free": self.inodes_free,
            "inodes_needed": self.inodes_needed,
            "hours_left": self.hours_left,
        }


def needs(facts: Facts, way: str) -> dict[str, list[tuple[str, int]]]:
    """Say what one way through writes, by the name of the directory."""
    relay = min(facts.backlog, facts.relay_limit) if facts.relay_limit else facts.backlog
    undo = facts.rds.undo if facts.rds else 0
    found: dict[str, list[tuple[str, int]]] = {
        "datadir": [("redo log", facts.redo_left), ("undo logs", undo)],
        "tmpdir": [],
        "relay_log": [("relay logs", relay)],
        "binlog": [("binary logs of IDC", facts.backlog if facts.own_logs else 0)],
        "quarantine": [("what RDS changed since the cut-over", facts.since_cutover * QUARANTINE_TIMES)],
        "record": [("record of the run", facts.record)],
        "docker": [],
    }
    if way in RESTORES:
        found["datadir"].insert(0, ("restored data, the old kept aside", facts.restored))
        found["tmpdir"].append(("building indexes", _index_builds(facts)))
        # Archived logs are put where relay logs lie, and what is applied from them is logged again.
        found["relay_log"].append(("archived binary logs", facts.archived))
        found["binlog"].append(("binary logs of what is applied from the archive", facts.archived))
    else:
        grown = max(0, facts.rds.data - facts.idc.data) if facts.rds and facts.idc else 0
        found["datadir"].insert(0, ("data that IDC lacks", grown))
    return found


def rooms(places: Sequence[Place], wanted: Mapping[str, Sequence[tuple[str, int]]], facts: Facts) -> list[Room]:
    """Add up what is needed on each file system, however many of the directories lie on it."""
    groups: dict[tuple[str, str], list[Place]] = {}
    for place in places:
        if not place.error:
            groups.setdefault((place.system or place.path, str(place.total)), []).append(place)
    found = []
    for members in groups.values():
        parts = [part for place in members for part in wanted.get(place.name, ()) if part[1]]
        needed = sum(size for _, size in parts)
        names = tuple(dict.fromkeys(place.name for place in members))
        files = facts.table_count if "datadir" in names else 0
        found.append(
            Room(
                paths=tuple(dict.fromkeys(place.path for place in members)),
                names=names,
                where=members[0].where,
                free=min(place.free for place in members),
                needed=needed,
                parts=tuple(parts),
                # File systems without a fixed number of inodes say 0.
                inodes_free=min(place.inodes_free for place in members) if members[0].inodes else None,
                inodes_needed=files + _SPARE_INODES,
                system=members[0].system or members[0].path,
            )
        )
    return found


def forecast(room: Room, per_hour: float) -> Room:
    """Add how long what is left over lasts, while RDS goes on writing ``per_hour`` bytes more for this room."""
    if per_hour <= 0 or room.margin <= 0:
        return room
    return Room(**{**vars(room), "hours_left": round(room.margin / per_hour, 1)})


def growth(room: Room, way: str, logs_per_hour: float) -> float:
    """How many bytes an hour of waiting adds to what this room must hold."""
    times = sum(
        {"quarantine": QUARANTINE_TIMES, "relay_log": 1, "binlog": 1, "datadir": 0 if way in RESTORES else 1}.get(
            name, 0
        )
        for name in room.names
    )
    return logs_per_hour * times


def judge(found: Sequence[Room], margin: Margin, way: str, chosen: str) -> list[Finding]:
    """Say where it would not fit (a blocker on the chosen way, a warning on another), and where it is close."""
    told = []
    for room in found:
        paths, key = " and ".join(room.paths), f"room:{way}:{room.where}:{room.names[0]}"
        parts = ", ".join(f"{what} {size(value)}" for what, value in room.parts) or "nothing counted"
        asked = f"{size(room.needed)} are needed ({parts})"
        wish = math.ceil(room.needed * (1 + margin.share)) + margin.reserve
        grow = f"make room there: {size(wish - room.free)} more, or grow the file system (df -h {room.paths[0]})"
        if room.margin < 0:
            text = f"{way} does not fit on {paths} of {room.where}: {asked}, {size(room.free)} are free"
            told.append(Finding("blocker" if way == chosen else "warning", f"{key}:full", text, grow))
        elif way == chosen and room.free < wish:
            text = (
                f"{way} fits on {paths} of {room.where}, but closely: {asked}, {size(room.free)} are free,"
                f" {size(wish)} are wished for"
            )
            told.append(Finding("warning", f"{key}:close", text, grow))
        if way == chosen and room.inodes_free is not None and room.inodes_free < room.inodes_needed:
            text = (
                f"{paths} of {room.where} has {room.inodes_free} inodes left, {room.inodes_needed} files may be made"
                f" there: nothing can be written without, however much space is free"
            )
            told.append(Finding("blocker", f"{key}:inodes", text, f"remove small files there (df -i {room.paths[0]})"))
        if way == chosen and room.hours_left is not None and room.hours_left < margin.hours:
            text = (
                f"what is left on {paths} of {room.where} lasts {room.hours_left:g} hours, at the rate at which RDS is"
                " written"
            )
            told.append(Finding("warning", f"{key}:forecast", text, grow))
    return told


def unseen(places: Sequence[Place]) -> list[Finding]:
    """Say which directories could not be looked at: no room known is no room."""
    return [
        Finding(
            "note" if place.name == "docker" else "warning",
            f"room:{place.where}:{place.name}:unseen",
            f"the room on {place.path or place.name} of {place.where} cannot be told: {place.error}",
            f"look there by hand: df -h {place.path}",
        )
        for place in places
        if place.error
    ]


def size(value: float) -> str:
    """Write bytes for people."""
    for unit, name in ((GIB, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if abs(value) >= unit:
            return f"{value / unit:.1f} {name}"
    return f"{value:.0f} bytes"


def _index_builds(facts: Facts) -> int:
    sides = [side.tables for side in (facts.idc, facts.rds) if side and side.tables]
    if not sides:
        return facts.restored  # nothing is known of single tables
    return max(sum(sorted(tables, reverse=True)[: max(1, facts.workers)]) for tables in sides)
