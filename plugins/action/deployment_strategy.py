"""Choose how the database goes with the code. See plugins/modules/deployment_strategy.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

import os
from typing import TYPE_CHECKING, Any, ClassVar

from failback.action import Outcome
from failback.backup import shelf
from failback.deployment.base import DeploymentAction
from failback.deployment.database.decide import Order, decide
from failback.deployment.database.seams import gate_of, opener_of
from failback.deployment.migrations.settings import Settings

if TYPE_CHECKING:
    from failback.arguments import Arguments

# Providers that can keep requests waiting while the database changes.
_HOLDS = frozenset({"compose"})
_BY_RULE = frozenset({"", "rule"})  # a survey in AWX cannot leave a choice empty


class ActionModule(DeploymentAction):
    """Touches nothing of the application: the database is read, and a scratch server comes and goes."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "gate": {"type": "dict", "required": True},
        "asked": {"type": "str", "default": ""},
        "rehearsals": {"type": "str", "default": ""},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Look at every way and choose. Raises ConfigError, RefusedError, UnreachableError for what cannot be seen."""
        application = self.application()
        hostvars = self._task_vars.get("hostvars") or {}
        asked = args.text("asked")
        decision = decide(
            Order(
                site=self._told("site_name") or "site",
                host=self.host,
                gate=gate_of(args.mapping("gate")),
                settings=Settings.of_application(application),
                directory=self._directory(args.text("rehearsals")),
                reversals=str((application.get("deployment_migrations") or {}).get("reversals") or ""),
                scratch=application.get("deployment_scratch") or {},
                backups=application.get("deployment_backups") or (),
                hostvars=hostvars,
                opener=opener_of(application, hostvars),
                asked="" if asked in _BY_RULE else asked,
                held=application.get("deployment_provider") in _HOLDS,
                check=self.check_mode,
            )
        )
        choice = decision.choice
        return Outcome(changed=False, after=choice.strategy, evidence=decision.as_dict(), msg=choice.why["en"])

    def _directory(self, named: str) -> Path:
        """Find the directory that keeps rehearsals: named, or beside the proofs of backups in the project's home."""
        if named:
            return Path(named).expanduser()
        home = self._told("rr_home") or os.environ.get("RR_HOME") or str(Path.cwd())
        site = shelf.word(self._told("site_name") or "site")
        return Path(home).expanduser() / "proofs" / site / "reversals"

    def _told(self, name: str) -> str:
        """Give a variable of the site, filled in; "" where it has none."""
        return str(self._templar.template(self._task_vars.get(name) or ""))
