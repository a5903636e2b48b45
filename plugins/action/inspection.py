"""Judge the last look at both sites and put it beside the first. See plugins/modules/inspection.py."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback import incident
from failback.action import Arguments, FailbackAction, Outcome
from failback.errors import ConfigError
from failback.findings import Finding
from failback.situation import inspection


class ActionModule(FailbackAction):
    """Asks nobody: reads what was just drawn, and what prepare kept in the incident."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {"drawn": {"type": "dict", "required": True}}

    def perform(self, args: Arguments) -> Outcome:
        """Compare and judge; each thing that is not as it must be is a finding."""
        now = (args.mapping("drawn").get("evidence") or {}).get("situation")
        if not now:
            raise ConfigError("nothing was drawn that could be judged: the task before this one has no evidence")
        place = incident.of_environment()
        first = incident.facts(place).get(f"situation.{self.host}".lower()) if place is not None else None
        found = inspection.judge(now)
        if first is None:
            told = "the first look (SIT-03) is not in this incident, so there is nothing to compare the last one with"
            found.append(Finding("note", "inspection:first", told))
        compared = inspection.compare(first, now)
        self.keep("inspection", compared)
        if self.check_mode:
            # A rehearsal has moved nothing: what does not hold yet is told, not found.
            return Outcome(changed=False, evidence=compared | {"would_find": [one.sentence for one in found]})
        return Outcome(changed=False, before=compared["headline"]["first"], after=compared["headline"]["now"],
                       evidence=compared, findings=found)  # fmt: skip
