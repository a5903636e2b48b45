"""The incident: what belongs to one failed migration, from the first look to the last sign-off.

A directory ``RR_HOME/incidents/SITE/ID`` with what was found (``facts/``), the frozen plan, its approvals, and what
people said (``people.jsonl``, a journal whose lines hold together like those of a run). ``current`` points at the open
one; runs carry its id.
"""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback import journal, whole
from failback.errors import FailbackError
from failback.readable import readable

if TYPE_CHECKING:
    from collections.abc import Mapping

_CURRENT = "current"
_FACTS = "facts"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


def shelf(home: Path, site: str) -> Path:
    """Return where a site's incidents are."""
    return home / "incidents" / site


def current(home: Path, site: str) -> Path | None:
    """Find the open incident of a site, or None."""
    link = shelf(home, site) / _CURRENT
    return link.resolve() if link.is_symlink() and link.is_dir() else None


def of_environment() -> Path | None:
    """Find the incident the command named for this play (``RR_INCIDENT``), or None outside of one."""
    directory = os.environ.get("RR_INCIDENT", "")
    return Path(directory) if directory else None


def store_marker(incident: Path) -> Path:
    """Name the file that says at which store a site keeps its lock, and so what people said (failback.store.seam)."""
    home, site = incident.parent.parent.parent, incident.parent.name
    return home / "runs" / "locks" / f"{site}.lock.{journal.MARKER}"


def begin(home: Path, site: str) -> Path:
    """Open an incident, or return the one that is open. Raises `FailbackError` when it cannot be kept."""
    found = current(home, site)
    if found is not None:
        return found
    base = shelf(home, site)
    stem = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    number, name = 1, stem
    try:
        base.mkdir(parents=True, exist_ok=True)
        while (base / name).exists():
            number, name = number + 1, f"{stem}-{number + 1}"
        (base / name / _FACTS).mkdir(parents=True)
        (base / name).chmod(0o700)
        link = base / f".{_CURRENT}.{os.getpid()}"
        link.symlink_to(name)
        link.replace(base / _CURRENT)
    except OSError as error:
        raise FailbackError(f"the incident cannot be kept in {base}: {error.strerror}") from error
    return base / name


def close(home: Path, site: str) -> None:
    """Close the open incident; its directory stays. Nothing happens when none is open."""
    (shelf(home, site) / _CURRENT).unlink(missing_ok=True)


def keep(incident: Path, name: str, content: Mapping[str, Any]) -> None:
    """Write what was found under a name such as ``stake.shop-db``, whole or not at all. Raises `FailbackError`."""
    if not _NAME.fullmatch(name):
        raise FailbackError(f"bug: {name!r} is no name for what was found")
    target = incident / _FACTS / f"{name}.json"
    try:
        whole.write(target, (readable(json.dumps(content, ensure_ascii=False, indent=2, default=str)) + "\n").encode())
    except OSError as error:
        raise FailbackError(f"{target} cannot be written: {error.strerror}") from error


def facts(incident: Path) -> dict[str, Any]:
    """Read all that was found, by name. Raises `FailbackError` naming a file that cannot be read."""
    found: dict[str, Any] = {}
    for path in sorted((incident / _FACTS).glob("[!.]*.json")):
        try:
            found[path.stem] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise FailbackError(f"{path} cannot be read: {error}; look again: rollback-runner phase prepare") from error
    return found
