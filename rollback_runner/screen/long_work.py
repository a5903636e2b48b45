"""Long work inside of a task (a restore, a comparison, a copy) as the plugins tell it, in sentences for a view."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from failback import progress

if TYPE_CHECKING:
    from pathlib import Path

    from failback.progress import Work

    from rollback_runner.messages import Texts

_UNITS = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


@dataclass
class LongWork:
    """What goes on now in a run's directory; `look` reads, the rest only tells.

    A file that an earlier task left behind is not what goes on: only what was written since `task_began` counts.
    """

    directory: Path | None
    going: list[Work] = field(default_factory=list)
    _since: float = field(default_factory=time.time)
    _breached: set[tuple[str, str]] = field(default_factory=set)
    _told: dict[tuple[str, str], tuple[str, float]] = field(default_factory=dict)

    def task_began(self) -> None:
        """Forget what the task before told."""
        self._since, self.going = time.time(), []

    def look(self) -> list[Work]:
        """Read the files anew; return the work that has just passed its budget, each once a run."""
        if self.directory is None:
            return []
        now, works = time.time(), progress.works(self.directory)
        self.going = [_by_now(one, now) for one in works if not one.ended and one.written_at >= self._since]
        fresh = [one for one in self.going if one.breach and _key(one) not in self._breached]
        for one in fresh:
            self._breached.add(_key(one))
            self._told.pop(_key(one), None)  # its figures belong beside that word
        return fresh

    def due(self, every: float) -> list[Work]:
        """Return the work whose stage is new, or that was not told for `every` seconds."""
        now, found = time.monotonic(), []
        for one in self.going:
            stage, at = self._told.get(_key(one), ("", 0.0))
            if stage != one.stage or now - at >= every:
                self._told[_key(one)] = (one.stage, now)
                found.append(one)
        return found


def line(texts: Texts, work: Work) -> str:
    """Say how far it is: stage, share, rate, and the forecast against the budget."""
    parts = [texts(f"work.stage.{work.stage}") if texts.has(f"work.stage.{work.stage}") else work.stage]
    if work.share >= 0:
        parts.append(texts("live.work.share", share=f"{work.share:.0%}"))
    if work.rate > 0:
        parts.append(_rate(work))
    parts.append(texts("live.work.elapsed", elapsed=minutes(work.elapsed)))
    if work.budget_seconds:
        ahead = texts("live.work.unknown") if work.forecast_seconds < 0 else minutes(work.forecast_seconds)
        parts.append(texts("live.work.forecast", forecast=ahead, budget=minutes(work.budget_seconds)))
    return f"{_name(texts, work)}: {', '.join(parts)}"


def breach(texts: Texts, work: Work) -> str:
    """Say that it will not end in time."""
    ahead = max(work.forecast_seconds, work.elapsed)
    return texts(
        "live.work.breach",
        work=_name(texts, work),
        forecast=minutes(ahead),
        budget=minutes(work.budget_seconds),
    )


def _by_now(work: Work, now: float) -> Work:
    """Let its clock run on: work that is silent within one long piece passes its budget all the same."""
    elapsed = work.elapsed + max(0.0, now - work.written_at)
    late = 0 < work.budget_seconds < elapsed
    return replace(work, elapsed=elapsed, breach=work.breach or late)


def _name(texts: Texts, work: Work) -> str:
    known = texts(f"work.{work.work}") if texts.has(f"work.{work.work}") else work.work
    return f"{known} ({work.host})"


def _rate(work: Work) -> str:
    if work.unit != "bytes":
        return f"{work.rate:,.0f} {work.unit}/s"
    for size, name in _UNITS:
        if work.rate >= size:
            return f"{work.rate / size:.1f} {name}/s"
    return f"{work.rate:.0f} B/s"


def minutes(seconds: float) -> str:
    """Write seconds as minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _key(work: Work) -> tuple[str, str]:
    return work.work, work.host
