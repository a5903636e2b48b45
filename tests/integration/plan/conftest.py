"""The real project as a wheel and as a checkout carry it, and homes with the keys of people. Contacts no machine."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from plan_homes import PROJECT, Command, a_home

if TYPE_CHECKING:
    from pathlib import Path

CARRIED = ("playbooks", "roles", "plugins", "inventories", "lab")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay the project out as the wheel does, with other file times and no caches."""
    base = tmp_path_factory.mktemp("site-packages")
    package = base / "rollback_runner"
    ignored = shutil.ignore_patterns("__pycache__", "_content", "*.pyc")
    shutil.copytree(PROJECT / "rollback_runner", package, ignore=ignored, copy_function=shutil.copyfile)
    for part in CARRIED:
        shutil.copytree(PROJECT / part, package / "_content" / part, ignore=ignored, copy_function=shutil.copyfile)
    shutil.copyfile(PROJECT / "ansible.cfg", package / "_content" / "ansible.cfg")
    return base


@pytest.fixture(scope="session")
def checkout(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay the very same files out as a checkout does."""
    base = tmp_path_factory.mktemp("checkout")
    package = wheel / "rollback_runner"
    shutil.copytree(package, base / "rollback_runner", ignore=shutil.ignore_patterns("_content"))
    shutil.copytree(package / "_content", base, dirs_exist_ok=True)
    return base


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make keys of three people, and the file of signers."""
    place = tmp_path_factory.mktemp("people")
    place.chmod(0o700)
    lines = []
    for name in ("kim", "lee", "park"):
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(place / name)]
        subprocess.run(argv, check=True)
        lines.append(f"{name} {(place / f'{name}.pub').read_text(encoding='utf-8')}")
    (place / "allowed_signers").write_text("".join(lines), encoding="utf-8")
    (place / "allowed_signers").chmod(0o600)
    return place


@pytest.fixture
def home(tmp_path: Path, people: Path) -> Path:
    """Return a home with keys and nothing else."""
    return a_home(tmp_path / "home", people)


@pytest.fixture
def command(checkout: Path, home: Path) -> Command:
    """Return the command of the checkout."""
    return Command(checkout, home)


@pytest.fixture
def installed(wheel: Path, tmp_path: Path, people: Path) -> Command:
    """Return the command of the wheel, with another home."""
    return Command(wheel, a_home(tmp_path / "elsewhere", people))
