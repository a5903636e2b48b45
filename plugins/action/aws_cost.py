"""Say what is left on AWS costs, against the budget. See plugins/modules/aws_cost.py."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback.action import Arguments, FailbackAction, Outcome
from failback.findings import Finding

_PRICES = "give its price in site_cloud_costs.prices"


class ActionModule(FailbackAction):
    """Asks nobody: reads what aws_leftovers found. What has no known price is told, never counted as nothing."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {"leftovers": {"type": "dict", "required": True}}

    def perform(self, args: Arguments) -> Outcome:
        """Judge the sums."""
        seen = args.mapping("leftovers").get("evidence") or {}
        sums = seen.get("costs")
        if not sums:
            told = "the cost of what is left on AWS is not known, because nobody could look there"
            return Outcome(changed=False, evidence={}, findings=[Finding("blocker", "cost:unread", told)])
        rows = [row for row in seen["resources"] if row["cost_day"] is None]
        priced = [row for row in seen["resources"] if row["cost_day"]]
        findings = [
            Finding(
                "warning" if priced else "blocker",
                f"cost:unknown:{row['key']}",
                f"the price of {row['key']} is not known ({', '.join(row['cost_unknown'])}), so the sum leaves it out",
                _PRICES,
            )
            for row in rows
        ]
        if sums["over_budget"]:
            findings.append(Finding("warning", "cost:budget", str(sums["sentence"]), "rollback-runner cleanup plan"))
        evidence = {"costs": sums, "by_resource": {row["key"]: row["cost_day"] for row in seen["resources"]}}
        after = {"day": sums["day"], "month": sums["month"]}
        told = str(sums["sentence"])
        return Outcome(changed=False, after=after, evidence=evidence, findings=findings, msg=told)
