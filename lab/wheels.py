"""Python packages for the AWS stand-in: wheels for the container's Python, fetched by this machine's pip."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import shutil
import sys
from typing import TYPE_CHECKING

from lab.commands import run
from lab.errors import LabError
from lab.progress import step

if TYPE_CHECKING:
    from pathlib import Path

    from lab.paths import LabPaths

# Python and glibc of the host image (Debian bookworm); this machine may have others.
PYTHON = "3.11"
GLIBC_MINOR = 36
OLDEST_GLIBC_MINOR = 17


def platforms(machine: str) -> list[str]:
    """List the wheel platforms the host image can load, newest first."""
    tags = [f"manylinux_2_{minor}_{machine}" for minor in range(GLIBC_MINOR, OLDEST_GLIBC_MINOR - 1, -1)]
    return [*tags, f"manylinux2014_{machine}"]


def requirement() -> str:
    """Name the AWS stand-in in the version this environment has, so that tests and lab see the same one."""
    try:
        version = importlib.metadata.version("moto")
    except importlib.metadata.PackageNotFoundError as error:
        raise LabError("The lab needs the extra `lab`: pip install 'rollback-runner[lab]'.") from error
    return f"moto[ec2,rds,route53,server]=={version}"


def folder(paths: LabPaths) -> Path:
    """Name the folder of the packages: another version or machine has another one."""
    return paths.wheels / hashlib.sha256(f"{requirement()} {PYTHON} {platform.machine()}".encode()).hexdigest()[:12]


def up(paths: LabPaths) -> None:
    """Fetch the packages unless they are there."""
    wanted = requirement()
    machine = platform.machine()
    finished = folder(paths)
    if finished.exists():
        return
    unfinished = finished.with_suffix(".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(unfinished)]
    command += ["--python-version", PYTHON, "--implementation", "cp", "--only-binary=:all:"]
    for tag in platforms(machine):
        command += ["--platform", tag]
    with step(f"Fetching {wanted} for the AWS stand-in", announce=True):
        run([*command, wanted])
    unfinished.rename(finished)
