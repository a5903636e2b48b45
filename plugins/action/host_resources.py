"""Check that a host uses no more than it may. See plugins/modules/host_resources.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback.action import Outcome
from failback.baseline import store
from failback.environment import limits
from failback.environment.host import HostAction
from failback.errors import FailbackError

if TYPE_CHECKING:
    from failback.arguments import Arguments


class ActionModule(HostAction):
    """Read-only. One moment of strain is looked at again before it counts."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "limits": {"type": "dict", "default": {}},
        "baseline_directory": {"type": "str", "default": ""},
        "sample": {"type": "float", "default": 1.0},
        "times": {"type": "int", "default": 3},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Look. Raises FailbackError when a limit is passed in every sample."""
        most = limits.Limits.from_dict(args.mapping("limits"))
        problems: list[str] = []
        figures: dict[str, float] = {}
        looks = 0
        while looks < max(1, args.count("times")):
            looks += 1
            read = self.read_host_resources(args)
            figures = limits.used(read)
            problems = limits.breaches(figures, most)
            if not problems:
                break
        known = store.read(args.text("baseline_directory"), self.host) if args.given("baseline_directory") else None
        then = limits.used(known["resources"]) if known and "resources" in known else None
        evidence: dict[str, object] = {"now": figures, "baseline": then, "limits": vars(most), "looks": looks}
        evidence["problems"] = problems
        if problems and not self.check_mode:
            raise FailbackError(f"{self.host}: {'; '.join(problems)} (in {looks} looks)", evidence)
        return Outcome(changed=False, before=then, after=figures, evidence=evidence)

    def read_host_resources(self, args: Arguments) -> dict[str, Any]:
        """Read CPU, memory and disk traffic over one sample."""
        report = self.read_host(args, "resources", disks=[], sample=args.number("sample"))
        found: dict[str, Any] = report["resources"]
        return found
