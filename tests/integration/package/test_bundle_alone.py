"""A real bundle, installed where there is no network at all, runs the command from what came with it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import made_package
import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.long
# A namespace of its own without any network: not even this machine answers there.
ALONE = ("unshare", "--map-root-user", "--net")


def _alone(*argv: str) -> subprocess.CompletedProcess[str]:
    environment = made_package.clean_environment(PATH="/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
    return subprocess.run([*ALONE, *argv], capture_output=True, text=True, check=False, env=environment)


def test_it_installs_and_answers_without_a_network(tmp_path: Path) -> None:
    home, place = tmp_path / "home", tmp_path / "installed"
    home.mkdir()
    command = [sys.executable, "-m", "rollback_runner"]
    environment = made_package.clean_environment(RR_HOME=str(home), PYTHONPATH=str(made_package.PROJECT))
    subprocess.run([*command, "init", "inventories/shop"], check=True, cwd=home, env=environment, capture_output=True)
    made = subprocess.run(
        [*command, "bundle", "make", "-i", "inventories/shop"],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    bundle = next((home / "bundles").glob("*.bundle.tar"))
    subprocess.run(["tar", "-xf", str(bundle), "-C", str(tmp_path), "install"], check=True)
    done = _alone(sys.executable, "-I", str(tmp_path / "install"), str(bundle), str(place))
    assert done.returncode == 0, done.stderr
    rollback_runner = str(place / "rollback-runner")
    assert "RDS takes no write" in _alone(rollback_runner, "explain", "AWS-03").stdout
    examined = _alone(rollback_runner, "doctor")
    # Nobody is to be reached from there; but the site that came along is read and judged.
    assert examined.returncode == 1
    assert f"shop at {place}/inventories/shop is valid" in examined.stdout
    assert "No matching distribution" in _alone(str(place / "venv" / "bin" / "pip"), "download", "click==0.1").stderr
