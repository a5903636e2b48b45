"""Which code would run: the digest of every file of playbooks, roles and plugins. Reads files, touches none.

The same tree gives the same digest in a checkout and in an installed wheel, at any place and with any file times: only
names below the root and bytes count, and what tools leave behind (caches, compiled files, editors' copies) does not.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from failback.errors import FailbackError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PARTS = ("ansible.cfg", "playbooks", "roles", "plugins")
_LEFT_BEHIND = (".pyc", ".pyo", ".orig", ".rej", ".retry", ".swp", "~")


def root() -> Path:
    """Return the top of the Ansible project this library belongs to: the checkout, or the content of the wheel."""
    return Path(__file__).resolve().parents[3]


def files(top: Path) -> dict[str, str]:
    """Digest (SHA-256) each file that can change what is done, by its name below `top`. Raises `FailbackError`."""
    found: dict[str, str] = {}
    for path in _walk(top):
        try:
            found[path.relative_to(top).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise FailbackError(
                f"{path} cannot be read, so it is not known what would run: {error.strerror}"
            ) from error
    if not found:
        raise FailbackError(f"there is no playbook, role or plugin below {top}")
    return dict(sorted(found.items()))


def digest(found: Mapping[str, str]) -> str:
    """Digest the files as one."""
    text = json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _walk(top: Path) -> Iterator[Path]:
    for part in PARTS:
        place = top / part
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            inside = path.relative_to(top).parts
            if path.is_file() and not any(map(_is_left_behind, inside)):
                yield path


def _is_left_behind(name: str) -> bool:
    return name == "__pycache__" or name.startswith(".") or name.endswith(_LEFT_BEHIND)
