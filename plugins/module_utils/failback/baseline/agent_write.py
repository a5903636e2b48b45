"""Put files and routes of a host back as they were, one at a time, as far as the login user may.

Runs on the host, as ``agent`` does (Python 3.8 or newer, standard library only). ``privilege`` are words put before a
command that needs more rights, such as ``sudo -n``; empty means that there are none. What is not permitted comes back
under ``refused`` with the command that a person with the rights would type; nothing is left half done: a file is
replaced in one step, or where only its content may be changed, its former content is written back when that fails.
"""

from __future__ import annotations

import base64
import grp
import os
import pwd
import shlex
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    Report = dict[str, Any]

_COMMAND_SECONDS = 20.0
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin", "LC_ALL": "C"}


class NotPermittedError(Exception):
    """The login user may not do this; the message says what the system said."""


def serve(request: Report) -> Report:
    """Carry out each act of the request: ``file`` or ``run``; say which were done and which were refused."""
    done, refused = [], []
    for act in request["acts"]:
        try:
            if act["kind"] == "file":
                done += _file(act, request["privilege"])
            else:
                _run([*request["privilege"], *act["argv"]], base64.b64decode(act.get("stdin", "")))
                done.append(" ".join(act["argv"]))
        except NotPermittedError as error:
            refused.append({"what": act["what"], "said": str(error), "command": command_for(act)})
    return {"done": done, "refused": refused}


def command_for(act: Report) -> str:
    """Spell the act as a person with the rights would type it on the host."""
    if act["kind"] == "run":
        line = "sudo " + shlex.join(act["argv"])
        return f"echo {act['stdin']} | base64 -d | {line}" if act.get("stdin") else line
    path = shlex.quote(act["path"])
    parts = []
    if act.get("content") is not None:
        parts.append(f"echo {act['content'] or chr(39) * 2} | base64 -d | sudo tee {path} > /dev/null")
    if act.get("owner"):
        parts.append(f"sudo chown {shlex.quote(act['owner'])} {path}")
    if act.get("mode"):
        parts.append(f"sudo chmod {act['mode']} {path}")
    return " && ".join(parts)


def _file(act: Report, privilege: Sequence[str]) -> list[str]:
    path, done = Path(act["path"]), []
    if act.get("content") is not None:
        content = base64.b64decode(act["content"])
        try:
            _replace(path, content, int(act["mode"], 8) if act.get("mode") else None)
        except OSError as error:
            _or_with_rights(error, privilege, ["tee", str(path)], content)
        done.append(f"content of {path}")
    if act.get("owner") and act["owner"] != _owner(path):
        _or_with_rights(None, privilege, ["chown", act["owner"], str(path)])
        done.append(f"owner of {path}")
    if act.get("mode"):
        try:
            path.chmod(int(act["mode"], 8))
        except OSError as error:
            _or_with_rights(error, privilege, ["chmod", act["mode"], str(path)])
        done.append(f"mode of {path}")
    return done


def _replace(path: Path, content: bytes, mode: int | None) -> None:
    """Replace in one step where the folder allows it; write in place where the file is mounted or only it is ours."""
    target = path.resolve()
    seen = target.stat() if target.exists() else None
    # A file of somebody else would change hands by being replaced: it is written in place instead.
    if seen is not None and seen.st_uid != os.geteuid():
        _in_place(target, content)
        return
    try:
        handle, name = tempfile.mkstemp(dir=str(target.parent), prefix=f".{target.name}.")
    except PermissionError:
        _in_place(target, content)
        return
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(mode if mode is not None else (seen.st_mode & 0o7777 if seen else 0o644))
        if seen is not None and seen.st_gid != Path(name).stat().st_gid:
            os.chown(name, -1, seen.st_gid)
        Path(name).replace(target)
    except OSError:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        _in_place(target, content)


def _owner(path: Path) -> str:
    seen = path.stat()
    return f"{pwd.getpwuid(seen.st_uid)[0]}:{grp.getgrgid(seen.st_gid)[0]}"


def _in_place(target: Path, content: bytes) -> None:
    before = target.read_bytes()
    with target.open("r+b") as stream:
        try:
            stream.write(content)
            stream.truncate()
            stream.flush()
            os.fsync(stream.fileno())
        except OSError:
            stream.seek(0)
            stream.write(before)
            stream.truncate()
            raise


def _or_with_rights(error: OSError | None, privilege: Sequence[str], argv: list[str], stdin: bytes = b"") -> None:
    """Do it with the privilege the site gave; without one, say what the system said."""
    if privilege:
        _run([*privilege, *argv], stdin)
    elif error is not None:
        raise NotPermittedError(f"{error.strerror} ({argv[-1]})") from error
    else:
        _run(argv, stdin)


def _run(argv: list[str], stdin: bytes) -> None:
    try:
        done = subprocess.run(
            argv, input=stdin, capture_output=True, timeout=_COMMAND_SECONDS, env=_ENVIRONMENT, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NotPermittedError(str(error)) from error
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
        raise NotPermittedError(said[-1] if said else f"exit code {done.returncode}")
