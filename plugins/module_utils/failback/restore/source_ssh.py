"""A backup on a host that SSH reaches. Needs ``find`` (GNU) and ``tail`` there, nothing else."""

from __future__ import annotations

import io
import shlex
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, cast

from failback.errors import DamagedError, FailbackError, UnreachableError
from failback.restore.model import Entry
from failback.restore.source_reader import ResumingReader
from failback.ssh_words import sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

LIST_TIMEOUT = 60.0  # seconds
SSH_ITSELF = 255  # the code ssh ends with when the fault is its own
_GRACE = 1.0  # seconds ssh gets to go away


def default_argv(words: Sequence[str]) -> list[str]:
    """Call ssh with the user's own settings: ``(HOST, COMMAND)`` to argv."""
    host, command = words
    name, _, port = host.rpartition(":")
    target = ["-p", port, name] if name and port.isdigit() else [host]
    return ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", *target, command]


@dataclass
class SshSource:
    """A file or directory of a host."""

    url: str
    host: str
    path: str
    ssh: Callable[[Sequence[str]], list[str]] | None = None
    _seen: dict[str, Entry] = field(default_factory=dict, repr=False)

    def entries(self) -> Sequence[Entry]:
        """List every file. Raises UnreachableError, and DamagedError when there is nothing at the path."""
        listing = ["find", "-H", self.path, "-type", "f", "-printf", r"%s %T@ %P\0"]
        argv = self._argv(listing)
        try:
            done = subprocess.run(
                argv, capture_output=True, check=False, timeout=LIST_TIMEOUT, stdin=subprocess.DEVNULL
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise UnreachableError(f"{self.url} cannot be listed: {error}") from error
        said = done.stderr.decode(errors="replace")
        if done.returncode == SSH_ITSELF:
            raise UnreachableError(f"{self.url} cannot be listed: {sentence(said)}")
        if "No such file" in said and not done.stdout:
            raise DamagedError(f"there is no backup at {self.url}: correct the path, or use another source")
        if done.returncode:
            raise FailbackError(f"{self.url} cannot be listed: {said.strip().splitlines()[-1:] or 'find failed'}")
        rows = (row.split(" ", 2) for row in done.stdout.decode("utf-8", "surrogateescape").split("\0") if row)
        self._seen = {name: Entry(name, int(size), stamp) for size, stamp, name in rows}
        return sorted(self._seen.values(), key=lambda entry: entry.name)

    def open(self, name: str, offset: int = 0) -> BinaryIO:
        """Open one file; goes on from the byte reached where the connection breaks."""
        path = str(PurePosixPath(self.path, name)) if name else self.path
        if name not in self._seen:
            self.entries()
        if name not in self._seen:
            raise DamagedError(f"{name or self.path} is not at {self.url}: list the backup again")
        size = self._seen[name].size

        def start(at: int) -> _Pipe:
            return _Pipe(self._argv(["tail", "-c", f"+{at + 1}", "--", path]))

        return cast("BinaryIO", io.BufferedReader(ResumingReader(f"{self.url} {name}".strip(), size, start, offset)))

    def _argv(self, command: Sequence[str]) -> list[str]:
        return (self.ssh or default_argv)([self.host, shlex.join(command)])


class _Pipe:
    """The standard output of an ssh that runs."""

    def __init__(self, argv: Sequence[str]) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the pipe
        try:
            self._process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._errors
            )
        except OSError:
            self._errors.close()
            raise

    def read(self, size: int, /) -> bytes:
        """Read what is there. Raises OSError when ssh ended with a fault."""
        assert self._process.stdout is not None
        data: bytes = self._process.stdout.read1(size)  # type: ignore[attr-defined]  # a BufferedReader
        if not data and self._process.wait() != 0:
            self._errors.seek(0)
            said = self._errors.read(65536).decode(errors="replace")
            raise OSError(sentence(said) if self._process.returncode == SSH_ITSELF else said.strip()[-300:])
        return data

    def close(self) -> None:
        """End ssh; never raises."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_GRACE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._errors.close()
