"""Running programs of the machine, with errors that carry what the program said."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from lab.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Sequence


def run(argv: Sequence[str], *, stdin: str | None = None, timeout: float = 900.0) -> str:
    """Run `argv` and return its standard output.

    Secrets go through `stdin`, never through `argv`: the process list is readable by everyone.
    Raises LabError with the end of standard error when the program fails, is missing or takes longer than `timeout` s.
    """
    try:
        done = subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=timeout, check=False)
    except FileNotFoundError as error:
        raise LabError(f"`{argv[0]}` is not installed on this machine.") from error
    except subprocess.TimeoutExpired as error:
        raise LabError(f"`{' '.join(argv[:3])}` did not end within {timeout:.0f} s.") from error
    if done.returncode != 0:
        tail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-12:])
        raise LabError(f"`{' '.join(argv[:4])}` failed with code {done.returncode}:\n{tail}")
    return done.stdout
