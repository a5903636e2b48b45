"""Installs the command once, and gives each test a home of its own."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from installed_command import FIXTURES, PROJECT, SECRETS, Command

from rollback_runner import companions
from rollback_runner.run.aside import COMPANIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the package and put pretended content beside it, as the wheel does with the real one."""
    base = tmp_path_factory.mktemp("installed")
    package = base / "rollback_runner"
    shutil.copytree(PROJECT / "rollback_runner", package, ignore=shutil.ignore_patterns("__pycache__", "_content"))
    content = package / "_content"
    shutil.copytree(FIXTURES / "playbooks", content / "playbooks")
    shutil.copytree(FIXTURES / "site", content / "inventories" / "pretend")
    shutil.copytree(PROJECT / "plugins" / "module_utils", content / "plugins" / "module_utils")
    shutil.copytree(FIXTURES / "plugins" / "action", content / "plugins" / "action")
    shutil.copy(PROJECT / "plugins" / "action" / "open_findings.py", content / "plugins" / "action")
    (content / "roles").mkdir()
    shutil.copy(PROJECT / "ansible.cfg", content / "ansible.cfg")
    return base


@pytest.fixture
def command(installed: Path, tmp_path: Path) -> Iterator[Command]:
    """Give the installed command a fresh RR_HOME with its secrets; what works beside its incidents ends with it."""
    (tmp_path / "secrets").mkdir()
    for name, text in SECRETS.items():
        path = tmp_path / "secrets" / name
        path.write_text(text + "\n", encoding="utf-8")
        path.chmod(0o600)
    yield Command(installed, tmp_path)
    for incident in tmp_path.glob("incidents/*/2*"):
        for name in COMPANIONS:
            companions.stop(incident, name, patience=0.0)
