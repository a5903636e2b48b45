# ruff: noqa: INP001 - run by path
"""A client that asks one after the other until it gets SIGTERM, and writes every answer down: `client.py URL FILE`."""

import signal
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

LONGEST = 40.0  # seconds; a held request waits at most 30

stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
with Path(sys.argv[2]).open("w", encoding="utf-8", buffering=1) as ledger:
    while not stop.wait(0.02):
        try:
            with urllib.request.urlopen(sys.argv[1], timeout=LONGEST) as answer:  # noqa: S310 - our own node
                ledger.write(f"{answer.status} {answer.read().decode()}\n")
        except urllib.error.HTTPError as error:
            ledger.write(f"{error.code} no answer of an application\n")
        except OSError as error:
            ledger.write(f"0 {error}\n")
