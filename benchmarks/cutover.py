"""Our cut beside a bare script's, in one run, under the same traffic.

Each round: the lab set back, traffic started, one of the two carried out, the clients' ledger read. The figure is the
ratio of the write outages as the clients saw them. `python -m benchmarks.cutover [ROUNDS]`
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import bare_cutover, tidy_when_ended

HOME = Path(os.environ.get("RR_HOME") or Path.cwd())
CLIENT = ["docker", "exec", "rr-client1", "python3", "-m", "lab.traffic"]
CONFIG = ["--config", "/etc/rr/traffic.json"]
WARM_SECONDS = 8.0  # pools filled, resolvers warm
AFTER_SECONDS = 8.0  # SQL clients follow the name when its TTL of 5 s has passed


def main(rounds: int) -> int:
    """Run both in turn and print what the clients saw."""
    ours, bare = [], []
    for number in range(1, rounds + 1):
        bare.append(_round(f"bench-bare-{time.time_ns()}", lambda: bare_cutover.main(_secrets())))
        ours.append(_round(f"bench-ours-{time.time_ns()}", _phase))
        print(f"round {number}: bare {_told(bare[-1])}; ours {_told(ours[-1])}", flush=True)
    outages = [[found["write_outage_seconds"] for found in side] for side in (ours, bare)]
    first, second = (statistics.median(side) for side in outages)
    print(f"write outage, median of {rounds}: ours {first:.2f} s, bare script {second:.2f} s")
    print(f"ratio, ours to bare: {first / second:.2f}")
    return 0


def _round(name: str, act: Any) -> dict[str, Any]:
    _lab("reset")
    ledger = ["--ledger", f"/var/lib/rr-ledger/{name}"]
    with subprocess.Popen([*CLIENT, "run", *CONFIG, *ledger], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        time.sleep(WARM_SECONDS)
        act()
        time.sleep(AFTER_SECONDS)
        subprocess.run([*CLIENT, "stop", *CONFIG, *ledger], check=True, capture_output=True)
    done = subprocess.run([*CLIENT, "check", *CONFIG, *ledger, "--json"], capture_output=True, text=True, check=False)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _phase() -> None:
    argv = [sys.executable, "-m", "rollback_runner", "phase", "emergency", "-i", "inventories/lab", "--yes"]
    subprocess.run(argv, check=True, capture_output=True, cwd=HOME)


def _lab(verb: str) -> None:
    subprocess.run([sys.executable, "-m", "lab", verb], check=True, capture_output=True)


def _secrets() -> bare_cutover.Secrets:
    return bare_cutover.Secrets(HOME / ".lab" / "secrets")


def _told(found: dict[str, Any]) -> str:
    faults = f"lost {found['lost_writes']}, failed requests {found['failed_requests']}"
    return f"{found['write_outage_seconds']:.2f} s ({faults})"


if __name__ == "__main__":
    tidy_when_ended()
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
