"""Reading the sizes and places that room is computed from: both servers, the files of a container, this machine."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from failback.binlog import events, stream
from failback.errors import FailbackError
from failback.fitness.room import Place, Sizes
from failback.gtid import GtidSet
from failback.rebuild import service as rebuilding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from failback.action import Completed
    from failback.mysql import Login, Server

# Sizes as the files have them, for statistics may be a day old; PROCESS is needed, which both accounts have.
_FILES = "SELECT SUM(file_size) FROM information_schema.innodb_tablespaces WHERE {where}"
_TABLES = (
    "SELECT COALESCE(data_length, 0) + COALESCE(index_length, 0) AS size FROM information_schema.tables"
    " WHERE table_type = 'BASE TABLE' AND table_schema IN ({marks}) ORDER BY size DESC"
)
_VARIABLES = (
    *("datadir", "tmpdir", "innodb_tmpdir", "relay_log_basename", "log_bin_basename", "log_replica_updates"),
    *("innodb_redo_log_capacity", "relay_log_space_limit", "version"),
)
_STAT = "%S %b %f %a %c %d %i"
_HELPER = 'for path do printf "%s " "$path"; stat -f -c "' + _STAT + '" "$path" || echo; done'
_CELLS = 7
SHORTEST_HOURS = 0.5


class Commander(Protocol):
    """Runs commands on the database host; the action plugin does."""

    def command(self, argv: Sequence[str], *, stdin: str | None = None, timeout: float = 30.0) -> Completed:
        """Run one command there."""


@dataclass(frozen=True)
class Logs:
    """RDS's binary logs: bytes since the cut-over, bytes IDC lacks, and how long the former took to be written."""

    since_cutover: int = 0
    backlog: int = 0
    hours: float | None = None
    note: str = ""

    @property
    def per_hour(self) -> float:
        """Bytes an hour; 0 where it is not known, or the time so short that it tells more about the moment."""
        return self.since_cutover / self.hours if self.hours and self.hours >= SHORTEST_HOURS else 0.0


@dataclass(frozen=True)
class ServerRoom:
    """What one server says of itself."""

    sizes: Sizes
    settings: Mapping[str, str] = field(default_factory=dict)
    redo_now: int = 0

    @property
    def redo_left(self) -> int:
        """What the redo log may still grow by."""
        return max(0, int(self.settings.get("innodb_redo_log_capacity") or 0) - self.redo_now)


def server(connection: Server, schemas: Sequence[str]) -> ServerRoom:
    """Read sizes and places of a server. Raises MySQLError or UnreachableError."""
    marks = ", ".join(["%s"] * len(schemas)) or "''"
    tables = tuple(int(str(row["size"])) for row in connection.rows(_TABLES.format(marks=marks), tuple(schemas)))
    where = " OR ".join(["name LIKE %s"] * len(schemas)) or "0"
    # A name of a table is written as schema/table; what LIKE takes for a wildcard only finds more.
    files = connection.number(_FILES.format(where=where), tuple(f"{schema}/%" for schema in schemas))
    undo = connection.number(_FILES.format(where="space_type = 'Undo'"))
    rows = connection.rows(
        "SELECT variable_name AS name, variable_value AS value FROM performance_schema.global_variables"
        f" WHERE variable_name IN ({', '.join(['%s'] * len(_VARIABLES))})",
        _VARIABLES,
    )
    redo = 0
    if connection.number("SELECT COUNT(*) FROM information_schema.tables WHERE table_name = 'innodb_redo_log_files'"):
        redo = connection.number("SELECT SUM(size_in_bytes) FROM performance_schema.innodb_redo_log_files")
    settings = {str(row["name"]).lower(): str(row["value"] or "") for row in rows}
    return ServerRoom(Sizes(max(files, sum(tables)), tables, undo), settings, redo)


