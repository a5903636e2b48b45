"""Record the IDC's accounts, or make them as recorded. See plugins/modules/mysql_accounts.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback import accounts, accounts_plan, accounts_record, accounts_text
from failback.action import FailbackAction, Outcome
from failback.approval.mark import Destroys
from failback.errors import ConfigError, FailbackError, LoginRefusedError, MySQLError, RefusedError, UnreachableError
from failback.mysql import Login, Server

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.accounts import Accounts, Difference
    from failback.accounts_plan import Step
    from failback.arguments import Arguments

SHOWN = 200  # differences kept whole in the record


class ActionModule(FailbackAction):
    """``recorded`` reads; ``restored`` compares with the record and puts back what is IDC's own."""

    DESTROYS = Destroys("destroys", {"state": ("restored",)})
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "state": {"type": "str", "required": True, "choices": ["recorded", "restored", "compared"]},
        "idc": {"type": "dict", "required": True},
        "record": {"type": "str", "default": ""},
        "renew": {"type": "bool", "default": True},
        "statements": {"type": "list", "elements": "str", "default": [], "no_log": True},
        "aws": {"type": "dict"},
        "exempt_users": {"type": "list", "elements": "str", "default": []},
        "extra": {"type": "str", "default": "report", "choices": ["report", "lock", "drop"]},
    }
    RULES: ClassVar[dict[str, Any]] = {"required_one_of": [["record", "statements"]]}

    def perform(self, args: Arguments) -> Outcome:
        """Do it. Raises RefusedError, ConfigError before anything is touched, FailbackError when it did not take."""
        login = Login.from_dict(args.mapping("idc"), "db_idc")
        self._args = args
        # The tool's own account is in use right now, and its password is in db_idc's file, not in a record.
        self._exempt = {login.user, *args.texts("exempt_users")}
        with Server.connect(login, name="IDC", read_timeout=60.0) as idc:
            uuid = idc.text("SELECT @@GLOBAL.server_uuid").lower()
            if login.server_uuid and uuid != login.server_uuid:
                raise RefusedError(f"db_idc is server {uuid}, {login.server_uuid} is meant: correct db_idc")
            if args.text("state") == "recorded":
                return self._record(idc, uuid)
            return self._restore(idc)

    def _record(self, idc: Server, uuid: str) -> Outcome:
        path = Path(self._args.text("record")).expanduser()
        if path.exists() and not self._args.flag("renew"):
            return Outcome(changed=False, before=str(path), after=str(path), evidence={"kept": True})
        statements = accounts_record.read_statements(idc)
        now = accounts_text.parse(statements)
        before: Accounts = {}
        if path.exists():
            before = accounts_text.parse(accounts_record.load(path)[0])
        found = accounts.differences(before, now)
        evidence: dict[str, object] = {"record": str(path), "accounts": sorted(now)}
        if path.exists() and not found:
            return Outcome(changed=False, before=_told(before), after=_told(now), evidence=evidence)
        evidence["changes"] = [item.text for item in found[:SHOWN]] if before else []
        if not self.check_mode:
            with self.act("record the accounts of IDC", record=str(path), accounts=len(now)):
                accounts_record.write(path, statements, uuid, idc.text("SELECT VERSION()"))
        return Outcome(changed=True, before=_told(before), after=_told(now), evidence=evidence)

    def _wanted(self) -> tuple[Accounts, dict[str, str]]:
        if self._args.given("record"):
            statements, known = accounts_record.load(Path(self._args.text("record")).expanduser())
        else:
            statements, known = self._args.texts("statements"), {"source": "backup"}
        wanted = accounts_text.parse(statements)
        if not wanted:
            raise ConfigError(
                "the account record names no account: record IDC's accounts first, or name another record"
            )
        return wanted, known

    def _restore(self, idc: Server) -> Outcome:
        wanted, known = self._wanted()
        self._same_server(known)
        now = accounts_record.read(idc)
        found = accounts.differences(wanted, now, self._exempt)
        extra = self._args.text("extra")
        assert extra in {"report", "lock", "drop"}
        steps = accounts_plan.steps(found, wanted, extra)  # type: ignore[arg-type]
        steps = [step for step in steps if not _locked_already(step, now)]
        before = _told(now)
        evidence: dict[str, object] = {
            "record": known,
            "differences": [item.text for item in found[:SHOWN]],
            "extra_accounts": [item.account for item in found if item.kind == "extra_account"],
            "only_on_rds": self._only_on_rds(wanted),
            "steps": [step.told for step in steps[:SHOWN]],
        }
        if self._args.text("state") == "compared" or not steps:
            if self._args.text("state") == "compared" and found:
                raise FailbackError(f"IDC's accounts are not as recorded: {_some(found)}", evidence)
            return Outcome(changed=False, before=before, after=before, evidence=evidence, msg=_note(evidence))
        if self.check_mode:
            return Outcome(changed=True, before=before, after={"would": evidence["steps"]}, evidence=evidence)
        refused = self._carry_out(idc, steps)
        after = accounts_record.read(idc)
        left = [item for item in accounts.differences(wanted, after, self._exempt) if item.kind != "extra_account"]
        evidence |= {"refused": refused, "left": [item.text for item in left[:SHOWN]]}
        if left:
            raise FailbackError(
                f"IDC's accounts are still not as recorded: {_some(left)}. The server said:"
                f" {'; '.join(refused[:3]) or '-'}. Restore what these accounts refer to (tables, routines,"
                " plugins), then run this again",
                evidence,
            )
        return Outcome(changed=True, before=before, after=_told(after), evidence=evidence, msg=_note(evidence))

    def _same_server(self, known: dict[str, str]) -> None:
        """Refuse a record of RDS: its accounts are never IDC's."""
        uuid = known.get("server_uuid", "")
        aws = str(self._args.mapping("aws").get("server_uuid") or "").lower()
        if uuid and uuid == aws:
            raise RefusedError(f"the account record was taken from RDS ({uuid}): name the record of IDC")

    def _only_on_rds(self, wanted: Accounts) -> list[str]:
        """Accounts that RDS has and IDC's record lacks: listed for a person, never made."""
        if not self._args.given("aws"):
            return []
        try:
            with Server.connect(Login.from_dict(self._args.mapping("aws"), "db_aws"), name="RDS") as aws:
                return accounts.only_there(wanted, accounts_record.read_labels(aws), self._exempt)
        except (UnreachableError, LoginRefusedError, MySQLError) as error:
            return [f"unknown: {error}"]

    def _carry_out(self, idc: Server, steps: Sequence[Step]) -> list[str]:
        """Run the statements; what one is refused is told, and the comparison afterwards decides."""
        refused: list[str] = []
        closed = bool(idc.number("SELECT @@GLOBAL.super_read_only"))
        with self.act("put IDC's accounts back as recorded", steps=[step.told for step in steps[:SHOWN]]) as outcome:
            idc.execute("SET SESSION sql_mode = ''")
            if closed:
                # Before the promotion IDC makes no transaction of its own: so an abort knows it was never open.
                idc.execute("SET SESSION sql_log_bin = 0")
                idc.execute("SET GLOBAL super_read_only = OFF")
            try:
                for step in steps:
                    try:
                        idc.execute(step.sql)
                    except MySQLError as error:
                        # The server's text may quote the statement; its number does not.
                        refused.append(f"{step.told}: error {error.code}{_MEANING.get(error.code, '')}")
            finally:
                if closed:
                    idc.execute("SET GLOBAL super_read_only = ON")
            outcome["refused"] = refused
        return refused


