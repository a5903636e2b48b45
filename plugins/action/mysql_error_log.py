"""Judge IDC's error log since its last start. See plugins/modules/mysql_error_log.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback import channel, error_log
from failback.action import FailbackAction, Outcome
from failback.errors import FailbackError
from failback.mysql import Login, Server

if TYPE_CHECKING:
    from failback.arguments import Arguments


class ActionModule(FailbackAction):
    """Read-only: it can only pass or stop."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {"idc": {"type": "dict", "required": True}}

    def perform(self, args: Arguments) -> Outcome:
        """Read and judge. Raises FailbackError with the lines that matter."""
        with Server.connect(Login.from_dict(args.mapping("idc"), "db_idc"), name="IDC") as idc:
            uptime = idc.number(
                "SELECT variable_value FROM performance_schema.global_status WHERE variable_name = 'Uptime'"
            )
            verdict = error_log.judge(idc.rows(error_log.SINCE_START), channel.OWN)
        evidence: dict[str, object] = {
            "server_up_seconds": uptime,
            "counts": verdict.counts,
            "matters": list(verdict.matters),
            "harmless": verdict.harmless,
        }
        if verdict.matters:
            raise FailbackError(
                f"IDC's error log has {len(verdict.matters)} kinds of lines that matter since its start:"
                f" {verdict.matters[0]}",
                evidence,
            )
        return Outcome(changed=False, before=None, after={"matters": 0}, evidence=evidence)
