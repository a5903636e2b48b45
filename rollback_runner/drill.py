"""A drill: lab reset, traffic, the phase, traffic stopped, ledger checked, figures into the report.

The clients run in a container of the lab and know nothing of the phase; each drill keeps its own ledger.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollback_runner import ansible_run, carry, inventory, report, store
from rollback_runner import site as sites
from rollback_runner.content import ROOT
from rollback_runner.engine import Options
from rollback_runner.errors import Exit, RunnerError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rollback_runner.checklist import Language

_CLIENT = "rr-client1"
_MODULE = ("python3", "-m", "lab.traffic")
_CONFIG = ("--config", "/etc/rr/traffic.json")
_LEDGERS = "/var/lib/rr-ledger"  # in the client's container; RR_HOME/.lab/ledger here
_FIRST_WRITE = 30.0  # seconds until the first acknowledged write; pools and resolvers take one or two
_STOP = 45.0  # seconds; a write under way may be held for 30
_CHECK = 300.0  # seconds; the ledger of a drill is compared in about two


@dataclass(frozen=True)
class Order:
    """What to drill; times in seconds of traffic."""

    site: str
    home: Path
    language: Language
    before: float
    after: float
    reset: bool
    silent: bool


def run(order: Order) -> tuple[dict[str, Any], int]:
    """Run the drill; return the report with the ledger's figures in it, and the exit code."""
    # A playbook that cannot be read is no reason to reset a lab and start clients.
    ansible_run.list_steps(ROOT / "playbooks" / "emergency.yml", inventory.locate(order.site))
    if order.reset:
        # After a drill RDS is closed, so the lab as a whole is not well: it is set back, not waited for.
        _lab(order, "reset" if _stands() else "up")
    name = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    asked = carry.Asked(
        "emergency", order.site, order.home, order.language, yes=True, answers=None, silent=order.silent
    )
    with _lab_to_ourselves(order.home):
        with _traffic(order, name):
            time.sleep(order.before)
            options = Options(reason="drill", takeover=carry.takeover(order.home, sites.load(order.site).name))
            content = carry.phase(asked, options, lambda _shown, _question: "")
            if content["outcome"] != "interrupted":
                time.sleep(order.after)
        # The side that serves must hold every acknowledged write: RDS, where the rollback was given up.
        found, passed = _check(name, "rds" if content["promoted"] == "no" else "idc")
    content["metrics"] = metrics(found)
    run_directory = store.find(order.home, content["run"])
    if not passed and content["exit_code"] == Exit.PROVEN:
        content |= {"status": "failed", "outcome": "unproven", "exit_code": int(Exit.FAILED)}
        content["failures"].append(_ledger_failure(found))
    store.write_json(run_directory, "ledger.json", found)
    report.write(run_directory, content)
    return content, int(content["exit_code"])


def metrics(found: dict[str, Any]) -> dict[str, Any]:
    """Flatten what the ledger's check says: the report's figures are numbers, details go beside them."""
    flat: dict[str, Any] = {}
    for name, value in found.items():
        if name in {"lists", "passed"}:
            continue
        if isinstance(value, dict):
            flat[name] = value.get("total", value.get("count", sum(n for n in value.values() if isinstance(n, int))))
            flat[f"{name}_detail"] = value
        else:
            flat[name] = round(value, 3) if isinstance(value, float) else value
    return flat


def measured(found: dict[str, Any]) -> bool:
    """Tell whether both databases were sampled at all: zero samples with two writers out of none prove nothing."""
    samples = found.get("samples") or {}
    return len(samples) > 1 and all(samples.values())


def _ledger_failure(found: dict[str, Any]) -> dict[str, Any]:
    counts = {name: len(writes) for name, writes in found.get("lists", {}).items() if writes}
    told = (
        ", ".join(f"{name} {count}" for name, count in counts.items())
        or "no acknowledged write, no samples of both sides, or two writers at once"
    )
    return {"phase": "drill", "ids": [], "host": _CLIENT, "task": "Compare the ledger with IDC", "status": "failed",
            "message": f"the clients' ledger does not match: {told}; see ledger.json"}  # fmt: skip


def _stands() -> bool:
    argv = ["docker", "container", "inspect", _CLIENT]
    return subprocess.run(argv, check=False, capture_output=True).returncode == 0


def _lab(order: Order, verb: str) -> None:
    environment = os.environ | {"RR_HOME": str(order.home), "PYTHONPATH": str(ROOT)}
    argv = [sys.executable, "-m", "lab", verb]
    done = subprocess.run(argv, cwd=ROOT, env=environment, check=False, stdout=sys.stderr if order.silent else None)
    if done.returncode != 0:
        raise RunnerError(f"The lab could not be brought up: `lab {verb}` ended with {done.returncode}.",
                          next_step="rollback-runner lab status")  # fmt: skip


@contextmanager
def _lab_to_ourselves(home: Path) -> Iterator[None]:
    """Hold the lab's own lock: a reset in the middle of a drill would look like lost writes."""
    with (home / ".lab" / "lab.lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RunnerError("Another lab command is at work here.", next_step="wait until it has ended") from error
        yield


@contextmanager
def _traffic(order: Order, name: str) -> Iterator[None]:
    """Keep clients writing; they are stopped whatever happens inside."""
    ledger = order.home / ".lab" / "ledger" / name
    # A session of its own: a Ctrl-C meant for the phase must not stop the clients before their answers are on record.
    argv = ["docker", "exec", _CLIENT, *_MODULE, "run", *_CONFIG, "--ledger", f"{_LEDGERS}/{name}"]
    clients = subprocess.Popen(
        argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        _wait_for_writes(ledger / "status.json", clients)
        yield
    finally:
        _stop(ledger / "status.json", clients)


def _wait_for_writes(status: Path, clients: subprocess.Popen[str]) -> None:
    limit = time.monotonic() + _FIRST_WRITE
    while time.monotonic() < limit:
        if _read(status).get("writes", {}).get("acknowledged", 0) > 0:
            return
        if clients.poll() is not None:
            words = clients.stderr.read().strip() if clients.stderr else ""
            raise RunnerError(
                f"The clients ended at once: {words or 'no reason given'}.", next_step="rollback-runner lab status"
            )
        time.sleep(0.2)
    raise RunnerError(f"No write was acknowledged within {_FIRST_WRITE:.0f} s.", next_step="rollback-runner lab reset")


def _stop(status: Path, clients: subprocess.Popen[str]) -> None:
    pid = _read(status).get("pid")
    if pid is not None and clients.poll() is None:
        subprocess.run(["docker", "exec", _CLIENT, "kill", "-TERM", str(pid)], check=False, capture_output=True)
    with suppress(subprocess.TimeoutExpired):
        clients.wait(_STOP)
        return
    clients.kill()
    clients.wait()


def _check(name: str, serving: str) -> tuple[dict[str, Any], bool]:
    argv = ["docker", "exec", _CLIENT, *_MODULE, "check", *_CONFIG, "--ledger", f"{_LEDGERS}/{name}"]
    argv += ["--serving", serving, "--json"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=_CHECK, check=False)
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        raise RunnerError(
            f"The ledger could not be checked, so nothing is proven: {done.stderr.strip() or 'no reason given'}.",
            next_step="rollback-runner lab status",
        ) from error
    return found, bool(found.get("passed")) and measured(found)


def _read(status: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(status.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found
