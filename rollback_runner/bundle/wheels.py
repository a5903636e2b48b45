"""Wheels for a Python that may be another one than ours: fetched by pip, and checked that none is missing.

pip judges conditions such as ``python_version < '3.13'`` by the Python it runs on, also when it fetches for another.
So what was fetched is read again, and what the other Python needs besides is fetched by name.
"""

from __future__ import annotations

import platform
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from email.parser import HeaderParser
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from rollback_runner.errors import RunnerError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

PYTHONS = ("3.11", "3.12", "3.13")
_OLDEST_GLIBC_MINOR = 17
_PATIENCE = 1800.0  # seconds for all wheels
_ROUNDS = 5


@dataclass(frozen=True)
class Target:
    """The machine the wheels are for. ``glibc_minor``: 36 stands for glibc 2.36, Debian bookworm's."""

    python: str = "3.11"
    machine: str = platform.machine()
    glibc_minor: int = 36

    @property
    def platforms(self) -> tuple[str, ...]:
        """The wheel platforms such a machine can load, the newest first."""
        minors = range(self.glibc_minor, _OLDEST_GLIBC_MINOR - 1, -1)
        return (*(f"manylinux_2_{minor}_{self.machine}" for minor in minors), f"manylinux2014_{self.machine}")

    @property
    def markers(self) -> dict[str, str]:
        """What the conditions of a dependency are judged by, on that machine."""
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0",
            "os_name": "posix",
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{self.python}.0",
            "python_version": self.python,
            "sys_platform": "linux",
        }


def own_python() -> str:
    """Return the version this runs on, as a target names it."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def fetch(wanted: Sequence[str], folder: Path, target: Target) -> None:
    """Fetch wheels of everything ``wanted`` (requirements or wheel files) needs, by this machine's settings of pip.

    Raises RunnerError with pip's own last words.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lacking = list(wanted)
    for _round in range(_ROUNDS):
        _download(lacking, folder, target)
        lacking = missing(wanted, described(folder), target)
        if not lacking:
            return
    raise RunnerError(f"These packages have no wheel that was found for Python {target.python}: {', '.join(lacking)}.")


def missing(wanted: Iterable[str], packages: Mapping[str, Sequence[str]], target: Target) -> list[str]:
    """Return what ``wanted`` needs and ``packages`` lacks, sorted; pure.

    ``packages``: the dependencies of each package, by its canonical name, as its metadata has them.
    """
    lacking: set[str] = set()
    seen: set[tuple[str, str]] = set()
    todo = [_requirement(text) for text in wanted]
    while todo:
        one = todo.pop()
        name = canonicalize_name(one.name)
        if name not in packages:
            lacking.add(str(one).partition(";")[0].strip())
            continue
        for extra in ("", *one.extras):
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            inside = (Requirement(text) for text in packages[name])
            todo += [dep for dep in inside if not dep.marker or dep.marker.evaluate({**target.markers, "extra": extra})]
    return sorted(lacking)


def described(folder: Path) -> dict[str, list[str]]:
    """Read the dependencies of each wheel in a folder. Raises RunnerError for a file that is none."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.whl")):
        name = canonicalize_name(parse_wheel_filename(path.name)[0])
        try:
            with zipfile.ZipFile(path) as wheel:
                inside = next(one for one in wheel.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", one))
                told = HeaderParser().parsestr(wheel.read(inside).decode("utf-8", "replace"))
        except (OSError, zipfile.BadZipFile, StopIteration) as error:
            raise RunnerError(f"{path.name} is no wheel that can be read.") from error
        found[name] = list(told.get_all("Requires-Dist") or [])
    return found


def _requirement(text: str) -> Requirement:
    """Read a requirement, or the file of a wheel with extras behind it (``x-1.0-py3-none-any.whl[lab]``)."""
    path, _, extras = text.partition("[")
    if path.endswith(".whl"):
        name = parse_wheel_filename(path.rsplit("/", 1)[-1])[0]
        return Requirement(f"{name}[{extras}" if extras else str(name))
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        raise UsageError(f"{text} is no requirement that pip understands.") from error


def _download(wanted: Sequence[str], folder: Path, target: Target) -> None:
    argv = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--dest", str(folder)]
    argv += ["--find-links", str(folder), "--only-binary=:all:", "--implementation", "cp"]
    argv += ["--python-version", target.python]
    for tag in target.platforms:
        argv += ["--platform", tag]
    try:
        done = subprocess.run([*argv, *wanted], capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired as error:
        raise RunnerError(f"pip did not fetch the wheels within {_PATIENCE:.0f} s.") from error
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()
        raise RunnerError(
            f"pip could not fetch the wheels for Python {target.python}: {' '.join(said[-2:])}",
            next_step="check that pip reaches a package registry here (pip download click), then the same command",
        )
