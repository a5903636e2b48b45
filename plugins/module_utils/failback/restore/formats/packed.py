"""The text of a file, whatever it is packed in: plain, gzip (any number of members) or zstd (any number of frames).

Flat memory: a block in, at most a megabyte or so out. What is wrong with the packing is a DamagedError that names the
byte; whether the text itself is whole is judged elsewhere.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import zstandard

from failback.errors import DamagedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from failback.restore.model import Source

BLOCK = 1 << 20  # bytes read at once
_IN = 1 << 17  # packed bytes handed to gzip's unpacker at once
_ZSTD_IN = 1 << 13  # zstd's unpacker takes no limit for what comes out: few bytes in bound it
GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
_OTHERS = {
    b"\xfd7zXZ\x00": "xz",
    b"BZh": "bzip2",
    b"PK\x03\x04": "zip",
    b"\x04\x22\x4d\x18": "lz4",
    b"7z\xbc\xaf": "7z",
}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_GZIP_WBITS = 31


def packing(head: bytes) -> str:
    """Name what a file is packed in by its first bytes: "gzip", "zstd", "plain" or "empty"."""
    if head.startswith(GZIP):
        return "gzip"
    if head.startswith(ZSTD) or (head[1:4] == b"\x2a\x4d\x18" and head[:1] in b"PQRSTUVWXYZ[\\]^_"):
        return "zstd"
    return "plain" if head else "empty"


def read_text(source: Source, name: str, seen: Callable[[bytes], object] | None = None) -> Iterator[bytes]:
    """Give a file's unpacked bytes; ``seen`` gets every raw block, for digests. Raises failback.errors."""
    label = name or source.url
    with source.open(name) as handle:
        blocks = _raw(handle, seen)
        first = next(blocks, b"")
        while 0 < len(first) < len(ZSTD):
            more = next(blocks, b"")
            if not more:
                break
            first += more
        kind = packing(first)
        if kind == "empty":
            return
        unpacked = {"gzip": _gunzip, "zstd": _unzstd, "plain": _plain}[kind](_chain(first, blocks), label)
        yield from _judged(unpacked, kind, label)


def _raw(handle: BinaryIO, seen: Callable[[bytes], object] | None) -> Iterator[bytes]:
    while block := handle.read(BLOCK):
        if seen is not None:
            seen(block)
        yield block


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _judged(blocks: Iterator[bytes], kind: str, label: str) -> Iterator[bytes]:
    """Refuse what is packed twice, or in a way not read here, before its text is taken for SQL."""
    for number, block in enumerate(blocks):
        if number == 0:
            inner = packing(block)
            if kind != "plain" and inner in ("gzip", "zstd"):
                raise DamagedError(f"{label} is {inner} within {kind}: unpack it once and check it again")
            for magic, other in _OTHERS.items():
                if block.startswith(magic):
                    raise DamagedError(f"{label} is packed with {other}, which is not read here: unpack it first")
            if block.startswith(_UTF16):
                raise DamagedError(
                    f"{label} is UTF-16 text, as a redirection in PowerShell writes it: data may be spoilt, dump again"
                    " with --result-file"
                )
        yield block


def _plain(blocks: Iterator[bytes], label: str) -> Iterator[bytes]:
    del label
    return blocks


def _gzip_damage(label: str, where: int, stranger: bytes, error: zlib.error) -> DamagedError:
    """Say what is wrong; ``stranger`` is what stands where a member should begin."""
    if stranger and not stranger.startswith(GZIP[:1]):
        return DamagedError(
            f"{label}: after the end of the gzip data, near byte {where}, stands something that is no gzip:"
            f" {stranger[:60]!r}. Take the backup again"
        )
    return DamagedError(f"{label}: the gzip data is damaged near byte {where} ({error}). Take another copy of it")


def _gunzip(blocks: Iterator[bytes], label: str) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(_GZIP_WBITS)
    at, ended, fresh = 0, False, True
    for block in blocks:
        for start in range(0, len(block), _IN):
            data = block[start : start + _IN]
            while data:
                if ended:
                    data = data.lstrip(b"\0")  # padding, as tapes and gzip -t allow
                    if not data:
                        break
                    unpacker, ended, fresh = zlib.decompressobj(_GZIP_WBITS), False, True
                try:
                    out = unpacker.decompress(data, BLOCK)
                except zlib.error as error:
                    raise _gzip_damage(label, at + start, b"" if not fresh else data, error) from error
                if out:
                    yield out
                fresh = False
                ended = unpacker.eof
                data = unpacker.unused_data if ended else unpacker.unconsumed_tail
        at += len(block)
    while not ended and (out := unpacker.decompress(b"", BLOCK)):
        yield out
        ended = unpacker.eof
    if not ended:
        raise DamagedError(f"{label}: the gzip data is cut short after {at} bytes. Take another copy of it")


def _unzstd(blocks: Iterator[bytes], label: str) -> Iterator[bytes]:
    unpacker = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
    at, ended = 0, False
    for block in blocks:
        for start in range(0, len(block), _ZSTD_IN):
            data = block[start : start + _ZSTD_IN]
            while data:
                if ended:
                    unpacker, ended = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj(), False
                try:
                    out = unpacker.decompress(data)
                except zstandard.ZstdError as error:
                    raise DamagedError(
                        f"{label}: the zstd data is damaged near byte {at + start} ({error}). Take another copy of it"
                    ) from error
                yield from (out[low : low + BLOCK] for low in range(0, len(out), BLOCK))
                data, ended = unpacker.unused_data, unpacker.eof
        at += len(block)
    if not ended:
        raise DamagedError(f"{label}: the zstd data is cut short after {at} bytes. Take another copy of it")
