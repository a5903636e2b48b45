"""Text in the character sets of columns. Pure.

Collation numbers are those of INFORMATION_SCHEMA.COLLATIONS, the same on every server; new ones are utf8mb4.
"""

from __future__ import annotations

from pymysql.charset import charset_by_id

BINARY = 63
# Where Python's name or mapping is not MySQL's. MySQL's latin1 is Windows' with the five gaps filled.
_CODECS = {
    "utf8mb4": "utf-8",
    "utf8mb3": "utf-8",
    "utf8": "utf-8",
    "latin1": "cp1252",
    "ucs2": "utf-16-be",
    "utf16": "utf-16-be",
    "utf16le": "utf-16-le",
    "utf32": "utf-32-be",
    "ujis": "euc_jp",
    "eucjpms": "euc_jp",
    "sjis": "shift_jis",
    "euckr": "cp949",
    "gb2312": "gb2312",
    "tis620": "tis_620",
    "koi8r": "koi8_r",
    "koi8u": "koi8_u",
    "greek": "iso8859_7",
    "hebrew": "iso8859_8",
    "latin2": "iso8859_2",
    "latin5": "iso8859_9",
    "latin7": "iso8859_13",
    "macroman": "mac_roman",
    "macce": "mac_latin2",
    "gb18030": "gb18030",
}
# What no client may speak, and so PyMySQL does not list.
_WIDE = {
    **dict.fromkeys((35, 90, *range(128, 152), 159), "ucs2"),
    **dict.fromkeys((54, 55, *range(101, 125)), "utf16"),
    **dict.fromkeys((56, 62), "utf16le"),
    **dict.fromkeys((60, 61, *range(160, 184)), "utf32"),
    **dict.fromkeys((248, 249, 250), "gb18030"),
}
_NEWEST_KNOWN = 250


def codec(collation: int) -> str:
    """Give Python's codec for a collation number; "" for binary."""
    if collation == BINARY:
        return ""
    if collation in _WIDE:
        return _CODECS[_WIDE[collation]]
    if collation > _NEWEST_KNOWN:
        return "utf-8"
    try:
        name = str(charset_by_id(collation).name)  # type: ignore[attr-defined]  # its stub lacks what it has
    except KeyError:
        return "utf-8"
    return _CODECS.get(name, name)


def decode(raw: bytes, name: str) -> str | bytes:
    """Read text; bytes that are none in that character set stay bytes."""
    try:
        return raw.decode(name)
    except UnicodeDecodeError:
        if name == "cp1252":
            return "".join(bytes([code]).decode(name, "ignore") or chr(code) for code in raw)
        return raw
    except LookupError:
        return raw
