"""Prove through the front doors that a stop-gap service could be put up. See plugins/modules/stopgap_trial.py."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback import http
from failback.action import Arguments, FailbackAction, Outcome
from failback.errors import ConfigError
from failback.findings import Finding
from failback.haproxy import stopgap_trial


class ActionModule(FailbackAction):
    """Looks only: what is tried is answered by the load balancer to this very request and to no other."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "doors": {"type": "list", "elements": "dict", "required": True},
        "read_path": {"type": "str", "default": "/"},
        "timeout": {"type": "float", "default": 5.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Ask all doors at the same time; each thing that does not hold is a finding."""
        ways = [http.Door.from_dict(data) for data in args.mappings("doors")]
        if not ways:
            raise ConfigError("service_front_doors is empty: name at least one way in from outside")
        with ThreadPoolExecutor(max_workers=min(8, len(ways))) as pool:
            seen = list(
                pool.map(lambda way: stopgap_trial.door(way, args.text("read_path"), args.number("timeout")), ways)
            )
        evidence: dict[str, Any] = {way.name: tried.evidence for way, tried in zip(ways, seen, strict=True)}
        found = [
            Finding(
                "blocker",
                f"stopgap:door:{way.name}:{number}",
                problem,
                "see the lines of the stop-gap service in docs/inventory.md, or set site_stopgap: none",
            )
            for way, tried in zip(ways, seen, strict=True)
            for number, problem in enumerate(tried.problems, start=1)
        ]
        return Outcome(changed=False, after={"proven": not found}, evidence=evidence, findings=found)
