"""Say what would have been, or was, tried when a restore failed. See plugins/modules/contingency.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback import contingency, incident, package
from failback.action import FailbackAction, Outcome

package.make_importable()

from rollback_runner.errors import RunnerError
from rollback_runner.record import incident_runs

if TYPE_CHECKING:
    from failback.arguments import Arguments


class ActionModule(FailbackAction):
    """Asks nobody: reads what prepare found and what the runs of the incident tried."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "sources": {"type": "list", "elements": "dict", "default": []},
        "home": {"type": "str", "required": True},
        "site_name": {"type": "str", "required": True},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Put the sources, their verdicts and the attempts together, and judge them."""
        place = incident.of_environment()
        facts = incident.facts(place) if place is not None else {}
        known = facts.get(f"backup_again.{self.host}".lower()) or facts.get(f"backup.{self.host}".lower())
        reports = []
        if place is not None:
            for run in incident_runs.runs_of(Path(args.text("home")), place.name, args.text("site_name")):
                if run.id == self.run_id:
                    continue
                try:
                    reports.append(incident_runs.report_of(run))
                except RunnerError as error:
                    self._display.warning(f"{run.id}: {error}")
        attempts = contingency.tried(reports)
        order = [str(one.get("name", "")) for one in args.mappings("sources")]
        found = contingency.judge(known, attempts, order)
        verdicts = {str(one["name"]): str(one["verdict"]) for one in (known or {}).get("sources") or ()}
        used = [one["name"] for attempt in attempts for one in attempt["sources"] if one["used"]]
        evidence: dict[str, object] = {
            "order": order,
            "verdicts": verdicts,
            "attempts": attempts,
            "used": used[-1] if used else "",
        }
        return Outcome(
            changed=False, after={"used": used[-1] if used else "none was needed"}, evidence=evidence, findings=found
        )
