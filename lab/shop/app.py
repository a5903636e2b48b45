"""The shop's web application: `python3 -m lab.shop.app --config /etc/shop/app.json`.

SIGHUP reads the configuration file again and moves to a new pool of database sessions; running requests keep the
session they have. A file that cannot be used is reported and changes nothing. SIGTERM stops after running requests.
"""

from __future__ import annotations

import argparse
import queue
import signal
import socket
import sys
import threading
import time
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from lab.shop.config import Config, ConfigError, read_config
from lab.shop.handlers import Handler
from lab.shop.pool import Pool
from lab.shop.store import Store

STOP_SECONDS = 3.0


class Server(ThreadingHTTPServer):
    """One thread a connection; a stop does not wait for idle connections."""

    daemon_threads = True
    request_queue_size = 128
    address_family = socket.AF_INET

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about a client that went away, as load balancers' checks do; print the trace of all else."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def say(message: str) -> None:
    """Write one line to the log."""
    sys.stderr.write(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {message}\n")
    sys.stderr.flush()


def open_pool(config: Config) -> Pool:
    """Return a pool with its sessions open, as far as the database answers."""
    database, started = config.database, time.monotonic()
    pool = Pool(database)
    opened = pool.warm()
    say(
        f"database {database.host}:{database.port}: {opened} of {database.pool} sessions open "
        f"after {time.monotonic() - started:.3f} s",
    )
    return pool


def reload(path: Path, store: Store) -> None:
    """Read the configuration again and move to the database that it names."""
    try:
        config = read_config(path)
    except ConfigError as error:
        say(f"configuration kept as it was: {error}")
        return
    store.swap(open_pool(config))


def main(argv: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. Returns the exit code: 2 for a configuration that cannot be used."""
    parser = argparse.ArgumentParser(description="The shop's web application.")
    parser.add_argument("--config", type=Path, default=Path("/etc/shop/app.json"))
    path: Path = parser.parse_args(argv).config
    try:
        config = read_config(path)
    except ConfigError as error:
        say(str(error))
        return 2
    signals: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: signals.put(received))
    store = Store(open_pool(config))
    Handler.store = store
    try:
        server = Server(("", config.listen), Handler)
    except OSError as error:
        say(f"port {config.listen} cannot be listened on: {error.strerror}")
        return 2
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.5}, daemon=True).start()
    say(f"listening on port {server.server_address[1]}")
    while signals.get() == signal.SIGHUP:
        reload(path, store)
    server.shutdown()
    Handler.in_flight.wait_for_none(STOP_SECONDS)
    store.pool.retire()
    say("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