_MEANING = {
    1044: " (the tool's account may not)",
    1045: " (the tool's account may not)",
    1054: " (there is no such column)",
    1146: " (there is no such table)",
    1149: " (this server does not know the privilege)",
    1227: " (the tool's account may not)",
    1305: " (there is no such routine)",
    1410: " (there is no such account)",
    1524: " (the plugin is not loaded)",
    1819: " (the password policy forbids it)",
    1827: " (the hash is not of this plugin)",
}


def _locked_already(step: Step, now: Accounts) -> bool:
    label = step.told.removeprefix("lock the account ")
    return step.told.startswith("lock the account ") and now[label].properties.get("locked") == "yes"


def _told(found: Accounts) -> dict[str, object]:
    """Show of the accounts what may be shown: no hashes."""
    return {label: sorted(grant.told for grant in account.grants) for label, account in sorted(found.items())}


def _some(found: Sequence[Difference]) -> str:
    more = len(found) - 5
    return "; ".join(item.text for item in found[:5]) + (f" and {more} more" if more > 0 else "")


def _note(evidence: dict[str, object]) -> str:
    told = []
    if evidence["extra_accounts"]:
        told.append(f"accounts that are not in IDC's record, left as they are or locked: {evidence['extra_accounts']}")
    if evidence["only_on_rds"]:
        told.append(f"accounts that only RDS has, for a person to decide about: {evidence['only_on_rds']}")
    return "; ".join(told)
