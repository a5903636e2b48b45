"""The files of a store in a directory. A process of its own reads this from standard input, here or on the ops host.

Python 3.8 or newer and its standard library only. Every write is on the disk (fsync) before its answer is given, and
one lock (flock on `.mutex`) stands for all writers, so that comparing and writing are one step.

A place is a store because of its marker, which a person had made once. Without it nothing is read or written: an empty
directory may be a share that is not mounted, and a lock taken in there would be a second one.
"""

from __future__ import annotations

import base64
import errno
import fcntl
import hashlib
import os
import signal
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    Report = dict[str, Any]

MARKER = ".rollback-runner"
MUTEX = ".mutex"
INCOMING = ".incoming"
ABSENT = ""
_CHUNK = 1 << 20


def serve(request: Report) -> Report:
    """Carry out ``ops`` in order below ``root``; each answer is a dict, with ``error`` where it is a no.

    ``base`` is a directory that must be there already. After ``deadline`` seconds this process ends, wherever it is:
    whoever asked has given up by then, and nothing is done behind his back.
    """
    if request.get("deadline"):
        signal.setitimer(signal.ITIMER_REAL, request["deadline"])
    root = Path(request["root"]).expanduser()
    answers = []
    for op in request["ops"]:
        try:
            answers.append(_no_place(root, request.get("base", ""), op) or _OPS[op["op"]](root, op))
        except OSError as error:
            answers.append({"error": "os", "said": f"{error.filename or root}: {error.strerror or error}"})
    return {"answers": answers}


def _no_place(root: Path, base: str, op: Report) -> Report:
    if base and not Path(base).expanduser().is_dir():
        return {"error": "no base"}
    if op["op"] not in _WITHOUT_MARKER:
        try:
            (root / MARKER).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return {"error": "unmade"}
    return {}


def _state(root: Path, _op: Report) -> Report:
    names = {path.name for path in root.iterdir()} if root.is_dir() else set()
    return {"state": "made" if MARKER in names else "unmarked" if names - {MUTEX, INCOMING} else "empty"}


def _init(root: Path, op: Report) -> Report:
    with _alone(root):
        if not _at(root / MARKER):
            _whole(root / MARKER, base64.b64decode(op["content"]))
    return {}


def _listing(root: Path, _op: Report) -> Report:
    found = {}
    for folder, folders, names in os.walk(str(root)):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith("."):
                path = Path(folder, name)
                stat = path.lstat()
                found[str(path.relative_to(root))] = [stat.st_size, _version(stat)]
    return {"files": found}


def _read(root: Path, op: Report) -> Report:
    try:
        with _path(root, op["key"]).open("rb") as stream:
            content = stream.read()
            version = _version(os.fstat(stream.fileno()))
    except FileNotFoundError:
        return {"content": "", "version": ABSENT}
    return {"content": base64.b64encode(content).decode(), "version": version}


def _put(root: Path, op: Report) -> Report:
    content = base64.b64decode(op["content"])
    with _alone(root):
        path = _path(root, op["key"])
        at = _at(path)
        if op["expect"] is not None and at != op["expect"]:
            return {"version": at} if at and path.read_bytes() == content else {"error": "moved"}
        return {"version": _whole(path, content)}


def _extend(root: Path, op: Report) -> Report:
    """Append; ``size`` and ``digest`` tell what the asker has, ``content`` is what comes after it."""
    more = base64.b64decode(op["content"])
    with _alone(root):
        path = _path(root, op["key"])
        there = path.read_bytes() if _at(path) else b""
        size = op["size"]
        if len(there) < size:
            return {"error": "behind", "size": len(there), "digest": hashlib.sha256(there).hexdigest()}
        if hashlib.sha256(there[:size]).hexdigest() != op["digest"]:
            return {"error": "forked"}
        rest = there[size:]
        if not more.startswith(rest):
            return {"error": "ahead", "more": base64.b64encode(rest).decode()}
        # What is there is a beginning of it: nothing, or what a write that was cut off left, or all of it.
        if len(rest) < len(more) or not _at(path):
            _append(path, more[len(rest) :], len(there))
        return {"version": _at(path)}


def _digests(root: Path, op: Report) -> Report:
    found = {}
    for key in op["keys"]:
        with suppress(FileNotFoundError):
            found[key] = digest_of(_path(root, key))
    return {"digests": found}


def _incoming(root: Path, _op: Report) -> Report:
    _folder(root / INCOMING)
    return {"folder": str(root / INCOMING)}


def _commit(root: Path, op: Report) -> Report:
    """Put a file that was streamed to ``incoming`` in its place, once it is what it should be."""
    source = root / INCOMING / op["incoming"]
    try:
        if digest_of(source) != op["digest"]:
            return {"error": "digest"}
        with _alone(root):
            path = _path(root, op["key"])
            at = _at(path)
            if op["expect"] is not None and at != op["expect"]:
                return {"version": at} if at and digest_of(path) == op["digest"] else {"error": "moved"}
            _folder(path.parent)
            source.chmod(0o600)
            source.rename(path)
            _sync(path.parent)
            return {"version": _at(path)}
    finally:
        with suppress(FileNotFoundError):
            source.unlink()


def _probe(root: Path, op: Report) -> Report:
    with _alone(root):
        path = root / (".probe-" + op["name"])
        _whole(path, b"probe")
        found = path.read_bytes()
        path.unlink()
    return {"same": found == b"probe", "clock": time.time()}


_WITHOUT_MARKER = frozenset({"state", "init"})
_OPS = {
    "state": _state,
    "init": _init,
    "listing": _listing,
    "read": _read,
    "put": _put,
    "extend": _extend,
    "digests": _digests,
    "incoming": _incoming,
    "commit": _commit,
    "probe": _probe,
}


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Keep every other writer out. A holder that dies gives it up."""
    _folder(root)
    descriptor = os.open(str(root / MUTEX), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _path(root: Path, key: str) -> Path:
    if not key or any(not part or part.startswith(".") for part in key.split("/")):
        raise OSError(errno.EINVAL, "is no name of a file of a store", key)
    return root / key


def _at(path: Path) -> str:
    try:
        return _version(path.stat())
    except FileNotFoundError:
        return ABSENT


def _version(stat: os.stat_result) -> str:
    return f"{stat.st_mtime_ns:x}-{stat.st_size:x}-{stat.st_ino:x}"


def _folder(path: Path) -> None:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def _whole(path: Path, content: bytes) -> str:
    _folder(path.parent)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
        with os.fdopen(os.open(str(fresh), flags, 0o600), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(path)
    except OSError:
        with suppress(FileNotFoundError):
            fresh.unlink()
        raise
    _sync(path.parent)
    return _at(path)


def _append(path: Path, content: bytes, size: int) -> None:
    _folder(path.parent)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(str(path), flags, 0o600)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, size)
        raise
    finally:
        os.close(descriptor)
    if size == 0:
        _sync(path.parent)


def digest_of(path: Path) -> str:
    """Read a file's sha256 (hex)."""
    sha = hashlib.sha256()
    with path.open("rb") as stream:
        for chunk in iter(lambda: stream.read(_CHUNK), b""):
            sha.update(chunk)
    return sha.hexdigest()


def _sync(folder: Path) -> None:
    descriptor = os.open(str(folder), os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
