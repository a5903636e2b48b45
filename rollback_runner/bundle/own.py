"""The wheel of this very program: built from a checkout, or put together again from what was installed."""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

from rollback_runner.content import ROOT
from rollback_runner.errors import RunnerError

_NAME = "rollback-runner"
# What the installer wrote, and no wheel has.
_OF_THE_INSTALLER = frozenset({"INSTALLER", "REQUESTED", "RECORD", "direct_url.json"})
_PATIENCE = 600.0  # seconds to build
_EARLIEST = (1980, 1, 1, 0, 0, 0)


def wheel(folder: Path) -> Path:
    """Put the wheel into a folder and return its path. Raises RunnerError when it cannot be made."""
    folder.mkdir(parents=True, exist_ok=True)
    return _built(folder) if (ROOT / "pyproject.toml").is_file() else _repacked(folder)


def _built(folder: Path) -> Path:
    argv = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run(
        [*argv, "--wheel-dir", str(folder), str(ROOT)], capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
    found = sorted(folder.glob("rollback_runner-*.whl"))
    if done.returncode != 0 or not found:
        raise RunnerError(f"The wheel of {ROOT} could not be built: {' '.join(done.stderr.split())[-400:]}")
    return found[-1]


def _repacked(folder: Path) -> Path:
    """Pack the installed files, each only if it still is what was installed."""
    try:
        installed = importlib.metadata.distribution(_NAME)
    except importlib.metadata.PackageNotFoundError as error:
        raise RunnerError(
            "This program was not installed, so there is nothing to put into a bundle.", next_step="pip install ."
        ) from error
    path = folder / f"rollback_runner-{installed.version}-py3-none-any.whl"
    lines: list[str] = []
    info = f"rollback_runner-{installed.version}.dist-info"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for file in installed.files or ():
            if not _travels(file):
                continue
            content = Path(str(file.locate())).read_bytes()
            told = _digest(content)
            if file.hash is not None and file.hash.mode == "sha256" and file.hash.value != told:
                raise RunnerError(
                    f"{file} is not what was installed; what somebody changed here does not go into a bundle.",
                    next_step="install it again, then the same command",
                )
            target.writestr(zipfile.ZipInfo(str(file), _EARLIEST), content, zipfile.ZIP_DEFLATED)
            lines.append(f"{file},sha256={told},{len(content)}")
        record = "\n".join([*lines, f"{info}/RECORD,,", ""])
        target.writestr(zipfile.ZipInfo(f"{info}/RECORD", _EARLIEST), record, zipfile.ZIP_DEFLATED)
    return path


def _travels(file: PurePosixPath) -> bool:
    inside = file.parts[0] == "rollback_runner" or file.parts[0].endswith(".dist-info")
    return inside and "__pycache__" not in file.parts and file.name not in _OF_THE_INSTALLER


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
