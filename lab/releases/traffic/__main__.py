"""`python3 -m lab.releases.traffic run`: customers until SIGTERM."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

from lab.files import write
from lab.releases.traffic.client import Client, Door
from lab.releases.traffic.ledger import Ledger

STATUS = "status.json"


def main(argv: list[str] | None = None) -> int:
    """Run so many customers against one door."""
    parser = argparse.ArgumentParser(prog="lab.releases.traffic", description=__doc__)
    parser.add_argument("--door", required=True, metavar="ADDRESS:PORT")
    parser.add_argument("--host", required=True, help="the domain to ask for")
    parser.add_argument("--ca-file", required=True)
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--clients", type=int, default=6)
    parser.add_argument("--rate", type=float, default=10.0, help="requests a second and client")
    parser.add_argument("--reads-only", action="store_true")
    arguments = parser.parse_args(argv)
    address, _, port = arguments.door.rpartition(":")
    door = Door(address, int(port), arguments.host, arguments.ca_file)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    threads = []
    for client_number in range(arguments.clients):
        ledger = Ledger(arguments.ledger / f"client-{client_number}.jsonl")
        client = Client(door, ledger, arguments.rate, orders=not arguments.reads_only)
        threads.append(threading.Thread(target=client.run, args=(stop,)))
    for thread in threads:
        thread.start()
    write(arguments.ledger / STATUS, json.dumps({"pid": os.getpid(), "began": time.time()}) + "\n")
    stop.wait()
    for thread in threads:
        thread.join()
    return 0


if __name__ == "__main__":
    sys.exit(main())
