"""Known secrets, in every form they may have been written down in: found, taken out, and proven absent.

What is known are the values in the files that the site and its runs name as secret (failback.scrub). Besides, a private
key is one wherever it stands. A form is searched for as bytes, so a file need not be text; what is packed is unpacked
and searched as well.
"""

from __future__ import annotations

import base64
import bz2
import gzip
import html
import io
import json
import lzma
import re
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import quote, quote_plus, urlsplit

from failback.errors import ConfigError
from failback.scrub import MARK, values_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

FORMS = ("plain", "base64", "hex", "percent", "json", "html", "utf-16", "across lines", "packed", "private key")
_SHORTEST = 6  # bytes of an encoded form; shorter ones are found in any file
_SHORTEST_PART = 8  # characters of a part of a URL that may be a token
_MOST_UNPACKED = 256 << 20
_DEEPEST = 3
_CHUNK = 1 << 20
_PEM = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----.{0,65536}?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL)
_BLANKS = re.compile(rb"\\r|\\n|\s+")
_PACKED: tuple[tuple[bytes, Callable[[IO[bytes]], bytes]], ...] = (
    (b"\x1f\x8b", lambda raw: gzip.GzipFile(fileobj=raw).read(_MOST_UNPACKED + 1)),
    (b"BZh", lambda raw: bz2.BZ2File(raw).read(_MOST_UNPACKED + 1)),
    (b"\xfd7zXZ\x00", lambda raw: lzma.LZMADecompressor().decompress(raw.read(), _MOST_UNPACKED + 1)),
)
_CLOSED = {b"\x28\xb5\x2f\xfd": "zstd", b"7z\xbc\xaf\x27\x1c": "7z", b"Salted__": "encrypted"}


@dataclass(frozen=True)
class Known:
    """The values to search for, and where they came from. ``unread`` are files that were not there to be read."""

    values: tuple[str, ...]
    files: int
    unread: tuple[str, ...]

    @property
    def forms(self) -> tuple[bytes, ...]:
        """Every form of every value, the longest first."""
        found = {form for value in self.values for form in forms_of(value)}
        return tuple(sorted(found, key=lambda form: (-len(form), form)))


def load(files: Iterable[str]) -> Known:
    """Read the values. Raises ConfigError for a file that is there but cannot be read: absence could not be proven."""
    values: set[str] = set()
    unread: list[str] = []
    read = 0
    for name in sorted(set(files)):
        try:
            text = Path(name).read_text(encoding="utf-8", errors="surrogateescape")
        except (FileNotFoundError, NotADirectoryError):
            unread.append(name)
            continue
        except OSError as error:
            raise ConfigError(
                f"{name} cannot be read ({error.strerror}), so it cannot be proven that its secret is not in the"
                " archive: make the archive as the account that carries out the runs"
            ) from error
        read += 1
        for value in values_in(text):
            values |= {value, *_parts(value)}
    return Known(tuple(sorted(values)), read, tuple(unread))


def forms_of(value: str) -> set[bytes]:
    """Return every form a value may have been written down in, as bytes."""
    raw = value.encode("utf-8", "surrogateescape")
    text = raw.decode("utf-8", "replace")
    once = json.dumps(text)[1:-1]
    written = {
        text,
        quote(raw, safe=""),
        quote(raw),
        quote_plus(raw),
        once,
        json.dumps(text, ensure_ascii=False)[1:-1],
        json.dumps(once)[1:-1],
        once.replace("/", "\\/"),
        html.escape(text),
        raw.hex(),
        raw.hex().upper(),
    }
    found = {form.encode() for form in written} | {raw, text.encode("utf-16-le"), text.encode("utf-16-be")}
    found |= {form.replace(b"%2F", b"%2f") for form in found}
    for shift in range(3):
        core = _base64_core(raw, shift)
        found |= {core, core.replace(b"+", b"-").replace(b"/", b"_")}
    return {form for form in found if len(form) >= _SHORTEST or form == raw}


