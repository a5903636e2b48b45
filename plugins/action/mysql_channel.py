"""Let IDC follow RDS through our replication channel, or take it away. See plugins/modules/mysql_channel.py."""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback import aws_view
from failback import channel as channels
from failback.action import FailbackAction, Outcome
from failback.both import connected
from failback.catch_up import Distance, executed, measure, rows_changed, rows_since
from failback.errors import FailbackError, RefusedError, UnreachableError
from failback.mysql import Login, Server

if TYPE_CHECKING:
    from failback.arguments import Arguments

PROGRESS = 2.0  # seconds between two lines


class ActionModule(FailbackAction):
    """state=running builds and waits; state=absent removes."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "state": {"type": "str", "choices": ["running", "absent"], "default": "running"},
        "idc": {"type": "dict", "required": True},
        "aws": {"type": "dict"},
        "replication": {"type": "dict"},
        "max_lag": {"type": "float", "default": 1.0},
        "timeout": {"type": "float", "default": 300.0},
        "wait": {"type": "bool", "default": True},
        "accept_loss": {"type": "str", "default": ""},
    }
    RULES: ClassVar[dict[str, Any]] = {"required_if": [("state", "running", ("aws", "replication"))]}

    def perform(self, args: Arguments) -> Outcome:
        """Dispatch on the state."""
        idc = Login.from_dict(args.mapping("idc"), "db_idc")
        if args.text("state") == "absent":
            return self._absent(idc)
        try:
            return self._running(args, idc)
        except UnreachableError as error:
            if not args.text("accept_loss") or not str(error).startswith("RDS"):
                raise
            why = "RDS does not answer, and the loss of what did not reach IDC was accepted: there is nobody to follow"
            return Outcome(changed=False, evidence={"why": why, "rds": str(error), "reason": args.text("accept_loss")})

    def _absent(self, login: Login) -> Outcome:
        with Server.connect(login, name="IDC") as idc:
            found = channels.find(channels.observe(idc), channels.OWN)
            before = found.facts if found else None
            if found is None or self.check_mode:
                return Outcome(changed=found is not None, before=before, after=None)
            with self.act("remove the replication channel", channel=channels.OWN):
                remove(idc)
            left = channels.find(channels.observe(idc), channels.OWN)
            if left is not None:
                raise FailbackError("IDC still has the channel rollback_runner after RESET REPLICA ALL", left.facts)
            return Outcome(changed=True, before=before, after=None)

    def _running(self, args: Arguments, login: Login) -> Outcome:
        aws_login = Login.from_dict(args.mapping("aws"), "db_aws")
        replication = args.mapping("replication")
        source = Login.from_dict({**replication, "server_uuid": aws_login.server_uuid}, "db_replication")
        ca_on_idc = str(replication.get("ca_file") or "")
        with connected(login, aws_login) as (idc, aws):
            standing = channels.observe(idc)
            before = {"channels": [channel.facts for channel in standing]}
            if idc.number("SELECT @@GLOBAL.read_only") == 0:
                return self._promoted(idc, aws, before)
            plan = channels.plan(standing, source)
            start = channels.start_statement(source) if plan.changed else ""
            missing = executed(aws) - executed(idc)
            evidence: dict[str, object] = {
                "channel": plan.channel,
                "own": plan.own,
                "why": plan.why,
                "notes": [*plan.notes, *filter(None, [channels.restart_note(idc)])],
                "missing_transactions_before": missing.count(),
            }
            if self.check_mode:
                return Outcome(changed=plan.changed, before=before, after={"would": plan.act}, evidence=evidence)
            rows = rows_changed(idc)
            if plan.changed:
                with self.act("start the replication channel", why=plan.why, source=str(source)):
                    build(
                        idc,
                        [*channels.build_statements(source, ca_on_idc), start],
                        rebuild=channels.find(standing, channels.OWN) is not None,
                    )
            if args.flag("wait", default=True):
                distance = self._await(idc, aws, plan.channel, args)
            else:
                distance = measure(idc, aws, 0.0, plan.channel)
            evidence["rows_applied"] = rows_since(rows, rows_changed(idc))
            after = channels.find(channels.observe(idc), plan.channel)
            return Outcome(
                changed=plan.changed,
                before=before,
                after=after.facts if after else None,
                evidence=evidence | distance.facts,
            )

    def _promoted(self, idc: Server, aws: Server, before: dict[str, Any]) -> Outcome:
        """IDC is writable: the channel has done its work, and must not come back."""
        missing = aws_view.needed(aws, executed(aws) - executed(idc))
        if missing:
            raise RefusedError(
                f"IDC is already writable and lacks {missing.count()} transactions of RDS: do not replicate into it;"
                " look at `rollback-runner status` and let a person decide",
                {"missing": str(missing)},
            )
        why = "IDC is already promoted and has all that RDS's clients wrote: no channel is needed"
        return Outcome(changed=False, before=before, after=before, evidence={"why": why})

    def _await(self, idc: Server, aws: Server, name: str, args: Arguments) -> Distance:
        """Wait until IDC is less than ``max_lag`` behind. Raises FailbackError with what is missing."""
        limit, max_lag = args.number("timeout"), args.number("max_lag")
        begun = said = time.monotonic()
        first = 0
        while True:
            distance = measure(idc, aws, max_lag, name)
            if not distance.behind:
                return distance
            channel = channels.find(channels.observe(idc), name)
            problem = channels.trouble(channel)
            elapsed = time.monotonic() - begun
            missing = distance.missing.count()
            first = first or missing
            evidence = {**distance.facts, "missing": str(distance.missing)[:500], "waited_seconds": round(elapsed, 1)}
            if problem:
                raise FailbackError(
                    f"IDC cannot follow RDS through channel {name}: {problem}; {missing} transactions are missing",
                    evidence,
                )
            if elapsed >= limit:
                error = channel.receiver_error if channel else ""
                raise FailbackError(
                    f"IDC is not within {max_lag:g} s of RDS after {limit:g} s: {missing} transactions are missing"
                    f"{f' ({error})' if error else ''}; raise db_arm_timeout, or find out what slows the applier",
                    evidence,
                )
            if time.monotonic() - said >= PROGRESS:
                said = time.monotonic()
                done = max(0, first - missing)
                self._display.display(f"    {self.host}: {missing} transactions behind, {done} done in {elapsed:.0f} s")


def build(idc: Server, statements: list[str], *, rebuild: bool) -> None:
    """Make our channel, from scratch when one is there, and start it."""
    if rebuild:
        remove(idc)
    for statement in statements:
        idc.execute(statement)


def remove(idc: Server) -> None:
    """Stop and forget our channel."""
    for statement in channels.remove_statements():
        idc.execute(statement)
