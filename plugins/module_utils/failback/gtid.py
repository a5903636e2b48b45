"""GTID sets as values: parse, format, union, subtract, subset, count. Pure.

Grammar (MySQL manual, "GTID Format and Storage"; tags since 8.3)::

    set      = [uuid_set ("," uuid_set)*]
    uuid_set = uuid ":" part (":" part)*
    part     = tag | number ["-" number]      a tag holds for the intervals after it

Doing the algebra here instead of with GTID_SUBTRACT() keeps the state machine testable without a server and
saves a round trip per question inside the write outage.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from failback.errors import FailbackError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_UUID = re.compile(r"[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}")
_TAG = re.compile(r"[a-z_][a-z0-9_]{0,31}")
_INTERVAL = re.compile(r"([0-9]+)(?:-([0-9]+))?")
_LAST = 2**63 - 2  # largest transaction number the server hands out

Source = tuple[str, str]  # (server uuid, tag; "" for untagged)
Interval = tuple[int, int]  # both ends included


class GtidError(FailbackError):
    """The text is not a GTID set."""


def _merge(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    merged: list[Interval] = []
    for low, high in sorted(intervals):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return tuple(merged)


def _without(left: Iterable[Interval], right: Iterable[Interval]) -> tuple[Interval, ...]:
    kept: list[Interval] = []
    holes = tuple(right)
    for first, last in left:
        low = first
        for hole_low, hole_high in holes:
            if hole_high < low or hole_low > last:
                continue
            if hole_low > low:
                kept.append((low, hole_low - 1))
            low = hole_high + 1
        if low <= last:
            kept.append((low, last))
    return tuple(kept)


@dataclass(frozen=True)
class GtidSet:
    """An immutable, normalised GTID set; equal sets are equal values."""

    sources: tuple[tuple[Source, tuple[Interval, ...]], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what the server prints in ``@@gtid_executed``; line breaks and blanks are ignored.

        Raises GtidError when the text is not a GTID set.
        """
        found: dict[Source, list[Interval]] = {}
        for piece in filter(None, re.sub(r"\s+", "", text).lower().split(",")):
            uuid, *parts = piece.split(":")
            if not _UUID.fullmatch(uuid) or not parts:
                raise GtidError(f"not a GTID set: {piece[:80]!r}")
            for source, interval in _intervals(_dashed(uuid), parts, piece):
                found.setdefault(source, []).append(interval)
        return cls.of(found)

    @classmethod
    def of(cls, intervals: dict[Source, list[Interval]]) -> Self:
        """Normalise a mapping of source to intervals."""
        merged = ((source, _merge(spans)) for source, spans in sorted(intervals.items()))
        return cls(tuple((source, spans) for source, spans in merged if spans))

    def __str__(self) -> str:
        by_uuid: dict[str, list[str]] = {}
        for (uuid, tag), spans in self.sources:
            parts = by_uuid.setdefault(uuid, [])
            if tag:
                parts.append(tag)
            parts.extend(str(low) if low == high else f"{low}-{high}" for low, high in spans)
        return ",".join(":".join([uuid, *parts]) for uuid, parts in by_uuid.items())

    def __bool__(self) -> bool:
        return bool(self.sources)

    def __iter__(self) -> Iterator[str]:
        """Every GTID one by one. Only for small sets: a busy server has billions."""
        for (uuid, tag), spans in self.sources:
            prefix = f"{uuid}:{tag}:" if tag else f"{uuid}:"
            for low, high in spans:
                yield from (f"{prefix}{number}" for number in range(low, high + 1))

    def __or__(self, other: GtidSet) -> GtidSet:
        found = {source: list(spans) for source, spans in self.sources}
        for source, spans in other.sources:
            found.setdefault(source, []).extend(spans)
        return GtidSet.of(found)

    def __sub__(self, other: GtidSet) -> GtidSet:
        holes = dict(other.sources)
        return GtidSet.of({source: list(_without(spans, holes.get(source, ()))) for source, spans in self.sources})

    def __and__(self, other: GtidSet) -> GtidSet:
        return self - (self - other)

    def __le__(self, other: GtidSet) -> bool:
        """Subset, as GTID_SUBSET()."""
        return not self - other

    def __ge__(self, other: GtidSet) -> bool:
        return other <= self

    def __contains__(self, gtid: object) -> bool:
        return isinstance(gtid, str) and GtidSet.parse(gtid) <= self

    def count(self) -> int:
        """How many transactions the set names."""
        return sum(high - low + 1 for _, spans in self.sources for low, high in spans)

    def of_server(self, uuid: str) -> GtidSet:
        """Return the part that this server wrote itself, all tags included."""
        return GtidSet(tuple(entry for entry in self.sources if entry[0][0] == uuid.lower()))

    @property
    def servers(self) -> tuple[str, ...]:
        """The uuids of the servers that wrote it, sorted."""
        return tuple(sorted({uuid for (uuid, _), _ in self.sources}))


def _dashed(uuid: str) -> str:
    plain = uuid.replace("-", "")
    return "-".join((plain[:8], plain[8:12], plain[12:16], plain[16:20], plain[20:]))


def _intervals(uuid: str, parts: list[str], piece: str) -> Iterator[tuple[Source, Interval]]:
    tag = ""
    for part in parts:
        match = _INTERVAL.fullmatch(part)
        if match is None:
            if not _TAG.fullmatch(part):
                raise GtidError(f"not a GTID set: {part[:40]!r} in {piece[:80]!r}")
            tag = part
            continue
        low = int(match[1])
        high = int(match[2] or low)
        if not 1 <= low <= high <= _LAST:
            raise GtidError(f"not a GTID set: interval {part[:40]!r} in {piece[:80]!r}")
        yield (uuid, tag), (low, high)
