"""The lab's own command, run as a process: a drill needs its extra dependencies, other commands do not."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from rollback_runner.content import ROOT
from rollback_runner.errors import RunnerError

if TYPE_CHECKING:
    from pathlib import Path


LAB = (sys.executable, "-m", "lab")


def environment(home: Path) -> dict[str, str]:
    """Give the variables the lab's command runs with."""
    return os.environ | {"RR_HOME": str(home), "PYTHONPATH": str(ROOT)}


def lab(home: Path, *words: str, silent: bool) -> None:
    """Run a verb of the lab, telling its progress on standard error. Raises RunnerError."""
    argv = [*LAB, *words]
    done = subprocess.run(argv, cwd=ROOT, env=environment(home), check=False, stdout=sys.stderr if silent else None)
    if done.returncode != 0:
        raise RunnerError(
            f"The lab did not do it: `lab {' '.join(words)}` ended with {done.returncode}.",
            next_step="rollback-runner lab status",
        )


def ask(home: Path, *words: str) -> str:
    """Run a verb of the lab that answers, whatever its exit code. Raises RunnerError when it says nothing."""
    argv = [*LAB, *words]
    done = subprocess.run(argv, cwd=ROOT, env=environment(home), check=False, capture_output=True, text=True)
    if not done.stdout.strip():
        raise RunnerError(
            f"The lab could not be asked: {done.stderr.strip() or 'no reason given'}",
            next_step="rollback-runner lab status",
        )
    return done.stdout
