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
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback.haproxy import agent, runtime

if TYPE_CHECKING:
    from collections.abc import Sequence

    Report = dict[str, Any]

CANDIDATE = ".candidate"
_POLL = 0.05
_LAST_LINES = 15
_NOT_RUN = (126, 127)  # as a shell ends when the program cannot be run, or is not there
_ELSEWHERE = "/usr/local/sbin:/usr/sbin:/sbin"  # which Debian leaves out of the PATH of anybody but root
_BYTES = "surrogateescape"  # a comment in another encoding goes through unharmed


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
        "not_runnable": [cannot_run(argv) for argv in request.get("commands", ()) if not shutil.which(argv[0])],
    }


def cannot_run(argv: Sequence[str]) -> str:
    """Say why a command's program is not found, and where it lies if it does."""
    told = (
        f"`{' '.join(argv)}` cannot be run: {argv[0]} is not on the PATH of this login ({os.environ.get('PATH', '')})"
    )
    lies = shutil.which(argv[0], path=_ELSEWHERE)
    return f"{told}; it lies at {lies}: write the whole path" if lies else told


def write(request: Report) -> Report:
    """Validate the new text, put it in place with a backup, reload, and see that the new process agrees."""
    path = Path(request["path"])
    steps: Report = {}
    if request.get("text") is not None:
        if _digest(_text(path)) != request["digest"]:
            return {"refused": f"{path} was changed by someone else since it was read; nothing was written"}
        candidate = Path(f"{path}{CANDIDATE}")
        write_new(candidate, request["text"], path)
        checked = _run(request["validate"], request["timeout"])
        steps["validate"] = checked
        if checked["rc"] != 0:
            candidate.unlink()
            why = "could not be validated" if checked["rc"] in _NOT_RUN else "is not valid"
            return {"steps": steps, "problem": f"the new {path} {why}, so the old one stays: {_words(checked)}"}
        backup = Path(f"{path}.{request['backup']}")
        if not backup.exists():
            write_new(backup, _text(path), path)
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
    """Wait for a view that is the new process's alone; None when no other process answers in time.

    A view is several questions, and while the socket changes hands they may go to both processes. Once the new one has
    answered, it answers everything, so the view that counts is the one after the first sight of it.
    """
    seen: Report | None = None
    known = _process(before)
    while time.monotonic() < deadline:
        try:
            now = agent.view(request)
        except (OSError, runtime.AnswerError):
            time.sleep(_POLL)  # between two processes the socket may be away for a moment
            continue
        if _process(now) == known and known != _process(before):
            seen = now
            # First checks of a server may still be under way; a leaving server that serves is wrong for good.
            if not _wrong(request, now) or any(now["states"].get(name) != "maint" for name in request["leaving"]):
                return now
        if _process(now) == known:
            time.sleep(_POLL)
        known = _process(now)
    return seen


def _process(seen: Report) -> tuple[int, int]:
    return seen["pid"], seen["started"]


def _wrong(request: Report, seen: Report) -> bool:
    states = seen["states"]
    return any(states.get(name) != "ready" for name in request["arriving"]) or any(
        states.get(name) != "maint" for name in request["leaving"]
    )


def write_new(path: Path, text: str, model: Path) -> None:
    """Write a file beside its model, with the model's mode and if possible its owner; never readable by more before."""
    info = model.stat()
    with suppress(FileNotFoundError):
        path.unlink()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", errors=_BYTES, newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    for owner in (info.st_uid, -1):
        with suppress(PermissionError):
            os.chown(path, owner, info.st_gid)
            break
    path.chmod(stat.S_IMODE(info.st_mode))


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
        with path.open("r+", encoding="utf-8", errors=_BYTES, newline="") as file:
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
        rc, said = 127, str(error) if shutil.which(argv[0]) else cannot_run(argv)
    tail = "\n".join(said.strip().splitlines()[-_LAST_LINES:])
    return {"argv": list(argv), "rc": rc, "said": tail, "seconds": round(time.monotonic() - begun, 3)}


def _words(done: Report) -> str:
    command = " ".join(done["argv"])
    return str(done["said"]) or f"`{command}` ended with {done['rc']} and said nothing (is it told to be quiet?)"


def _text(path: Path) -> str:
    with path.open(encoding="utf-8", errors=_BYTES, newline="") as file:
        return file.read()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors=_BYTES)).hexdigest()
