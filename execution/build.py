"""Makes the build context with ansible-builder, then the image, with no registry of images or packages reachable."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from execution import base
from execution.definition import OF_THE_BUILDER, offline, requirements
from lab.commands import run
from lab.errors import LabError
from lab.progress import step
from rollback_runner.bundle import wheels
from rollback_runner.errors import RunnerError

if TYPE_CHECKING:
    from execution.base import Environment

PROJECT = Path(__file__).resolve().parents[1]
_BUILD_TIMEOUT = 1800.0


def context(environment: Environment, folder: Path, wheelhouse: Path) -> Path:
    """Write the build context below ``folder``: ansible-builder's, with the wheels in it. Raises LabError.

    ``wheelhouse`` is filled unless it holds what is needed already.
    """
    definition = yaml.safe_load((PROJECT / environment.definition).read_text(encoding="utf-8"))
    target = wheels.Target(environment.python, glibc_minor=environment.glibc_minor)
    wanted = [*requirements(definition), *OF_THE_BUILDER]
    with step(f"Fetching the wheels of {environment.definition}", announce=True):
        try:
            wheels.fetch(wanted, wheelhouse, target)
        except RunnerError as error:
            raise LabError(error.what) from error
    own = folder / environment.definition
    own.write_text(yaml.safe_dump(offline(definition, str(wheelhouse))), encoding="utf-8")
    made = folder / "context"
    run([_builder(), "create", "--file", str(own), "--context", str(made), "--output-filename", "Dockerfile"])
    return made


def build(environment: Environment, tag: str) -> None:
    """Build one execution environment. Raises LabError with the last words of what failed."""
    base.build(environment)
    with tempfile.TemporaryDirectory(prefix="rr-ee-") as folder:
        made = context(environment, Path(folder), Path(folder) / "wheelhouse")
        with step(f"Building {tag}", announce=True):
            # Without a network: whatever is not in the context is missed here, not at somebody else's.
            argv = ["docker", "build", "--network", "none", "--tag", tag, "--file", str(made / "Dockerfile"), str(made)]
            done = subprocess.run(argv, capture_output=True, text=True, timeout=_BUILD_TIMEOUT, check=False)
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise LabError(f"{tag} could not be built:\n{tail}")


def _builder() -> str:
    beside = Path(sys.executable).parent / "ansible-builder"
    found = str(beside) if beside.exists() else shutil.which("ansible-builder")
    if not found:
        raise LabError("ansible-builder is missing: pip install 'rollback-runner[execution-environment]'.")
    return found
