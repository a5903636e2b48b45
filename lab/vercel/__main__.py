"""`python3 -m lab.vercel --state FILE --token-file FILE ...`: the stand-in for Vercel. See `README.md` beside this."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from lab.vercel.api import Api
from lab.vercel.faults import Faults
from lab.vercel.server import StandIn
from lab.vercel.state import World

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until somebody says stop."""
    parser = argparse.ArgumentParser(
        prog="python3 -m lab.vercel", description="A stand-in for the Vercel API and edge."
    )
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--seed", type=Path)
    parser.add_argument("--token-file", type=Path, required=True)
    parser.add_argument("--bypass-file", type=Path)
    parser.add_argument("--listen", default="127.0.0.1")
    parser.add_argument("--api-port", type=int, default=8081)
    parser.add_argument("--edge-port", type=int, default=8080)
    parser.add_argument("--edge-tls-port", type=int, default=8443)
    parser.add_argument("--certificate", type=Path)
    parser.add_argument("--key", type=Path)
    parser.add_argument("--job-seconds", type=float, default=0.6)
    given = parser.parse_args(argv)
    world = World(given.state, int(given.job_seconds * 1000))
    world.load(given.seed)
    stand_in = StandIn(
        Api(world, Faults(), given.token_file.read_text(encoding="utf-8").strip()),
        given.listen,
        given.api_port,
        given.edge_port,
        given.edge_tls_port,
        given.certificate,
        given.key,
        given.bypass_file.read_text(encoding="utf-8").strip() if given.bypass_file else "",
    )
    sys.stdout.write(json.dumps(stand_in.start()) + "\n")
    sys.stdout.flush()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
    stand_in.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
