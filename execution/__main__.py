"""`python -m execution [NAME ...]`: builds the execution environments of the project, all or those that are named."""

from __future__ import annotations

import argparse
import sys

from execution import build
from execution.base import ENVIRONMENTS
from lab.errors import LabError
from lab.progress import say

FAILED = 1


def main(argv: list[str] | None = None) -> int:
    """Build what was asked for. 0: done; 1: something failed; 2: wrong usage; 130: interrupted."""
    known = {environment.name: environment for environment in ENVIRONMENTS}
    parser = argparse.ArgumentParser(prog="execution", description="Build execution environments without a registry.")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"which: {', '.join(known)}; all unless named", default=[]
    )
    parser.add_argument("--tag", help="name of the image; needs one NAME")
    given = parser.parse_args(argv)
    wrong = [name for name in given.names if name not in known]
    if wrong:
        parser.error(f"there is no execution environment {wrong[0]}; there are {', '.join(known)}")
    if given.tag and len(given.names) != 1:
        parser.error("--tag needs one NAME")
    try:
        for name in given.names or known:
            tag = given.tag or known[name].tag
            build.build(known[name], tag)
            sys.stdout.write(f"{tag}\n")
    except LabError as error:
        say(f"execution: {error}")
        return FAILED
    except KeyboardInterrupt:
        say("execution: interrupted. Run the same command again to go on.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
