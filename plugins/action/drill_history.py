"""Say what a way through still owes before it is carried out. Documentation: plugins/modules/drill_history.py."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback import project
from failback.action import FailbackAction, Outcome
from failback.drills import debt, history, told
from failback.errors import ConfigError

if TYPE_CHECKING:
    from failback.arguments import Arguments
    from failback.drills.debt import Debt


class ActionModule(FailbackAction):
    """Reads the record of past runs; the same in a rehearsal."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "proves": {"type": "str", "required": True, "choices": ["drill", "way_back"]},
        "home": {"type": "str", "required": True},
        "site": {"type": "str", "required": True},
        "strategy": {"type": "str", "required": True, "choices": sorted(told.SCENARIOS)},
        "critical": {"type": "bool", "default": True},
        "at": {"type": "list", "elements": "str", "default": []},
        "valid_days": {"type": "float", "default": debt.VALID_DAYS},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Judge the newest drill, or the newest going back. Raises ConfigError for a home that is not there."""
        home = Path(args.text("home"))
        if not home.is_dir():
            raise ConfigError(f"there is no directory {home}: set RR_HOME to where runs are recorded")
        if args.number("valid_days") <= 0:
            raise ConfigError("site_drills.valid_days must be more than 0")
        wanted = debt.Wanted(
            site=args.text("site"),
            strategy=args.text("strategy"),
            code=project.digest(project.files(project.root())),
            at=tuple(args.texts("at")),
            valid_days=args.number("valid_days"),
        )
        runs, now = history.read(home), datetime.now(UTC)
        run_directory = os.environ.get("RR_RUN_DIR", "")
        excused = history.excuse(Path(run_directory) if run_directory else None)
        if args.text("proves") == "drill":
            owed = debt.judge(runs, wanted, now, history.doubts)
            found = told.of_plan(owed, critical=args.flag("critical"), excused=excused)
        else:
            owed = debt.way_back(runs, wanted, now, history.doubts)
            found = told.of_way_back(owed, excused=excused)
        evidence = _evidence(owed, wanted, excused)
        self.keep(args.text("proves"), {**evidence, "findings": [one.as_dict() for one in found]})
        return Outcome(changed=False, after=owed.state, evidence=evidence, findings=found)


def _evidence(owed: Debt, wanted: debt.Wanted, excused: str) -> dict[str, object]:
    return {
        "state": owed.state,
        "strategy": wanted.strategy,
        "code": wanted.code,
        "sites": [wanted.site, *wanted.at],
        "valid_days": wanted.valid_days,
        "days": owed.days,
        "past": owed.past.as_dict() if owed.past else None,
        "excused": excused,
    }
