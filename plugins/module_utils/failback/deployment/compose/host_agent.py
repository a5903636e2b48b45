"""What is done on a host of the application, in one round trip, by the host's own Python (3.8 or newer).

Sent with ``docker_agent`` and ``lock_agent``. ``serve`` takes a request and gives a report, both JSON-able: ``refused``
says why nothing was touched, ``problem`` what is wrong after the act. Killed at any point, the next look tells what
stands: the containers say what runs, the link says what is meant to run. Times are seconds.
"""

from __future__ import annotations

import json
import os
import shutil
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback.deployment.compose import docker_agent, lock_agent

if TYPE_CHECKING:
    from collections.abc import Callable

    Report = dict[str, Any]

_POLL = 0.2
_ANSWER = 3.0
_SERVED = 500  # newest lines of the history that are read
_FILES = ("release.json", "compose.yml", ".env")


def look(request: Report) -> Report:
    """Read everything: releases, what runs, the link, the history, the lock, the images."""
    place = request["directory"]
    report: Report = {
        "current": _current(place),
        "releases": {one: _release(place, one) for one in _listed(place)},
        "served": _served(place),
        "lock": lock_agent.read(place),
        "pinned": _json(Path(place, "pinned.json")),
        "host_env": Path(place, "host.env").exists(),
        "writable": os.access(place, os.W_OK | os.X_OK),
        "now": time.time(),
    }
    references = [
        image for one in report["releases"].values() for image in _images(one["content"]) if isinstance(image, str)
    ]
    report["images"] = docker_agent.images(references)
    report["running"] = docker_agent.running(request["project"])
    return report


def inspect(request: Report) -> Report:
    """Look, and read what compose makes of one release."""
    report = look(request)
    if request["release"] in report["releases"]:
        try:
            report["config"] = docker_agent.config(request, request["release"])
        except docker_agent.DockerError as error:
            report["config"] = {"problem": str(error)}
    return report


def move(request: Report) -> Report:
    """Bring the host to a release, wait until it is ready, and only then say so in the link and the history."""
    place, release = request["directory"], request["release"]
    began = time.monotonic()
    before = _current(place)
    docker_agent.down(request["project"] + "-trial")
    docker_agent.up(request, release)
    brought = round(time.monotonic() - began, 3)
    problem = _wait(request, request["ready_url"], request["project"])
    report: Report = {"before": before, "up": brought, "ready": round(time.monotonic() - began - brought, 3)}
    if problem:
        return dict(report, problem=problem)
    if before != release:
        _link(place, release)
    if before != release or request.get("always_told"):
        _append(place, {"time": request["time"], "id": release, "from": before, **request["told"]})
    return dict(report, after=release)


def stop(request: Report) -> Report:
    """Stop the application: what it runs neither reads nor writes from here on."""
    return {"stopped": docker_agent.stop(request["project"], request["stop_timeout"])}


def trial(request: Report) -> Report:
    """Run the release beside what serves, on the trial's port, and wait until it is ready."""
    docker_agent.down(request["project"] + "-trial")
    docker_agent.trial(request, request["release"], request["services"])
    problem = _wait(request, request["ready_url"], request["project"] + "-trial")
    if problem:
        docker_agent.down(request["project"] + "-trial")
        return {"problem": problem}
    return {"ready": True}


def end_trial(request: Report) -> Report:
    """Remove a trial."""
    return {"removed": docker_agent.down(request["project"] + "-trial")}


def pin(request: Report) -> Report:
    """Say that a rollback stands, or that none does."""
    path = Path(request["directory"], "pinned.json")
    if request["pinned"]:
        lock_agent.write(path, request["pinned"])
    elif path.exists():
        path.unlink()
    return {"pinned": bool(request["pinned"])}


def prune(request: Report) -> Report:
    """Remove releases that were chosen for it, unless one runs, is linked or is gone by now."""
    place = request["directory"]
    kept = {_current(place)} | {release_of(place, one["file"]) for one in docker_agent.running(request["project"])}
    removed = []
    for one in request["remove"]:
        if one in _listed(place) and one not in kept:
            shutil.rmtree(Path(place, "releases", one))
            removed.append(one)
    return {"removed": removed}


