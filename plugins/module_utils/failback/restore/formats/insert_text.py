"""The values of INSERT statements as LOAD DATA can read them. Pure.

An extended INSERT's body is nearly a file already: fields between ``,``, rows between ``),(``, strings in quotes with
backslashes, NULL without quotes. What LOAD DATA does not know is taken out here: ``_binary`` before a string,
``CONVERT(... USING UTF8MB4)`` around JSON (mydumper), and 0x numbers (--hex-blob), never inside a string: where the
bytes alone do not decide, the quotes before them are counted.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from typing import TYPE_CHECKING

from failback.restore.sql_text import open_at

if TYPE_CHECKING:
    from collections.abc import Callable

# What stands between two rows: mysqldump; mydumper 1.0; mydumper 0.10 and MariaDB's mysqldump.
SEPARATORS = (b"),(", b")\n,(", b"),\n(")
_STRINGS = {
    b"'": re.compile(rb"('[^'\\]*+(?:\\.[^'\\]*+)*+')", re.DOTALL),
    b'"': re.compile(rb'("[^"\\]*+(?:\\.[^"\\]*+)*+")', re.DOTALL),
}
_HEX = re.compile(rb"(?<=[,(])0x([0-9A-Fa-f]*)(?=[,)\r\n])")
_DROP = {quote: bytes(byte for byte in range(256) if byte not in quote + b"(),") for quote in _STRINGS}


def quote_of(body: bytes) -> bytes:
    """Tell which quote a text uses: the first one in it, since it begins outside strings."""
    single, double = body.find(b"'"), body.find(b'"')
    return b'"' if double >= 0 and (single < 0 or double < single) else b"'"


def separator_of(body: bytes) -> bytes | None:
    """Tell what stands between the rows; None: a single row, or ``),(``, which cannot be told apart here."""
    if b"\n" not in body:
        return None
    return next((one for one in SEPARATORS[1:] if one in body), None)


def joined(body: bytes, head: bytes, separator: bytes) -> bytes:
    """Put the rows of several statements behind each other."""
    if head not in body:
        return body
    for tail in (b");\n", b")\n;\n", b");\r\n"):
        if tail + head in body:
            body = body.replace(tail + head + b"(", separator)
    return body


def line_breaks_fit(body: bytes) -> bool:
    """Whether every raw line break stands between two rows."""
    count = body.count(b"\n")
    return not count or count in (body.count(SEPARATORS[1]), body.count(SEPARATORS[2]))


def loadable(body: bytes, quote: bytes, *, inside: bool = False) -> bytes:
    """Take out what LOAD DATA does not know. ``inside``: the text begins within a string."""
    if b"_binary " in body:
        body = _without_prefix(body, quote, inside=inside)
    if b"CONVERT(" + quote in body:
        body = _replaced(body, rb"([,(])CONVERT\(" + quote, rb"[,(]CONVERT\(" + quote + rb"[,)]", b"CONVERT(", b"")
        body = _without_using(body, quote)
    if b"0x" in body and not inside and _HEX.search(body):
        body = _without_hex(body, quote)
    return body


def _without_prefix(body: bytes, quote: bytes, *, inside: bool) -> bytes:
    """Take ``_binary`` away.

    ``,_binary '`` inside a string can only be its end, so a comma or a parenthesis follows; outside, it is the start of
    a string that may begin with these. Only there the quotes before it are counted.
    """
    doubtful = re.compile(rb"[,(]_binary " + quote + rb"(?=[,)\n]|$)")
    parts: list[bytes] = []
    low, counted, within = 0, 0, inside
    for match in doubtful.finditer(body):
        place = match.end() - 1  # of the quote
        within ^= open_at(body[counted:place], quote)
        counted = place
        if within:
            cut = match.start() + 4  # in the middle of the word: nothing can match across it
            parts.append(_prefixes_gone(body[low:cut], quote))
            low = cut
    parts.append(_prefixes_gone(body[low:], quote))
    return b"".join(parts)


def _prefixes_gone(text: bytes, quote: bytes) -> bytes:
    text = text.replace(b",_binary " + quote, b"," + quote)
    return text.replace(b"(_binary " + quote, b"(" + quote)


def _replaced(body: bytes, pattern: bytes, never: bytes, old: bytes, new: bytes) -> bytes:
    """Replace ``old`` before a quote; ``never`` matches what can only be a string's end: JSON begins otherwise."""
    if re.search(never, body):
        quote = pattern[-1:]
        return re.sub(pattern + rb"(?![,)])", rb"\1" + quote, body)
    quote = pattern[-1:]
    for before in (b",", b"("):
        body = body.replace(before + old + quote, before + new + quote)
    return body


def _without_using(body: bytes, quote: bytes) -> bytes:
    r"""Take `` USING UTF8MB4)`` away after the end of a string; JSON never ends in one of ``,( \``."""
    tail = quote + b" USING UTF8MB4)"
    if re.search(rb"[,( \\\\]" + re.escape(tail), body):
        return re.sub(rb"(?<![,( \\\\])" + re.escape(tail), quote, body)
    return body.replace(tail, quote)


def _without_hex(body: bytes, quote: bytes) -> bytes:
    """Write hexadecimal numbers as quoted strings."""
    parts = _STRINGS[quote].split(body)
    parts[::2] = [_HEX.sub(_unhex(quote), part) if b"0x" in part else part for part in parts[::2]]
    return b"".join(parts)


def _unhex(quote: bytes) -> Callable[[re.Match[bytes]], bytes]:
    def unhex(match: re.Match[bytes]) -> bytes:
        digits = match.group(1)
        raw = unhexlify(digits if len(digits) % 2 == 0 else b"0" + digits)
        return quote + raw.replace(b"\\", b"\\\\").replace(quote, b"\\" + quote) + quote

    return unhex


def count_rows(body: bytes, quote: bytes, fields: int = 0) -> tuple[int, bool]:
    """Count the rows of whole, joined statements, and tell whether each has as many fields as the first (``fields``).

    All but quotes, commas and parentheses is thrown away, then whole strings; what must remain is ``(,,,)`` again and
    again.
    """
    if b"CONVERT(" + quote in body:
        body = loadable(body, quote)
    if b"\\" in body:
        body = body.replace(b"\\\\", b"").replace(b"\\" + quote, b"")
    rest = body.translate(None, _DROP[quote]).replace(quote * 2, b"")
    if quote in rest:
        pieces = rest.split(quote)
        if len(pieces) % 2 == 0:
            return rest.count(b"("), False
        rest = b"".join(pieces[::2])
    count = rest.count(b"(")
    commas = fields - 1 if fields else max(rest.find(b")") - 1, 0)
    row = b"(" + b"," * commas + b")"
    return count, len(rest) == count * (len(row) + 1) - 1 and rest == b",".join([row] * count)
