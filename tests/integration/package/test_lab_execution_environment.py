"""The emergency phase inside the execution environment, as a job of AWX runs it: nothing of this machine but files."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import made_package
import pytest

from execution import build
from execution.base import ENVIRONMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from execution.base import Environment

pytestmark = [pytest.mark.lab, pytest.mark.long]
HOME = Path(os.environ.get("RR_HOME") or made_package.PROJECT)
# What the inventory of the lab looks for: keys, passwords, certificates, whose signatures count, and where it was cut.
GIVEN = ("aws", "ca", "people", "secrets", "ssh", "cutover.gtid", "images.json")
ALONE = "a test of this phase alone"
ADDRESS = "172.30.77.100"  # the job's, which must get to RDS behind the closed network too


@pytest.fixture(scope="module", params=ENVIRONMENTS, ids=lambda one: one.name)
def image(request: pytest.FixtureRequest) -> str:
    """Build the execution environment, without a registry."""
    environment: Environment = request.param
    build.build(environment, environment.tag)
    return environment.tag


@pytest.fixture
def credentials(tmp_path: Path) -> Iterator[Path]:
    """Give the job a home with the files of its credentials, and the lab as it was when the move had failed."""
    subprocess.run([sys.executable, "-m", "lab", "reset"], check=True, cwd=HOME, capture_output=True)
    home = tmp_path / "home"
    (home / ".lab").mkdir(parents=True)
    for name in GIVEN:
        source, target = HOME / ".lab" / name, home / ".lab" / name
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True)
        else:
            shutil.copy2(source, target)
    yield home
    subprocess.run([sys.executable, "-m", "lab", "reset"], check=True, cwd=HOME, capture_output=True)


def _job(image: str, sdist: Path, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    project = home.parent / "project"
    if not project.exists():
        subprocess.run(["tar", "-xf", str(sdist), "-C", str(home.parent)], check=True)
        next(home.parent.glob("rollback_runner-*")).rename(project)
    argv = ["docker", "run", "--rm", "--name", "rr-package-job", "--user", "root"]
    argv += ["--network", "rr-lab", "--ip", ADDRESS]
    argv += ["--volume", f"{project}:/runner/project:ro", "--volume", f"{home}:/runner/home"]
    argv += ["--env", "RR_HOME=/runner/home", "--env", "RR_RECORD=1", "--workdir", "/runner/project", image]
    told = {"rr_break_glass": ALONE, "aws_keep_sources": [f"{one}/32" for one in (ADDRESS, "172.30.77.11")]}
    argv += ["ansible-playbook", "-i", "inventories/lab", "-e", json.dumps(told), *words]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def _report(home: Path) -> dict[str, object]:
    newest = max(home.glob("runs/*/report.json"))
    return json.loads(newest.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def test_emergency_in_a_job(image: str, sdist: Path, credentials: Path) -> None:
    confirmed = ("-e", json.dumps({"rr_confirm_site": "lab"}))
    rehearsed = _job(image, sdist, credentials, "playbooks/emergency.yml", "--check", *confirmed)
    assert rehearsed.returncode == 0, rehearsed.stdout[-4000:] + rehearsed.stderr[-2000:]
    done = _job(image, sdist, credentials, "playbooks/emergency.yml", *confirmed)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    told = _report(credentials)
    assert told["outcome"] == "proven"
