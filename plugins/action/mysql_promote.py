"""Open IDC for writes: the point of no return. See plugins/modules/mysql_promote.py."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from failback import auto_increment, aws_view, channel, observe, promotion, sample, write_test
from failback.action import FailbackAction, Outcome
from failback.approval.mark import Destroys
from failback.auto_increment import Raise, TableName
from failback.both import both, connected
from failback.catch_up import received
from failback.errors import ConfigError, FailbackError, RefusedError, UnreachableError
from failback.gtid import GtidSet
from failback.mysql import Login, Server
from failback.promotion import AwsView, Cut, IdcView
from failback.quarantine import kept
from failback.timing import Timings

if TYPE_CHECKING:
    from concurrent.futures import Future

    from failback.arguments import Arguments

Counters = dict[TableName, int]


class ActionModule(FailbackAction):
    """Check I1 to I5 on both sides right now, then open IDC and prove it with the application's account."""

    DESTROYS = Destroys("promotes")
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "idc": {"type": "dict", "required": True},
        "aws": {"type": "dict", "required": True},
        "app_login": {"type": "dict", "required": True},
        "final": {"type": "dict", "default": {}},
        "cutover_gtid": {"type": "str", "required": True},
        "schemas": {"type": "list", "elements": "str", "required": True},
        "exempt_users": {"type": "list", "elements": "str", "required": True},
        "required_proofs": {"type": "list", "elements": "str", "default": []},
        "marker": {"type": "dict", "default": {}},
        "auto_increment_margin": {"type": "int", "default": 0},
        "accept_loss": {"type": "str", "default": ""},
        "set_aside": {"type": "str", "default": ""},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Promote. Raises RefusedError naming every invariant that does not hold."""
        final = aws_view.Final.from_dict(args.mapping("final"))
        cut = Cut(GtidSet.parse(args.text("cutover_gtid")), final.gtid)
        if not cut.cutover:
            raise ConfigError("db_cutover_gtid is empty: without it nobody can tell whether IDC was written meanwhile")
        # Reads and decodes files, which takes its time: before the look, whose answers must be fresh at the opening.
        aside = kept.transactions(Path(args.text("set_aside"))) if args.text("set_aside") else GtidSet()
        cut = replace(cut, set_aside=aside)
        idc_login = Login.from_dict(args.mapping("idc"), "db_idc")
        app_login = idc_login.with_account(args.mapping("app_login"), "db_app_login")
        timings = Timings()
        with ThreadPoolExecutor(1) as pool:
            # The application's session is opened meanwhile: it must be able to log in before anything is opened.
            app_session = pool.submit(Server.connect, app_login, name="IDC as the application")
            try:
                with connected(idc_login, Login.from_dict(args.mapping("aws"), "db_aws")) as (idc, aws):
                    return self._promote(idc, aws, app_session, args, (final, cut, timings))
            except UnreachableError as error:
                if not args.text("accept_loss") or not str(error).startswith("RDS"):
                    raise
                with Server.connect(idc_login, name="IDC") as idc:
                    return self._promote(idc, None, app_session, args, (final, cut, timings))
            finally:
                with suppress(FailbackError):
                    app_session.result().close()

    def _promote(
        self,
        idc: Server,
        aws: Server | None,
        app: Future[Server],
        args: Arguments,
        given: tuple[aws_view.Final, Cut, Timings],
    ) -> Outcome:
        final, cut, timings = given
        schemas = args.texts("schemas")
        with timings.step("look"):
            (idc_view, idc_next), (aws_seen, aws_next) = both(
                lambda: (_read_idc(idc), _counters(idc, schemas)),
                lambda: _look_at(aws, final, args.texts("exempt_users"), schemas),
            )
        cut = _bounds(idc, aws, (idc_view, aws_seen), cut, args)
        raises = auto_increment.plan_raises(idc_next, aws_next, args.count("auto_increment_margin"))
        broken = promotion.broken_on_aws(aws_seen, args.texts("required_proofs")) if aws_seen else []
        broken += promotion.broken_on_idc(idc_view, cut) + _strangers(args, idc_view, aws_seen)
        before = _state(idc_view)
        evidence = _evidence(aws_seen, idc_view, cut, raises, broken) | {"set_aside": cut.set_aside.count()}
        if aws_seen is None:
            evidence |= {"accepted_loss": args.text("accept_loss"), "rds": "does not answer"}
            self.note("accepted_loss", reason=args.text("accept_loss"), floor=str(cut.final))
        if self.check_mode:
            # The run itself fences and salvages first, so what is open now is told, not held against it.
            after = before | {"writable": True, "read_only": False, "super_read_only": False}
            return Outcome(not idc_view.writable, before, after, evidence)
        if broken:
            raise RefusedError(_refusal(idc_view, broken), evidence)
        table = write_test.find_table(idc, args.mapping("marker"), schemas)
        if idc_view.writable:
            told = ""
            try:
                evidence["write_test"] = write_test.run(app.result(), table, "", keep=False)
            except FailbackError as error:
                evidence["write_test"], told = {"failed": str(error)}, _told(error)
            evidence["seconds"] = timings.as_evidence()
            self.note("promoted", idc=before, final=str(cut.final), found_open=True)
            self.turned("promoted")
            return Outcome(changed=False, before=before, after=before, evidence=evidence, msg=told)
        session = app.result()  # raises before anything is opened
        with timings.step("counters"):
            self._raise_counters(idc, raises)
        with timings.step("open"), self.act("open IDC for writes: the point of no return", final=str(cut.final)):
            idc.execute("SET PERSIST super_read_only = OFF, PERSIST read_only = OFF")
        # From here on nothing may keep held requests waiting: a failure is told here, and the role's verify judges it.
        told = ""
        try:
            with timings.step("write"), self.act("write to IDC as the application and read it back", table=table.label):
                evidence["write_test"] = write_test.run(session, table, self.run_id, keep=True)
        except FailbackError as error:
            evidence["write_test"], told = {"failed": str(error)}, _told(error)
        after = _state(_read_idc(idc))
        evidence["seconds"] = timings.as_evidence()
        if not after["writable"]:
            raise FailbackError("IDC is still read-only after it was opened: look at its error log", evidence)
        self.note("promoted", idc=after, final=str(cut.final), point_of_no_return=True)
        self.turned("promoted")
        return Outcome(changed=True, before=before, after=after, evidence=evidence, msg=told)

    def _raise_counters(self, idc: Server, raises: tuple[Raise, ...]) -> None:
        """Raise what is too low while the application is still kept out by read_only.

        Without the binary log: any transaction of IDC's own after the cut-over then means that it was opened.
        """
        if not raises:
            return
        with self.act("raise auto-increment counters on IDC", counters=[str(item) for item in raises]):
            idc.execute("SET GLOBAL super_read_only = OFF")  # leaves read_only on
            try:
                idc.execute("SET SESSION sql_log_bin = 0")
                for item in raises:
                    idc.execute(item.statement)
                idc.execute("SET SESSION sql_log_bin = 1")
            except FailbackError:
                with suppress(FailbackError):
                    idc.execute("SET GLOBAL super_read_only = ON")
                raise


def _told(error: FailbackError) -> str:
    return f"IDC is open, but a write to it as the application failed: {error}. It is proven again at the end"


def _bounds(idc: Server, aws: Server | None, seen: tuple[IdcView, AwsView | None], cut: Cut, args: Arguments) -> Cut:
    """Settle what IDC must have by now."""
    idc_view, aws_seen = seen
    if aws is None or aws_seen is None:
        # Only with an accepted loss. What IDC received from RDS is all that there is to have.
        uuid = str(args.mapping("aws").get("server_uuid") or "")
        return replace(cut, final=cut.cutover | cut.final | received(idc).of_server(uuid))
    cut = replace(cut, on_aws=aws_seen.executed)
    missing = cut.missing(idc_view.executed)
    # RDS's heartbeat goes on behind the fence, and nothing brings it over any more.
    if missing and (idc_view.writable or cut.set_aside):
        cut = replace(cut, final=(cut.final - missing) | aws_view.needed(aws, missing))
    return cut


def _look_at(
    aws: Server | None, final: aws_view.Final, exempt: list[str], schemas: list[str]
) -> tuple[AwsView | None, Counters]:
    """Read RDS; nothing when it does not answer and that was accepted."""
    return (aws_view.read(aws, final, exempt), _counters(aws, schemas)) if aws is not None else (None, {})


def _strangers(args: Arguments, idc: IdcView, aws: AwsView | None) -> list[str]:
    """Name a server that is not the one the inventory means: the last chance to notice."""
    seen = {"idc": idc.uuid} | ({"aws": aws.uuid} if aws else {})
    wanted = {side: str(args.mapping(side).get("server_uuid") or "").lower() for side in seen}
    return [
        f"db_{side} leads to server {uuid}, the inventory means {wanted[side]}"
        for side, uuid in seen.items()
        if wanted[side] not in ("", uuid)
    ]


def _read_idc(idc: Server) -> IdcView:
    who = observe.identity(idc)
    settings = idc.row(
        "SELECT @@GLOBAL.sync_binlog AS sync_binlog,"
        " @@GLOBAL.innodb_flush_log_at_trx_commit AS innodb_flush_log_at_trx_commit"
    )
    running = [item.label for item in channel.observe(idc) if item.receiver != "OFF" or item.applier != "OFF"]
    return IdcView(
        uuid=who.uuid,
        read_only=who.read_only,
        super_read_only=who.super_read_only,
        executed=who.executed,
        running_channels=tuple(running),
        settings={name: int(str(value)) for name, value in settings.items()},
    )


def _counters(server: Server, schemas: list[str]) -> Counters:
    server.execute(auto_increment.FRESH)
    query = auto_increment.COUNTERS.format(schemas=sample.schema_list(schemas))
    return auto_increment.counters_from(server.rows(query))


def _state(view: IdcView) -> dict[str, object]:
    return {
        "writable": view.writable,
        "read_only": view.read_only,
        "super_read_only": view.super_read_only,
        "gtid_executed": str(view.executed),
    }


def _evidence(
    aws: AwsView | None, idc: IdcView, cut: Cut, raises: tuple[Raise, ...], broken: list[str]
) -> dict[str, object]:
    return {
        "rds_fenced": aws.fenced if aws else None,
        "rds_read_only": aws.read_only if aws else None,
        "rds_beyond_final": aws.beyond_final if aws else None,
        "idc_has_final": cut.final <= idc.executed,
        "idc_errant": str(promotion.errant_on(idc, cut)),
        "durability": idc.settings,
        "auto_increment_raised": [str(item) for item in raises],
        "broken_invariants": broken,
    }


def _refusal(idc: IdcView, broken: list[str]) -> str:
    told = "; ".join(broken)
    if idc.writable:
        return (
            f"IDC is already open for writes and something is wrong ({told}). Close RDS first: run the fence again, and"
            " let nobody open RDS"
        )
    return f"IDC stays closed: {told}. Run the phase again once this is put right, or give up with the abort"
