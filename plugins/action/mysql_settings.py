"""Compare the settings of IDC MySQL with its baseline. See plugins/modules/mysql_settings.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback.action import Outcome
from failback.baseline import compare
from failback.environment import mysql_settings
from failback.environment.host import HostAction
from failback.errors import RefusedError
from failback.mysql import Login, Server

if TYPE_CHECKING:
    from failback.arguments import Arguments


class ActionModule(HostAction):
    """Read-only: a setting is never changed under a server that serves; the statement for it is told."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "baseline_directory": {"type": "str", "required": True},
        "server": {"type": "dict", "required": True},
        "expected": {"type": "list", "elements": "dict", "default": []},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Compare. Raises RefusedError for a setting that differs and was not declared to."""
        then: dict[str, str] = self.baseline(args, "settings")
        with Server.connect(Login.from_dict(args.mapping("server"), "db_idc"), name="IDC") as server:
            now = mysql_settings.read(server, list(then))
        expected = [compare.Expected.from_dict(entry) for entry in args.mappings("expected")]
        wrong, meant = compare.split(self.host, mysql_settings.differences(then, now), expected)
        evidence: dict[str, object] = {"compared": len(then), "expected": meant}
        evidence["differences"] = [one.as_evidence() for one in wrong]
        if wrong and not self.check_mode:
            told = "; ".join(f"{one.name} ({', '.join(one.diff)})" for one in wrong)
            hints = " ".join(one.hint for one in wrong)
            raise RefusedError(
                f"IDC MySQL is set otherwise than before the migration: {told}. If it shall be as before: {hints}"
                " If it shall stay: declare it in environment_expected with the reason",
                evidence,
            )
        return Outcome(changed=False, before=then, after=now, evidence=evidence)
