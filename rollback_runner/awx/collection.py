"""Finds the collection awx.awx, or fetches it: a package of the Python index holds it, so pip's own settings get it.

Only this one collection is kept; the package it comes in holds a hundred others. A job in AWX needs none of it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from rollback_runner.errors import RunnerError, UsageError

_PACKAGE = "ansible==12.3.0"  # holds awx.awx 24.6.1
_INSIDE = "ansible_collections/awx/awx/"
_MARK = Path("ansible_collections/awx/awx/MANIFEST.json")
_DEADLINE = 600  # seconds; the package has 54 MB


def cache() -> Path:
    """Return where a fetched one is kept: RR_AWX_COLLECTIONS, or below the user's cache."""
    named = os.environ.get("RR_AWX_COLLECTIONS")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(named) if named else base / "rollback-runner" / "collections"


def find() -> Path:
    """Return the folder that holds it. Raises `UsageError` saying how to get it."""
    given = os.environ.get("ANSIBLE_COLLECTIONS_PATH", "").split(os.pathsep)
    places = [cache(), *(Path(one) for one in given if one), Path.home() / ".ansible/collections"]
    places += [
        Path("/usr/share/ansible/collections"),
        *(Path(one) for one in sys.path if one.endswith("site-packages")),
    ]
    for place in places:
        if (place / _MARK).is_file():
            return place
    raise UsageError(
        "The collection awx.awx is not on this machine.",
        next_step="rollback-runner awx collection, or ansible-galaxy collection install awx.awx:24.6.1",
    )


def fetch() -> Path:
    """Fetch it unless it is there. Raises `RunnerError` with pip's own words."""
    target = cache()
    if (target / _MARK).is_file():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="awx-") as found:
        folder = Path(found)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", found, _PACKAGE]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_DEADLINE)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise RunnerError(f"{_PACKAGE} could not be fetched: {error}.") from error
        wheels = list(folder.glob("*.whl"))
        if done.returncode != 0 or not wheels:
            reason = (done.stderr.strip().splitlines() or ["pip did not say why"])[-1]
            raise RunnerError(
                f"{_PACKAGE} could not be fetched: {reason}",
                next_step="ansible-galaxy collection install awx.awx:24.6.1 does it from elsewhere",
            )
        with zipfile.ZipFile(wheels[0]) as wheel:
            wheel.extractall(folder / "out", [name for name in wheel.namelist() if name.startswith(_INSIDE)])
        shutil.rmtree(target, ignore_errors=True)
        (folder / "out").rename(target)
    return target
