"""Measure what RDS has that IDC has not. Documentation: plugins/modules/data_at_stake.py."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback import incident
from failback.action import Arguments, FailbackAction, Outcome
from failback.errors import ConfigError, FailbackError
from failback.mysql import Login
from failback.stake import fact, found, measure, words

FACT = "stake"


class ActionModule(FailbackAction):
    """Reads only, so a rehearsal does the same; what servers say or do not is a finding, never a failure."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "aws": {"type": "dict", "required": True},
        "idc": {"type": "dict", "required": True},
        "cutover_gtid": {"type": "str", "required": True},
        "schemas": {"type": "list", "elements": "str", "required": True},
        "tables": {"type": "dict", "default": {}},
        "deadline": {"type": "float", "default": 120.0},
        "accept_loss": {"type": "str", "default": ""},
        "strategy": {"type": "str", "default": ""},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Measure, keep the fact, and say what was found."""
        deadline = args.number("deadline")
        if deadline <= 0:
            raise ConfigError(f"stake_deadline is {deadline:g}: set it to the seconds that counting may take")
        ask = measure.Question(
            aws=Login.from_dict(args.mapping("aws"), "db_aws"),
            idc=Login.from_dict(args.mapping("idc"), "db_idc"),
            cutover=measure.cutover(args.text("cutover_gtid")),
            schemas=args.texts("schemas"),
            names=words.names(args.mapping("tables")),
            deadline=deadline,
            accepted_loss=args.text("accept_loss"),
            strategy=args.text("strategy"),
            last=self._last(),
        )
        got = measure.measure(ask, self._tell)
        now = datetime.now(UTC)
        told = fact.fact(ask, got, now)
        self.keep(FACT, told)
        return Outcome(changed=False, evidence=told, findings=found.findings(ask, got, now))

    def _tell(self, left: int, seconds: float) -> None:
        self.note("progress", stage="stake", transactions_left=left, elapsed=round(seconds, 1))

    def _last(self) -> dict[str, Any]:
        """Read what the last look kept to which RDS answered; it may have fallen silent since."""
        place = incident.of_environment()
        if place is None:
            return {}
        try:
            kept = incident.facts(place).get(f"{FACT}.{self.host}".lower())
        except FailbackError:
            return {}
        if not isinstance(kept, dict):
            return {}
        answered = kept if kept.get("rds", {}).get("reachable") else kept.get("last_answer")
        return answered if isinstance(answered, dict) else {}
