"""Wait until a service was watched long enough. See plugins/modules/watch_length.py."""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback import package
from failback.action import FailbackAction, Outcome
from failback.errors import ConfigError
from failback.findings import Finding

package.make_importable()

from rollback_runner import companions
from rollback_runner.watching import coverage, play, series

if TYPE_CHECKING:
    from failback.arguments import Arguments

    from rollback_runner.watching.coverage import Coverage, Hole
    from rollback_runner.watching.source import Place
    from rollback_runner.watching.usual_levels import Key

_MARK = "watch"
_LOOK_EVERY = 5.0  # seconds; a look reads no more than what is new to the disk cache
_SHOWN = 6
_CHECKLIST = 7200.0  # seconds: WATCH-01 asks for two hours or more; a drill is shorter, and says so


class ActionModule(FailbackAction):
    """Looks, waits, looks again. What it puts on record is only when the watch began."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "doors": {"type": "list", "elements": "dict", "default": []},
        "skip": {"type": "list", "elements": "dict", "default": []},
        "needed": {"type": "float", "default": 7200.0},
        "longest_gap": {"type": "float", "default": 300.0},
        "timeout": {"type": "float", "default": 0.0},
        "go_on": {"type": "str", "default": "rollback-runner rollback"},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Judge what was watched since the watch began, waiting for the rest as long as it may."""
        needed, allowed = args.number("needed"), args.number("longest_gap")
        if needed <= 0 or allowed <= 0:
            raise ConfigError("watching_length and watching_longest_gap must be more than 0 seconds")
        place = play.place()
        keys = play.keys_of(self._task_vars, args.mappings("doors"), args.mappings("skip"))
        began = play.mark(place, _MARK, keep=not self.check_mode)
        limit = time.monotonic() + (0.0 if self.check_mode else args.number("timeout"))
        while True:
            seen = _look(place, keys, began, allowed)
            left = needed - seen.watched
            if left <= 0 or seen.absent or any(hole.open for hole in seen.holes) or time.monotonic() >= limit:
                break
            time.sleep(max(0.1, min(_LOOK_EVERY, left, limit - time.monotonic())))
        sampler = companions.state(place.incident, "sampler")
        evidence: dict[str, object] = {
            "began": play.moment(began),
            "counts_from": play.moment(seen.counts_from),
            "watched_seconds": round(seen.watched, 1),
            "needed_seconds": needed,
            "samples": seen.samples,
            "figures": len(keys),
            "longest_gap_seconds": round(seen.longest, 1),
            "allowed_gap_seconds": allowed,
            "gaps": [_told(hole) for hole in seen.holes[-50:]],
            "no_sample_at_all": [f"{figure} of {host}" for figure, host in seen.absent],
            "sampler": sampler.state,
        }
        if self.check_mode:
            return Outcome(changed=False, evidence=evidence)
        findings = _findings(seen, needed, allowed)
        waiting = ""
        if left > 0 and not any(one.severity == "blocker" for one in findings):
            progress = f"{play.clock(seen.watched)} of {play.clock(needed)}"
            waiting = f"watched for {progress}; the sampler goes on by itself, come back with: {args.text('go_on')}"
        return Outcome(changed=False, evidence=evidence, findings=findings, waiting=waiting)


def _look(place: Place, keys: list[Key], began: float, allowed: float) -> Coverage:
    return coverage.coverage(series.read(place.incident, since=began), keys, began, time.time(), allowed)


def _findings(seen: Coverage, needed: float, allowed: float) -> list[Finding]:
    found = []
    start = "start the sampler again (rollback-runner watch start), then run the watch again"
    if seen.absent:
        names = [f"{figure} of {host}" for figure, host in seen.absent]
        told = f"no sample since the watch began: {_some(names)}"
        found.append(Finding("blocker", "watch:absent", told, f"{start}; what is not to be followed: watching_skip"))
    short = seen.watched < needed
    if not short and needed < _CHECKLIST:
        told = f"watched for {play.clock(seen.watched)}; the checklist asks for two hours (watching_length)"
        found.append(Finding("warning", "watch:length", told))
    for hole in seen.holes:
        lasts = "and it lasts" if hole.open else f"until {play.moment(hole.until)}"
        told = (
            f"nobody followed {_some(hole.hosts)} for {play.clock(hole.seconds)} from {play.moment(hole.since)} {lasts}"
            f" ({play.clock(allowed)} allowed): {hole.why}"
        )
        # A gap that enough has been watched after is history; before that, the watch is not what it must be.
        if hole.open:
            found.append(Finding("blocker", f"watch:gap:{hole.since:.0f}", told, start))
        elif short:
            counts = f"the watch counts from {play.moment(seen.counts_from)}: {play.clock(seen.watched)} of"
            found.append(Finding("blocker", f"watch:gap:{hole.since:.0f}", told, f"{counts} {play.clock(needed)}"))
        else:
            found.append(Finding("warning", f"watch:gap:{hole.since:.0f}", told))
    return found


def _told(hole: Hole) -> dict[str, object]:
    return {
        "since": play.moment(hole.since),
        "seconds": round(hole.seconds, 1),
        "lasts": hole.open,
        "hosts": list(hole.hosts),
        "figures": sorted({figure for figure, _ in hole.keys}),
        "why": hole.why,
    }


def _some(names: tuple[str, ...] | list[str]) -> str:
    rest = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
