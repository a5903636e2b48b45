"""Prove after traffic: nothing on RDS beyond FINAL, no id reused. See plugins/modules/data_again.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from failback import after_data, auto_increment, incident, package, position
from failback.action import FailbackAction, Outcome
from failback.binlog.changes import changed_keys
from failback.errors import FailbackError, UnreachableError
from failback.findings import Finding
from failback.gtid import GtidSet
from failback.mysql import Login, Server, quote_text

package.make_importable()

from rollback_runner.watching.final import Finals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.arguments import Arguments

_COLUMNS = (
    "SELECT table_schema AS s, table_name AS t, column_name AS c FROM information_schema.columns"
    " WHERE extra LIKE '%auto_increment%' AND table_schema IN ({schemas})"
)
_KEEP = "keep RDS as it is: what it holds beyond FINAL is not on IDC"


class ActionModule(FailbackAction):
    """Looks only. Ends nothing: what does not hold is found and told with the phase."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "idc": {"type": "dict", "required": True},
        "aws": {"type": "dict", "required": True},
        "schemas": {"type": "list", "elements": "str", "required": True},
        "home": {"type": "str", "required": True},
        "strategy": {"type": "str", "default": ""},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Read FINAL from the record, then both servers."""
        place = incident.of_environment()
        final = Finals(Path(args.text("home")), place).of(self.host) if place is not None else None
        if final is None:
            told = "no FINAL of a promotion is on record in this incident, so nothing says what RDS may hold"
            found = (
                []
                if self.check_mode
                else [Finding("blocker", "again:no-final", told, "rollback-runner phase emergency")]
            )
            return Outcome(
                changed=False, evidence={"final": {}, "comparable": False, "would_find": told}, findings=found
            )
        evidence: dict[str, Any] = {"final": final, "comparable": True}
        problems: list[Finding] = []
        idc = Login.from_dict(args.mapping("idc"), "db_idc")
        aws = Login.from_dict(args.mapping("aws"), "db_aws")
        try:
            with Server.connect(aws, name="RDS") as server:
                problems += self._beyond(server, final, evidence)
                rds_next = self._counters(server, args.texts("schemas"))
        except UnreachableError as error:
            # Stopped or cut off, it takes no write; what it holds stays to be looked at.
            evidence |= {"comparable": False, "rds": str(error)}
            told = f"RDS does not answer, so nothing can be compared with it any more: {error}"
            problems.append(Finding("warning", "again:rds-silent", told))
        else:
            seen = self._ids(idc, args.texts("schemas"), str(final["gtid"]), rds_next, evidence)
            # What a person approved of the quarantine was put back with the ids it had on RDS.
            quarantined = args.text("strategy") == "stop-first"
            problems += [replace(one, severity="warning") if quarantined else one for one in seen]
        return Outcome(changed=False, after={"proven": not problems}, evidence=evidence, findings=problems)

    @staticmethod
    def _beyond(server: Server, final: dict[str, Any], evidence: dict[str, Any]) -> list[Finding]:
        wanted = GtidSet.parse(str(final["gtid"]))
        executed = GtidSet.parse(server.text("SELECT @@GLOBAL.gtid_executed"))
        start = str(final.get("log_file") or ""), int(str(final.get("log_position") or 0))
        seen = position.beyond(server, wanted, executed, *start)
        evidence["beyond_final"] = seen.as_evidence()
        if lost := wanted - executed:
            told = f"RDS no longer has {lost.count()} transactions of FINAL: was it restored?"
            return [Finding("blocker", "again:rds-other", told, _KEEP)]
        if not seen.harmless:
            return [Finding("blocker", "again:beyond", f"RDS was written after FINAL: {seen.sentence()}", _KEEP)]
        return []

    def _ids(
        self,
        login: Login,
        schemas: Sequence[str],
        since: str,
        rds_next: dict[tuple[str, str], int],
        evidence: dict[str, Any],
    ) -> list[Finding]:
        with Server.connect(login, name="IDC") as server:
            idc_next = self._counters(server, schemas)
            rows = server.rows(_COLUMNS.format(schemas=_quoted(schemas)))
            until = server.text("SELECT @@GLOBAL.gtid_executed")
        columns = {(str(row["s"]), str(row["t"])): str(row["c"]) for row in rows}
        try:
            seen = after_data.judge(
                idc_next, rds_next, columns, changed_keys(login, since, until, list(schemas), name="IDC")
            )
        except FailbackError as error:
            told = f"nobody can tell whether ids were given out twice: {error}"
            return [Finding("warning", "again:ids-unread", told)]
        evidence["ids"] = [one.as_evidence() for one in seen]
        evidence["inserted_on_idc"] = sum(one.inserted for one in seen)
        return [
            Finding(
                "blocker", f"again:ids:{number}", told, "raise the counter: ALTER TABLE ... AUTO_INCREMENT, then look"
            )
            for number, told in enumerate(after_data.problems(seen), start=1)
        ]

    @staticmethod
    def _counters(server: Server, schemas: Sequence[str]) -> dict[tuple[str, str], int]:
        server.execute(auto_increment.FRESH)
        return auto_increment.counters_from(server.rows(auto_increment.COUNTERS.format(schemas=_quoted(schemas))))


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(quote_text(name) for name in names)
