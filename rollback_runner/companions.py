"""Processes that work beside an incident: they survive the command that started them, and end with the incident.

One of each name per incident. ``ensure`` starts one unless it is alive; ``incident/companions/NAME.json`` says which
process it is (number and start, so that a number used again is not mistaken for it), NAME.beat when it last gave a
sign of life, NAME.stop that it was told to end, NAME.log what it said (mode 0600). The process itself holds
NAME.lock for as long as it lives: whatever happens to the files, two never work at once.

Nothing here raises into a run: what cannot be started is told in the `Companion` that is returned.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rollback_runner.content import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

State = Literal["alive", "stuck", "gone", "stopped", "never", "over", "failed"]
# Seconds without a beat after which a process that exists counts as stuck. Loading a site takes two on a busy machine.
STUCK_AFTER = 120.0
_STOP_PATIENCE = 5.0
_TURN_PATIENCE = 2.0  # seconds a start waits for somebody who starts or stops the same one, suspended perhaps
_LOG_MOST = 1_000_000  # bytes; an older log is put aside once when a companion starts
# What belongs to one run and must never reach a process that outlives it.
_OF_A_RUN = ("RR_RUN_DIR", "RR_EPOCH", "RR_LOCK", "RR_PLAN", "RR_BREAK_GLASS", "RR_INCIDENT")


@dataclass(frozen=True)
class Companion:
    """One companion of an incident, as it was found.

    ``state``: alive; stuck (exists, but silent for longer than STUCK_AFTER); gone (was killed or broke); stopped (it
    ended when told to); never (none was started); over (the incident is closed); failed (it could not be started,
    ``problem`` says why). ``beat`` is its last sign of life, in seconds since 1970.
    """

    name: str
    state: State
    pid: int = 0
    started: str = ""
    since: str = ""
    beat: float | None = None
    problem: str = ""

    @property
    def alive(self) -> bool:
        """Whether it works."""
        return self.state == "alive"


def place(incident: Path) -> Path:
    """Return where an incident's companions leave their files."""
    return incident / "companions"


def ensure(name: str, site_directory: Path, home: Path, incident: Path) -> Companion:
    """Start a companion unless it is alive, and return it. Takes some milliseconds; it loads the site itself."""
    # Where ``current`` leads to may change; a companion stays with the incident it was started for.
    site_directory, home, incident = site_directory.resolve(), home.resolve(), incident.resolve()
    if not is_open(incident):
        return replace(state(incident, name), state="over")
    try:
        place(incident).mkdir(exist_ok=True, mode=0o700)
        with _turn(incident, name):
            found = state(incident, name)
            if found.state == "stuck":
                _end(found, 0.0)
            elif found.alive:
                return found
            (place(incident) / f"{name}.stop").unlink(missing_ok=True)
            return _start(name, site_directory, home, incident)
    except OSError as error:
        where = error.filename or place(incident)
        return Companion(name, "failed", problem=f"{name} could not be started: {where}: {error.strerror or error}")


def alive(incident: Path, name: str) -> bool:
    """Tell whether the companion works."""
    return state(incident, name).alive


def stop(incident: Path, name: str, patience: float = _STOP_PATIENCE) -> bool:
    """Tell a companion to end and wait for it; one that does not is killed. False when none was there."""
    try:
        with _turn(incident, name):
            found = state(incident, name)
            with suppress(OSError):
                (place(incident) / f"{name}.stop").touch(mode=0o600)
            return _end(found, patience)
    except OSError:
        return False


def states(incident: Path) -> list[Companion]:
    """Find every companion that was ever started for an incident."""
    return [state(incident, path.stem) for path in sorted(place(incident).glob("*.json"))]


