"""The sampler: follows every figure of a site from the first phase to the end of the incident.

It reads sources, keeps points, notes gaps, judges limits and raises breaches. It decides nothing about the run and
never writes into its journal. Killed and started again it goes on: open gaps and breaches are read back, and the time
in which nobody watched is a gap on record.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from rollback_runner.watching import alarms, limits, normal, notes, series, settings, sources
from rollback_runner.watching.keeping import Keeper
from rollback_runner.watching.notes import SAMPLER, Gap
from rollback_runner.watching.readers import Readers
from rollback_runner.watching.source import Place

if TYPE_CHECKING:
    from rollback_runner.companion import Context
    from rollback_runner.watching.notes import Notes
    from rollback_runner.watching.readers import Told
    from rollback_runner.watching.settings import Settings

_SECRETS = "secret-files"
_REMIND = 5.0  # seconds between two looks at how far the ladder was climbed
_LEAST_PAUSE = 10.0  # seconds of standstill that count as a gap
_USUAL_AGE = 60.0  # seconds between two looks at the baseline, which may be recorded while we watch


def run(context: Context) -> None:
    """Work until the incident is over."""
    chosen = settings.of_site(context.site)
    place = Place(context.home, context.incident)
    found = sources.build(context.site, chosen, place, context.log)
    readers = Readers(found, chosen.interval)
    sampler = Sampler(context, chosen)
    sampler.begin(sorted({f"{source.name}: {', '.join(source.hosts)}" for source in found}))
    readers.begin()
    try:
        while not (why := context.over()):
            sampler.take(readers.take(min(1.0, chosen.interval)))
    finally:
        readers.end()
    sampler.end(why)


class Sampler:
    """What is known while it works: what each source gave last, which gaps and breaches last."""

    def __init__(self, context: Context, chosen: Settings) -> None:
        self._context = context
        self._settings = chosen
        self._incident = context.incident
        self._keeper = Keeper(context.incident, context.log)
        before = notes.read(context.incident)
        self._judge = limits.judge(
            chosen, normal.of_site(context.site), (b for b in before.breaches if b.ended is None)
        )
        self._gaps = {
            (gap.figure_source, gap.host): gap
            for gap in before.gaps
            if gap.until is None and gap.figure_source != SAMPLER
        }
        self._before = before
        self._last: dict[tuple[str, str], float] = {}
        self._moment = time.time()
        self._reminded = self._baselined = time.monotonic()

    def begin(self, names: list[str]) -> None:
        """Put on record that watching begins, and since when nobody did."""
        now = time.time()
        series.place(self._incident).mkdir(exist_ok=True, mode=0o700)
        # Notes may repeat what a server said; the journal takes the values in these files out of them.
        listing = series.place(self._incident) / _SECRETS
        try:
            listing.write_text("\n".join(self._context.site.secret_files) + "\n", encoding="utf-8")
        except OSError as error:
            self._context.log(f"{listing}: {error.strerror}")
        unwatched = unwatched_since(self._before, self._context.last_beat)
        if unwatched is not None:
            self._keeper.gap(Gap(SAMPLER, "", unwatched, now, why_unwatched(self._before)))
        self._keeper.note("watch_began", at=now, pid=os.getpid(), interval=self._settings.interval, sources=names)
        self._keeper.flush()
        # Killed between the record and the word: what is on record is told now; what was told is not told again.
        for breach in self._before.breaches:
            if breach.ended is None:
                alarms.raise_(self._incident, self._context.site, breach)
            else:
                alarms.settle(self._incident, breach)
        self._moment = now

    def take(self, told: list[Told]) -> None:
        """Keep what was told, judge it, and tell of what changed."""
        self._notice_standstill()
        for one in told:
            self._of_source(one)
        if self._keeper.flush() and time.monotonic() - self._reminded >= _REMIND:
            self._remind()

    def end(self, why: str) -> None:
        """Put on record that watching ended."""
        self._keeper.note("watch_ended", at=time.time(), why=why)
        self._keeper.flush()

    def _of_source(self, told: Told) -> None:
        name, hosts = told.source.name, told.source.hosts
        silent = dict.fromkeys(hosts, told.why) if told.reading is None else dict(told.reading.silent)
        for host in hosts:
            if host in silent:
                self._lost(name, host, silent[host], told.at)
            else:
                self._back(name, host, told.at)
        if told.reading is None:
            return
        self._keeper.points(told.reading.points)
        for point in told.reading.points:
            change = self._judge.take(point)
            if change is None:
                continue
            self._keeper.breach(change.breach, change.kind)
            # The record comes first: what people are told rests on it.
            self._keeper.flush()
            self._context.log(f"{change.kind}: {change.breach}")
            if change.kind == "breach_began":
                alarms.raise_(self._incident, self._context.site, change.breach)
            else:
                alarms.settle(self._incident, change.breach)

    def _lost(self, name: str, host: str, why: str, at: float) -> None:
        if (name, host) in self._gaps:
            return
        gap = Gap(name, host, self._last.get((name, host), at), None, why)
        self._gaps[name, host] = gap
        self._keeper.gap(gap)
        self._context.log(f"lost: {name} {host}: {why}")

    def _back(self, name: str, host: str, at: float) -> None:
        gap = self._gaps.pop((name, host), None)
        if gap is not None:
            self._keeper.gap(Gap(name, host, gap.since, at, gap.why))
            self._context.log(f"back: {name} {host} after {at - gap.since:.0f} s")
        self._last[name, host] = at

    def _notice_standstill(self) -> None:
        """Note a span in which this process itself stood still: a suspended machine, a clock that was set."""
        now = time.time()
        if now - self._moment > max(_LEAST_PAUSE, 3 * self._settings.interval):
            self._keeper.gap(Gap(SAMPLER, "", self._moment, now, "the sampler stood still, or its clock was set"))
        self._moment = now

    def _remind(self) -> None:
        """Raise again what lasts (nothing happens twice), note how far it got, and read the baseline anew."""
        self._reminded = time.monotonic()
        lasting = self._judge.lasting
        for breach in lasting:
            alarms.raise_(self._incident, self._context.site, breach)
        reached = alarms.levels(self._incident, lasting)
        for breach in lasting:
            level = reached.get((breach.figure, breach.host), breach.level)
            if level > breach.level:
                self._keeper.breach(self._judge.raised(breach, level), "breach_raised")
        if self._reminded - self._baselined >= _USUAL_AGE:
            self._baselined = self._reminded
            self._judge.usual = normal.of_site(self._context.site)


def unwatched_since(before: Notes, last_beat: float | None) -> float | None:
    """Say since when nobody watched, None when this is the first time. Pure."""
    if before.began is None:
        return None
    return before.ended if before.ended is not None else max(before.began, last_beat or 0.0)


def why_unwatched(before: Notes) -> str:
    """Say why nobody did. Pure."""
    return "watching was stopped" if before.ended is not None else "the sampler was killed, or its machine was off"
