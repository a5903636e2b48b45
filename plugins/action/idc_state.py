"""Read what state IDC's data is in. Documentation: plugins/modules/idc_state.py."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from dataclasses import asdict

from failback import idc_data, observe
from failback.action import Arguments, FailbackAction, Outcome
from failback.errors import LoginRefusedError, RefusedError, UnreachableError
from failback.gtid import GtidSet
from failback.mysql import Login, Server

_TABLES = (
    "SELECT table_schema AS s, COUNT(*) AS n FROM information_schema.tables WHERE table_type = 'BASE TABLE' GROUP BY 1"
)


class ActionModule(FailbackAction):
    """Reads only, so a rehearsal does the same."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "idc": {"type": "dict", "required": True},
        "cutover_gtid": {"type": "str", "required": True},
        "schemas": {"type": "list", "elements": "str", "required": True},
        "must": {"type": "str", "choices": ["any", "serve", "not_serve"], "default": "any"},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Look; refuse when it is not as it must be."""
        found = self._look(args)
        evidence: dict[str, object] = asdict(found)
        must = args.text("must")
        if must == "serve" and not found.serving:
            raise RefusedError(
                f"IDC does not serve yet: {found.why}. Run the legs before this one first"
                " (rollback-runner rollback runs them all in order)",
                evidence,
            )
        if must == "not_serve" and found.serving:
            raise RefusedError(
                "IDC serves already, so nothing is restored into it: rollback-runner phase full proves it whole",
                evidence,
            )
        if found.serving:
            # The record of this run must say that there is no way back, though another run opened IDC.
            self.note("promoted", found_open=True)
        return Outcome(changed=False, before=evidence, after=evidence, evidence=evidence)

    def _look(self, args: Arguments) -> idc_data.IdcData:
        login = Login.from_dict(args.mapping("idc"), "db_idc")
        try:
            with Server.connect(login, name="IDC") as server:
                who = observe.identity(server)
                tables = {str(row["s"]): int(str(row["n"])) for row in server.rows(_TABLES)}
        except LoginRefusedError as error:
            return idc_data.silent(f"it lets the tool not in: {error}")
        except UnreachableError as error:
            return idc_data.silent(str(error))
        if login.server_uuid and who.uuid.lower() != login.server_uuid:
            raise RefusedError(f"{login} is server {who.uuid}, the inventory means {login.server_uuid}: correct db_idc")
        cutover = GtidSet.parse(args.text("cutover_gtid"))
        writable = not who.read_only and not who.super_read_only
        return idc_data.judge(who.executed, cutover, tables, args.texts("schemas"), writable=writable)
