"""Find what a rollback left on RDS, in front of it, and on IDC MySQL. See plugins/modules/residue_database.py."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback import aws, channel, fence_plan, observe, rds_closing
from failback.action import FailbackAction, Outcome
from failback.baseline import store
from failback.errors import FailbackError
from failback.findings import Finding
from failback.mysql import Login, Server
from failback.rds_group import read_group
from failback.residue import rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from failback.arguments import Arguments
    from failback.residue.rows import Row


class ActionModule(FailbackAction):
    """Looks only. What does not answer is told, and the rest is looked at all the same."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "idc": {"type": "dict", "required": True},
        "aws": {"type": "dict", "required": True},
        "region": {"type": "str", "required": True},
        "endpoint_url": {"type": "str", "default": ""},
        "credentials_file": {"type": "str", "default": ""},
        "profile": {"type": "str", "default": ""},
        "instance": {"type": "str", "required": True},
        "group": {"type": "str", "required": True},
        "security_groups": {"type": "list", "elements": "str", "default": []},
        "network_acls": {"type": "list", "elements": "str", "default": []},
        "baseline_directory": {"type": "str", "default": ""},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Ask IDC, RDS and AWS."""
        found: list[Row] = []
        silent: list[Finding] = []
        account = aws.Account.from_arguments({name: args.text(name) for name in aws.ARGUMENTS})
        for what, look in (
            ("IDC MySQL", lambda: self._idc(args)),
            ("RDS", lambda: self._rds(args)),
            ("AWS", lambda: self._cloud(account, args)),
        ):
            self._tolerant(what, look, found, silent)
        evidence = {"residue": [one.as_dict() for one in found], "silent": [one.sentence for one in silent]}
        self.keep("residue", evidence)
        return Outcome(
            changed=False, after={"left": len(found)}, evidence=evidence, findings=[*rows.findings(found), *silent]
        )

    def _tolerant(self, what: str, look: Callable[[], list[Row]], found: list[Row], silent: list[Finding]) -> None:
        try:
            found += look()
        except FailbackError as error:
            told = f"what is left on {what} of {self.host} is not known: {error}"
            silent.append(Finding("warning", f"residue:silent:{what}", told))

    def _idc(self, args: Arguments) -> list[Row]:
        login = Login.from_dict(args.mapping("idc"), "db_idc")
        recorded = store.read(args.text("baseline_directory"), self.host) if args.given("baseline_directory") else None
        before = str(((recorded or {}).get("settings") or {}).get("event_scheduler") or "")
        with Server.connect(login, name="IDC MySQL") as server:
            channels = [one.facts for one in channel.observe(server)]
            scheduler = observe.identity(server).scheduler
        return rows.of_idc(channels, scheduler, before, str(login))

    @staticmethod
    def _rds(args: Arguments) -> list[Row]:
        login = Login.from_dict(args.mapping("aws"), "db_aws")
        with Server.connect(login, name="RDS") as server:
            locked = fence_plan.accounts_to_open(observe.accounts(server))
            events = observe.noted_events(server)
        return rows.of_rds(len(locked), (), events, "", str(login))

    @staticmethod
    def _cloud(account: aws.Account, args: Arguments) -> list[Row]:
        value = read_group(account.client("rds"), args.text("instance"), args.text("group")).value
        ec2 = account.client("ec2")
        seen = rds_closing.read_groups(ec2, args.texts("security_groups")) if args.given("security_groups") else []
        if args.given("network_acls"):
            seen += rds_closing.read_acls(ec2, args.texts("network_acls"))
        noted = [one.id for one in seen if any(key.startswith("rollback-runner") for key in one.notes)]
        return rows.of_rds(0, noted, (), value, args.text("group"))
