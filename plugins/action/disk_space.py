"""Check that the disks of a host have room, now and for the forecast. See plugins/modules/disk_space.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback.action import Outcome
from failback.baseline import store
from failback.environment import limits
from failback.environment.host import HostAction, seconds_since
from failback.errors import FailbackError

if TYPE_CHECKING:
    from failback.arguments import Arguments


class ActionModule(HostAction):
    """Read-only."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "disks": {"type": "list", "elements": "str", "default": ["/"]},
        "baseline_directory": {"type": "str", "default": ""},
        "least_free": {"type": "float", "default": 0.1},
        "least_bytes": {"type": "int", "default": 1 << 30},
        "least_days": {"type": "float", "default": 30.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Look and forecast. Raises FailbackError for each file system with too little room or too few days."""
        report = self.read_host(args, "resources", disks=args.texts("disks"), sample=0.0)
        known = store.read(args.text("baseline_directory"), self.host) if args.given("baseline_directory") else None
        then = (known or {}).get("resources", {}).get("disks", {})
        passed = seconds_since(str(known["recorded_at"])) if known else 0.0
        found: list[dict[str, object]] = []
        problems: list[str] = []
        for path, now in report["resources"]["disks"].items():
            if "error" in now:
                problems.append(f"{path}: {now['error']}")
                continue
            seen = limits.outlook(path, now, then.get(path), passed)
            found.append(seen.as_dict())
            problems += limits.shortages(
                seen,
                least_free=args.number("least_free"),
                least_bytes=args.count("least_bytes"),
                least_days=args.number("least_days"),
            )
        evidence: dict[str, object] = {"disks": found, "problems": problems}
        evidence["forecast_from"] = known["recorded_at"] if known else "no baseline, so no forecast"
        if problems and not self.check_mode:
            raise FailbackError(f"{self.host}: {'; '.join(problems)}: make room, or grow the disk", evidence)
        return Outcome(changed=False, before=then or None, after=found, evidence=evidence)
