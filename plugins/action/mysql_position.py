"""Check that RDS wrote nothing after FINAL (I4). Documentation: plugins/modules/mysql_position.py."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback import observe, position
from failback.action import Arguments, FailbackAction, Outcome
from failback.errors import FailbackError, RefusedError
from failback.gtid import GtidSet
from failback.mysql import Login, Server


class ActionModule(FailbackAction):
    """Reads only, so a rehearsal does the same."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "aws": {"type": "dict", "required": True},
        "final": {"type": "dict", "required": True},
        "reads": {"type": "int", "default": 5},
        "interval": {"type": "float", "default": 0.05},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Read the position several times, and decode whatever lies beyond FINAL."""
        final = args.mapping("final")
        wanted = GtidSet.parse(str(final.get("gtid") or ""))
        login = Login.from_dict(args.mapping("aws"), "db_aws")
        with Server.connect(login, name="RDS") as server:
            who = observe.identity(server)
            if login.server_uuid and who.uuid != login.server_uuid:
                raise RefusedError(f"{login} is server {who.uuid}, the inventory means {login.server_uuid}")
            reads = [who.executed]
            for _ in range(max(1, args.count("reads")) - 1):
                time.sleep(args.number("interval"))
                reads.append(observe.identity(server).executed)
            start = str(final.get("log_file") or ""), int(str(final.get("log_position") or 0))
            found = position.beyond(server, wanted, reads[-1], *start)
        lost = wanted - reads[-1]
        evidence: dict[str, object] = {
            "reads": len(reads),
            "frozen": all(one == reads[0] for one in reads),
            "read_only": who.read_only,
            "beyond_final": found.as_evidence(),
        }
        if lost:
            raise FailbackError(f"RDS no longer has {lost.count()} transactions of FINAL: was it restored?", evidence)
        if not found.harmless:
            raise FailbackError(
                f"RDS was written after the fence: {found.sentence()}. Find out who wrote, and keep RDS as it is: these"
                " writes are not on IDC",
                evidence,
            )
        return Outcome(changed=False, before=str(wanted), after=str(reads[-1]), evidence=evidence)
