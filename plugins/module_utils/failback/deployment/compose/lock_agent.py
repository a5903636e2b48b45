"""The lock of an application on its host: a directory, because making one is atomic. Python 3.8 or newer.

Who finds it shows whose it is, since when and why, and stops. It is taken over only from a run of the same control host
and site whose epoch is older: that run's own site lock is in our hands by then, so it no longer acts. Anything else a
person decides (``break``: the reason). ``notes`` survive a change of hands: what is drained or closed, and must reopen.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Report = dict[str, Any]


def read(place: str) -> Report | None:
    """Give who holds it; None when it is free. One whose file is missing or torn is held by "unknown"."""
    lock = Path(place, "lock")
    try:
        age = lock.stat().st_mtime
    except FileNotFoundError:
        return None
    try:
        found = json.loads((lock / "owner.json").read_text(encoding="utf-8"))
        if isinstance(found, dict):
            return dict({"notes": {}}, **found)
    except (OSError, ValueError):
        pass
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(age))
    return {"run": "", "by": "unknown", "since": since, "why": "its owner.json is missing or torn", "notes": {}}


def take(request: Report) -> Report:
    """Take it, or say whose it is."""
    place, owner = request["directory"], request["owner"]
    lock = Path(place, "lock")
    try:
        lock.mkdir(0o755)
    except FileExistsError:
        held = read(place)
        if held is None:
            return {"refused": "the lock changed hands just now", "held": None}
        ours = held["run"] == owner["run"]
        if not ours and not older(held, owner) and not request.get("break"):
            return {"refused": "it is held", "held": held}
        write(lock / "owner.json", dict(owner, notes=held["notes"], since=_since(held, owner, ours)))
        return {"held": held, "taken_over": not ours, "notes": held["notes"]}
    write(lock / "owner.json", dict(owner, notes={}))
    settle(Path(place))
    return {"held": None, "taken_over": False, "notes": {}}


def note(request: Report) -> Report:
    """Keep notes with the lock that is ours."""
    held = read(request["directory"])
    if held is None or held["run"] != request["run"]:
        return {"refused": "the lock is not ours any more", "held": held}
    held["notes"] = dict(held["notes"], **request["notes"])
    write(Path(request["directory"], "lock", "owner.json"), held)
    return {"notes": held["notes"]}


def give(request: Report) -> Report:
    """Give it up when it is ours; in one step, so that nobody sees half a lock."""
    place = request["directory"]
    held = read(place)
    if held is None or held["run"] != request["run"]:
        return {"given": False, "held": held}
    gone = Path(place, ".lock.gone")
    shutil.rmtree(gone, ignore_errors=True)
    Path(place, "lock").rename(gone)
    shutil.rmtree(gone, ignore_errors=True)
    return {"given": True}


def write(path: Path, content: Report) -> None:
    """Write a JSON file whole or not at all."""
    waiting = path.with_name(path.name + ".next")
    with waiting.open("w", encoding="utf-8") as stream:
        json.dump(content, stream, sort_keys=True)
        stream.flush()
        os.fsync(stream.fileno())
    waiting.replace(path)
    settle(path.parent)


def settle(folder: Path) -> None:
    """Have a directory's entries on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def older(held: Report, owner: Report) -> bool:
    """Whether a lock was taken by a run that can act no more: the same site's, from the same machine, before ours."""
    same = all(held.get(key) and held.get(key) == owner.get(key) for key in ("control", "site_lock"))
    return same and int(held.get("epoch") or 0) < int(owner.get("epoch") or 0)


def _since(held: Report, owner: Report, ours: bool) -> str:  # noqa: FBT001 - one caller, in this file
    return str(held["since"] if ours else owner["since"])
