"""`python -m lab up|status|reset|fault|down`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from lab.errors import LabError
from lab.progress import say
from lab.releases import command as releases

if TYPE_CHECKING:
    from lab.paths import LabPaths

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
    fault.add_argument("--on-line", action="store_true", help="say ready, and do it at once when a line comes in")
    world = verbs.add_parser("world", help="who serves, asked by plain SQL, the admin socket and plain DNS")
    world.add_argument("--serving", metavar="SIDE", help="say what is not as it must be then: idc, rds, nobody; good")
    world.add_argument("--application", default="", help="of the releases lab: which release its doors serve")
    world.add_argument("--rds-dead", action="store_true", help="RDS does not answer, and that is right")
    down = verbs.add_parser("down", help="remove containers and network; images and data stay")
    down.add_argument("--purge", action="store_true", help="remove images, data, keys and passwords too")
    releases.add(verbs)
    return top


def act(arguments: argparse.Namespace) -> int:
    """Do what was asked; return the exit code. Raises LabError."""
    if arguments.verb == "releases":
        return releases.act(arguments)
    # After the arguments are known to be right: these need the optional dependencies of the lab.
    from lab import lifecycle, options, status  # noqa: PLC0415
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
        return _fault(paths, arguments)
    elif arguments.verb == "world":
        return _world(paths, arguments)
    elif arguments.verb == "down":
        lifecycle.down(paths, purge=arguments.purge)
    else:
        parts = status.read(paths)
        shown = json.dumps([asdict(part) for part in parts], indent=2) if arguments.json else status.table(parts)
        sys.stdout.write(shown + "\n")
        return 0 if all(part.well for part in parts) else FAILED
    return 0


def _fault(paths: LabPaths, arguments: argparse.Namespace) -> int:
    """Do one fault: now, or at the moment somebody says so. Without a word (end of input) it is not done."""
    from lab import faults  # noqa: PLC0415 - as above

    faults.known(arguments.name)
    if arguments.on_line:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        if not sys.stdin.readline():
            return FAILED
    faults.inject(paths, arguments.name)
    return 0


def _world(paths: LabPaths, arguments: argparse.Namespace) -> int:
    """Print what the world says, and what of it is wrong."""
    from lab import release_world, world  # noqa: PLC0415 - as above
    from lab.releases.topology import Paths  # noqa: PLC0415

    if arguments.application:
        observed = release_world.state(Paths(paths), arguments.application)
        wrong = release_world.problems(observed, arguments.serving) if arguments.serving else []
    else:
        observed = world.state(paths.root.parent)
        wrong = world.problems(observed, arguments.serving, rds_dead=arguments.rds_dead) if arguments.serving else []
    sys.stdout.write(json.dumps({"observed": observed, "wrong": wrong}, indent=2) + "\n")
    return FAILED if wrong else 0


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
