"""A store in a directory that this machine can reach by itself, such as a network share.

No call of ours touches it: a share that hangs would hold up the run for as long as it likes.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import shlex
import time
from typing import TYPE_CHECKING, Any

from failback import remote
from failback.errors import FailbackError
from failback.store import apart, place
from failback.store.base import BULK_DEADLINE, DEADLINE, MovedErrorAt, Probe, Version
from failback.store.errors import (
    AheadError,
    ForkedError,
    MovedError,
    SilentError,
    StoreError,
    StoreGoneError,
    UnmadeError,
)

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from failback.store.base import State
    from failback.store.settings import Settings

_BATCH = 4 << 20  # bytes of content in one exchange
_SLOWEST = 20_000_000  # bytes a second that a disk reads at least when a digest is compared
_LEAST = 0.1  # seconds that the second of two exchanges gets, whatever the first one took


class DirectoryStore:
    """The operations of `place`, and how their answers read. The store on an ops host differs in how they get there."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._root = f"{settings.directory.rstrip('/')}/{settings.site}"

    @property
    def where(self) -> str:
        """Name the place for people."""
        return self._root

    def state(self) -> State:
        """Say whether the place was made a store."""
        found: State = self._one({"op": "state"}, DEADLINE)["state"]
        return found

    def init(self, note: bytes) -> None:
        """Leave the marker, which makes the place a store."""
        self._one({"op": "init", "content": base64.b64encode(note).decode()}, DEADLINE)

    def listing(self) -> Mapping[str, Version]:
        """List every file."""
        files = self._one({"op": "listing"}, BULK_DEADLINE)["files"]
        return {key: Version(int(size), str(version)) for key, (size, version) in files.items()}

    def read(self, key: str, deadline: float = DEADLINE) -> tuple[bytes, str]:
        """Read one file and its version."""
        answer = self._one({"op": "read", "key": key}, deadline)
        return base64.b64decode(answer["content"]), str(answer["version"])

    def read_many(self, keys: Sequence[str]) -> Iterator[tuple[str, bytes, str]]:
        """Read several files, a batch in one exchange."""
        sizes = self.listing()
        for batch in _batches([(key, sizes[key].size) for key in keys if key in sizes]):
            answers = self._ask([{"op": "read", "key": key} for key in batch], BULK_DEADLINE)
            for key, answer in zip(batch, answers, strict=True):
                self._judge(key, answer)
                if answer["version"]:
                    yield key, base64.b64decode(answer["content"]), str(answer["version"])

    def put(self, key: str, content: bytes, expect: str | None, deadline: float = DEADLINE) -> str:
        """Write a file whole. Raises MovedError."""
        return str(self._one(_put(key, content, expect), deadline)["version"])

    def put_many(self, files: Iterable[tuple[str, bytes, str | None]]) -> Iterator[tuple[str, str | MovedErrorAt]]:
        """Write several files, a batch in one exchange."""
        waiting = {key: (content, expect) for key, content, expect in files}
        for batch in _batches([(key, len(content)) for key, (content, _) in waiting.items()]):
            answers = self._ask([_put(key, *waiting[key]) for key in batch], BULK_DEADLINE)
            for key, answer in zip(batch, answers, strict=True):
                try:
                    self._judge(key, answer)
                except MovedError:
                    yield key, MovedErrorAt(key)
                else:
                    yield key, str(answer["version"])

    def extend(self, key: str, have: bytes, more: bytes, deadline: float = DEADLINE) -> str:
        """Append; where the store lacks the end of `have`, that goes with it."""
        op = _extend(key, have, more)
        until = time.monotonic() + deadline
        answer = self._ask([op], deadline)[0]
        if answer.get("error") == "behind":
            size = int(answer["size"])
            if hashlib.sha256(have[:size]).hexdigest() != answer["digest"]:
                raise ForkedError(key)
            left = max(until - time.monotonic(), _LEAST)
            answer = self._ask([_extend(key, have[:size], have[size:] + more)], left)[0]
            if answer.get("error") == "ahead":  # another writer came between
                raise MovedError(key)
        self._judge(key, answer)
        return str(answer["version"])

    def fetch(self, key: str, target: Path) -> str:
        """Stream a file into `target`."""
        at = self.listing().get(key)
        if at is None:
            raise StoreError(f"{key} is not at the store {self.where}")
        digest = self.digests([key])[key]
        self._stream_from(f"{self._absolute()}/{key}", target)
        if place.digest_of(target) != digest:
            raise StoreError(f"{key} did not arrive whole from {self.where}: run it again")
        return at.version

    def send(self, key: str, source: Path, digest: str, expect: str | None) -> str:
        """Stream a file there; it takes its place once its digest is right."""
        folder = self._one({"op": "incoming"}, DEADLINE)["folder"]
        name = f"{secrets.token_hex(8)}"
        self._stream_to(source, f"{folder}/{name}")
        op = {"op": "commit", "incoming": name, "key": key, "digest": digest, "expect": expect}
        return str(self._one(op, _reading(source.stat().st_size))["version"])

    def digests(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Read the digests anew."""
        there = self.listing()
        deadline = _reading(sum(there[key].size for key in keys if key in there))
        found: Mapping[str, str] = self._one({"op": "digests", "keys": list(keys)}, deadline)["digests"]
        return found

    def probe(self) -> Probe:
        """Write, read and remove a file, and look at the clock."""
        began, clock = time.monotonic(), time.time()
        answer = self._one({"op": "probe", "name": secrets.token_hex(4)}, DEADLINE)
        took = time.monotonic() - began
        if not answer["same"]:
            raise StoreError(f"{self.where} does not give back what was written")
        # The clock there was read somewhere in between.
        return Probe(float(answer["clock"]) - (clock + took / 2), took)

    def _absolute(self) -> str:
        return os.path.expanduser(self._root)  # noqa: PTH111 - a path of another machine in the store over ssh

    def _stream_from(self, path: str, target: Path) -> None:
        self._well(self._stream(f"exec cat -- {shlex.quote(path)}", target=target), path)

    def _stream_to(self, source: Path, path: str) -> None:
        # dsync: each piece is on the disk before the next is taken, so that silence is silence and no late flush.
        words = f"umask 077; exec dd of={shlex.quote(path)} bs=8M iflag=fullblock oflag=dsync status=none"
        self._well(self._stream(words, source=source), path)

    def _well(self, done: subprocess.CompletedProcess[bytes], path: str) -> None:
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip() or f"ended with {done.returncode}"
            raise StoreError(f"{self.where}: {path}: {said}")

    def _stream(self, words: str, **ends: Path) -> subprocess.CompletedProcess[bytes]:
        try:
            done = apart.stream(self._command(words), BULK_DEADLINE, **ends)
        except apart.GivenUpError as error:
            self._forget_connection()
            raise SilentError(self.where, BULK_DEADLINE) from error
        except OSError as error:
            raise StoreError(f"{error.filename or 'a file here'}: {error.strerror}") from error
        return self._reached(done)

    def _command(self, words: str) -> list[str]:
        return ["sh", "-c", words]

    def _forget_connection(self) -> None:
        """Let go of what hangs; the store over ssh has a connection."""

    def _reached(self, done: subprocess.CompletedProcess[bytes]) -> subprocess.CompletedProcess[bytes]:
        return done

    def _ask(self, ops: list[dict[str, Any]], deadline: float) -> list[dict[str, Any]]:
        # A share that is not mounted must not be mistaken for an empty store, not even by who makes one.
        request = {"root": self._root, "base": self._settings.directory, "ops": ops, "deadline": deadline}
        try:
            return self._answers(apart.serve(request, deadline))
        except apart.GivenUpError as error:
            raise SilentError(self.where, deadline) from error
        except OSError as error:
            raise StoreGoneError(f"{error.filename} cannot be started: {error.strerror}") from error

    def _answers(self, done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
        try:
            found = remote.report(done.returncode, done.stdout.decode(), done.stderr.decode(), self.where, "store")
        except (FailbackError, UnicodeDecodeError) as error:
            raise StoreError(str(error)) from error
        answers: list[dict[str, Any]] = found["answers"]
        return answers

    def _one(self, op: dict[str, Any], deadline: float) -> dict[str, Any]:
        answer = self._ask([op], deadline)[0]
        self._judge(str(op.get("key", "")), answer)
        return answer

    def _judge(self, key: str, answer: Mapping[str, Any]) -> None:
        match answer.get("error"):
            case None:
                return
            case "no base":
                raise StoreGoneError(f"the store's directory {self._settings.directory} is not there")
            case "unmade":
                raise UnmadeError(self.where)
            case "moved":
                raise MovedError(key)
            case "ahead":
                raise AheadError(key, base64.b64decode(answer["more"]))
            case "forked":
                raise ForkedError(key)
            case "digest":
                raise StoreError(f"{key} did not arrive whole at {self.where}: run it again")
            case _:
                raise StoreError(f"the store {self.where} said: {answer.get('said', answer)}")


def _reading(size: int) -> float:
    return BULK_DEADLINE + size / _SLOWEST


def _put(key: str, content: bytes, expect: str | None) -> dict[str, Any]:
    return {"op": "put", "key": key, "content": base64.b64encode(content).decode(), "expect": expect}


def _extend(key: str, have: bytes, more: bytes) -> dict[str, Any]:
    told = {"size": len(have), "digest": hashlib.sha256(have).hexdigest()}
    return {"op": "extend", "key": key, **told, "content": base64.b64encode(more).decode()}


def _batches(files: Sequence[tuple[str, int]]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for key, length in files:
        if batch and size + length > _BATCH:
            yield batch
            batch, size = [], 0
        batch.append(key)
        size += length
    if batch:
        yield batch