class Search:
    """Searches bytes for all forms at once. Made once an archive, used for each of its files."""

    def __init__(self, known: Known) -> None:
        self.forms = known.forms
        self._longest = max((len(form) for form in self.forms), default=1)
        # Where white space was taken out, a form that has some cannot be found: it is searched without.
        self._dense = tuple({_BLANKS.sub(b"", form) for form in self.forms} - {b""})

    def clean(self, data: bytes) -> tuple[bytes, int]:
        """Take out what is found; return the rest and how many places it was taken from."""
        count = 0
        for form in self.forms:
            if form in data:
                count += data.count(form)
                data = data.replace(form, MARK.encode())
        data, keys = _PEM.subn(MARK.encode(), data)
        return data, count + keys

    def found(self, data: bytes) -> bool:
        """Tell whether any form stands in these bytes, across line breaks too."""
        if _PEM.search(data) or any(form in data for form in self.forms):
            return True
        dense = _BLANKS.sub(b"", data)
        return len(dense) != len(data) and any(len(form) >= _SHORTEST and form in dense for form in self._dense)

    def inside(self, data: bytes, depth: int = 0) -> str:
        """Say why a packed file cannot be put into an archive; "" when it is not packed, or holds nothing."""
        for name, packed in _unpacked(data):
            if packed is None:
                return f"it is packed ({name}) and cannot be looked into"
            if self.found(packed):
                return "a secret stands in what is packed in it"
            if depth < _DEEPEST and (why := self.inside(packed, depth + 1)):
                return why
            if depth == _DEEPEST and next(_unpacked(packed), None) is not None:
                return "it is packed deeper than is looked into"
        return ""

    def stream(self, source: IO[bytes], size: int) -> bool:
        """Tell whether any form stands in a file that is too large to be held, reading ``size`` bytes of it."""
        kept = b""
        left = size
        while left and (block := source.read(min(_CHUNK, left))):
            left -= len(block)
            if self.found(kept + block):
                return True
            kept = (kept + block)[-2 * self._longest :]
        return False


def _unpacked(data: bytes) -> Iterator[tuple[str, bytes | None]]:
    """Give what is packed in a file, name by name; None for what cannot be unpacked here."""
    for start, kind in _CLOSED.items():
        if data.startswith(start):
            yield kind, None
            return
    for start, unpacked in _PACKED:
        if data.startswith(start):
            try:
                content = unpacked(io.BytesIO(data))
            except (OSError, EOFError, lzma.LZMAError, zlib.error, ValueError):
                # Cut off or damaged: what can still be got out of it cannot be told from what cannot.
                yield "compressed, damaged", None
                return
            yield "compressed", None if len(content) > _MOST_UNPACKED else content
            return
    if data.startswith(b"PK\x03\x04"):
        yield from _zipped(data)
    elif data[257:262] == b"ustar" and tarfile.is_tarfile(io.BytesIO(data)):
        return  # not compressed: its bytes were searched where they are


def _zipped(data: bytes) -> Iterator[tuple[str, bytes | None]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            left = _MOST_UNPACKED
            for info in packed.infolist():
                left -= info.file_size
                yield info.filename, None if left < 0 or info.flag_bits & 1 else packed.read(info)
    except (zipfile.BadZipFile, OSError, NotImplementedError, zlib.error, EOFError, ValueError):
        yield "zip", None


def _parts(value: str) -> set[str]:
    """Return the parts of a URL that are secret by themselves: its password, and what may be a token."""
    if "://" not in value:
        return set()
    try:
        found = urlsplit(value)
        whole = {found.password or ""}
    except ValueError:
        return set()
    tokens = re.split(r"[/?&=;]+", f"{found.path}?{found.query}")
    return {part for part in whole if len(part) > 3} | {  # noqa: PLR2004 - what is shorter is no password
        part
        for part in tokens
        if len(part) >= _SHORTEST_PART and re.search(r"\d", part) and re.search(r"[A-Za-z]", part) and "." not in part
    }


def _base64_core(raw: bytes, shift: int) -> bytes:
    """Return the characters that base64 makes of these bytes alone, when ``shift`` others stand before them."""
    text = base64.b64encode(bytes(shift) + raw).rstrip(b"=")
    first = (0, 2, 3)[shift]
    last = len(text) if (len(raw) + shift) % 3 == 0 else len(text) - 1
    return text[first:last]
