"""End a phase that looked at everything: stop if something is open. Documentation: plugins/modules/open_findings.py."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback.action import FailbackAction, Outcome
from failback.errors import RefusedError

if TYPE_CHECKING:
    from failback.arguments import Arguments

_TOLD = 3  # of the blockers, in the sentence that refuses; each stood with its item before


def _first(blockers: list[str]) -> str:
    """Name the first blockers; the evidence has all."""
    left = len(blockers) - _TOLD
    more = [f"and {left} more, which stand above"] if left > 0 else []
    return "; ".join([*blockers[:_TOLD], *more])


class ActionModule(FailbackAction):
    """Reads what the tasks before it left open on any host; the same in a rehearsal."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {}

    def perform(self, args: Arguments) -> Outcome:  # noqa: ARG002 - it takes none
        """Pass, wait for a person, or raise RefusedError; its evidence has every blocker."""
        hostvars = self._task_vars.get("hostvars", {})
        found = [(host, one) for host in hostvars for one in hostvars[host].get("ansible_facts", {}).get("rr_open", ())]
        blockers = [f"{host}: {one['sentence']}" for host, one in found if one["severity"] == "blocker"]
        waiting = [one["sentence"] for _host, one in found if one["severity"] == "waiting"]
        evidence: dict[str, object] = {"blockers": blockers, "waiting": waiting}
        if blockers:
            raise RefusedError(f"{len(blockers)} must be cleared first: " + _first(blockers), evidence)
        # Ansible itself must end red here, or a workflow that reads return codes would go on.
        return Outcome(changed=False, evidence=evidence, waiting="; ".join(waiting), failed=bool(waiting))
