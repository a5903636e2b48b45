"""The wheel, installed alone on each Python, does what a checkout does. PYTHONS names the interpreters to use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import made_package
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from made_package import Installed

pytestmark = pytest.mark.long
FOUND = made_package.interpreters()


@pytest.fixture(scope="module", params=made_package.VERSIONS)
def installed(
    request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installed]:
    version = str(request.param)
    if version not in FOUND:
        pytest.skip(f"no Python {version} with venv on this machine (PYTHONS names one)")
    place = tmp_path_factory.mktemp(f"python{version}")
    return made_package.install(FOUND[version], f"{wheel}[lab,postgresql]", place)


def test_the_command_answers(installed: Installed, wheel: Path) -> None:
    version = wheel.name.split("-")[1]
    assert version in installed.run("rollback-runner", "--version").stdout
    assert "RDS takes no write" in installed.run("rollback-runner", "explain", "AWS-03").stdout
    assert "Next: rollback-runner phase emergency" in installed.run("rollback-runner", "items").stderr  # no run yet


def test_an_example_is_written_and_examined(installed: Installed) -> None:
    assert installed.run("rollback-runner", "init", "inventories/mine").returncode == 0
    done = installed.run("rollback-runner", "doctor", "-i", "inventories/mine")
    # Its addresses are nobody's, so it is not well; but it is a site, and it is examined.
    assert done.returncode == 1
    assert "mine is valid" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_ansible_reads_every_playbook(installed: Installed) -> None:
    content = installed.content()
    playbooks = sorted(path.name for path in (content / "playbooks").glob("*.yml"))
    assert "emergency.yml" in playbooks
    files = [f"playbooks/{name}" for name in playbooks]
    done = installed.run("ansible-playbook", "-i", "inventories/lab", "--syntax-check", *files, cwd=content)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "DEPRECATION" not in done.stderr


def test_the_unit_tests_pass_against_it(installed: Installed, tmp_path: Path) -> None:
    project = installed.as_project(tmp_path / "project")
    argv = ("python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *made_package.FOR_TESTS)
    assert installed.run(*argv).returncode == 0
    # Images for AWX are built in a checkout; what builds them is no part of the wheel.
    argv = ("-q", "-n", "2", "-p", "no:cacheprovider", "--ignore", "tests/unit/execution", "tests/unit")
    done = installed.run("python", "-m", "pytest", *argv, cwd=project)
    assert done.returncode == 0, done.stdout[-4000:]
