"""The customers of the releases lab: started for a drill, stopped whatever happens, their ledger checked by the lab."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollback_runner.content import ROOT
from rollback_runner.drill.command import environment
from rollback_runner.errors import RunnerError

if TYPE_CHECKING:
    from collections.abc import Sequence

_LAB = (sys.executable, "-m", "lab", "releases")
_NEXT = f"{sys.executable.rpartition('/')[2]} -m lab releases status"
_FIRST = 20.0  # seconds until the first order is acknowledged
_STOP = 75.0  # seconds; a request may be held for 30 and then wait for a server
_CHECK = 120.0  # seconds


def lab(home: Path, words: Sequence[str], *, silent: bool) -> None:
    """Run a verb of the releases lab. Raises RunnerError."""
    done = subprocess.run(
        [*_LAB, *words], cwd=ROOT, env=environment(home), check=False, stdout=sys.stderr if silent else None
    )
    if done.returncode != 0:
        told = f"The releases lab failed: `lab releases {' '.join(words)}` ended with {done.returncode}."
        raise RunnerError(told, next_step=_NEXT)


def start(home: Path, application: str, name: str) -> subprocess.Popen[bytes]:
    """Keep customers at the application's door until `stop`; return when one was answered. Raises RunnerError."""
    said = home / ".lab" / "drills" / f"{name}.clients.log"
    said.parent.mkdir(parents=True, exist_ok=True)
    with said.open("wb") as stream:
        # A session of its own: a Ctrl-C meant for the run must not stop them before their answers are on record.
        clients = subprocess.Popen(
            [*_LAB, "clients", application, "--ledger", name],
            cwd=ROOT,
            env=environment(home),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    try:
        _wait(home / ".lab" / "releases" / "ledger" / name, clients, said)
    except BaseException:
        stop(clients.pid)
        raise
    return clients


def stop(process: int) -> None:
    """End the customers and wait for their last answers; that they are gone is fine."""
    limit = time.monotonic() + _STOP
    number: int = signal.SIGTERM
    while _ours(process):
        with suppress(ProcessLookupError):
            os.kill(process, number)
        number = signal.SIGKILL if time.monotonic() > limit else 0  # 0 tells nothing: they are at their last answers
        time.sleep(0.1)
    with suppress(ChildProcessError):
        os.waitpid(process, os.WNOHANG)


def _ours(process: int) -> bool:
    """Tell whether the process still is the customers': numbers are given out again, and a dead child stays listed."""
    place = Path("/proc") / str(process)
    try:
        dead = (place / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
        return not dead and b"releases\0clients\0" in (place / "cmdline").read_bytes()
    except OSError:
        return False


def _wait(ledger: Path, clients: subprocess.Popen[bytes], said: Path) -> None:
    limit = time.monotonic() + _FIRST
    while time.monotonic() < limit:
        if any(path.stat().st_size for path in ledger.glob("client-*.jsonl")):
            return
        if clients.poll() is not None:
            words = said.read_text(encoding="utf-8").strip()
            raise RunnerError(f"The customers ended at once: {words or 'no reason given'}.", next_step=_NEXT)
        time.sleep(0.2)
    raise RunnerError(f"No request was answered within {_FIRST:.0f} s.", next_step=_NEXT)


def check(home: Path, application: str, name: str) -> tuple[dict[str, Any], bool]:
    """Compare the ledger with the database; what was found, and whether it proves that nothing was lost."""
    argv = [*_LAB, "check", application, "--ledger", name]
    done = subprocess.run(
        argv, cwd=ROOT, env=environment(home), capture_output=True, text=True, timeout=_CHECK, check=False
    )
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        words = done.stderr.strip() or "no reason given"
        raise RunnerError(
            f"The ledger could not be checked, so nothing is proven: {words}.", next_step=_NEXT
        ) from error
    return found, bool(found.get("passed"))
