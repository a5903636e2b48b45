"""Which version this is: what was installed, or the commit of a checkout that nobody installed (as under AWX)."""

from __future__ import annotations

import importlib.metadata
import re
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_UNKNOWN = "0+unknown"
_COMMIT = re.compile(r"[0-9a-f]{40,64}")
_SHOWN = 9  # characters of a commit: as many as the version of an installed one shows


def find(root: Path) -> str:
    """Return the version as it goes on record; ``root`` is the folder that holds the project."""
    with suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version("rollback-runner")
    commit = _commit(root / ".git")
    return f"0+g{commit[:_SHOWN]}" if commit else _UNKNOWN


def _commit(git: Path) -> str:
    """Read the checked-out commit as git keeps it; no git is needed, which an execution environment may lack."""
    try:
        head = (git / "HEAD").read_text(encoding="ascii").strip()
        if not head.startswith("ref: "):
            return head if _COMMIT.fullmatch(head) else ""
        name = head.removeprefix("ref: ")
        loose = git / name
        if loose.is_file():
            found = loose.read_text(encoding="ascii").strip()
            return found if _COMMIT.fullmatch(found) else ""
        for line in (git / "packed-refs").read_text(encoding="ascii").splitlines():
            commit, _, of = line.partition(" ")
            if of == name and _COMMIT.fullmatch(commit):
                return commit
    except (OSError, UnicodeDecodeError):
        pass
    return ""
