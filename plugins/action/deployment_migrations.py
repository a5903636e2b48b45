"""Find the migrations that the target's code does not know. See plugins/modules/deployment_migrations.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback.action import FailbackAction, Outcome
from failback.deployment.migrations.look import Look
from failback.deployment.migrations.settings import Settings
from failback.findings import Finding

if TYPE_CHECKING:
    from failback.arguments import Arguments
    from failback.deployment.migrations.gate import Gate
    from failback.findings import Severity


class ActionModule(FailbackAction):
    """Looks only: the evidence is the gate (failback.deployment.migrations.gate.Gate)."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "source": {"type": "dict", "required": True},
        "migrations": {"type": "dict", "required": True},
        "database": {"type": "dict", "required": True},
        "target": {"type": "str", "required": True},
        "live": {"type": "str", "default": ""},
        "commits": {"type": "list", "elements": "str", "default": []},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Read and judge. Raises what failback.deployment.migrations.look raises."""
        settings = Settings.of(args.mapping("source"), args.mapping("migrations"), args.mapping("database"))
        look = Look.at(settings)
        commits = [one for one in args.texts("commits") if one]
        gate = look.gate(args.text("target"), args.text("live"), commits)
        self.keep("deployment-gate", gate.as_dict())
        return Outcome(
            changed=False,
            before=None,
            after={"verdict": gate.verdict, "ahead": [one.name for one in gate.ahead]},
            evidence=gate.as_dict(),
            msg=" ".join(one["en"] for one in gate.why),
            findings=_findings(gate),
        )


def _findings(gate: Gate) -> list[Finding]:
    """Tell what is not known, and what compatible changes may still do. What follows from it is DEPLOY-07's."""
    severity: Severity = "warning" if gate.verdict == "unknown" or gate.pending else "note"
    told = [Finding(severity, f"migrations:{gate.verdict}:{at}", one["en"]) for at, one in enumerate(gate.why)]
    return told + [Finding("note", f"migrations:warns:{at}", one["en"]) for at, one in enumerate(gate.warns)]
