"""A project checked out once, and a home of its own for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from project import SECRETS, Job, check_out

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, as AWX has it."""
    return check_out(tmp_path_factory.mktemp("project") / "rr")


@pytest.fixture
def job(checkout: Path, tmp_path: Path) -> Job:
    """Give a job with a fresh RR_HOME that has its secrets."""
    (tmp_path / "secrets").mkdir()
    for name in SECRETS:
        path = tmp_path / "secrets" / name
        path.write_text(f"value-of-{name}-4711\n", encoding="utf-8")
        path.chmod(0o600)
    return Job(checkout, tmp_path)
