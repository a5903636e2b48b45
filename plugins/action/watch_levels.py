"""Check that the figures are back at their usual level. See plugins/modules/watch_levels.py."""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback import package
from failback.action import FailbackAction, Outcome
from failback.findings import Finding

package.make_importable()

from rollback_runner.watching import levels, play, series, usual_levels
from rollback_runner.watching.catalogue import FIGURES, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.arguments import Arguments

    from rollback_runner.watching.levels import Level
    from rollback_runner.watching.notes import Breach

_SHOWN = 8
_RECORD = "record it with rollback-runner baseline before a migration, or name the level in watching_usual"


class ActionModule(FailbackAction):
    """Looks only."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "baseline_directory": {"type": "str", "default": ""},
        "usual": {"type": "dict", "default": {}},
        "tolerance": {"type": "dict", "default": {}},
        "doors": {"type": "list", "elements": "dict", "default": []},
        "skip": {"type": "list", "elements": "dict", "default": []},
        "window": {"type": "float", "default": 600.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Judge the last minutes. Every figure that is away, or cannot be judged, is named."""
        place = play.place()
        keys = play.keys_of(self._task_vars, args.mappings("doors"), args.mappings("skip"))
        usual = usual_levels.read(args.text("baseline_directory"), args.mapping("usual"))
        tolerance = levels.Tolerance.of(args.mapping("tolerance"))
        window = args.number("window")
        seen = series.read(place.incident, since=time.time() - window)
        found = levels.levels(seen, keys, usual, tolerance)
        lasting = [one for one in seen.breaches if one.ended is None]
        evidence: dict[str, object] = {
            "window_seconds": window,
            "back": sum(one.state == "back" for one in found),
            "away": [one.sentence() for one in found if one.state == "away"],
            "levels": [one.as_dict() for one in found],
            "usual_from": sorted({one.source for one in usual.values()}),
            "breaches_that_last": [vars(one) for one in lasting],
        }
        if self.check_mode:
            return Outcome(changed=False, evidence=evidence)
        return Outcome(changed=False, evidence=evidence, findings=_findings(found, lasting, window))


def _findings(found: Sequence[Level], lasting: Sequence[Breach], window: float) -> list[Finding]:
    told = [
        Finding("blocker", f"level:{one.figure}:{one.host}", f"not back at the usual level: {one.sentence()}", _CAUSE)
        for one in found
        if one.state == "away"
    ]
    if silent := [one.sentence() for one in found if one.state == "no samples"]:
        sentence = f"nothing was measured in the last {play.clock(window)}, so nobody knows the level: {_some(silent)}"
        told.append(Finding("blocker", "level:no-samples", sentence, "rollback-runner watch status tells what is lost"))
    unknown = [f"{one.figure} of {one.host}" for one in found if one.state == "nothing usual"]
    if unknown:
        sentence = f"nobody recorded what is usual, so this cannot be judged: {_some(unknown)}"
        told.append(Finding("blocker", "level:nothing-usual", sentence, _RECORD))
    for one in lasting:
        figure = FIGURES.get(one.figure)
        value, limit = (shown(figure, part) if figure else str(part) for part in (one.value, one.limit))
        sentence = (
            f"{one.figure} of {one.host} is beyond its limit since {play.moment(one.began)}: {value}, not {limit}"
        )
        told.append(Finding("blocker", f"breach:{one.figure}:{one.host}", sentence, _CAUSE))
    return told


_CAUSE = "find what holds it there; a level that is right by now is named in watching_usual or watching_tolerance"


def _some(names: Sequence[str]) -> str:
    rest = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
