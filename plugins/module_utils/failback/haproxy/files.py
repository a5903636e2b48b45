"""What is done on a node with HAProxy's configuration file, in one round trip. See ``agent`` for how it gets there.

The order: candidate beside the file, validated by the site's own command, backup, replacement, reload by the site's own
command, then the new process is asked for its server states. Killed at any point, the next run finds a whole file
or a candidate to finish from, and a process older than its file.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback.haproxy import agent, runtime

if TYPE_CHECKING:
    from collections.abc import Sequence

    Report = dict[str, Any]

CANDIDATE = ".candidate"
_POLL = 0.05
_LAST_LINES = 15


def read(request: Report) -> Report:
    """Read the file, what surrounds it, and the running process."""
    path = Path(request["path"])
    text, info = _text(path), path.stat()
    candidate = Path(f"{path}{CANDIDATE}")
    seen = agent.view(request)
    waiting = _text(candidate) if candidate.exists() else ""
    return {
        "view": seen,
        "text": text,
        "digest": _digest(text),
        "mode": f"{stat.S_IMODE(info.st_mode):04o}",
        "owner": f"{info.st_uid}:{info.st_gid}",
        # A write in place that was cut short leaves the beginning of its candidate.
        "torn": bool(waiting) and waiting != text and waiting.startswith(text),
        "candidate": waiting,
        # A process that started before the file was last written has not read it.
        "loaded": seen["started"] >= int(info.st_mtime),
    }


def write(request: Report) -> Report:
    """Validate the new text, put it in place with a backup, reload, and see that the new process agrees."""
    path = Path(request["path"])
    steps: Report = {}
    if request.get("text") is not None:
        if _digest(_text(path)) != request["digest"]:
            return {"refused": f"{path} was changed by someone else since it was read; nothing was written"}
        candidate = Path(f"{path}{CANDIDATE}")
        _write_candidate(candidate, request["text"], path)
        checked = _run(request["validate"], request["timeout"])
        steps["validate"] = checked
        if checked["rc"] != 0:
            candidate.unlink()
            return {"steps": steps, "problem": f"the new {path} is not valid, so the old one stays: {_words(checked)}"}
        backup = Path(f"{path}.{request['backup']}")
        if not backup.exists():
            shutil.copy2(path, backup)
        steps["backup"], steps["replaced"] = str(backup), _replace(candidate, path)
    report = _reload(request, steps)
    report["steps"] = steps
    return report


def serve(request: Report) -> Report:
    """Run the operation that the request names."""
    return agent.serve(request, {"read_config": read, "write_config": write})


def _reload(request: Report, steps: Report) -> Report:
    """Reload, wait for another process to answer, and put its states right at once if they are not as wanted."""
    before = agent.view(request)
    if request.get("state_file"):
        # HAProxy 2.6 was seen to ignore, without a word, a state file whose last line has no line end.
        saved = agent.ask(request["socket"], "show servers state").rstrip("\n") + "\n"
        Path(request["state_file"]).write_text(saved, encoding="utf-8")
    done = _run(request["reload"], request["timeout"])
    steps["reload"] = done
    if done["rc"] != 0:
        return {"before": before, "problem": f"the reload command failed, the old process goes on: {_words(done)}"}
    begun = time.monotonic()
    seen = _other_process(request, before, begun + request["timeout"])
    steps["new_process_after"] = round(time.monotonic() - begun, 3)
    if seen is None:
        return {"before": before, "problem": "no new HAProxy process answered after the reload command succeeded"}
    if not _wrong(request, seen):
        return {"before": before, "after": seen}
    # The reload brought traffic back to the leaving side: end that first, complain afterwards.
    mended = agent.switch(dict(request, release=False))
    return {
        "before": before,
        "after": mended.get("after", seen),
        "reverted": seen["states"],
        "problem": f"the reload does not keep the result: {seen['states']}. The states were set again at the socket"
        + (f", but {mended['problem']}" if "problem" in mended else ""),
    }


def _other_process(request: Report, before: Report, deadline: float) -> Report | None:
    seen: Report | None = None
    while time.monotonic() < deadline:
        try:
            now = agent.view(request)
        except (OSError, runtime.AnswerError):
            time.sleep(_POLL)  # between two processes the socket may be away for a moment
            continue
        if (now["pid"], now["started"]) != (before["pid"], before["started"]):
            seen = now
            if not _wrong(request, now) or time.monotonic() + _POLL >= deadline:
                return now
            # First checks of a server may still be under way; a state of maintenance is never.
            if any(now["states"].get(name) != "maint" for name in request["leaving"]):
                return now
        time.sleep(_POLL)
    return seen


def _wrong(request: Report, seen: Report) -> bool:
    states = seen["states"]
    return any(states.get(name) != "ready" for name in request["arriving"]) or any(
        states.get(name) != "maint" for name in request["leaving"]
    )


def _write_candidate(candidate: Path, text: str, model: Path) -> None:
    with candidate.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    candidate.chmod(stat.S_IMODE(model.stat().st_mode))


def _replace(candidate: Path, path: Path) -> str:
    """Replace the file; say how. Owner, group and mode stay."""
    info = path.stat()
    try:
        os.chown(candidate, info.st_uid, info.st_gid)
        candidate.chmod(stat.S_IMODE(info.st_mode))  # chown may take set-id bits away
        candidate.replace(path)
    except OSError:
        # Only root may give a file away, and a file that is a mount point of its own cannot be renamed over.
        # The candidate stays until the write is complete, so that a cut leaves something to finish from.
        with path.open("r+", encoding="utf-8", newline="") as file:
            file.write(_text(candidate))
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        candidate.unlink()
        return "written in place"
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return "renamed"


def _run(argv: Sequence[str], timeout: float) -> Report:
    begun = time.monotonic()
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            check=False,
        )
        rc, said = done.returncode, done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired:
        rc, said = 124, f"no end within {timeout:g} s"
    except OSError as error:
        rc, said = 127, str(error)
    tail = "\n".join(said.strip().splitlines()[-_LAST_LINES:])
    return {"argv": list(argv), "rc": rc, "said": tail, "seconds": round(time.monotonic() - begun, 3)}


def _words(done: Report) -> str:
    command = " ".join(done["argv"])
    return str(done["said"]) or f"`{command}` ended with {done['rc']} and said nothing (is it told to be quiet?)"


def _text(path: Path) -> str:
    with path.open(encoding="utf-8", newline="") as file:
        return file.read()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
