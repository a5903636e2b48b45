"""The program as a wheel again, from what was installed, and only as it was installed."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest
from bundles_of_tests import VERSION, plain_wheel

from rollback_runner.bundle import own
from rollback_runner.errors import RunnerError

if TYPE_CHECKING:
    from pathlib import Path


def _put(wheel: Path, place: Path) -> None:
    argv = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", str(place)]
    subprocess.run([*argv, str(wheel)], check=True, capture_output=True)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "site-packages"
    _put(plain_wheel(tmp_path / "first"), place)
    found = importlib.metadata.PathDistribution(place / f"rollback_runner-{VERSION}.dist-info")
    monkeypatch.setattr(own.importlib.metadata, "distribution", lambda _name: found)
    monkeypatch.setattr(own, "ROOT", place / "rollback_runner" / "_content")
    return place


def test_what_was_installed_is_a_wheel_again(installed: Path, tmp_path: Path) -> None:
    wheel = own.wheel(tmp_path / "again")
    assert wheel.name == f"rollback_runner-{VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as packed:
        assert {"rollback_runner/cli.py", f"rollback_runner-{VERSION}.dist-info/RECORD"} <= set(packed.namelist())
        assert not [name for name in packed.namelist() if name.endswith(("INSTALLER", ".pyc"))]
    _put(wheel, tmp_path / "elsewhere")
    text = (installed / "rollback_runner" / "cli.py").read_text()
    assert (tmp_path / "elsewhere" / "rollback_runner" / "cli.py").read_text() == text


def test_what_somebody_changed_here_does_not_travel(installed: Path, tmp_path: Path) -> None:
    (installed / "rollback_runner" / "cli.py").write_text("def main(): print('mine')\n")
    with pytest.raises(RunnerError, match=r"rollback_runner/cli.py is not what was installed"):
        own.wheel(tmp_path / "again")
