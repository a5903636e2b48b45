"""After the release: no channel, events running, as before the move. See plugins/modules/mysql_settle.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback import channel, idc_events, observe, sample
from failback.action import FailbackAction, Outcome
from failback.errors import FailbackError, LoginRefusedError, RefusedError, UnreachableError
from failback.mysql import Login, Server
from failback.promotion import DURABLE

if TYPE_CHECKING:
    from failback.arguments import Arguments
    from failback.idc_events import EventPlan


class ActionModule(FailbackAction):
    """Only on an open IDC server: before promotion no event may run there."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "idc": {"type": "dict", "required": True},
        "aws": {"type": "dict", "required": True},
        "schemas": {"type": "list", "elements": "str", "required": True},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Settle. Raises RefusedError while IDC is not open, FailbackError when something did not take."""
        schemas = args.texts("schemas")
        with Server.connect(Login.from_dict(args.mapping("idc"), "db_idc"), name="IDC") as idc:
            before = _state(idc, schemas)
            if observe.identity(idc).read_only and not self.check_mode:
                raise RefusedError("IDC is not open for writes, so its events stay off: promote it first", before)
            ran, note = self._ran_on_aws(args)
            accounts = {f"{item.user}@{item.host}" for item in observe.accounts(idc)}
            plan = idc_events.plan(_events(idc, schemas), ran, accounts)
            definers = idc.rows(idc_events.DEFINERS.format(schemas=sample.schema_list(schemas)))
            evidence: dict[str, object] = {
                "events_enabled": [event.label for event in plan.enable],
                "events_without_definer": [f"{event.label} ({event.definer})" for event in plan.without_definer],
                "events_unknown": [event.label for event in plan.unknown],
                "definers_missing": idc_events.without_account(definers, accounts),
                "rds": note,
                "durability": before["durability"],
                "other_channels": before["other_channels"],
            }
            own = bool(before["own_channel"])
            changed = own or bool(plan.enable) or before["event_scheduler"] != "ON"
            if changed and not self.check_mode:
                self._settle(idc, plan, own=own, scheduler_on=before["event_scheduler"] == "ON")
            after = _state(idc, schemas) if not self.check_mode else before
            if not self.check_mode:
                self._verify(after, plan, evidence)
            return Outcome(changed, before, after, evidence, msg=_message(plan))

    def _settle(self, idc: Server, plan: EventPlan, *, own: bool, scheduler_on: bool) -> None:
        if own:
            with self.act("remove the replication channel", channel=channel.OWN):
                for statement in channel.remove_statements():
                    idc.execute(statement)
        if plan.enable:
            with self.act("enable events on IDC", events=[event.label for event in plan.enable]):
                for event in plan.enable:
                    for statement in event.statements:
                        idc.execute(statement)
        if not scheduler_on:
            with self.act("turn the event scheduler on"):
                idc.execute("SET PERSIST event_scheduler = ON")

    @staticmethod
    def _verify(after: dict[str, Any], plan: EventPlan, evidence: dict[str, object]) -> None:
        asleep = {event.label for event in plan.enable} & set(after["events_off"])
        if asleep or after["own_channel"] or after["event_scheduler"] != "ON":
            raise FailbackError(
                f"IDC did not settle: events still off: {', '.join(sorted(asleep)) or 'none'}; channel left:"
                f" {after['own_channel'] or 'none'}; event scheduler {after['event_scheduler']}. Run the phase again",
                evidence,
            )

    @staticmethod
    def _ran_on_aws(args: Arguments) -> tuple[set[str] | None, str]:
        """Which events ran on RDS before the fence; None when it does not answer, which must not stop us here."""
        try:
            with Server.connect(Login.from_dict(args.mapping("aws"), "db_aws"), name="RDS") as aws:
                query = idc_events.EVENTS.format(schemas=sample.schema_list(args.texts("schemas")))
                enabled = {
                    event.label for event in idc_events.events_from(aws.rows(query)) if event.status == "ENABLED"
                }
                return enabled | set(observe.noted_events(aws)), "asked which events ran there"
        except (UnreachableError, LoginRefusedError) as error:
            return None, f"does not answer, so nobody knows which events ran: {error}"


def _events(idc: Server, schemas: list[str]) -> tuple[idc_events.IdcEvent, ...]:
    return idc_events.events_from(idc.rows(idc_events.EVENTS.format(schemas=sample.schema_list(schemas))))


def _state(idc: Server, schemas: list[str]) -> dict[str, Any]:
    found = channel.observe(idc)
    settings = idc.row(
        f"SELECT @@GLOBAL.event_scheduler AS scheduler, {', '.join(f'@@GLOBAL.{name} AS {name}' for name in DURABLE)}"
    )
    return {
        "own_channel": next((item.facts for item in found if item.name == channel.OWN), None),
        "other_channels": [item.facts for item in found if item.name != channel.OWN],
        "events_off": [event.label for event in _events(idc, schemas) if event.status != "ENABLED"],
        "event_scheduler": str(settings["scheduler"]).upper(),
        "durability": {name: int(str(settings[name])) for name in DURABLE},
    }


def _message(plan: EventPlan) -> str:
    told = []
    if plan.without_definer:
        names = ", ".join(f"{event.label} needs {event.definer}" for event in plan.without_definer)
        told.append(f"left off, because the account they run as is not on IDC: {names}. Create it, then run this again")
    if plan.unknown:
        names = ", ".join(event.label for event in plan.unknown)
        told.append(f"left off, because RDS does not say whether they ran: {names}. Enable by hand what must run")
    return "; ".join(told)
