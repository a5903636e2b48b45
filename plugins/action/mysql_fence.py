"""Close RDS to every writer and prove it, or open it again. Documentation: plugins/modules/mysql_fence.py."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback import fence_plan, lift, observe, position, probe
from failback.action import Arguments, FailbackAction, Outcome
from failback.approval.mark import Destroys
from failback.errors import ConfigError, FailbackError, RefusedError, UnreachableError
from failback.fence import Fence, Plan, Settings
from failback.fence_plan import Proof
from failback.gtid import GtidSet
from failback.mysql import Login, Server
from failback.timing import Timings


class ActionModule(FailbackAction):
    """One fat task: it stands inside the write outage."""

    DESTROYS = Destroys("closes", {"state": ("fenced",)})
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "state": {"type": "str", "choices": ["fenced", "verified", "open"], "default": "fenced"},
        "aws": {"type": "dict", "required": True},
        "idc": {"type": "dict"},
        "app_login": {"type": "dict"},
        "exempt_users": {"type": "list", "elements": "str", "required": True},
        "required_proofs": {"type": "list", "elements": "str", "default": []},
        "drain_timeout": {"type": "float", "default": 1.0},
        "settle_reads": {"type": "int", "default": 5},
        "settle_interval": {"type": "float", "default": 0.05},
        "settle_timeout": {"type": "float", "default": 60.0},
        "cutover_gtid": {"type": "str", "default": ""},
        "accept_loss": {"type": "str", "default": ""},
    }
    RULES: ClassVar[dict[str, Any]] = {
        "required_if": [("state", "open", ("idc", "cutover_gtid")), ("state", "fenced", ("app_login",))]
    }

    def perform(self, args: Arguments) -> Outcome:
        """Fence or open, as asked."""
        if unknown := fence_plan.unknown_required(args.texts("required_proofs")):
            raise ConfigError(f"unknown proofs are required: {', '.join(unknown)}; correct db_fence_required")
        timings = Timings()
        login = Login.from_dict(args.mapping("aws"), "db_aws")
        try:
            with timings.step("connect"):
                server = Server.connect(login, name="RDS")
        except UnreachableError as error:
            if not args.text("accept_loss") or args.text("state") != "fenced":
                raise
            # Nothing can be locked or proven here: the role cuts RDS off by the network ACL instead.
            evidence = {"rds_silent": True, "why": str(error), "accepted_loss": args.text("accept_loss"), "final": {}}
            return Outcome(changed=False, before="silent", after="silent", evidence=evidence)
        with server:
            who = observe.identity(server)
            if login.server_uuid and who.uuid != login.server_uuid:
                raise RefusedError(
                    f"{login} is server {who.uuid}, the inventory means {login.server_uuid}: not touched"
                )
            if args.text("state") == "open":
                return self._open(args, server)
            if args.text("state") == "verified":
                return self._verify(args, server, who)
            return self._fence(args, server, login, timings, who)

    def _fence(self, args: Arguments, server: Server, login: Login, timings: Timings, who: observe.Identity) -> Outcome:
        fence = Fence(server, self._settings(args, server), version=who.version)
        fence.report.timings = timings
        plan = fence.plan()
        before = _state(plan, read_only=who.read_only, gtid=str(who.executed))
        if self.check_mode:
            # What FINAL would be if nobody wrote any more, for the rehearsal of the steps that need one.
            here = observe.position(server)
            evidence: dict[str, object] = {
                "plan": _planned(plan),
                "seconds": timings.as_evidence(),
                "final": _final(here, timings),
            }
            after = _state(Plan([], [], []), read_only=who.read_only, gtid=str(who.executed))
            return Outcome(plan.changed, before, after, evidence)
        if who.read_only and plan.lock:
            raise FailbackError(
                f"RDS is already read_only, so {len(plan.lock)} open accounts cannot be locked: set read_only=0 in its"
                " parameter group and run the phase again, it sets it back afterwards",
                {"plan": _planned(plan)},
            )
        app = login.with_account(args.mapping("app_login"), "db_app_login")
        tried: list[probe.Probe] = []

        def try_to_write() -> int:
            tried.append(probe.attempt(app, name="RDS"))
            return tried[0].thread_id

        # I6: the negative write test is run, not inferred.
        report = fence.carry_out(plan, self.act, try_to_write)
        test = tried[0]
        report.proofs.by_name["write_refused"] = Proof(test.fenced, f"{test.answer}: {test.detail}", test.seconds)
        final = _final(report.final, timings)
        if final and not plan.changed and args.given("idc"):
            final = self._without_housekeeping(args, server, final)
        evidence = {
            "plan": _planned(plan),
            "proofs": report.proofs.as_evidence(),
            "killed": report.killed,
            "killed_sessions": len(report.killed),
            "killed_in_transaction": report.killed_in_transaction,
            "write_test": test.as_evidence(),
            "looks": report.looks,
            "seconds": timings.as_evidence(),
            "final": final,
        }
        # "network" is proven by rds_network, from outside.
        missing = report.proofs.missing([name for name in args.texts("required_proofs") if name != "network"])
        if missing or final is None:
            told = "; ".join(f"{n}: {report.proofs.by_name[n].detail}" for n in missing if n in report.proofs.by_name)
            raise FailbackError(
                f"RDS is not proven closed, so nothing may be promoted ({told}). Run the phase again, it goes on from"
                " here; to give up, run the abort: it opens RDS",
                evidence,
            )
        self.note("final", final=final, proofs=report.proofs.as_evidence())
        left = Plan([], [], [])
        after = _state(left, read_only=bool(report.proofs.by_name["read_only"].holds), gtid=str(final["gtid"]))
        changed = bool(plan.lock or plan.events or report.killed)
        return Outcome(changed, before, after, evidence)

    def _without_housekeeping(self, args: Arguments, server: Server, final: dict[str, object]) -> dict[str, object]:
        """On a later run: leave out what RDS has written for itself since, which IDC will never have.

        The tail that IDC lacks is left out only when all of it decodes to mysql.rds_* tables.
        """
        here = GtidSet.parse(str(final["gtid"]))
        try:
            with Server.connect(Login.from_dict(args.mapping("idc"), "db_idc"), name="IDC") as idc:
                there = observe.identity(idc).executed
        except FailbackError:
            return final  # the salvage will say what is wrong with IDC
        tail = position.beyond(server, here & there, here)
        if not tail.extra or not tail.harmless:
            return final
        first = tail.transactions[0]
        place = {"log_file": first.log_file, "log_position": first.log_position}
        return final | place | {"gtid": str(here & there), "housekeeping_since": str(tail.extra)}

    def _settings(self, args: Arguments, server: Server) -> Settings:
        user, _, host = server.text("SELECT CURRENT_USER()").rpartition("@")
        if user not in args.texts("exempt_users"):
            raise ConfigError(f"{user} is the tool's own account and would lock itself out; add it to db_exempt_users")
        return Settings(
            exempt=tuple(args.texts("exempt_users")),
            tool_account=(user, host),
            run=self.run_id,
            drain_timeout=args.number("drain_timeout"),
            settle_reads=max(1, args.count("settle_reads")),
            settle_interval=args.number("settle_interval"),
            settle_timeout=args.number("settle_timeout"),
        )

    def _verify(self, args: Arguments, server: Server, who: observe.Identity) -> Outcome:
        """Look only, and fail when anything would have to be closed again."""
        plan = Fence(server, self._settings(args, server), version=who.version).plan()
        state = _state(plan, read_only=who.read_only, gtid=str(who.executed))
        if plan.changed and not self.check_mode:  # a rehearsal has closed nothing
            raise FailbackError(f"RDS is open again: {_told(plan)}. Run the phase again to close it", {"state": state})
        return Outcome(changed=False, before=state, after=state, evidence={"plan": _planned(plan)})

    def _open(self, args: Arguments, server: Server) -> Outcome:
        idc_login = Login.from_dict(args.mapping("idc"), "db_idc")
        with Server.connect(idc_login, name="IDC") as idc:
            plan = lift.plan(server, idc, idc_login, args.text("cutover_gtid"))
            if plan.half_open and not self.check_mode:
                with self.act("close IDC, which is half open", idc=plan.idc):
                    lift.close_idc(idc, idc_login, args.text("cutover_gtid"))
        before = {"accounts_locked_by_us": [str(a) for a in plan.accounts], "events_off": plan.events}
        evidence: dict[str, object] = {"idc": plan.idc, "read_only": plan.read_only, "idc_half_open": plan.half_open}
        if self.check_mode or not (plan.accounts or plan.events):
            self.turned("went_back")
            return Outcome(plan.changed, before, {"accounts_locked_by_us": [], "events_off": []}, evidence)
        if plan.read_only:
            raise RefusedError(
                "RDS is read_only, so no account can be unlocked on it: set read_only back in its parameter group"
                " (rds_parameter does, when the AWS API answers), then run the abort again",
                evidence,
            )
        with self.act("unlock the accounts and enable the events on RDS", **before):
            lift.carry_out(server, plan)
        left = [str(a) for a in fence_plan.accounts_to_open(observe.accounts(server))]
        after = {"accounts_locked_by_us": left, "events_off": observe.noted_events(server)}
        if left:
            raise FailbackError(
                f"RDS still has accounts locked by us: {', '.join(left)}; run the abort again", evidence
            )
        self.turned("went_back")
        return Outcome(changed=True, before=before, after=after, evidence=evidence)


def _state(plan: Plan, *, read_only: bool, gtid: str) -> dict[str, object]:
    return {
        "open_accounts": [str(account) for account in plan.lock],
        "running_events": [str(event) for event in plan.events],
        "sessions": len(plan.sessions),
        "read_only": read_only,
        "gtid": gtid,
    }


def _told(plan: Plan) -> str:
    parts = {
        "accounts that can log in": [str(account) for account in plan.lock],
        "events that would run": [str(event) for event in plan.events],
        "sessions": sorted({session.user for session in plan.sessions}),
    }
    return "; ".join(f"{what}: {', '.join(names)}" for what, names in parts.items() if names)


def _planned(plan: Plan) -> dict[str, object]:
    by_user: dict[str, int] = {}
    for session in plan.sessions:
        by_user[session.user] = by_user.get(session.user, 0) + 1
    return {
        "lock": [str(account) for account in plan.lock],
        "disable": [str(event) for event in plan.events],
        "sessions_by_user": by_user,
    }


def _final(position: observe.Position | None, timings: Timings) -> dict[str, object] | None:
    if position is None:
        return None
    return {
        "gtid": str(position.gtid),
        "log_file": position.log_file,
        "log_position": position.log_position,
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "seconds_to_final": timings.seconds.get("position_frozen", 0.0),
    }