def logs(connection: Server, login: Login, cutover: GtidSet, idc_has: GtidSet) -> Logs:
    """Measure RDS's binary logs: from the file that the cut-over lies in to the newest, and from where IDC stands.

    A file is asked for its first two events only, and few are. Raises MySQLError, UnreachableError, RefusedError.
    """
    listed = [(str(row["Log_name"]), int(str(row["File_size"]))) for row in connection.rows("SHOW BINARY LOGS")]
    if not listed:
        return Logs(note="RDS keeps no binary log, so what was written since the cut-over cannot be told")
    executed = GtidSet.parse(connection.text("SELECT @@GLOBAL.gtid_executed"))
    heads: dict[int, tuple[GtidSet, int]] = {}

    def head(index: int) -> tuple[GtidSet, int]:
        if index not in heads:
            heads[index] = _head(login, listed[index][0])
        return heads[index]

    new, lacking = executed - cutover, executed - idc_has
    first = _first(len(listed), lambda index: not head(index)[0] & new) if new else None
    behind = _first(len(listed), lambda index: not head(index)[0] & lacking) if lacking else None
    since, backlog = _from(listed, first), _from(listed, behind)
    hours = (
        (connection.number("SELECT UNIX_TIMESTAMP()") - head(first)[1]) / 3600 if since and first is not None else None
    )
    whole = first is None or not head(first)[0] & new
    note = "" if whole else "RDS has purged binary logs from after the cut-over, so more was written than this"
    return Logs(since, backlog, hours, note)


def _first(count: int, before: Callable[[int], bool]) -> int:
    """Find the last file that begins before what is asked for; 0 where all begin after it. Pure.

    What came before a file only grows from one to the next, so halving finds it.
    """
    low, high = 0, count
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if before(middle) else (low, middle)
    return low


def _from(listed: Sequence[tuple[str, int]], index: int | None) -> int:
    return 0 if index is None else sum(length for _, length in listed[index:])


def _head(login: Login, name: str) -> tuple[GtidSet, int]:
    """Read which transactions came before a file, and when it was begun."""
    begun = 0
    source = stream.from_file(login, name, name="RDS")
    try:
        for event in source:
            if event.kind == events.FORMAT and not event.artificial:
                begun = event.time
            if event.kind == events.PREVIOUS_GTIDS:
                return events.previous_gtids(event), begun
    finally:
        source.close()  # type: ignore[attr-defined]  # a generator: its connection goes with it
    return GtidSet(), begun


def directories(settings: Mapping[str, str]) -> dict[str, str]:
    """Name the directories of a server by what is written there. Pure."""
    datadir = settings.get("datadir", "").rstrip("/") or "/var/lib/mysql"
    # mysqld takes the directories of tmpdir in turn, so that the first may have to hold a whole build.
    tmpdir = settings.get("innodb_tmpdir") or settings.get("tmpdir", "").split(":")[0] or "/tmp"  # noqa: S108 - its own default

    def folder(name: str) -> str:
        base = settings.get(name, "")
        return str(Path(base).parent) if base.startswith("/") else datadir

    return {
        "datadir": datadir,
        "tmpdir": tmpdir.rstrip("/") or "/",
        "relay_log": folder("relay_log_basename"),
        "binlog": folder("log_bin_basename"),
    }


def of_container(on: Commander, container: str, paths: Mapping[str, str], where: str) -> list[Place]:
    """Look at file systems as the server sees them: inside its container, or a helper's where it does not run.

    ``/`` inside is docker's own data root. What an image without tools hides is looked at on the host, where it is
    mounted from. Raises nothing: what cannot be seen is a place with an error.
    """
    wanted = {**paths, "docker": "/"}
    unique = list(dict.fromkeys(wanted.values()))
    done = on.command(["docker", "exec", container, "sh", "-c", _HELPER, "look", *unique], timeout=20.0)
    if done.rc != 0:
        done = _by_helper(on, container, unique, done)
    lines = _lines(done)
    hidden = [path for path in unique if not lines.get(path)]
    lines |= _on_host(on, container, hidden) if hidden else {}
    complaint = " ".join((done.stderr or "").split())[-200:] or "docker said nothing"
    return [_place(name, path, where, lines.get(path, ""), complaint) for name, path in wanted.items()]


def _lines(done: Completed) -> dict[str, str]:
    parts = (line.partition(" ") for line in done.stdout.splitlines() if line.strip())
    return {path: figures.strip() for path, _, figures in parts}


