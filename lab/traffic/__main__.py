"""The traffic's command: `python3 -m lab.traffic run|stop|check --config traffic.json`."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pymysql

from lab.traffic.check import check_against, report
from lab.traffic.config import ConfigError, TrafficConfig, read_config
from lab.traffic.metrics import measure
from lab.traffic.mysql import connect
from lab.traffic.records import LedgerError, read_ledger
from lab.traffic.run import forget, run, stop

if TYPE_CHECKING:
    from pymysql.cursors import Cursor

CONNECT_SECONDS, READ_SECONDS = 5.0, 60.0
PASSED, FAILED, WRONG_USE = 0, 1, 2


def main(argv: list[str] | None = None) -> int:
    """Run or check. Returns 0, 1 when the check found a fault, 2 when it could not be made."""
    parser = argparse.ArgumentParser(prog="lab.traffic", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name, text in (
        ("run", "write until SIGTERM, keeping a ledger"),
        ("stop", "end the run that writes this ledger, and wait until its last writes are answered"),
        ("check", "compare the ledger with the databases"),
    ):
        verb = verbs.add_parser(name, help=text)
        verb.add_argument("--config", type=Path, required=True)
        verb.add_argument("--ledger", type=Path, help="instead of the folder in the configuration")
    verbs.choices["run"].add_argument("--seconds", type=float, default=0.0, help="stop after so long (0: at SIGTERM)")
    verbs.choices["run"].add_argument("--fresh", action="store_true", help="throw away the ledger that is there")
    verbs.choices["check"].add_argument(
        "--serving", choices=["idc", "rds"], default="idc", help="the side that serves now and must hold every write"
    )
    verbs.choices["check"].add_argument(
        "--set-aside", type=Path, help="tokens that lie in a quarantine, one a line: not on IDC, and not lost"
    )
    verbs.choices["check"].add_argument("--json", action="store_true", help="print everything as JSON")
    arguments = parser.parse_args(argv)
    try:
        config = read_config(arguments.config)
        if arguments.ledger:
            config = replace(config, ledger=arguments.ledger)
        if arguments.verb == "run":
            if arguments.fresh:
                forget(config.ledger)
            return run(config, arguments.seconds)
        if arguments.verb == "stop":
            return PASSED if stop(config.ledger) else FAILED
        return check(config, arguments.serving, arguments.set_aside, as_json=arguments.json)
    except (ConfigError, LedgerError) as error:
        sys.stderr.write(f"{error}\n")
        return WRONG_USE


def check(config: TrafficConfig, serving: str, set_aside: Path | None, *, as_json: bool) -> int:
    """Print what the ledger and the databases say together.

    The side that serves must hold every acknowledged write: IDC after a rollback, RDS when it was given up.
    """
    records = read_ledger(config.ledger)
    try:
        server = connect(config.check[serving], connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS)
    except (pymysql.MySQLError, OSError) as error:
        sys.stderr.write(f"{serving} cannot be asked, so nothing is proven: {error}\n")
        return WRONG_USE
    if server.server_uuid != records.sides[serving]:
        sys.stderr.write(f"{config.check[serving].host} is {server.server_uuid}, not {records.sides[serving]}\n")
        return WRONG_USE
    other = _rds(config) if serving == "idc" else None
    tokens = frozenset(set_aside.read_text(encoding="utf-8").split()) if set_aside else frozenset()
    metrics, verdict = measure(records), check_against(records, server.connection, other, tokens)
    found = report(metrics, verdict)
    lists = found.pop("lists") if not as_json else {}
    sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=None if as_json else 2) + "\n")
    for name, writes in lists.items():
        for write in writes:
            sys.stdout.write(f"{name}: {write['token']} by {write['client']}: {write['message'] or 'no message'}\n")
    return PASSED if found["passed"] else FAILED


def _rds(config: TrafficConfig) -> pymysql.Connection[Cursor] | None:
    """Return a session on RDS, or nothing: it may be fenced, and only the unknown writes need it."""
    try:
        return connect(config.check["rds"], connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS).connection
    except (pymysql.MySQLError, OSError, KeyError) as error:
        sys.stderr.write(f"RDS was not asked about unknown writes: {error}\n")
        return None


if __name__ == "__main__":
    sys.exit(main())
