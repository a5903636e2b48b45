"""Which code would run: the digest of every file of playbooks, roles and plugins. Reads files, touches none.

The same tree gives the same digest in a checkout and in an installed wheel, at any place and with any file times: only
names below the root and bytes count, and what tools leave behind (caches, compiled files, editors' copies) does not.
"""

from __future__ import annotations

import hashlib
import json
import os
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
    for path in _all(top):
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


def walk(top: Path) -> Iterator[Path]:
    """Give the files below a folder in order, through links to folders too, without what tools leave behind.

    A role may be a link to a folder elsewhere: what lies there runs. A link that leads round in a circle is taken once.
    """
    seen: set[str] = set()
    for folder, folders, names in os.walk(top, followlinks=True):
        seen.add(os.path.realpath(folder))
        folders[:] = sorted(
            one for one in folders if not _is_left_behind(one) and os.path.realpath(f"{folder}/{one}") not in seen
        )
        for name in sorted(names):
            path = Path(folder, name)
            if not _is_left_behind(name) and path.is_file():
                yield path


def _all(top: Path) -> Iterator[Path]:
    for part in PARTS:
        place = top / part
        if place.is_file():
            yield place
        else:
            yield from walk(place)


def _is_left_behind(name: str) -> bool:
    return name == "__pycache__" or name.startswith(".") or name.endswith(_LEFT_BEHIND)
