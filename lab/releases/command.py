"""`python -m lab releases up|status|reset|down|fault`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
import json

FAILED = 1


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this lab's verbs to the command line."""
    releases = verbs.add_parser("releases", help="the lab of deployments: three releases, the third bad (lab/releases)")
    own = releases.add_subparsers(dest="releases_verb", required=True)
    own.add_parser("up", help="build what is missing and start it, with the bad release live")
    own.add_parser("reset", help="the bad release live again")
    own.add_parser("status", help="each part and what it answers")
    down = own.add_parser("down", help="remove containers and network; images and data stay")
    down.add_argument("--purge", action="store_true", help="remove data, keys and passwords too")
    for name, text in (
        ("clients", "keep customers asking until SIGTERM, with a ledger"),
        ("check", "compare a ledger with the database"),
    ):
        verb = own.add_parser(name, help=text)
        verb.add_argument("application", metavar="APPLICATION", help="shop-web or shop-edge")
        verb.add_argument("--ledger", required=True, metavar="NAME")
    fault = own.add_parser("fault", help="break something on purpose (lab/releases/faults.py)")
    fault.add_argument("name", metavar="NAME", help="such as web2_image_gone")


def act(arguments: argparse.Namespace) -> int:
    """Do what was asked; return the exit code. Raises LabError."""
    # After the arguments are known to be right: these need the optional dependencies of the lab.
    from lab.releases import customers, faults, lifecycle  # noqa: PLC0415
    from lab.releases.topology import Paths  # noqa: PLC0415

    paths = Paths.from_environment()
    if arguments.releases_verb == "up":
        lifecycle.up(paths)
    elif arguments.releases_verb == "reset":
        lifecycle.reset(paths)
    elif arguments.releases_verb == "fault":
        faults.inject(paths, arguments.name)
    elif arguments.releases_verb == "down":
        lifecycle.down(paths, purge=arguments.purge)
    elif arguments.releases_verb == "clients":
        return customers.run(arguments.application, arguments.ledger)
    elif arguments.releases_verb == "check":
        found = customers.check(paths, arguments.application, arguments.ledger)
        told = {**found.figures, "problems": list(found.problems), "passed": found.passed}
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
        return 0 if found.passed else FAILED
    else:
        table, well = lifecycle.status(paths)
        sys.stdout.write(table + "\n")
        return 0 if well else FAILED
    return 0
