"""The drill's clients: started in the lab, stopped whatever happens, and their ledger compared with the databases."""

from __future__ import annotations

import json
import re
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from rollback_runner.errors import RunnerError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CLIENT = "rr-client1"
_MODULE = ("python3", "-m", "lab.traffic")
_CONFIG = ("--config", "/etc/rr/traffic.json")
_LEDGERS = "/var/lib/rr-ledger"  # in the client's container; RR_HOME/.lab/ledger here
_LEDGER_TABLE = "shop.write_ledger"
_SET_ASIDE = "set_aside.txt"
# What the clients write is a UUID; it stands in a row event as the text it is.
_TOKEN = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FIRST_WRITE = 30.0  # seconds until the first acknowledged write; pools and resolvers take one or two
_STOP = 45.0  # seconds; a write under way may be held for 30
_CHECK = 300.0  # seconds; the ledger of a drill is compared in about two


def start(home: Path, name: str) -> subprocess.Popen[bytes]:
    """Start clients that write until they are stopped, by whichever process; return when a write was acknowledged.

    Raises RunnerError when they end at once, or nothing answers them.
    """
    argv = ["docker", "exec", CLIENT, *_MODULE, "run", *_CONFIG, "--ledger", f"{_LEDGERS}/{name}"]
    said = home / ".lab" / "drills" / f"{name}.clients.log"
    said.parent.mkdir(parents=True, exist_ok=True)
    with said.open("wb") as stream:
        # A session of its own: a Ctrl-C meant for the phase must not stop them before their answers are on record.
        clients = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True)
    try:
        _wait_for_writes(home / ".lab" / "ledger" / name / "status.json", clients, said)
    except BaseException:
        stop(name)
        clients.wait()
        raise
    return clients


def stop(name: str) -> None:
    """End the clients that write this ledger and wait for their last answers; that there are none is fine."""
    argv = ["docker", "exec", CLIENT, *_MODULE, "stop", *_CONFIG, "--ledger", f"{_LEDGERS}/{name}"]
    with suppress(subprocess.TimeoutExpired):
        subprocess.run(argv, check=False, capture_output=True, timeout=_STOP)


def _wait_for_writes(status: Path, clients: subprocess.Popen[bytes], said: Path) -> None:
    limit = time.monotonic() + _FIRST_WRITE
    while time.monotonic() < limit:
        if _read(status).get("writes", {}).get("acknowledged", 0) > 0:
            return
        if clients.poll() is not None:
            words = said.read_text(encoding="utf-8").strip()
            raise RunnerError(
                f"The clients ended at once: {words or 'no reason given'}.", next_step="rollback-runner lab status"
            )
        time.sleep(0.2)
    raise RunnerError(f"No write was acknowledged within {_FIRST_WRITE:.0f} s.", next_step="rollback-runner lab reset")


def check(home: Path, name: str, serving: str, quarantine: Path) -> dict[str, Any]:
    """Compare the ledger with the databases; return what was found.

    A write that RDS acknowledged and that lies in the quarantine is set aside, not lost.
    """
    argv = ["docker", "exec", CLIENT, *_MODULE, "check", *_CONFIG, "--ledger", f"{_LEDGERS}/{name}"]
    argv += ["--serving", serving, "--json"]
    if tokens := sorted(quarantined(quarantine)):
        (home / ".lab" / "ledger" / name / _SET_ASIDE).write_text("\n".join(tokens) + "\n", encoding="utf-8")
        argv += ["--set-aside", f"{_LEDGERS}/{name}/{_SET_ASIDE}"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=_CHECK, check=False)
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        raise RunnerError(
            f"The ledger could not be checked, so nothing is proven: {done.stderr.strip() or 'no reason given'}.",
            next_step="rollback-runner lab status",
        ) from error
    return found


def quarantined(quarantine: Path) -> set[str]:
    """Tell which of the clients' writes lie in the quarantine: told by its change sets, and there in its raw logs.

    The change sets are our own reading; a token counts only where its very bytes stand in what RDS wrote.
    """
    tokens: set[str] = set()
    for path in quarantine.glob("*/changes.jsonl"):
        with path.open(encoding="utf-8") as stream:
            rows = (json.loads(line) for line in stream)
            told = {row["after"]["token"] for row in rows if row["table"] == _LEDGER_TABLE and row["kind"] == "insert"}
        raw = b"".join(log.read_bytes() for log in sorted((path.parent / "raw").glob("*.[0-9]*")))
        tokens |= told & {found.decode() for found in _TOKEN.findall(raw)}
    return tokens


def measured(found: Mapping[str, Any]) -> bool:
    """Tell whether both databases were sampled at all: zero samples with two writers out of none prove nothing."""
    samples = found.get("samples") or {}
    return len(samples) > 1 and all(samples.values())


def _read(status: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(status.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found
