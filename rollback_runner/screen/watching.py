"""Shows figures on a terminal: now, the worst and the course of the last minutes, beside their limits."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from rollback_runner import companions
from rollback_runner.watching import alarms, limits, normal, series, settings
from rollback_runner.watching.catalogue import FIGURES, Figure, shown
from rollback_runner.watching.notes import SAMPLER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from rich.console import RenderableType

    from rollback_runner.companions import Companion
    from rollback_runner.messages import Texts
    from rollback_runner.site.site import Site
    from rollback_runner.watching.series import Series

_BARS = "▁▂▃▄▅▆▇█"
_WIDTH = 20
_OLD = 4.0  # intervals after which a value is no longer that of now
_LEAST_OLD = 15.0
_PAUSE = 2.0


@dataclass(frozen=True)
class Line:
    """One figure of one host. ``age`` is in seconds."""

    figure: str
    host: str
    now: float
    age: float
    worst: float
    limit: float | None
    old: bool
    past: list[float | None] = field(default_factory=list)

    @property
    def beyond(self) -> bool:
        """Whether its last value is beyond its limit."""
        return self.limit is not None and FIGURES[self.figure].beyond(self.now, self.limit)


@dataclass(frozen=True)
class Seen:
    """Everything that is shown."""

    sampler: Companion
    series: Series
    lines: tuple[Line, ...]
    minutes: float

    @property
    def well(self) -> bool:
        """Whether somebody watches, nothing is missing and no limit is broken."""
        lasting = any(gap.until is None for gap in self.series.gaps)
        broken = any(breach.ended is None for breach in self.series.breaches)
        return self.sampler.alive and not lasting and not broken


def look(site: Site, incident: Path, minutes: float, now: float) -> Seen:
    """Read what was measured; asks nobody but the record."""
    chosen = settings.of_site(site)
    judge = limits.judge(chosen, normal.of_site(site))
    since = now - 60 * minutes
    found = series.read(incident, since=since)
    lines = tuple(_lines(found, judge, since, now, max(_LEAST_OLD, _OLD * chosen.interval)))
    return Seen(companions.state(incident, SAMPLER), found, lines, minutes)


def show(seen: Seen, texts: Texts, console: Console | None = None) -> None:
    """Print it once."""
    (console or Console(highlight=False)).print(page(seen, texts))


def follow(again: Callable[[], Seen], texts: Texts) -> None:
    """Show it anew until interrupted."""
    with Live(console=Console(highlight=False), auto_refresh=False, screen=False) as live:
        try:
            while True:
                live.update(page(again(), texts), refresh=True)
                time.sleep(_PAUSE)
        except KeyboardInterrupt:
            return


def page(seen: Seen, texts: Texts) -> RenderableType:
    """Lay it out."""
    parts: list[RenderableType] = [Text(_sampler(seen.sampler, texts))]
    if seen.lines:
        parts.append(_table(seen, texts))
    else:
        parts.append(Text(texts("watch.no_figures", minutes=f"{seen.minutes:g}")))
    lasting = [gap for gap in seen.series.gaps if gap.until is None]
    broken = [breach for breach in seen.series.breaches if breach.ended is None]
    if lasting:
        parts.append(Text(texts("watch.gaps"), style="bold"))
        for gap in lasting:
            said = texts(
                "watch.gap", source=gap.figure_source, host=gap.host, since=alarms.clock(gap.since), why=gap.why
            )
            parts.append(Text(f"  {said}"))
    if broken:
        parts.append(Text(texts("watch.breaches"), style="bold red"))
        parts += [Text(f"  {alarms.sentence(texts, 'breach.began', breach)}") for breach in broken]
    parts.append(Text(texts("watch.counts", gaps=len(seen.series.gaps), breaches=len(seen.series.breaches))))
    return Group(*parts)


def bars(values: Sequence[float | None]) -> str:
    """Draw a course as a row of bars, from its lowest to its highest value; a flat one lies low, a gap is a gap."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, span = min(known), max(known) - min(known)
    steps = [None if value is None else (value - low) / span * (len(_BARS) - 1) if span else 0 for value in values]
    return "".join(" " if step is None else _BARS[round(step)] for step in steps)


def course(points: Sequence[tuple[float, float]], figure: Figure, since: float, until: float) -> list[float | None]:
    """Cut a span into equal parts and take the worst of each, None where nothing was measured."""
    found: list[float | None] = [None] * _WIDTH
    for at, value in points:
        place = min(_WIDTH - 1, max(0, int((at - since) / max(1e-9, until - since) * _WIDTH)))
        before = found[place]
        found[place] = value if before is None else figure.worse(before, value)
    return found


def _lines(found: Series, judge: limits.Judge, since: float, now: float, old: float) -> Iterator[Line]:
    for name, figure in FIGURES.items():
        for host, points in sorted(found.of(name).items()):
            at, value = points[-1]
            worst = points[0][1]
            for _, one in points:
                worst = figure.worse(worst, one)
            past = course(points, figure, since, now)
            yield Line(name, host, value, now - at, worst, judge.limit(name, host), now - at > old, past)


def _table(seen: Seen, texts: Texts) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    for name, justify in (("figure", "left"), ("host", "left"), ("now", "right"), ("worst", "right"),
                          ("limit", "right"), ("past", "left")):  # fmt: skip
        table.add_column(
            texts(f"watch.column.{name}", minutes=f"{seen.minutes:g}"),
            justify="right" if justify == "right" else "left",
            no_wrap=True,
        )
    before = ""
    for line in seen.lines:
        figure = FIGURES[line.figure]
        style = "dim" if line.old else "bold red" if line.beyond else ""
        now = texts("watch.old", seconds=f"{line.age:.0f}") if line.old else shown(figure, line.now)
        title = figure.title[texts.language] if line.figure != before else ""
        before = line.figure
        table.add_row(
            title,
            line.host,
            Text(now, style=style),
            shown(figure, line.worst) if figure.bad != "none" else "",
            "" if line.limit is None else shown(figure, line.limit),
            bars(line.past),
        )
    return table


def _sampler(found: Companion, texts: Texts) -> str:
    since = ""
    if found.pid and found.alive:
        begun = f"{datetime.fromisoformat(found.since):%Y-%m-%d %H:%M:%S} UTC"
        since = texts("watch.state_since", pid=found.pid, since=begun)
    return texts("watch.state", state=texts(f"watch.state.{found.state}"), since=since)
