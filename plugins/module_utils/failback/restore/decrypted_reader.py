"""The text of one encrypted file, through the tool that decrypts it: ciphertext in, text out, a no is an error."""

from __future__ import annotations

import hashlib
import io
import subprocess
import tempfile
import threading
from typing import TYPE_CHECKING

from failback.errors import DamagedError, FailbackError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

    Seen = Callable[[tuple[str, int]], object]

_BLOCK = 1 << 16
_SAID = 300  # bytes of the tool's own words that are shown


class LockedError(RefusedError):
    """An encrypted backup that cannot be opened; the backup itself may be well. ``reason``: key, wrong_key, tool."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class Decrypted(io.RawIOBase):
    """Reads what the tool gives. Raises LockedError when it gives nothing, DamagedError when it says no later.

    ``seen`` is told SHA-256 and size of the ciphertext once all of it went in.
    """

    def __init__(self, label: str, argv: Sequence[str], head: bytes, stream: BinaryIO, seen: Seen) -> None:
        super().__init__()
        self._label, self._tool, self._given = label, argv[0], 0
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the reader
        self._fault: BaseException | None = None
        self._ended = False
        self._process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, bufsize=0
        )
        self._feeder = threading.Thread(target=self._feed, args=(head, stream, seen), daemon=True)
        self._feeder.start()

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # typeshed: any writable buffer
        """Fill the buffer as far as one read reaches."""
        assert self._process.stdout is not None
        data = self._process.stdout.read(len(buffer)) or b""
        if not data and not self._ended:
            self._ended = True
            self._judge()
        self._given += len(data)
        buffer[: len(data)] = data
        return len(data)

    def _feed(self, head: bytes, stream: BinaryIO, seen: Seen) -> None:
        assert self._process.stdin is not None
        digest, size, block = hashlib.sha256(), 0, head
        try:
            while block:
                digest.update(block)
                size += len(block)
                self._process.stdin.write(block)
                block = stream.read(_BLOCK)
            seen((digest.hexdigest(), size))
        except BrokenPipeError:
            pass  # the tool had enough: its own words say why
        except (OSError, FailbackError, ValueError) as error:
            self._fault = error
            self._process.kill()  # or it would take the break for the end
        finally:
            for handle in (self._process.stdin, stream):
                try:
                    handle.close()
                except OSError:
                    continue

    def _judge(self) -> None:
        """At the end of the text: did all go well."""
        self._feeder.join()
        code = self._process.wait()
        if isinstance(self._fault, FailbackError):
            raise self._fault
        if self._fault is not None:
            raise FailbackError(f"{self._label} cannot be read: {self._fault}") from self._fault
        if not code:
            return
        self._errors.seek(0)
        said = " ".join(self._errors.read(1 << 16).decode(errors="replace").split())[-_SAID:]
        if not self._given:
            what = f"{self._label} does not open with the key at hand: {self._tool} says {said!r}"
            raise LockedError(f"{what}. Name the right key in backup_decrypt.{self._tool}", "wrong_key")
        what = f"{self._label}: its encrypted data is damaged or cut short after {self._given} bytes of text"
        raise DamagedError(f"{what}, or the password is wrong: {self._tool} says {said!r}. Take another copy of it")

    def close(self) -> None:
        """End the tool; never raises."""
        if not self.closed:
            if self._process.poll() is None:
                self._process.kill()
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._feeder.join(5.0)
            self._errors.close()
        super().close()
