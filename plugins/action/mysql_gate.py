"""Refuse to begin unless both servers allow it. Documentation: plugins/modules/mysql_gate.py."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback import catch_up, gate, gate_facts, position
from failback.action import Arguments, FailbackAction, Outcome
from failback.both import both
from failback.errors import ConfigError, FailbackError, LoginRefusedError, RefusedError, UnreachableError
from failback.gtid import GtidSet
from failback.mysql import Login, Server
from failback.quarantine import kept

if TYPE_CHECKING:
    from failback.gate import SideFacts

_OVERTAKEN = 2.0  # seconds until RDS must show what IDC has got from it
_POLL = 0.05


class ActionModule(FailbackAction):
    """Reads only, so a rehearsal does the same."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "aws": {"type": "dict", "required": True},
        "idc": {"type": "dict", "required": True},
        "app_login": {"type": "dict", "default": {}},
        "replication": {"type": "dict", "default": {}},
        "cutover_gtid": {"type": "str", "required": True},
        "schemas": {"type": "list", "elements": "str", "required": True},
        "exempt_users": {"type": "list", "elements": "str", "required": True},
        "marker": {"type": "dict", "default": {}},
        "side": {"type": "str", "choices": ["both", "rds", "idc"], "default": "both"},
        "accept_loss": {"type": "str", "default": ""},
        "set_aside": {"type": "str", "default": ""},
        "keep_sources": {"type": "list", "elements": "str", "default": []},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Read both servers at once and judge; refuse with every finding in one message."""
        try:
            cutover = GtidSet.parse(args.text("cutover_gtid"))
        except FailbackError as error:
            raise ConfigError(f"db_cutover_gtid is {error}: copy gtid_executed as it was at the cut-over") from error
        if not cutover:
            raise ConfigError("db_cutover_gtid is empty: without it nobody can tell whether IDC was written meanwhile")
        aws = Login.from_dict(args.mapping("aws"), "db_aws")
        idc = Login.from_dict(args.mapping("idc"), "db_idc")
        try:
            rds_facts, idc_facts = both(
                lambda: self._read(aws, "RDS", args, rds=True), lambda: self._read(idc, "IDC", args, rds=False)
            )
        except RefusedError as error:
            if not args.text("accept_loss") or error.evidence.get("unreachable") != "RDS":
                raise
            return self._without_rds(args, aws, idc, cutover)
        rds_facts = _read_again(aws, rds_facts, idc_facts)
        promoted = gate.maybe_promoted(rds_facts, idc_facts) and _nothing_missing(aws, rds_facts, idc_facts, args)
        found = gate.findings(rds_facts, idc_facts, cutover, promoted=promoted)
        found += gate.way_kept(rds_facts, args.texts("keep_sources"))
        if args.given("replication"):
            # The CA file of db_replication is a path on the IDC server; from here that of db_aws vouches for RDS.
            login = Login.from_dict(args.mapping("replication"), "db_replication")
            found += _replication(replace(login, ca_file=aws.ca_file))
        side = args.text("side")
        judged = [finding for finding in found if side == "both" or finding.side in {side, "pair"}]
        missing = rds_facts.who.executed - idc_facts.who.executed
        evidence: dict[str, object] = {
            "rds": rds_facts.who.as_evidence() | rds_facts.extra | {"sees_this_machine_as": rds_facts.seen_as.shown},
            "idc": idc_facts.who.as_evidence(),
            "promoted_before": promoted,
            "fenced_before": bool(rds_facts.marked_accounts),
            "behind_transactions": missing.count(),
            "findings": [f"{finding.side}: {finding.text}" for finding in found],
        }
        if judged:
            raise RefusedError(
                _sentence([finding.text for finding in judged]), evidence | {"lasting": gate.lasting(judged)}
            )
        return Outcome(changed=False, before="ready", after="ready", evidence=evidence)

    def _without_rds(self, args: Arguments, aws: Login, idc: Login, cutover: GtidSet) -> Outcome:
        """RDS is silent and the loss accepted: IDC must still be the right server with nothing from nowhere on it."""
        facts = self._read(idc, "IDC", args, rds=False)
        if idc.server_uuid and facts.who.uuid != idc.server_uuid:
            raise RefusedError(f"{idc} is server {facts.who.uuid}, the inventory means {idc.server_uuid}: not touched")
        own = facts.who.executed.of_server(idc.server_uuid) if not facts.who.read_only else GtidSet()
        strangers = facts.who.executed - cutover - facts.who.executed.of_server(aws.server_uuid) - own
        if strangers:
            raise RefusedError(f"IDC was written since the cut-over ({strangers}), and RDS cannot be asked about it")
        evidence: dict[str, object] = {
            "rds_silent": True,
            "accepted_loss": args.text("accept_loss"),
            "idc": facts.who.as_evidence(),
            "promoted_before": not facts.who.read_only,
        }
        return Outcome(changed=False, before="ready", after="ready", evidence=evidence)

    def _read(self, login: Login, name: str, args: Arguments, *, rds: bool) -> SideFacts:
        app = login.with_account(args.mapping("app_login"), "db_app_login") if args.given("app_login") else None
        marker = args.mapping("marker")
        scope = gate_facts.Scope(
            exempt=tuple(args.texts("exempt_users")),
            schemas=tuple(args.texts("schemas")),
            rds=rds,
            marker=(str(marker.get("table") or ""), str(marker.get("column") or "")),
        )
        try:
            with Server.connect(login, name=name) as server:
                return gate_facts.read(server, login, app, scope)
        except UnreachableError as error:
            raise RefusedError(_silence(name, str(error)), {"unreachable": name}) from error
        except LoginRefusedError as error:
            what = "db_aws" if rds else "db_idc"
            raise RefusedError(f"{error}; correct the account or password file of {what}", error.evidence) from error
        except ConfigError:
            raise
        except FailbackError as error:
            raise RefusedError(f"{name} cannot be judged: {error}", error.evidence) from error


def _read_again(aws: Login, rds: SideFacts, idc: SideFacts) -> SideFacts:
    """Read RDS's position once more when IDC seems to have more from RDS than RDS itself.

    The two are read at the same time, and IDC may follow RDS meanwhile: a transaction that RDS committed
    between the two reads is on IDC and not in what was read of RDS. It is even sent before RDS counts it as executed.
    """
    deadline = time.monotonic() + _OVERTAKEN
    while (idc.who.executed - rds.who.executed).of_server(rds.who.uuid):
        if time.monotonic() >= deadline:
            break
        try:
            with Server.connect(aws, name="RDS") as server:
                rds = replace(rds, who=replace(rds.who, executed=catch_up.executed(server)))
        except FailbackError:
            break
        time.sleep(_POLL)
    return rds


def _nothing_missing(aws: Login, rds: SideFacts, idc: SideFacts, args: Arguments) -> bool:
    """Whether IDC has all that RDS has, but for what was set aside and what RDS goes on writing for itself."""
    aside = kept.transactions(Path(args.text("set_aside"))) if args.given("set_aside") else GtidSet()
    known = rds.who.executed & (idc.who.executed | aside)
    try:
        with Server.connect(aws, name="RDS") as server:
            return position.beyond(server, known, rds.who.executed).harmless
    except FailbackError:
        return False


def _replication(login: Login) -> list[gate.Finding]:
    """Try the account IDC will replicate with. Silence means nothing here: the way may be open from IDC only."""
    try:
        Server.connect(login).close()
    except LoginRefusedError as error:
        return [gate.Finding("idc", f"the replication account is refused: {error}; correct db_replication")]
    except FailbackError:
        return []
    return []


def _silence(name: str, error: str) -> str:
    if name == "RDS":
        return (
            f"{error}. Without RDS its last writes cannot be salvaged, so nothing is promoted: bring it back, or accept"
            ' the loss with --accept-loss "reason"'
        )
    return f"{error}. Start IDC MySQL and open the way to it, then run the phase again"


def _sentence(texts: list[str]) -> str:
    if len(texts) == 1:
        return texts[0]
    return f"{len(texts)} reasons not to begin: " + " | ".join(texts)
