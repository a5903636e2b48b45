"""Hand over what a job's run came to, as artifacts. Documentation: plugins/modules/record_handover.py."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback import job
from failback.action import FailbackAction, Outcome

if TYPE_CHECKING:
    from failback.arguments import Arguments


class ActionModule(FailbackAction):
    """Looks only. Under rollback-runner, which reports itself, it hands nothing over."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {}

    def perform(self, args: Arguments) -> Outcome:  # noqa: ARG002 - it takes none
        """Read what the record says, and keep it for `run` to hand over."""
        self._artifacts: dict[str, str] = {}
        if not job.kept_by_job(os.environ):
            return Outcome(changed=False, evidence={"asked": False}, msg="the record is not the job's")
        self._artifacts = job.artifacts(job.read(os.environ))
        return Outcome(changed=False, evidence={"asked": True, **self._artifacts})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Add what `set_stats` would: AWX passes it to every later node of a workflow."""
        self._artifacts = {}
        result = super().run(tmp, task_vars)
        if self._artifacts:
            result["ansible_stats"] = {"data": self._artifacts, "per_host": False, "aggregate": False}
        return result
