"""Check that the figures of one item are followed, and true. See plugins/modules/figures_followed.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback import incident, package
from failback.action import FailbackAction, Outcome
from failback.errors import ConfigError
from failback.findings import Finding

package.make_importable()

from rollback_runner.watching import play, required
from rollback_runner.watching.catalogue import FIGURES, of_item

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from failback.arguments import Arguments

    from rollback_runner.watching.usual_levels import Key

_PATTERNS = "MON-05"
_TOP = 10
_RUN = "rollback-runner watch status tells what is lost"


class ActionModule(FailbackAction):
    """Looks only: at what `figures_beside` found, and at the logs that were read."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "item": {"type": "str", "required": True},
        "seen": {"type": "dict", "required": True},
        "doors": {"type": "list", "elements": "dict", "default": []},
        "skip": {"type": "list", "elements": "dict", "default": []},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Judge one item."""
        item, seen = args.text("item"), args.mapping("seen")
        figures = {figure.name for figure in of_item(item)}
        if not figures:
            known = sorted({figure.item for figure in FIGURES.values()})
            raise ConfigError(f"no figure serves {item}; those that are served: {', '.join(known)}")
        keys = play.keys_of(self._task_vars, args.mappings("doors"), args.mappings("skip"))
        mine = required.of_item(keys, item)
        compared = [one for one in seen.get("compared") or () if one["figure"] in figures]
        followed = {name: told for name, told in (seen.get("followed") or {}).items() if name in figures}
        evidence: dict[str, object] = {
            "followed": followed,
            "interval_seconds": seen.get("interval_seconds"),
            "compared": compared,
            "made_on_purpose": seen.get("made_on_purpose"),
            "breaches": [one for one in seen.get("breaches") or () if one["figure"] in figures],
        }
        found = list(_findings(item, mine, compared, seen))
        if item == _PATTERNS:
            patterns = self._patterns()
            evidence["patterns"] = patterns
            if not patterns["logs"]:
                told = "no log was read in this incident, so nobody knows the patterns of its errors"
                found.append(Finding("blocker", "followed:MON-05:logs", told, "name containers or watching_logs"))
        return Outcome(changed=False, evidence=evidence, findings=found)

    @staticmethod
    def _patterns() -> dict[str, Any]:
        """Gather the kinds of errors that were found in the logs, the most frequent first."""
        kept = incident.facts(play.place().incident)
        logs = {name.partition(".")[2]: facts for name, facts in kept.items() if name.startswith("logs.")}
        kinds = [{"host": host, **kind} for host, facts in logs.items() for kind in facts.get("kinds") or ()]
        kinds.sort(key=lambda kind: -int(kind["count"]))
        return {
            "logs": {host: facts.get("sources") for host, facts in logs.items()},
            "kinds": len(kinds),
            "top": kinds[:_TOP],
        }


def _findings(
    item: str, keys: list[Key], compared: list[Mapping[str, Any]], seen: Mapping[str, Any]
) -> Iterator[Finding]:
    by_key = {(one["figure"], one["host"]): one for one in compared}
    proven = 0
    for figure, host in keys:
        one = by_key.get((figure, host))
        if one is None or one["sampled"] is None:
            if figure not in required.ONLY_WHEN_USED:
                why = _why(host, seen)
                yield Finding("blocker", f"followed:{figure}:{host}", f"{figure} of {host} has no sample: {why}", _RUN)
            continue
        if one.get("wrong"):
            next_step = (
                "compare it by hand; a sampler that is wrong is restarted: rollback-runner watch stop, then start"
            )
            yield Finding("blocker", f"followed:{figure}:{host}", str(one["wrong"]), next_step)
        proven += bool(one.get("proven"))
    if keys and not proven:
        told = f"nobody but the sampler gave a figure of {item}, so its values are not proven to be true"
        lost = "; ".join(f"{name}: {why}" for name, why in (seen.get("lost") or {}).items())
        yield Finding("blocker", f"followed:{item}:unproven", told + (f" ({lost})" if lost else ""), _RUN)


def _why(host: str, seen: Mapping[str, Any]) -> str:
    """Say why there is no sample, from the gaps that last and what could not be looked at beside the sampler."""
    gaps = [one for one in seen.get("gaps") or () if one["until"] is None and one["host"] in {"", host}]
    said = [f"{one['figure_source']}: {one['why']}" for one in gaps]
    said += [f"{name}: {why}" for name, why in (seen.get("lost") or {}).items() if host in name.split()]
    return "; ".join(dict.fromkeys(said)) or "no source gives it; the sampler's log says more"
