"""Compute what the incident did to the service level. Documentation: plugins/modules/told_service_level.py."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback import incident, package
from failback.action import Arguments, FailbackAction, Outcome
from failback.findings import Finding

package.make_importable()

from rollback_runner.telling import measure

_FIGURES = ("downtime", "unknown", "source", "used_share", "credit", "credit_at_most")


class ActionModule(FailbackAction):
    """Reads what clients saw, and keeps the figures with the incident."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "site": {"type": "str", "required": True},
        "agreement": {"type": "dict", "default": {}},
        "balancers": {"type": "list", "elements": "str", "default": []},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Compute downtime, error budget and credit; changed when they are not what was kept."""
        place = incident.of_environment()
        if place is None:
            none = Finding("warning", "incident:none", "there is no open incident, so there is nothing to compute")
            return Outcome(changed=False, findings=[none])
        before = incident.facts(place).get(measure.NAME) or {}
        home = Path(os.environ.get("RR_HOME") or ".")
        given = {"site_sla": args.mapping("agreement"), "balancers": args.texts("balancers")}
        found = measure.service_level(home, place, args.text("site"), given, time.time())
        changed = any(before.get(name) != found.get(name) for name in _FIGURES)
        if changed and not self.check_mode:
            incident.keep(place, measure.NAME, found)
        findings = []
        if found["source"] == "none":
            sentence = "the downtime was not measured: there is no clients' ledger and no reading at a load balancer"
            findings.append(Finding("warning", "sla:unmeasured", sentence, "rollback-runner watch start"))
        seen = {name: found.get(name) for name in _FIGURES}
        return Outcome(
            changed=changed,
            before={name: before.get(name) for name in _FIGURES} if before else None,
            after=seen,
            evidence=found,
            findings=findings,
        )