def release_of(place: str, files: str) -> str:
    """Give the release that a container's label names, "" where it was made from another file."""
    path = Path(files.partition(",")[0])
    return path.parent.name if path.name == "compose.yml" and path.parent.parent == Path(place, "releases") else ""


def serve(request: Report) -> Report:
    """Run the operation that the request names; an error becomes part of the report."""
    known: dict[str, Callable[[Report], Report]] = {
        "look": look,
        "inspect": inspect,
        "move": move,
        "stop": stop,
        "trial": trial,
        "end_trial": end_trial,
        "pin": pin,
        "prune": prune,
        "lock": lock_agent.take,
        "note": lock_agent.note,
        "unlock": lock_agent.give,
    }
    began = time.monotonic()
    try:
        report = known[request["operation"]](request)
    except docker_agent.DockerError as error:
        report = {"problem": str(error)}
    except OSError as error:
        report = {"problem": f"{error.filename or request['directory']}: {error.strerror or error}"}
    report["seconds"] = round(time.monotonic() - began, 3)
    return report


def _wait(request: Report, url: str, project: str) -> str:
    """Ask until it is ready, then see that the answer can be its own; say why it is not."""
    file = str(Path(request["directory"], "releases", request["release"], "compose.yml"))
    deadline = time.monotonic() + request["ready_deadline"]
    said = ""
    while True:
        try:
            # Straight to the host itself: a proxy in the environment would answer for somebody else.
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(url, timeout=_ANSWER) as answer:
                if answer.status == 200:  # noqa: PLR2004 - OK
                    odd = docker_agent.odd(project, file)
                    return f"{url} answers, but {odd}" if odd else ""
                said = f"status {answer.status}"
        except urllib.error.HTTPError as error:
            said = f"status {error.code}"
        except OSError as error:
            said = str(getattr(error, "reason", "") or error)
        words = docker_agent.ended(project)
        if words or time.monotonic() >= deadline:
            why = words or f"within {request['ready_deadline']:g} s"
            return f"it does not get ready: {url} says {said}; {why}"
        time.sleep(_POLL)


def _listed(place: str) -> list[str]:
    return sorted(one.name for one in Path(place, "releases").iterdir() if one.is_dir())


def _release(place: str, name: str) -> Report:
    folder = Path(place, "releases", name)
    missing = [one for one in _FILES if not (folder / one).is_file()]
    return {"content": _json(folder / "release.json"), "missing": missing}


def _images(content: Any) -> list[Any]:
    images = content.get("images") if isinstance(content, dict) else None
    return list(images.values()) if isinstance(images, dict) else []


def _current(place: str) -> str:
    try:
        return Path(os.readlink(Path(place, "current"))).name  # noqa: PTH115 - Path.readlink came with Python 3.9
    except FileNotFoundError:
        return ""


def _link(place: str, release: str) -> None:
    """Replace the link in one step: at no moment is there none."""
    waiting = Path(place, ".current.next")
    if waiting.is_symlink():
        waiting.unlink()
    waiting.symlink_to(Path("releases", release))
    waiting.replace(Path(place, "current"))
    lock_agent.settle(Path(place))


def _append(place: str, line: Report) -> None:
    path = Path(place, "served.jsonl")
    torn = path.exists() and path.stat().st_size and not _ends_well(path)
    with path.open("a", encoding="utf-8") as stream:
        # A line that a crash cut short must not swallow this one.
        stream.write(("\n" if torn else "") + json.dumps(line, sort_keys=True) + "\n")
        stream.flush()
        os.fsync(stream.fileno())


def _ends_well(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) == b"\n"


def _served(place: str) -> list[Any]:
    try:
        text = Path(place, "served.jsonl").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    found = []
    for line in text.splitlines()[-_SERVED:]:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue  # cut short by a crash: the containers say what runs
    return [one for one in found if isinstance(one, dict)]


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
