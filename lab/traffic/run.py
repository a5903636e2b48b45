"""Start all clients, keep a short status beside the ledger, and stop them in order."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from lab.traffic.http_client import HttpClient
from lab.traffic.ledger import Ledger
from lab.traffic.sampler import Sampler
from lab.traffic.sql_client import SqlClient

if TYPE_CHECKING:
    from lab.traffic.config import TrafficConfig

STATUS_FILE = "status.json"
SIDES_FILE = "sides.json"
# A write under way at the stop gets so long to be answered; after that it stays on record without an answer.
STOP_SECONDS = 35.0


class Client(Protocol):
    """What can be run as one thread until the stop."""

    def run(self) -> None:
        """Work until the stop."""


def clients(config: TrafficConfig, stop: threading.Event) -> list[tuple[Client, Ledger]]:
    """Make all clients with their ledgers."""
    made: list[tuple[Client, Ledger]] = []
    for number in range(1, config.http.clients + 1):
        ledger = Ledger(config.ledger, f"http-{number}", "http")
        url = config.http.urls[(number - 1) % len(config.http.urls)]
        made.append((HttpClient(config.http, url, ledger, stop), ledger))
    for number in range(1, config.sql.clients + 1):
        ledger = Ledger(config.ledger, f"sql-{number}", "sql")
        made.append((SqlClient(config.sql, ledger, stop), ledger))
    for side, login in config.sides.items():
        ledger = Ledger(config.ledger, f"sampler-{side}", "sampler", side)
        made.append((Sampler(login, config.sampler_interval, ledger, stop), ledger))
    return made


def run(config: TrafficConfig, seconds: float) -> int:
    """Run until SIGTERM, SIGINT or for that many seconds (0: no limit). Returns the exit code."""
    config.ledger.mkdir(parents=True, exist_ok=True)
    sides = {name: login.server_uuid for name, login in config.sides.items()}
    (config.ledger / SIDES_FILE).write_text(json.dumps(sides) + "\n", encoding="utf-8")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    made = clients(config, stop)
    threads = [threading.Thread(target=client.run, daemon=True, name=ledger.client) for client, ledger in made]
    for thread in threads:
        thread.start()
    write_status(config, made)
    sys.stdout.write(f"running: {len(made)} clients, ledger in {config.ledger}\n")
    sys.stdout.flush()
    ends = time.monotonic() + seconds if seconds else None
    while not stop.wait(1.0):
        write_status(config, made)
        if ends is not None and time.monotonic() >= ends:
            stop.set()
    deadline = time.monotonic() + STOP_SECONDS
    for thread, (_, ledger) in zip(threads, made, strict=True):
        thread.join(max(0.0, deadline - time.monotonic()))
        if not thread.is_alive():
            ledger.close()
    write_status(config, made, running=False)
    return 0


def write_status(config: TrafficConfig, made: list[tuple[Client, Ledger]], *, running: bool = True) -> None:
    """Put the counts so far where a person or a live view can read them."""
    counts: Counter[str] = Counter()
    for _, ledger in made:
        if not ledger.client.startswith("sampler"):
            counts.update(ledger.counts)
    content = {"running": running, "pid": os.getpid(), "time": time.time(), "writes": dict(counts)}
    new = config.ledger / f"{STATUS_FILE}.new"
    new.write_text(json.dumps(content) + "\n", encoding="utf-8")
    new.replace(config.ledger / STATUS_FILE)


def forget(folder: Path) -> None:
    """Remove a ledger: a new drill starts on data that knows nothing of the old one."""
    for pattern in ("*.jsonl", STATUS_FILE, SIDES_FILE):
        for path in folder.glob(pattern):
            path.unlink()


def stop(folder: Path) -> bool:
    """End the run that writes a ledger. Returns whether it has ended, with the last answers on record."""
    deadline = time.monotonic() + STOP_SECONDS + 5
    pid = _running(folder)
    if pid:
        os.kill(pid, signal.SIGTERM)
    while _running(folder):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _running(folder: Path) -> int:
    """Return the process that writes a ledger, 0 when none does. Its command is read: numbers are given out again."""
    try:
        status = json.loads((folder / STATUS_FILE).read_text(encoding="utf-8"))
        command = (Path("/proc") / str(status["pid"]) / "cmdline").read_bytes()
    except (OSError, ValueError, KeyError):
        return 0
    return int(status["pid"]) if status["running"] and b"lab.traffic" in command else 0
