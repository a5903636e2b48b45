"""One run of the command under traffic, killed or disturbed at a chosen moment. Used by the tests beside it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pymysql

from lab import world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HOME = Path(os.environ.get("RR_HOME") or Path(__file__).parents[3])
SITE = "inventories/lab"
CLIENT = "rr-client1"
TRAFFIC = ["python3", "-m", "lab.traffic"]
CONFIG = ["--config", "/etc/rr/traffic.json"]
LEDGERS = "/var/lib/rr-ledger"
# These drill one phase under faults; that what acts is approved first is drilled by whole runs (test_scenarios).
ALONE = ("--break-glass", "a test of this phase alone")
RUN_LIMIT = 240.0  # seconds; a phase takes about sixty in the lab

Entry = dict[str, Any]


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    output: str


def command(*words: str, limit: float = RUN_LIMIT) -> Ended:
    """Run the command to its end."""
    argv = [sys.executable, "-m", "rollback_runner", *words]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=limit, cwd=HOME, check=False)
    return Ended(done.returncode, done.stdout + done.stderr)


def reset(*options: str) -> None:
    """Put the lab back to "migrated and failing"."""
    subprocess.run([sys.executable, "-m", "lab", "reset", *options], check=True, cwd=HOME, capture_output=True)


@contextmanager
def traffic(name: str) -> Iterator[None]:
    """Keep clients writing while the block runs; begins when the first write was acknowledged."""
    ledger = HOME / ".lab" / "ledger" / name
    clients = subprocess.Popen(
        ["docker", "exec", CLIENT, *TRAFFIC, "run", *CONFIG, "--ledger", f"{LEDGERS}/{name}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _until(lambda: _status(ledger).get("writes", {}).get("acknowledged", 0) > 0, 30, "no write was acknowledged")
        yield
    finally:
        subprocess.run(
            ["docker", "exec", CLIENT, *TRAFFIC, "stop", *CONFIG, "--ledger", f"{LEDGERS}/{name}"],
            check=False,
            capture_output=True,
        )
        clients.wait(60)


def ledger(name: str, serving: str = "idc") -> dict[str, Any]:
    """Compare the ledger with the database of the side that serves now ("idc" or "rds")."""
    ledger_options = ["--ledger", f"{LEDGERS}/{name}", "--serving", serving]
    done = subprocess.run(
        ["docker", "exec", CLIENT, *TRAFFIC, "check", *CONFIG, *ledger_options, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def phase_until(moment: Callable[[list[Entry]], bool], act: Callable[[int], None]) -> Ended:
    """Start the phase; when its journal satisfies ``moment``, call ``act`` with the process id; wait for the end."""
    known = set(_runs())
    argv = [sys.executable, "-m", "rollback_runner", "phase", "emergency", "-i", SITE, "--yes", *ALONE]
    argv += ["--break-lock", "the lab was reset for another test"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=HOME) as process:
        limit = time.monotonic() + RUN_LIMIT
        while process.poll() is None and time.monotonic() < limit:
            new = [run for run in _runs() if run not in known]
            if new and moment(_journal(new[-1])):
                act(process.pid)
                break
            time.sleep(0.003)
        output, _ = process.communicate(timeout=RUN_LIMIT)
    return Ended(process.returncode, output)


def kill_tree(pid: int) -> None:
    """SIGKILL a process and all below it at once, as a power cut would."""
    family = [pid]
    for parent in family:
        family.extend(child for child, of in _parents().items() if of == parent and child not in family)
    for one in family:
        try:
            os.kill(one, signal.SIGKILL)
        except ProcessLookupError:
            continue


def task_begins(name: str) -> Callable[[list[Entry]], bool]:
    """The moment a task of this name is about to run."""
    return lambda entries: any(entry["kind"] == "task" and name in entry["task"] for entry in entries)


@contextmanager
def catching_up() -> Iterator[Callable[[list[Entry]], bool]]:
    """The moment IDC is about to catch up. It cannot get further until the caller lets it, however slow we are."""
    held: list[Any] = []

    def moment(entries: list[Entry]) -> bool:
        if not held and task_begins("Hold new requests")(entries):
            held.append(world.connected(HOME, world.IDC))
            held[0].cursor().execute("FLUSH TABLES WITH READ LOCK")  # what RDS sends on is not applied
        return task_begins("Bring IDC up to the position")(entries)

    try:
        yield moment
    finally:
        for connection in held:
            with suppress(pymysql.MySQLError):  # a server that was killed
                connection.close()


def act_begins(what: str) -> Callable[[list[Entry]], bool]:
    """The moment the intent of an act is on disk and the act is under way."""
    return lambda entries: any(entry["kind"] == "intent" and what in entry["act"] for entry in entries)


def act_ended(what: str) -> Callable[[list[Entry]], bool]:
    """The moment right after an act."""
    return lambda entries: any(entry["kind"] == "outcome" and what in entry["act"] for entry in entries)


def after_seconds(seconds: float) -> Callable[[list[Entry]], bool]:
    """Any moment, by the clock."""
    began = time.monotonic()
    return lambda _entries: time.monotonic() - began >= seconds


def _runs() -> list[Path]:
    return sorted(path for path in (HOME / "runs").glob("2*") if path.is_dir())  # run ids begin with the year


def _journal(run: Path) -> list[Entry]:
    entries = []
    try:
        lines = (run / "journal.jsonl").read_text().splitlines()
    except OSError:
        return []
    for line in lines:
        try:
            entries.append(json.loads(line))
        except ValueError:
            break  # being written
    return entries


def _parents() -> dict[int, int]:
    found = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found[int(status.parent.name)] = int(fields[1])
    return found


def _status(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / "status.json").read_text())
    except (OSError, ValueError):
        return {}
    return found


def _until(holds: Callable[[], bool], seconds: float, complaint: str) -> None:
    limit = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > limit:
            raise AssertionError(f"{complaint} within {seconds:g} s")
        time.sleep(0.1)
