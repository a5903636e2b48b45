"""Check what must hold in the service's data on IDC. See plugins/modules/sql_invariants.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback.action import FailbackAction, Outcome
from failback.errors import ConfigError, FailbackError
from failback.journeys import invariants, model
from failback.mysql import Login, Server

if TYPE_CHECKING:
    from failback.arguments import Arguments


class ActionModule(FailbackAction):
    """Read-only: the session itself refuses to write."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "directory": {"type": "str", "required": True},
        "server": {"type": "dict", "required": True},
        "timeout": {"type": "float", "default": 60.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Ask this database's invariants; fail with every one that does not hold."""
        scenarios = model.read(args.text("directory"))
        databases = set(self._task_vars.get("groups", {}).get("databases") or [])
        strangers = sorted({one.database for one in scenarios.invariants} - databases - {""})
        if strangers and databases:
            raise ConfigError(
                f"an invariant names the database {strangers[0]}, which is no host of the group databases"
            )
        mine = [one for one in scenarios.invariants if one.database in {"", self.host}]
        with Server.connect(Login.from_dict(args.mapping("server"), "db_idc"), name="IDC") as server:
            results = invariants.check(server, mine, timeout=args.number("timeout"))
        problems = [f"{one.name}: {problem}" for one in results for problem in one.problems]
        evidence: dict[str, object] = {"invariants": [one.as_evidence() for one in results], "problems": problems}
        if problems and not self.check_mode:
            raise FailbackError(f"on IDC it does not hold: {'; '.join(problems)}", evidence)
        return Outcome(changed=False, evidence=evidence)
