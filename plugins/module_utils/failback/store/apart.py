"""Processes that do the work of a store and can be given up: a file system that hangs holds up nobody but them.

A system call on a share whose server is gone ends when the server likes, and no signal ends it before (mount option
`hard`). So no process of ours makes one: a child does, and who asked goes on without it at the deadline.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

from failback import remote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

MODULES = ("failback.store.place",)
_DYING = 0.2  # seconds for a process that was killed; one that hangs in the kernel takes no notice
_PIECE = 1 << 20

_left: list[subprocess.Popen[bytes]] = []  # given up, and not yet gone when last looked at


class GivenUpError(Exception):
    """The process took too long and was given up."""


def serve(request: Mapping[str, Any], deadline: float) -> subprocess.CompletedProcess[bytes]:
    """Have `place` carry the request out on this machine. Raises GivenUpError, OSError."""
    _look_after_the_left()
    argv = remote.argv(sys.executable)
    # A session of its own: Ctrl-C is for us, and a run that was told to stop still puts on record where it did.
    child = subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        said, complaint = child.communicate(remote.program(MODULES, request).encode(), timeout=deadline)
    except subprocess.TimeoutExpired as error:
        raise GivenUpError from error
    finally:
        if child.returncode is None:
            _give_up(child)
    if child.returncode == -signal.SIGALRM:  # its own clock was a moment faster than ours
        raise GivenUpError
    return subprocess.CompletedProcess(argv, child.returncode, said, complaint)


def stream(
    argv: Sequence[str], silence: float, *, source: Path | None = None, target: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Give a command the file `source`, or write what it says to the file `target`.

    It is given up once it has neither taken, given nor ended for `silence` seconds. Raises GivenUpError, OSError.
    """
    _look_after_the_left()
    into, out_of = (subprocess.PIPE if one else subprocess.DEVNULL for one in (source, target))
    # Not a pipe: the master process that ssh may leave behind keeps standard error open.
    with tempfile.TemporaryFile() as complaint:
        child = subprocess.Popen(argv, stdin=into, stdout=out_of, stderr=complaint, start_new_session=True)
        try:
            if source is not None and child.stdin is not None:
                with source.open("rb") as stream, suppress(BrokenPipeError):  # why it ended, its exit code says
                    _feed(stream, child.stdin, silence)
            if target is not None and child.stdout is not None:
                with target.open("wb") as stream:
                    _drain(child.stdout, stream, silence)
            child.wait(silence)
        except subprocess.TimeoutExpired as error:
            raise GivenUpError from error
        finally:
            if child.returncode is None:
                _give_up(child)
            _close(child)
        complaint.seek(0)
        return subprocess.CompletedProcess(argv, child.returncode, b"", complaint.read())


def _feed(source: IO[bytes], pipe: IO[bytes], silence: float) -> None:
    os.set_blocking(pipe.fileno(), False)
    while piece := source.read(_PIECE):
        rest = memoryview(piece)
        while rest:
            _wait(pipe, select.POLLOUT, silence)
            rest = rest[os.write(pipe.fileno(), rest) :]
    pipe.close()


def _drain(pipe: IO[bytes], target: IO[bytes], silence: float) -> None:
    while True:
        _wait(pipe, select.POLLIN, silence)
        piece = os.read(pipe.fileno(), _PIECE)
        if not piece:
            return
        target.write(piece)


def _wait(pipe: IO[bytes], event: int, silence: float) -> None:
    poll = select.poll()
    poll.register(pipe, event)
    if not poll.poll(silence * 1000):
        raise GivenUpError


def _give_up(child: subprocess.Popen[bytes]) -> None:
    """End it if it can be ended, and wait for it no longer than for one that can."""
    with suppress(ProcessLookupError):
        child.kill()
    _close(child)
    try:
        child.wait(_DYING)
    except subprocess.TimeoutExpired:
        _left.append(child)


def _close(child: subprocess.Popen[bytes]) -> None:
    for pipe in (child.stdin, child.stdout, child.stderr):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()


def _look_after_the_left() -> None:
    _left[:] = [child for child in _left if child.poll() is None]
