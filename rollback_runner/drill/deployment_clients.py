"""The customers of the releases lab: started for a drill, stopped whatever happens, their ledger checked by the lab."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from rollback_runner.content import ROOT
from rollback_runner.errors import RunnerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_LAB = (sys.executable, "-m", "lab", "releases")
_NEXT = f"{sys.executable.rpartition('/')[2]} -m lab releases status"
_FIRST = 20.0  # seconds until the first order is acknowledged
_STOP = 75.0  # seconds; a request may be held for 30 and then wait for a server
_CHECK = 120.0  # seconds


def lab(home: Path, words: Sequence[str], *, silent: bool) -> None:
    """Run a verb of the releases lab. Raises RunnerError."""
    done = subprocess.run(
        [*_LAB, *words], cwd=ROOT, env=_environment(home), check=False, stdout=sys.stderr if silent else None
    )
    if done.returncode != 0:
        told = f"The releases lab failed: `lab releases {' '.join(words)}` ended with {done.returncode}."
        raise RunnerError(told, next_step=_NEXT)


@contextmanager
def running(home: Path, application: str, name: str) -> Iterator[None]:
    """Keep customers at the application's door while the body runs."""
    # A session of its own: a Ctrl-C meant for the run must not stop them before their answers are on record.
    clients = subprocess.Popen(
        [*_LAB, "clients", application, "--ledger", name],
        cwd=ROOT,
        env=_environment(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        _wait(home / ".lab" / "releases" / "ledger" / name, clients)
        yield
    finally:
        clients.terminate()
        with suppress(subprocess.TimeoutExpired):
            clients.wait(_STOP)
        if clients.poll() is None:
            clients.kill()
            clients.wait()


def _wait(ledger: Path, clients: subprocess.Popen[str]) -> None:
    limit = time.monotonic() + _FIRST
    while time.monotonic() < limit:
        if any(path.stat().st_size for path in ledger.glob("client-*.jsonl")):
            return
        if clients.poll() is not None:
            words = clients.stderr.read().strip() if clients.stderr else ""
            raise RunnerError(f"The customers ended at once: {words or 'no reason given'}.", next_step=_NEXT)
        time.sleep(0.2)
    raise RunnerError(f"No request was answered within {_FIRST:.0f} s.", next_step=_NEXT)


def check(home: Path, application: str, name: str) -> tuple[dict[str, Any], bool]:
    """Compare the ledger with the database; what was found, and whether it proves that nothing was lost."""
    argv = [*_LAB, "check", application, "--ledger", name]
    done = subprocess.run(
        argv, cwd=ROOT, env=_environment(home), capture_output=True, text=True, timeout=_CHECK, check=False
    )
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        words = done.stderr.strip() or "no reason given"
        raise RunnerError(
            f"The ledger could not be checked, so nothing is proven: {words}.", next_step=_NEXT
        ) from error
    return found, bool(found.get("passed"))


def _environment(home: Path) -> dict[str, str]:
    return os.environ | {"RR_HOME": str(home), "PYTHONPATH": str(ROOT)}
