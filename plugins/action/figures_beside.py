"""Ask the sources beside the sampler, under a small load. See plugins/modules/figures_beside.py."""

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

from rollback_runner import companions
from rollback_runner.site import site as sites
from rollback_runner.watching import agreement, coverage, own_look, play, series, settings

if TYPE_CHECKING:
    from failback.arguments import Arguments

    from rollback_runner.companions import Companion
    from rollback_runner.watching.series import Series
    from rollback_runner.watching.usual_levels import Key

_SAMPLER = "sampler"
_INTERVALS = 3.0  # the sampler gets to show what others saw
_LEAST_WAIT = 5.0  # seconds
_START = "start it with rollback-runner watch start"


class ActionModule(FailbackAction):
    """Reads, and sends some requests that only look; nothing is changed."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "site_directory": {"type": "str", "required": True},
        "doors": {"type": "list", "elements": "dict", "default": []},
        "skip": {"type": "list", "elements": "dict", "default": []},
        "seconds": {"type": "float", "default": 10.0},
        "load": {"type": "bool", "default": True},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Look beside the sampler and compare. Raises FailbackError only where nothing can be looked at."""
        place = play.place()
        companion = companions.state(place.incident, _SAMPLER)
        site = sites.load(args.text("site_directory"))
        chosen = settings.of_site(site)
        keys = play.keys_of(self._task_vars, args.mappings("doors"), args.mappings("skip"))
        # The first sample inside the span still speaks of the time before it.
        seen = own_look.look(
            site, chosen, place, args.number("seconds"), load=args.flag("load") and not self.check_mode
        )
        patience = max(_LEAST_WAIT, _INTERVALS * chosen.interval)
        span = play.wait_for_samples(place, keys, seen.since, seen.until, patience)
        own_look.ask_prometheus(site, seen)
        whole = series.read(place.incident)
        # The last sample that speaks of the span comes up to an interval after it.
        until = max(seen.until, min(coverage.last_seen(span, keys).values(), default=0.0))
        compared = agreement.compare(whole, seen.beside, (seen.since, until), seen.loads, keys)
        evidence: dict[str, object] = {
            "sampler": {"state": companion.state, "pid": companion.pid, "problem": companion.problem},
            "interval_seconds": chosen.interval,
            "from": play.moment(seen.since),
            "until": play.moment(seen.until),
            "made_on_purpose": seen.made,
            "lost": seen.lost,
            "compared": [one.as_dict() | {"proven": one.proven} for one in compared],
            "followed": _followed(whole, keys),
            "breaches": [vars(one) for one in whole.breaches],
            "gaps": [vars(one) for one in whole.gaps][-100:],
        }
        return Outcome(changed=False, evidence=evidence, findings=_findings(companion, span, keys, patience))


def _findings(companion: Companion, span: Series, keys: list[Key], patience: float) -> list[Finding]:
    if not companion.alive:
        why = f": {companion.problem}" if companion.problem else ""
        told = f"nobody follows the figures: the sampler is {companion.state}{why}"
        return [Finding("blocker", "watching:sampler", told, _START)]
    if not coverage.last_seen(span, keys):
        told = f"the sampler is alive, and wrote down not one figure within {patience:.0f} s"
        next_step = f"read {_SAMPLER}.log of the incident, then rollback-runner watch stop and start"
        return [Finding("blocker", "watching:silent", told, next_step)]
    return []


def _followed(whole: Series, keys: list[Key]) -> dict[str, dict[str, object]]:
    """Say what there is of each figure since the incident began."""
    now = time.time()
    found: dict[str, dict[str, object]] = {}
    wanted = dict.fromkeys([*(figure for figure, _ in keys), *whole.figures])
    for figure in wanted:
        hosts = whole.of(figure)
        points = [point for some in hosts.values() for point in some]
        if points:
            first, last = min(at for at, _ in points), max(at for at, _ in points)
            found[figure] = {
                "hosts": sorted(hosts),
                "samples": len(points),
                "since": play.moment(first),
                "seconds_ago": round(now - last, 1),
            }
    return found
