"""The beginning of a file, which tells what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.restore.formats.packed import read_text
from failback.restore.sql_text import SQL_WORD

if TYPE_CHECKING:
    from failback.restore.model import Source

MOST_READ = 1 << 16  # bytes of a file that its kind shows in


def head_of(source: Source, name: str, count: int = MOST_READ) -> bytes:
    """Read the first bytes of a file's text. Raises DamagedError."""
    found = b""
    for block in read_text(source, name):
        found += block
        if len(found) >= count:
            break
    return found[:count]


def looks_like_sql(head: bytes) -> bool:
    """Whether a text begins as a dump does; one warning of mysqldump before it is borne."""
    lines = head.lstrip(b"\xef\xbb\xbf \t\r\n").split(b"\n")
    return any(SQL_WORD.match(line) for line in lines[:3])