def state(incident: Path, name: str) -> Companion:
    """Find one companion as it is now."""
    base = place(incident)
    try:
        kept = json.loads((base / f"{name}.json").read_text(encoding="utf-8"))
        found = Companion(name, "gone", int(kept["pid"]), str(kept["started"]), str(kept["since"]))
        since = datetime.fromisoformat(found.since).timestamp()
    except FileNotFoundError:
        return Companion(name, "never")
    except (OSError, ValueError, KeyError, TypeError):
        # The file tells people; the lock tells the truth.
        return Companion(name, "alive" if _lock_is_held(base / f"{name}.lock") else "gone")
    with suppress(OSError):
        found = replace(found, beat=(base / f"{name}.beat").stat().st_mtime)
    if found.started and started_at(found.pid) == found.started:
        silent = time.time() - max(found.beat or 0.0, since)
        return replace(found, state="stuck" if silent > STUCK_AFTER else "alive")
    if (base / f"{name}.stop").exists():
        return replace(found, state="stopped")
    return found if is_open(incident) else replace(found, state="over")


def is_open(incident: Path) -> bool:
    """Tell whether the incident is the open one of its site."""
    with suppress(OSError):
        return (incident.parent / "current").resolve(strict=True) == incident.resolve(strict=True)
    return False


def started_at(pid: int) -> str:
    """Say when a process began, as boot id and clock ticks; "" when there is none (proc(5))."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else f"{boot}:{fields[19]}"


def _start(name: str, site_directory: Path, home: Path, incident: Path) -> Companion:
    base = place(incident)
    log = base / f"{name}.log"
    with suppress(OSError):
        if log.stat().st_size > _LOG_MOST:
            log.replace(log.with_suffix(".log.1"))
    argv = [sys.executable, "-m", "rollback_runner.companion", name]
    argv += ["--site", str(site_directory), "--home", str(home), "--incident", str(incident)]
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            cwd=home,
            env=_environment(os.environ, home),
            start_new_session=True,
        )
    finally:
        os.close(descriptor)
    _reaped_later(process)
    companion = Companion(name, "alive", process.pid, started_at(process.pid), _now(), time.time())
    fresh = base / f".{name}.{os.getpid()}"
    kept = {"name": name, "pid": companion.pid, "started": companion.started, "since": companion.since}
    try:
        fresh.write_text(json.dumps(kept) + "\n", encoding="utf-8")
        fresh.replace(base / f"{name}.json")
    except OSError:
        # Who cannot be found again must not stay.
        fresh.unlink(missing_ok=True)
        process.kill()
        process.wait()
        raise
    return companion


_CHILDREN: list[subprocess.Popen[bytes]] = []


def _reaped_later(process: subprocess.Popen[bytes]) -> None:
    """Keep the handle: a companion that ends before us must not stay a zombie, nor its end be a warning."""
    _CHILDREN.append(process)
    _CHILDREN[:] = [child for child in _CHILDREN if child.poll() is None]


def _environment(ours: Mapping[str, str], home: Path) -> dict[str, str]:
    kept = {key: value for key, value in ours.items() if key not in _OF_A_RUN}
    places = [str(PACKAGE.parent), *filter(None, [kept.get("PYTHONPATH", "")])]
    return kept | {"MALLOC_ARENA_MAX": "2", "RR_HOME": str(home), "PYTHONPATH": os.pathsep.join(places)}


def _end(found: Companion, patience: float) -> bool:
    """End this very process: politely first, for as long as ``patience``."""
    if not found.started or started_at(found.pid) != found.started:
        return False
    with suppress(ProcessLookupError):
        os.kill(found.pid, signal.SIGTERM)
        # One that was suspended hears nothing until it goes on.
        os.kill(found.pid, signal.SIGCONT)
    if not _gone(found, patience):
        with suppress(ProcessLookupError):
            os.kill(found.pid, signal.SIGKILL)
        _gone(found, _STOP_PATIENCE)
    return True


def _gone(found: Companion, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while True:
        for child in _CHILDREN:
            child.poll()
        if started_at(found.pid) != found.started:
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.02)


def _lock_is_held(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextmanager
def _turn(incident: Path, name: str) -> Iterator[None]:
    """Let one process at a time start or stop a companion. Raises `OSError` when another one does not finish."""
    path = place(incident) / f"{name}.turn"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take_turn(descriptor, path)
        yield
    finally:
        os.close(descriptor)


def _take_turn(descriptor: int, path: Path) -> None:
    deadline = time.monotonic() + _TURN_PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                raise OSError(errno.EBUSY, "another process is about to start or stop it", str(path)) from error
            time.sleep(0.02)
        else:
            return


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
