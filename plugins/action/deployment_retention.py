"""Remove releases that nobody will go back to. See plugins/modules/deployment_retention.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback.action import Outcome
from failback.deployment.base import DeploymentAction
from failback.errors import ConfigError

if TYPE_CHECKING:
    from failback.arguments import Arguments

_LEAST = 2  # the live one and the one before it
_KEPT_ELSEWHERE = "the provider keeps its deployments by rules of its own"


class ActionModule(DeploymentAction):
    """The live release, what runs, and the last ones that served always stay."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {"keep": {"type": "int", "default": 5}}

    def perform(self, args: Arguments) -> Outcome:
        """Choose by looking, then remove. Raises ConfigError for fewer than two."""
        keep = args.count("keep")
        if keep < _LEAST:
            raise ConfigError(f"keep is {keep}: it must be at least {_LEAST}, or no rollback would be left")
        provider: Any = self.provider()
        if not hasattr(provider, "prune"):
            return Outcome(changed=False, evidence={"why_not": _KEPT_ELSEWHERE, "removed": {}})
        removed: dict[str, list[str]] = provider.prune(keep, check=self.check_mode)
        removed = {host: names for host, names in removed.items() if names}
        return Outcome(bool(removed), after={"removed": removed}, evidence={"keep": keep, "removed": removed})
