"""The figures of an incident as they were measured: points, gaps and breaches, read from and added to its directory.

``incident/figures/points-YYYYMMDDTHH.jsonl`` (UTC hours) holds one line per host and reading, only ever appended: a
torn last line is passed over. ``incident/figures/notes.jsonl`` is a journal (`failback.journal`): when watching began
and ended, each gap and each breach, with beginning and end. Times are seconds since 1970.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from rollback_runner.watching import notes
from rollback_runner.watching.notes import Breach, Gap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path


__all__ = ["Breach", "Gap", "Point", "Series", "append", "place", "read", "thin"]

_HOUR = "%Y%m%dT%H"
_PREFIX = "points-"
_BLOCK = 65536
_FEWEST = 4  # both ends, the lowest and the highest


class Point(NamedTuple):
    """One figure of one host at one moment, in the unit the catalogue names."""

    at: float
    figure: str
    host: str
    value: float


@dataclass(frozen=True)
class Series:
    """What was measured within a span of time. ``values`` is by figure, then host, then in the order of time."""

    values: Mapping[str, Mapping[str, list[tuple[float, float]]]] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    breaches: tuple[Breach, ...] = ()

    def of(self, figure: str) -> dict[str, list[tuple[float, float]]]:
        """Return (moment, value) of each host that has this figure."""
        return {host: list(points) for host, points in self.values.get(figure, {}).items()}

    def hosts(self, figure: str) -> tuple[str, ...]:
        """Name the hosts that have this figure."""
        return tuple(sorted(self.values.get(figure, {})))

    @property
    def figures(self) -> tuple[str, ...]:
        """Name the figures that were measured at all."""
        return tuple(sorted(self.values))


def place(incident: Path) -> Path:
    """Return the directory of an incident's figures."""
    return incident / "figures"


def read(incident: Path, since: float | None = None, until: float | None = None) -> Series:
    """Read what was measured from ``since`` to ``until``; all of it without them. Never raises for what is missing."""
    values: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for at, host, figures in _lines(place(incident), since, until):
        for figure, value in figures.items():
            values.setdefault(figure, {}).setdefault(host, []).append((at, value))
    for hosts in values.values():
        for points in hosts.values():
            points.sort(key=lambda point: point[0])
    seen = notes.read(incident)
    return Series(
        values,
        tuple(gap for gap in seen.gaps if _touches(gap.since, gap.until, since, until)),
        tuple(breach for breach in seen.breaches if _touches(breach.began, breach.ended, since, until)),
    )


def thin(points: Sequence[tuple[float, float]], count: int) -> list[tuple[float, float]]:
    """Leave at most ``count`` points (at least four), such that no peak and no trough of the line is lost."""
    count = max(_FEWEST, count)
    if len(points) <= count:
        return list(points)
    # First and last stay; of each stretch between them its lowest and its highest, in the order they came.
    inner = points[1:-1]
    stretches = (count - 2) // 2
    kept = [points[0]]
    for number in range(stretches):
        part = inner[number * len(inner) // stretches : (number + 1) * len(inner) // stretches]
        low = min(part, key=lambda point: point[1])
        high = max(part, key=lambda point: point[1])
        kept += sorted({low, high}, key=lambda point: point[0])
    return [*kept, points[-1]]


def append(incident: Path, points: Iterable[Point]) -> int:
    """Add points, one line per host and moment; return how many. Raises `OSError` (disk full): nothing half is left."""
    blocks: dict[str, list[str]] = {}
    grouped: dict[tuple[float, str], dict[str, float]] = {}
    count = 0
    for point in points:
        if math.isfinite(point.value):
            grouped.setdefault((round(point.at, 3), point.host), {})[point.figure] = point.value
            count += 1
    for (at, host), figures in sorted(grouped.items()):
        rounded = {name: float(f"{value:.6g}") for name, value in figures.items()}
        line = json.dumps({"at": at, "host": host, "f": rounded}, ensure_ascii=False, separators=(",", ":"))
        blocks.setdefault(f"{_PREFIX}{datetime.fromtimestamp(at, UTC):{_HOUR}}.jsonl", []).append(line)
    directory = place(incident)
    for name, lines in blocks.items():
        notes.append_whole(directory / name, ("\n".join(lines) + "\n").encode())
    return count


def _touches(begun: float, ended: float | None, since: float | None, until: float | None) -> bool:
    return (until is None or begun <= until) and (since is None or ended is None or ended >= since)


def _lines(directory: Path, since: float | None, until: float | None) -> Iterator[tuple[float, str, dict[str, float]]]:
    for path in sorted(directory.glob(f"{_PREFIX}*.jsonl")):
        try:
            hour = datetime.strptime(path.stem.removeprefix(_PREFIX), _HOUR).replace(tzinfo=UTC)
        except ValueError:
            continue
        if since is not None and (hour + timedelta(hours=1)).timestamp() <= since:
            continue
        if until is not None and hour.timestamp() > until:
            continue
        yield from _of_file(path, since, until)


def _of_file(path: Path, since: float | None, until: float | None) -> Iterator[tuple[float, str, dict[str, float]]]:
    try:
        with path.open("rb") as stream:
            if since is not None:
                _seek(stream, path.stat().st_size, since)
            for raw in stream:
                found = _parse(raw)
                if found is None or (since is not None and found[0] < since):
                    continue
                if until is not None and found[0] > until:
                    continue
                yield found
    except OSError:
        return


def _seek(stream: BinaryIO, size: int, since: float) -> None:
    """Move to shortly before the first line of ``since``: who looks at the last minutes never reads the hour."""
    low, high = 0, size
    while high - low > _BLOCK:
        middle = (low + high) // 2
        stream.seek(middle)
        stream.readline()
        found = _parse(stream.readline())
        # Lines of one reading may be a little out of order: a minute of slack covers the slowest source.
        if found is not None and found[0] < since - 60:
            low = middle
        else:
            high = middle
    stream.seek(low)
    if low:
        stream.readline()


def _parse(raw: bytes) -> tuple[float, str, dict[str, float]] | None:
    try:
        line = json.loads(raw)
        return float(line["at"]), str(line["host"]), {str(k): float(v) for k, v in line["f"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
