"""Fail a job whose record does not prove what it was to prove. Documentation: plugins/modules/record_verdict.py."""

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
    """Looks only. Under rollback-runner, which judges itself, it passes."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {}

    def perform(self, args: Arguments) -> Outcome:  # noqa: ARG002 - it takes none
        """Pass where the record proves the phase. Raises FailbackError with the first reason where it does not."""
        if job.kept_by_command(os.environ):
            return Outcome(changed=False, evidence={"asked": False}, msg="the command judges this run itself")
        found = job.read(os.environ)
        job.must_be_proven(found)
        return Outcome(changed=False, evidence={"asked": True, "run": found["run"], "status": found["status"]})
