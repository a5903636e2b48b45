"""The graphs of the war room: which figures, over which span, with the incident's moments marked. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rollback_runner.picture.chart import Band, Mark, chart
from rollback_runner.war_room.runs import seconds
from rollback_runner.watching import catalogue, series

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rollback_runner.messages import Texts
    from rollback_runner.war_room.board import Board

# What the worst hour is read by, in this order; what was not measured is left out.
SHOWN = (
    "requests",
    "errors",
    "latency_p95",
    "sessions",
    "mysql_queries",
    "mysql_rows_written",
    "mysql_threads_running",
    "mysql_replication_lag",
    "cpu_busy",
    "disk_busy",
    "rds_cpu",
    "rds_writes_after_final",
)
_QUIET = frozenset({"prepare", "approve"})  # these touch nothing that a figure could show
_SIDES = {"idc": "sessions_idc", "aws": "sessions_aws"}
_POINTS = 160  # of a line: as many as it has pixels in which a change can be seen
_WIDTH, _HEIGHT = 520.0, 150.0
# A picture's own style serves where it stands alone; this page takes none but that of its style sheet.
_STYLE = re.compile(r' style="[^"]*"')
_MARGIN = 10.0  # seconds of room after the newest value


@dataclass(frozen=True)
class Graph:
    """One graph: what it shows, its newest value in words, and the picture."""

    name: str
    title: str
    last: str
    svg: str


def draw(board: Board, texts: Texts) -> list[Graph]:
    """Draw what was measured."""
    if not board.newest:
        return []
    until = board.newest + _MARGIN
    begun = min((points[0][0] for hosts in board.series.values.values() for points in hosts.values()), default=until)
    window = (begun, until)
    return [graph for name in SHOWN if (graph := _graph(board, texts, name, window)) is not None]


def _graph(board: Board, texts: Texts, name: str, window: tuple[float, float]) -> Graph | None:
    figure = catalogue.FIGURES["sessions_idc" if name == "sessions" else name]
    if name == "sessions":
        lines = {texts(f"room.side.{side}"): _summed(board.series.of(one)) for side, one in _SIDES.items()}
        title = texts("room.figure.sessions")
    else:
        lines = {host: series.thin(points, _POINTS) for host, points in sorted(board.series.of(name).items())}
        title = figure.title[texts.language]
    lines = {label: points for label, points in lines.items() if points}
    if not lines:
        return None
    newest = [points[-1] for points in lines.values()]
    last = " · ".join(catalogue.shown(figure, value) for _at, value in newest[:4])
    drawn = chart(
        lines,
        unit=figure.unit,
        marks=_marks(board, texts),
        bands=tuple(_bands(board, texts, name)),
        width=_WIDTH,
        height=_HEIGHT,
        lang=texts.language,
        title=title,
        window=window,
        zone=ZoneInfo(board.timezone),
    )
    return Graph(name, title, last, _STYLE.sub("", drawn, count=1))


def _summed(hosts: dict[str, list[tuple[float, float]]]) -> Sequence[tuple[float, float]]:
    """Add the sessions of a side over its hosts, each host's newest value at every moment."""
    newest: dict[str, float] = {}
    found: list[tuple[float, float]] = []
    for at, host, value in sorted((at, host, value) for host, points in hosts.items() for at, value in points):
        newest[host] = value
        found.append((at, sum(newest.values())))
    return series.thin(found, _POINTS)


def _marks(board: Board, texts: Texts) -> list[Mark]:
    """Mark the two moments by which everything else is read."""
    found = []
    if board.writer.fenced:
        found.append(Mark(board.writer.fenced, texts("room.mark.fenced"), "warn"))
    if board.writer.taker == "idc":
        found.append(Mark(board.writer.since, texts("room.mark.promoted"), "good"))
    return found


def _bands(board: Board, texts: Texts, name: str) -> Iterator[Band]:
    for leg in board.legs:
        if leg.began and leg.name not in _QUIET:
            yield Band(leg.began, leg.ended or board.newest, phase_name(leg.name, texts))
    wanted = {name, *(_SIDES.values() if name == "sessions" else ())}
    for breach in board.series.breaches:
        if breach.figure in wanted:
            yield Band(breach.began, breach.ended or board.newest, kind="breach")
    for gap in board.series.gaps:
        yield Band(gap.since, gap.until or board.newest, kind="gap")


def phase_name(leg: str, texts: Texts) -> str:
    """Write a leg or a phase for people."""
    for key in (f"phase.{leg}", f"room.phase.{leg}"):
        if texts.has(key):
            return texts(key)
    return leg


def moment(at: str | float) -> float:
    """Take a moment as the record or the figures write it."""
    return at if isinstance(at, float) else seconds(str(at))
