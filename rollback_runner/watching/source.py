"""What a source of figures is. Each file in ``sources/`` offers ``sources(site, settings, place)``.

A source is read in a thread of its own, so that a slow one keeps nobody waiting. It raises for as long as it is lost;
the sampler notes the gap, tries again and notes its end. A source must never change what it looks at, nor slow it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from failback.errors import FailbackError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rollback_runner.watching.series import Point


class SourceError(FailbackError):
    """The source gives nothing at the moment; the message says why, for people."""


@dataclass(frozen=True)
class Reading:
    """What one reading gave. ``silent`` names the hosts of this source that gave nothing, and why."""

    points: Sequence[Point]
    silent: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """Where a source finds what belongs to the incident: paths, no values."""

    home: Path
    incident: Path


class Source(Protocol):
    """One source of figures.

    ``name`` stands in gaps, such as ``ssh``, ``haproxy`` or ``prometheus``; ``hosts`` are those whose figures are
    missing while it is lost; ``interval`` is in seconds, 0 for the site's own.
    """

    name: str
    hosts: tuple[str, ...]
    interval: float

    def read(self) -> Reading:
        """Read now. Raises `SourceError`, another `FailbackError` or `OSError` when it is lost."""
        ...

    def interrupt(self) -> None:
        """Have a reading that waits end soon; from another thread, safe to repeat, never raises.

        It closes nothing: what a thread reads from is closed by that thread alone. A source that keeps nothing open,
        or waits only seconds, need not do anything.
        """
        return

    def close(self) -> None:
        """Give back connections and processes; from the thread that reads, safe to repeat, never raises."""
        return
