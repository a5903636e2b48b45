"""Find what the move left on AWS and propose what becomes of it. See plugins/modules/aws_leftovers.py."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback.action import Arguments, FailbackAction, Outcome
from failback.errors import FailbackError
from failback.findings import Finding
from failback.leftovers import find, prices, propose
from failback.leftovers import site as clouds

_AGAIN = "rollback-runner phase complete, when AWS answers"


class ActionModule(FailbackAction):
    """Looks only. Who ends something does so with `cleanup apply`, which looks again."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "database": {"type": "dict", "required": True},
        "service": {"type": "dict", "default": {}},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Look at the whole account, keep what is the site's, propose. Raises ConfigError for settings alone."""
        cloud = clouds.cloud(args.mapping("database"), args.mapping("service"))
        try:
            found = find.look(cloud.looking, cloud.scope)
        except FailbackError as error:
            told = f"nobody knows what is left on AWS: {error}"
            evidence = {"resources": [], "answers": False, "error": str(error)}
            silent = Finding("blocker", "leftovers:silent", told, _AGAIN)
            return Outcome(changed=False, evidence=evidence, findings=[silent])
        today = datetime.now(UTC).date()
        proposals = propose.propose(found, cloud.rule, today)
        costs = [(one.resource, prices.cost(one.resource, cloud.prices)) for one in proposals]
        rows = [
            one.as_dict()
            | {"kind": resource.kind, "id": resource.id}
            | {"cost_day": cost.day, "cost_parts": list(cost.parts), "cost_unknown": list(cost.unknown)}
            for one, (resource, cost) in zip(proposals, costs, strict=True)
        ]
        total = prices.sum_up(costs, cloud.prices)
        sums = {
            **vars(total),
            "over_budget": total.over_budget,
            "sentence": total.sentence(),
            "prices_as_of": cloud.prices.as_of,
        }
        evidence = {
            "answers": True,
            "resources": rows,
            "neighbours": dict(found.neighbours),
            "unread": list(found.unread),
            "costs": sums,
        }
        self.keep("leftovers", evidence)
        findings = [
            *(Finding("blocker", f"leftovers:unread:{n}", f"not looked at: {one}", _permit(one))
              for n, one in enumerate(found.unread, start=1)),
            *(Finding("note", f"leftovers:{one.owner}:{one.key}", f"{one.key} is {one.owner}: {one.because}")
              for one in found.resources if one.owner != "site"),
        ]  # fmt: skip
        going = sum(one.action != "keep" for one in proposals)
        told = f"{len(rows)} resources are left on AWS; {going} are proposed to go, none of them now"
        return Outcome(
            changed=False, after={"left": len(rows), "to_go": going}, evidence=evidence, findings=findings, msg=told
        )


def _permit(what: str) -> str:
    return f"let the tool's user read it ({what.partition(':')[0]}), then rollback-runner phase complete"
