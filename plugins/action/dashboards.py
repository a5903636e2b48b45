"""Look at the dashboards that will be watched. Documentation: plugins/modules/dashboards.py."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback.action import Arguments, FailbackAction, Outcome
from failback.people import dashboards


class ActionModule(FailbackAction):
    """Looks only: does each dashboard answer, and how old is its newest figure."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "dashboards": {"type": "list", "elements": "dict", "default": []},
        "timeout": {"type": "float", "default": 5.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Fetch all at once and judge their age."""
        seen = dashboards.look(dashboards.of_site(args.mappings("dashboards")), timeout=args.number("timeout"))
        evidence: dict[str, object] = {"dashboards": [asdict(one) for one in seen]}
        return Outcome(changed=False, evidence=evidence, findings=list(dashboards.findings(seen)))
