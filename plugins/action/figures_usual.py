"""Record which level of each figure is usual. See plugins/modules/figures_usual.py."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback import package
from failback.action import FailbackAction, Outcome
from failback.baseline import store
from failback.errors import FailbackError
from failback.findings import Finding

package.make_importable()

from rollback_runner.site import site as sites
from rollback_runner.watching import own_look, settings, usual_levels
from rollback_runner.watching.normal import NAME
from rollback_runner.watching.source import Place
from rollback_runner.watching.sources import prometheus

if TYPE_CHECKING:
    from failback.arguments import Arguments

    from rollback_runner.site.site import Site
    from rollback_runner.watching.usual_levels import Key, Usual

_STEP = 60.0  # seconds between two values of the past
_ENOUGH = 30  # values of the past that make a level
_DAY = 86400.0
_ANEW = "record anew when the service is well: rollback-runner baseline --renew"


class ActionModule(FailbackAction):
    """Writes one file on the machine that runs the play; the sources are only read."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "site_directory": {"type": "str", "required": True},
        "baseline_directory": {"type": "str", "required": True},
        "seconds": {"type": "float", "default": 30.0},
        "past_days": {"type": "float", "default": 7.0},
        "until": {"type": "str", "default": ""},
        "renew": {"type": "bool", "default": False},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Keep what was recorded, unless told to record anew. Raises FailbackError when nothing can be said at all."""
        directory = args.text("baseline_directory")
        path = store.path_of(directory, NAME)
        before = store.read(directory, NAME)
        if before is not None and not args.flag("renew"):
            evidence: dict[str, object] = {"file": str(path), "recorded_at": before["recorded_at"], "kept": True}
            told = "the usual levels are on record already: they are kept, unless you record anew"
            return Outcome(changed=False, before=_shown(before), after=_shown(before), evidence=evidence, msg=told)
        site = sites.load(args.text("site_directory"))
        past, lost = self._past(site, args)
        seen, missing = self._look(site, args.number("seconds"))
        found, doubtful = usual_levels.without_failing(seen | past)
        if not found:
            why = "; ".join(f"{name}: {text}" for name, text in (lost | missing).items())
            raise FailbackError(f"no source gave a single figure, so nothing says what is usual: {why}", {"lost": lost})
        content = {
            "recorded_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "run": self.run_id,
            "figures": usual_levels.content(found),
        }
        evidence = {"file": str(path), "recorded_at": content["recorded_at"], "lost": lost | missing}
        evidence |= {
            "doubtful": doubtful,
            "levels": len(found),
            "from_the_past": len(past),
            "looked": len(set(found) - set(past)),
        }
        findings = [Finding("warning", f"usual:{told[:80]}", told, _ANEW) for told in doubtful]
        if self.check_mode:
            return Outcome(
                changed=True, before=_shown(before), after=_shown(content), evidence=evidence, findings=findings
            )
        with self.act("record the usual levels", file=str(path)) as record:
            if before is not None:
                kept = path.with_name(f"{path.stem}.before-{str(content['recorded_at']).replace(':', '')}.json")
                kept.write_bytes(path.read_bytes())
                kept.chmod(0o600)
                evidence["former"] = str(kept)
            _, record["sha256"] = store.write(directory, NAME, content)
        return Outcome(changed=True, before=_shown(before), after=_shown(content), evidence=evidence, findings=findings)

    @staticmethod
    def _look(site: Site, seconds: float) -> tuple[dict[Key, Usual], dict[str, str]]:
        with tempfile.TemporaryDirectory(prefix="rr-usual-") as nowhere:
            place = Place(Path(nowhere), Path(nowhere))
            points, lost = own_look.usual(site, settings.of_site(site), place, seconds)
        return usual_levels.of_many(points, "looked"), lost

    @staticmethod
    def _past(site: Site, args: Arguments) -> tuple[dict[Key, Usual], dict[str, str]]:
        """Ask Prometheus for the days before; what it has too little of is looked at instead."""
        days = args.number("past_days")
        if days <= 0:
            return {}, {}
        try:
            source = prometheus.of_site(site)
            if source is None:
                return {}, {}
            until = _moment(args.text("until")) if args.given("until") else time.time()
            points, wrong = source.past(until - days * _DAY, until, _STEP)
        except FailbackError as error:
            return {}, {"prometheus": str(error)}
        by_key = {one.key: one for one in source.asked}
        found = {
            (by_key[key].figure, by_key[key].host): usual_levels.of_points(
                by_key[key].figure, by_key[key].host, values, "prometheus"
            )
            for key, values in points.items()
            if key in by_key and len(values) >= _ENOUGH
        }
        return found, {f"prometheus {key}": why for key, why in wrong.items()}


def _moment(text: str) -> float:
    from failback.logs.signature import moment  # noqa: PLC0415 - only where a site names one

    found = moment(text)
    if found is None:
        raise FailbackError(f"watching_usual_until is {text!r}, which is no moment such as 2026-03-01T00:00:00Z")
    return found


def _shown(content: dict[str, Any] | None) -> object:
    if content is None:
        return None
    return {"recorded_at": content["recorded_at"], "figures": sorted(content["figures"])}
