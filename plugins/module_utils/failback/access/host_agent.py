"""Look, on a host, at what its login user may do there, without doing any of it.

Runs with Python 3.8 and the standard library alone. Files are judged by their rights, never opened for writing;
commands are looked up, never run, but for ``docker container inspect`` and ``sudo -l``, which only tell; the load
balancer's socket is asked for its level and given an order about a server that does not exist.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import socket
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    Report = dict[str, Any]

_SECONDS = 10.0
_NOBODY = "rollback-runner-looks-for-its-rights"  # no server has this name
_SOCKET_SECONDS = 3.0
_ELSEWHERE = "/usr/local/sbin:/usr/sbin:/sbin"  # which Debian leaves out of the PATH of anybody but root


def serve(request: Report) -> Report:
    """Look at everything the request names; one answer for each."""
    return {
        "user": who(),
        "docker": [inspect(name) for name in request.get("containers", ())],
        "docker_socket": owner_of(docker_socket()),
        "files": [replaceable(path) for path in request.get("files", ())],
        "folders": [readable(path) for path in request.get("folders", ())],
        "in_container": [in_container(one) for one in request.get("in_container", ())],
        "commands": [command(argv) for argv in request.get("commands", ())],
        "socket": admin_socket(request["socket"], request["backend"]) if request.get("socket") else {},
        "python": True,
    }


def who() -> Report:
    """Name the user and the groups of this very session: a group that was given since counts from the next login on."""
    groups = []
    for number in sorted({os.getgid(), *os.getgroups()}):
        try:
            groups.append(grp.getgrgid(number).gr_name)
        except KeyError:
            groups.append(str(number))
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = str(os.getuid())
    return {"name": name, "groups": groups, "root": os.geteuid() == 0}


def docker_socket() -> str:
    """Where docker's client would look by default."""
    address = os.environ.get("DOCKER_HOST", "")
    return address[len("unix://") :] if address.startswith("unix://") else "/var/run/docker.sock"


def owner_of(path: str) -> Report:
    """Tell whose a file is and what its group may do; nothing where it cannot be seen."""
    try:
        info = Path(path).stat()
    except OSError as error:
        return {"path": path, "problem": error.strerror}
    try:
        group = grp.getgrgid(info.st_gid).gr_name
    except KeyError:
        group = str(info.st_gid)
    return {
        "path": path,
        "group": group,
        "ours": info.st_gid in {os.getgid(), *os.getgroups()},
        "owned": info.st_uid == os.geteuid(),
        "mode": f"{stat.S_IMODE(info.st_mode):04o}",
        "sticky": bool(info.st_mode & stat.S_ISVTX),
    }


def inspect(name: str) -> Report:
    """Ask docker for one container: the same right that starting and signalling it takes."""
    done = _run(["docker", "container", "inspect", "--format", "{{.State.Status}}", name])
    return {"container": name, "rc": done[0], "said": done[1]}


def in_container(request: Report) -> Report:
    """Tell whether a file can be read inside a container, by its own user; and hand out its text, a certificate."""
    done = _run(["docker", "exec", request["container"], "cat", request["path"]])
    return dict(request, rc=done[0], said=done[1] if done[0] else "", text=done[1] if not done[0] else "")


def replaceable(path: str) -> Report:
    """Tell what is in the way of writing a new file beside this one and putting it in its place."""
    here = Path(path)
    found: Report = {"path": path, "file": owner_of(path), "folder": owner_of(str(here.parent))}
    found["readable"] = os.access(path, os.R_OK)
    found["folder_writable"] = os.access(str(here.parent), os.W_OK | os.X_OK)
    found["file_writable"] = os.access(path, os.W_OK)
    return found


def readable(path: str) -> Report:
    """Tell the first thing below a folder (or the file itself) that cannot be read."""
    if not os.path.lexists(path):
        return {"path": path, "problem": "is not there, or a folder above it cannot be entered"}
    if not os.access(path, os.R_OK | (os.X_OK if Path(path).is_dir() else 0)):
        return {"path": path, "problem": "cannot be read", "blocked": path, "owner": owner_of(path)}
    for root, folders, names in os.walk(path):
        for name in [*folders, *names]:
            inside = os.path.join(root, name)  # noqa: PTH118 - as os.walk speaks
            need = os.R_OK | (os.X_OK if name in folders else 0)
            if not os.access(inside, need):
                return {"path": path, "problem": "cannot be read", "blocked": inside, "owner": owner_of(inside)}
    return {"path": path, "problem": ""}


def command(argv: Sequence[str]) -> Report:
    """Look a command up; one behind sudo is asked of sudo itself, which says whether it would run it."""
    words = list(argv)
    if Path(words[0]).name != "sudo":
        if shutil.which(words[0]):
            return {"argv": words, "problem": ""}
        return {"argv": words, "problem": "not_found", "lies": shutil.which(words[0], path=_ELSEWHERE) or ""}
    if not shutil.which(words[0]):
        return {"argv": words, "problem": "no_sudo"}
    rest = words[1:]
    options = []
    while rest and rest[0].startswith("-"):
        options.append(rest.pop(0))
        if options[-1] in {"-u", "-g", "--user", "--group"} and rest:
            options.append(rest.pop(0))
    options = [word for word in options if word not in {"-n", "--non-interactive", "--"}]
    done = _run([words[0], "-n", *options, "-l", *(["--", *rest] if rest else [])])
    return {"argv": words, "problem": "" if done[0] == 0 else "not_allowed", "said": done[1]}


def admin_socket(path: str, backend: str) -> Report:
    """Ask HAProxy for the level of this socket, and try an order about a server that does not exist."""
    found: Report = {"path": path, "owner": owner_of(path)}
    try:
        level = _ask(path, "show cli level").strip()
        found["level"] = level if level in {"admin", "operator", "user"} else ""
        # What counts is whether an order is taken: somebody without the level is refused before the name is looked up.
        found["order"] = " ".join(_ask(path, f"set server {backend}/{_NOBODY} state ready").split())
        states = _ask(path, f"show servers state {backend}")
        found["servers"] = _servers(states)
    except OSError as error:
        found["problem"] = error.strerror or str(error)
        found["denied"] = isinstance(error, PermissionError)
    return found


def _servers(text: str) -> list[list[Any]]:
    """Read name, address and port of each server from the answer to ``show servers state``."""
    lines = [line for line in text.splitlines() if line.strip()]
    header = next((line.lstrip("# ").split() for line in lines if line.startswith("#")), [])
    wanted = [header.index(name) for name in ("srv_name", "srv_addr", "srv_port") if name in header]
    rows = [line.split() for line in lines if not line.startswith("#")]
    if len(wanted) != 3:  # noqa: PLR2004 - all three
        return []
    return [[row[wanted[0]], row[wanted[1]], int(row[wanted[2]])] for row in rows if len(row) == len(header)]


def _ask(path: str, question: str) -> str:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as end:
        end.settimeout(_SOCKET_SECONDS)
        end.connect(path)
        end.sendall(question.encode() + b"\n")
        parts: list[bytes] = []
        while True:
            part = end.recv(65536)
            if not part:
                return b"".join(parts).decode(errors="replace")
            parts.append(part)


def _run(argv: list[str]) -> tuple[int, str]:
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        return 127, f"{argv[0]} is not installed"
    except (OSError, subprocess.SubprocessError) as error:
        return 126, str(error)
    return done.returncode, done.stdout.decode(errors="replace").strip()
