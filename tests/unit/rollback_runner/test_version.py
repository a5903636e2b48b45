"""The version on record: what was installed, else the commit that is checked out, told without git."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

import pytest

from rollback_runner import version

if TYPE_CHECKING:
    from pathlib import Path

COMMIT = "45bed5ef1" + "0" * 31


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    (tmp_path / ".git").mkdir()
    return tmp_path


def test_what_was_installed_says_it_itself(tmp_path: Path) -> None:
    assert version.find(tmp_path) == importlib.metadata.version("rollback-runner")


@pytest.mark.parametrize(
    "files",
    [
        {"HEAD": COMMIT + "\n"},
        {"HEAD": "ref: refs/heads/main\n", "refs/heads/main": COMMIT + "\n"},
        {"HEAD": "ref: refs/heads/main\n", "packed-refs": f"# pack-refs\n{COMMIT} refs/heads/main\n"},
    ],
)
def test_a_checkout_says_its_commit(checkout: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = checkout / ".git" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert version.find(checkout) == "0+g45bed5ef1"


@pytest.mark.parametrize("files", [{}, {"HEAD": "ref: refs/heads/main\n"}, {"HEAD": "no commit"}])
def test_what_nobody_knows_is_said_to_be_unknown(checkout: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (checkout / ".git" / name).write_text(text)
    assert version.find(checkout) == "0+unknown"
