"""Flyway's migrations at a commit: versioned and repeatable SQL files, with the checksums Flyway writes. Pure.

Source of facts: flyway-core (ChecksumCalculator, MigrationVersion). The checksum is the CRC-32 over the UTF-8 bytes of
every line without its end, the byte order mark left out, as a signed 32-bit number. Versions are numbers apart by
dots or underscores; 1.0 is 1. Java migrations have no file here: their rows are unknown.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

from failback.deployment.migrations.files import File, Shelf

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = re.compile(r"(?:(?P<kind>V)(?P<version>[0-9][0-9._]*?)|(?P<again>R))__(?P<told>.+)\.sql")
# BufferedReader.readLine knows these three line ends and no other.
_ENDS = re.compile("\r\n|\r|\n")


def shelf(commit: str, directory: str, files: Mapping[str, bytes]) -> Shelf:
    """Read a commit's migrations; ``files`` by their path inside the directory."""
    found: list[File] = []
    for path, content in files.items():
        match = _NAME.fullmatch(path.rsplit("/", 1)[-1])
        if match is None:
            continue
        again = match["again"] is not None
        name = name_of(match["version"], match["told"].replace("_", " "))
        # The checksum of a repeatable one is taken after its placeholders were replaced; that of the rest before.
        open_ended = again and b"${" in content
        found.append(
            File(
                name=name,
                path=f"{directory}/{path}",
                content=content,
                digests=frozenset() if open_ended else frozenset({str(checksum(content))}),
                order=version(match["version"]) if not again else (),
                repeatable=again,
            )
        )
    # Repeatable ones run last, in the order of their description.
    found.sort(key=lambda one: (one.repeatable, one.order, one.name))
    return Shelf(commit, tuple(found), "flyway" if found else "")


def name_of(number: str | None, told: str) -> str:
    """Name a migration by its version, a repeatable one by its description: what the table knows it by."""
    return "V" + ".".join(map(str, version(number))) if number else f"R {told}"


def version(number: str) -> tuple[int, ...]:
    """Read a version for comparing: 1.10 is after 1.9, and 1.0 is 1. What is no number counts as none."""
    parts = [int(part) if part.isdigit() else 0 for part in re.split(r"[._]", number.strip("._"))]
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return tuple(parts)


def checksum(content: bytes) -> int:
    """Return what Flyway writes for a file."""
    lines = _ENDS.split(content.decode("utf-8", "replace").removeprefix("\ufeff"))
    crc = 0
    for line in lines:
        crc = zlib.crc32(line.encode(), crc)
    return crc - (1 << 32) if crc >= 1 << 31 else crc