def _on_host(on: Commander, container: str, paths: Sequence[str]) -> dict[str, str]:
    """Look at the sources of the container's mounts, as far as the login user may."""
    seen = on.command(["docker", "container", "inspect", container], timeout=20.0)
    if seen.rc != 0:
        return {}
    try:
        mounts = [(str(m["Destination"]), str(m.get("Source", ""))) for m in json.loads(seen.stdout)[0]["Mounts"]]
    except (ValueError, KeyError, IndexError, TypeError):
        return {}
    sources: dict[str, str] = {}
    for path in paths:
        fitting = [(target, source) for target, source in mounts if source and Path(path).is_relative_to(target)]
        if fitting:
            target, source = max(fitting, key=lambda one: len(one[0]))
            sources[path] = str(Path(source) / Path(path).relative_to(target))
    if not sources:
        return {}
    there = _lines(on.command(["sh", "-c", _HELPER, "look", *sources.values()], timeout=20.0))
    return {path: there.get(source, "") for path, source in sources.items()}


def _by_helper(on: Commander, container: str, paths: Sequence[str], first: Completed) -> Completed:
    """Run the same in a container with the same image and mounts, read-only, which is gone afterwards."""
    seen = on.command(["docker", "container", "inspect", container], timeout=20.0)
    if seen.rc != 0:
        return seen
    try:
        of = rebuilding.parse_service(container, seen.stdout)
    except FailbackError:
        return first
    return on.command(rebuilding.script_argv(of, _HELPER, list(paths), look=True), timeout=60.0)


def settings_of_stopped(on: Commander, container: str) -> dict[str, str]:
    """Ask the server's program where it would keep what, where the server itself does not answer. {} if it cannot."""
    seen = on.command(["docker", "container", "inspect", container], timeout=20.0)
    if seen.rc != 0:
        return {}
    try:
        of = rebuilding.parse_service(container, seen.stdout)
        told = on.command(rebuilding.help_argv(of), timeout=60.0)
        found = rebuilding.parse_settings(of, told.stdout)
    except FailbackError:
        return {}
    names = {"relay_log_basename": "relay-log", "log_bin_basename": "log-bin"}
    settings = {name: found.value(names.get(name, name.replace("_", "-"))) for name in _VARIABLES}
    return settings | {"datadir": found.datadir, "log_replica_updates": "ON"}


def here(name: str, path: Path, where: str) -> Place:
    """Look at the file system of a path of this machine, or of the nearest directory above that exists."""
    there = path.expanduser().absolute()
    while not there.exists() and there != there.parent:
        there = there.parent
    try:
        seen, device = os.statvfs(there), there.stat().st_dev
    except OSError as error:
        return Place(name, str(path), where, error=str(error.strerror))
    if seen.f_flag & os.ST_RDONLY:
        return Place(name, str(path), where, error="it is mounted read-only")
    unit = seen.f_frsize
    total, free = seen.f_blocks * unit, seen.f_bavail * unit
    return Place(name, str(path), where, f"here:{device}", free, total, seen.f_files, seen.f_favail)


def largest_record(runs: Path, newest: int = 20) -> int:
    """Find the size of the largest of the newest run records, in bytes; 0 where there is none."""
    try:
        folders = sorted((path for path in runs.iterdir() if path.is_dir() and not path.is_symlink()), reverse=True)
    except OSError:
        return 0
    return max((_weight(folder) for folder in folders[:newest]), default=0)


def _weight(folder: Path) -> int:
    total = 0
    for base, _, names in os.walk(folder):
        for name in names:
            try:
                total += Path(base, name).lstat().st_size
            except OSError:
                continue  # gone meanwhile
    return total


def _place(name: str, path: str, where: str, line: str, complaint: str) -> Place:
    cells = line.split()
    if len(cells) != _CELLS:
        return Place(name, path, where, error=complaint)
    unit, blocks, _, available, inodes, inodes_free = (int(cell) for cell in cells[:-1])
    # Overlays and bind mounts of one file system show its own id; some have none.
    system = cells[-1] if set(cells[-1]) != {"0"} else path
    return Place(name, path, where, f"{where}:{system}", available * unit, blocks * unit, inodes, inodes_free)
