"""A byte stream to a port, straight or through a host's ssh, as a socket that a client library can use.

``ssh -W`` proves the real path with the real account and needs nothing on the host.
"""

from __future__ import annotations

import socket
import subprocess
import tempfile
from typing import IO, TYPE_CHECKING, Self

from failback.errors import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

_GRACE = 1.0  # seconds ssh gets to go away
# Where `ssh -W` fails, this line comes last, and the reason before it.
_WITHOUT_REASON = "stdio forwarding failed"


class Stream:
    """An open stream; ``sock`` is ours to read and write. Close it, or use it as a context manager."""

    def __init__(
        self,
        sock: socket.socket,
        name: str,
        process: subprocess.Popen[bytes] | None = None,
        errors: IO[bytes] | None = None,
    ) -> None:
        self.sock = sock
        self.name = name
        self._process = process
        self._errors = errors

    @classmethod
    def direct(cls, host: str, port: int, *, timeout: float) -> Self:
        """Connect from here. Raises UnreachableError."""
        try:
            return cls(socket.create_connection((host, port), timeout), f"{host}:{port}")
        except OSError as error:
            raise UnreachableError(f"{host}:{port} does not answer from here: {error}") from error

    @classmethod
    def through(cls, argv: Sequence[str], name: str) -> Self:
        """Start ``argv`` with both ends of its standard streams on one socket."""
        ours, theirs = socket.socketpair()
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the stream
        try:
            process = subprocess.Popen(argv, stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=errors)
        except OSError as error:
            ours.close()
            errors.close()
            raise UnreachableError(f"{name}: cannot start {argv[0]}: {error}") from error
        finally:
            theirs.close()
        return cls(ours, name, process, errors)

    def complaint(self) -> str:
        """Return the last line ssh said that gives a reason; "" when nothing."""
        if self._errors is None:
            return ""
        self._errors.seek(0)
        lines = self._errors.read(65536).decode(errors="replace").strip().splitlines()
        telling = [line for line in lines if not line.startswith(_WITHOUT_REASON)]
        return (telling or lines or [""])[-1].strip()

    def close(self) -> None:
        """Close both ends; safe to repeat, never raises."""
        self.sock.close()
        if self._process is not None:
            try:
                self._process.wait(0.05)
            except subprocess.TimeoutExpired:
                self._process.terminate()
                try:
                    self._process.wait(_GRACE)
                except subprocess.TimeoutExpired:
                    self._process.kill()
                    self._process.wait()
        if self._errors is not None:
            self._errors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
