"""`python -m lab up|status|reset|fault|down`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from dataclasses import asdict

from lab.errors import LabError
from lab.progress import say
from lab.releases import command as releases

FAILED = 1
USAGE = 2


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    top = argparse.ArgumentParser(prog="lab", description="The IDC and the AWS side in containers.")
    verbs = top.add_subparsers(dest="verb", required=True)
    up = verbs.add_parser("up", help="build what is missing and start it; a lab that stands keeps its state")
    back = verbs.add_parser("reset", help='back to "migrated and failing"')
    up.add_argument("--rows", type=int, help="rows in the shop at the cut-over (300000)")
    up.add_argument("--transactions", type=int, help="transactions on RDS since the cut-over (3000)")
    for verb in (up, back):
        verb.add_argument("--read-only-delay", type=float, help="seconds until a changed read_only reaches RDS (15)")
    look = verbs.add_parser("status", help="each part, its state, and who answers")
    look.add_argument("--json", action="store_true", help="for programs")
    fault = verbs.add_parser("fault", help="break something on purpose (lab/faults.py)")
    fault.add_argument("name", metavar="NAME", help="such as lose_idc_data")
    down = verbs.add_parser("down", help="remove containers and network; images and data stay")
    down.add_argument("--purge", action="store_true", help="remove images, data, keys and passwords too")
    releases.add(verbs)
    return top


def act(arguments: argparse.Namespace) -> int:
    """Do what was asked; return the exit code. Raises LabError."""
    if arguments.verb == "releases":
        return releases.act(arguments)
    # After the arguments are known to be right: these need the optional dependencies of the lab.
    from lab import faults, lifecycle, options, status  # noqa: PLC0415
    from lab.paths import LabPaths  # noqa: PLC0415

    paths = LabPaths.from_environment()
    if arguments.verb == "up":
        wanted = options.settle(
            paths,
            rows=arguments.rows,
            transactions=arguments.transactions,
            read_only_delay=arguments.read_only_delay,
        )
        lifecycle.up(paths, wanted)
    elif arguments.verb == "reset":
        lifecycle.back(paths, options.settle(paths, read_only_delay=arguments.read_only_delay))
    elif arguments.verb == "fault":
        faults.inject(paths, arguments.name)
    elif arguments.verb == "down":
        lifecycle.down(paths, purge=arguments.purge)
    else:
        parts = status.read(paths)
        shown = json.dumps([asdict(part) for part in parts], indent=2) if arguments.json else status.table(parts)
        sys.stdout.write(shown + "\n")
        return 0 if all(part.well for part in parts) else FAILED
    return 0


def main(argv: list[str] | None = None) -> int:
    """Run one verb. 0: done; 1: something failed or is not well; 2: wrong usage; 130: interrupted."""
    arguments = parser().parse_args(argv)
    # A polite end cleans up like Ctrl-C: a half-built image or a builder container is not left behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return act(arguments)
    except LabError as error:
        say(f"lab: {error}")
        return FAILED
    except KeyboardInterrupt:
        say("lab: interrupted. Run the same command again to go on.")
        return 130


if __name__ == "__main__":
    sys.exit(main())
