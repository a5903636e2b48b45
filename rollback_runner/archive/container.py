"""The archive as a file: a plain tar of four members whose every byte is decided.

``READ-ME.txt`` (how to prove the rest without this tool), ``record.tar.gz`` (what was gathered), ``manifest.json``
(what is in it, by digest) and ``manifest.json.sig`` (the signature over the manifest), in this order. Headers, padding
and end have one possible form, so that a byte changed anywhere is seen, also where no digest reaches. Nothing here
decides whether what is in it is true.
"""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

GUIDE = "READ-ME.txt"
RECORD = "record.tar.gz"
MANIFEST = "manifest.json"
SIGNATURE = "manifest.json.sig"
MEMBERS = (GUIDE, RECORD, MANIFEST, SIGNATURE)
# Only a bundle (rollback_runner/bundle) has this one: what puts its record to work elsewhere.
INSTALL = "install"
BLOCK = 512
END = bytes(2 * BLOCK)
# Bytes a member may have at most; what is packed has the file's own size as its bound.
LARGEST = {GUIDE: 64 << 10, INSTALL: 1 << 20, MANIFEST: 256 << 20, SIGNATURE: 64 << 10}
_CHUNK = 1 << 20
_CHECKSUM = 148  # where a tar header has it
_SIZE = slice(124, 136)
_OCTAL = 8 << 30  # bytes; from here on the size is written as a number of base 256


class ContainerError(Exception):
    """The file is not an archive of ours as it was made; the message says where it departs."""


@dataclass(frozen=True)
class Member:
    """Where a member's content lies in the file."""

    name: str
    start: int
    size: int


@dataclass(frozen=True)
class Digest:
    """What was read: how many bytes, and their SHA-256."""

    size: int
    sha256: str


def header(name: str, size: int) -> bytes:
    """Return the one header that a member of this name and size can have."""
    # By hand: what a library writes into fields without a meaning changes from one release to the next.
    fields = (
        name.encode().ljust(100, b"\0"),
        b"0000600\0" + b"0000000\0" * 2,
        b"%011o\0" % size if size < _OCTAL else b"\x80" + size.to_bytes(11, "big"),
        b"00000000000\0",
        b" " * 8,
        b"0".ljust(101, b"\0"),
        b"ustar\x0000".ljust(72, b"\0"),
        b"0000000\0" * 2,
    )
    raw = b"".join(fields).ljust(BLOCK, b"\0")
    return raw[:_CHECKSUM] + b"%06o\0 " % sum(raw) + raw[_CHECKSUM + 8 :]


def padding(size: int) -> bytes:
    """Return the zeros that fill the last block."""
    return bytes(-size % BLOCK)


def add(target: IO[bytes], name: str, content: bytes) -> None:
    """Write one whole member."""
    target.write(header(name, len(content)) + content + padding(len(content)))


class Stream(io.RawIOBase):
    """Takes a member whose size is known only at its end; the header is written then, in its place."""

    def __init__(self, target: IO[bytes], name: str) -> None:
        super().__init__()
        self._target, self._name, self._at = target, name, target.tell()
        self._hash, self._size = hashlib.sha256(), 0
        target.write(bytes(BLOCK))

    def writable(self) -> bool:
        """Return True: that is all it can do."""
        return True

    def write(self, data: object) -> int:
        """Take the next bytes."""
        block = bytes(data)  # type: ignore[call-overload]  # RawIOBase hands over any buffer
        self._target.write(block)
        self._hash.update(block)
        self._size += len(block)
        return len(block)

    def finish(self) -> Digest:
        """Fill the last block and write the header."""
        self._target.write(padding(self._size))
        end = self._target.tell()
        self._target.seek(self._at)
        self._target.write(header(self._name, self._size))
        self._target.seek(end)
        return Digest(self._size, self._hash.hexdigest())


def members(source: IO[bytes], names: tuple[str, ...] = MEMBERS) -> dict[str, Member]:
    """Find the members. Raises ContainerError where a single byte outside of their content is another."""
    total = os.fstat(source.fileno()).st_size
    found: dict[str, Member] = {}
    at = 0
    for name in names:
        source.seek(at)
        raw = source.read(BLOCK)
        size = _size(raw, name, total - at - BLOCK)
        if raw != header(name, size):
            raise ContainerError(f"the header of {name} (byte {at}) is not as it is written")
        found[name] = Member(name, at + BLOCK, size)
        source.seek(at + BLOCK + size)
        filled = padding(size)
        if source.read(len(filled)) != filled:
            raise ContainerError(f"there are bytes after the end of {name} (byte {at + BLOCK + size})")
        at += BLOCK + size + len(filled)
    source.seek(at)
    if source.read(len(END) + 1) != END:
        raise ContainerError(f"the file does not end where its last member does (byte {at})")
    return found


def content(source: IO[bytes], member: Member) -> bytes:
    """Read a small member whole."""
    source.seek(member.start)
    return source.read(member.size)


def digest(source: IO[bytes], member: Member) -> Digest:
    """Read a member through and digest it."""
    found = hashlib.sha256()
    for block in blocks(source, member):
        found.update(block)
    return Digest(member.size, found.hexdigest())


def blocks(source: IO[bytes], member: Member) -> Iterator[bytes]:
    """Give a member's content in pieces."""
    source.seek(member.start)
    left = member.size
    while left and (block := source.read(min(_CHUNK, left))):
        left -= len(block)
        yield block


class Window(io.RawIOBase):
    """A member's content as a file of its own, to be read through once."""

    def __init__(self, source: IO[bytes], member: Member) -> None:
        super().__init__()
        self._source, self._left, self._at = source, member.size, member.start

    def readable(self) -> bool:
        """Return True: that is all it can do."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill the buffer with the next bytes."""
        view = memoryview(buffer)  # type: ignore[arg-type]  # any buffer
        self._source.seek(self._at)
        block = self._source.read(min(len(view), self._left))
        view[: len(block)] = block
        self._left -= len(block)
        self._at += len(block)
        return len(block)


def _size(raw: bytes, name: str, room: int) -> int:
    said = raw[:100].rstrip(b"\0")
    if said != name.encode():
        raise ContainerError(f"where {name} should begin there is {said[:40].decode(errors='replace')!r}")
    field = raw[_SIZE]
    try:
        size = int.from_bytes(field[1:], "big") if field[:1] == b"\x80" else int(field.rstrip(b"\0"), 8)
    except ValueError as error:
        raise ContainerError(f"the header of {name} names no size") from error
    if not 0 <= size <= min(room, LARGEST.get(name, room)):
        raise ContainerError(f"{name} is said to have {size} bytes, more than there are or may be")
    return size
