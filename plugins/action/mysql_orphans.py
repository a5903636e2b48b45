"""Look for rows whose foreign key points nowhere. Documentation: plugins/modules/mysql_orphans.py."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback.action import Arguments, FailbackAction, Outcome
from failback.errors import FailbackError, RefusedError
from failback.mysql import Login, Server
from failback.restore import orphans

_SHOWN = 3  # orphans in the message; those that are named are all in the evidence


class ActionModule(FailbackAction):
    """Reads only, so a rehearsal does the same."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "idc": {"type": "dict", "required": True},
        "schemas": {"type": "list", "elements": "str", "required": True},
        "timeout": {"type": "float", "default": 300.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Scan every foreign key; each scan is one statement and so one moment."""
        login = Login.from_dict(args.mapping("idc"), "db_idc")
        with Server.connect(login, name="IDC", read_timeout=args.number("timeout")) as server:
            keys = orphans.read(server, args.texts("schemas"))
            # RDS's tables were left out of nothing: a schema without any key is told as such.
            found = [lonely for key in keys if (lonely := orphans.scan(server, key)) is not None]
            checked = server.number("SELECT @@SESSION.foreign_key_checks")
        evidence: dict[str, object] = {
            "foreign_keys": len(keys),
            "orphans": [lonely.facts() for lonely in found],
            "checks_on": bool(checked),
        }
        if found:
            told = "; ".join(
                f"{lonely.key.label} -> {'.'.join(lonely.key.parent)}: {lonely.rows[0]}{' ...' if lonely.more else ''}"
                for lonely in found[:_SHOWN]
            )
            raise RefusedError(
                f"rows on IDC point nowhere: {told}. None was touched; find out who removed the parent, and put it"
                " back or remove the child",
                evidence,
            )
        if not checked:
            raise FailbackError("foreign_key_checks is off on IDC: SET GLOBAL foreign_key_checks = 1", evidence)
        return Outcome(changed=False, before=len(keys), after=len(keys), evidence=evidence)
