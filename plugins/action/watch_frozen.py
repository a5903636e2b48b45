"""Check that RDS took no write since FINAL and the data does not drift. See plugins/modules/watch_frozen.py."""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback import aws, observe, package, position
from failback.action import FailbackAction, Outcome
from failback.errors import FailbackError, LoginRefusedError, UnreachableError
from failback.findings import Finding
from failback.gtid import GtidSet
from failback.journeys import invariants, model
from failback.mysql import Login, Server

package.make_importable()

from rollback_runner.watching import play, series
from rollback_runner.watching.final import Finals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.arguments import Arguments

    from rollback_runner.watching.source import Place

_KEEP = "find out who wrote; keep RDS as it is, these writes are not on IDC"
_CANNOT_WRITE = frozenset({"stopped", "stopping", "deleted", "deleting"})


class ActionModule(FailbackAction):
    """Looks only."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "idc": {"type": "dict", "required": True},
        "aws": {"type": "dict", "required": True},
        "instance": {"type": "str", "required": True},
        **aws.ARGUMENTS,
        "strategy": {"type": "str", "default": ""},
        "cutover_gtid": {"type": "str", "default": ""},
        "journeys": {"type": "str", "default": ""},
        "reads": {"type": "int", "default": 5},
        "interval": {"type": "float", "default": 0.05},
        "timeout": {"type": "float", "default": 60.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Look at RDS, at IDC and at what the sampler saw since the promotion."""
        place = play.place()
        final = Finals(place.home, place.incident).of(self.host)
        evidence: dict[str, Any] = {"final": final}
        if final is None:
            told = "no FINAL of a promotion is on record in this incident, so nothing says what RDS may hold"
            found = (
                [] if self.check_mode else [Finding("blocker", "frozen:no-final", told, "run the emergency leg first")]
            )
            return Outcome(changed=False, evidence=evidence, findings=found)
        findings = [*self._rds(args, final, evidence), *self._idc(args, final, evidence)]
        findings += _sampled(place, args.text("instance"), evidence)
        return Outcome(changed=False, evidence=evidence, findings=findings)

    def _rds(self, args: Arguments, final: Mapping[str, Any], evidence: dict[str, Any]) -> list[Finding]:
        wanted = GtidSet.parse(str(final["gtid"]))
        login = Login.from_dict(args.mapping("aws"), "db_aws")
        try:
            with Server.connect(login, name="RDS") as server:
                who = observe.identity(server)
                reads = [who.executed]
                for _ in range(max(1, args.count("reads")) - 1):
                    time.sleep(args.number("interval"))
                    reads.append(observe.identity(server).executed)
                start = str(final.get("log_file") or ""), int(str(final.get("log_position") or 0))
                beyond = position.beyond(server, wanted, reads[-1], *start)
        except LoginRefusedError as error:
            told = f"RDS does not let the tool in any more, so nobody sees whether it is written to: {error}"
            return [Finding("blocker", "frozen:login", told, "give the tool's account its right to log in back")]
        except UnreachableError as error:
            return self._away(args, error, evidence)
        evidence["rds"] = {
            "server_uuid": who.uuid,
            "read_only": who.read_only,
            "reads": len(reads),
            "frozen": all(one == reads[0] for one in reads),
            "beyond_final": beyond.as_evidence(),
        }
        if login.server_uuid and who.uuid.lower() != login.server_uuid:
            told = f"{login} is server {who.uuid} by now, the inventory means {login.server_uuid}"
            return [Finding("blocker", "frozen:identity", told, "find out who replaced it, and what writes to it")]
        if lost := wanted - reads[-1]:
            told = f"RDS no longer has {lost.count()} transactions of FINAL: was it restored?"
            return [Finding("blocker", "frozen:lost", told, "find out who did; what it took since is not known")]
        if not beyond.harmless:
            return [Finding("blocker", "frozen:written", f"RDS was written to: {beyond.sentence()}", _KEEP)]
        return []

    def _away(self, args: Arguments, error: UnreachableError, evidence: dict[str, Any]) -> list[Finding]:
        """Ask AWS of an instance that does not answer: one that stands still takes no write."""
        account = aws.Account.from_arguments(vars_of(args))
        try:
            client = account.client("rds")
            with aws.answering("tell the state of the RDS instance"):
                told = client.describe_db_instances(DBInstanceIdentifier=args.text("instance"))
            status = str(told["DBInstances"][0]["DBInstanceStatus"])
        except FailbackError as silent:
            if str(silent.evidence.get("aws_error")) != "DBInstanceNotFound":
                evidence["rds"] = {"unreachable": str(error), "api": str(silent)}
                sentence = (
                    f"nobody can say whether RDS takes writes: it does not answer ({error}), nor does AWS: {silent}"
                )
                return [Finding("blocker", "frozen:unknown", sentence, "look at the instance in the AWS console")]
            status = "deleted"
        evidence["rds"] = {"unreachable": str(error), "status": status}
        if status in _CANNOT_WRITE:
            return []
        sentence = f"RDS does not answer ({error}), and AWS says it is {status}: it may take writes from elsewhere"
        return [Finding("blocker", "frozen:unknown", sentence, "let this machine reach it, or stop the instance")]

    def _idc(self, args: Arguments, final: Mapping[str, Any], evidence: dict[str, Any]) -> list[Finding]:
        """Check that IDC still holds all of FINAL, and that what must hold in the data holds."""
        found: list[Finding] = []
        asked = [one for one in _invariants(args.text("journeys")) if one.database in {"", self.host}]
        with Server.connect(Login.from_dict(args.mapping("idc"), "db_idc"), name="IDC") as server:
            who = observe.identity(server)
            results = invariants.check(server, asked, timeout=args.number("timeout"))
        # Under stop-first IDC opened with what stood at the cut-over; what RDS took since lies in the quarantine.
        quarantined = args.text("strategy") == "stop-first"
        beyond = GtidSet.parse(str(final["gtid"])) - who.executed
        lacking = GtidSet.parse(args.text("cutover_gtid")) - who.executed if quarantined else beyond
        problems = [f"{one.name}: {problem}" for one in results for problem in one.problems]
        evidence["idc"] = {
            "server_uuid": who.uuid,
            "takes_writes": not who.read_only and not who.super_read_only,
            "lacks_of_final": beyond.count(),
            "set_aside": quarantined,
            "invariants": len(results),
            "problems": problems,
        }
        if lacking:
            told = f"IDC lacks {lacking.count()} transactions of FINAL: was it restored, or its history reset?"
            if quarantined:
                told = f"IDC lacks {lacking.count()} transactions of the cut-over: was it restored, or reset?"
            found.append(Finding("blocker", "drift:final", told, "compare every table: rollback-runner phase full"))
        found += [
            Finding(
                "blocker", f"drift:{problem.partition(':')[0]}", f"the data drifts: {problem}", "find what wrote it"
            )
            for problem in problems
        ]
        if not results:
            told = "no invariant is named for this database, so drift of its data would go unnoticed"
            found.append(Finding("warning", "drift:none", told, "name some under service_journeys"))
        return found


def vars_of(args: Arguments) -> dict[str, object]:
    """Return the arguments that say how AWS is reached."""
    return {name: args.text(name) for name in aws.ARGUMENTS}


def _invariants(directory: str) -> list[model.Invariant]:
    return list(model.read(directory).invariants) if directory and Path(directory).is_dir() else []


def _sampled(place: Place, instance: str, evidence: dict[str, Any]) -> list[Finding]:
    """Judge what the sampler saw between the promotion and now: a write is one even if its trace is gone."""
    promoted = play.promoted_at(place) or 0.0
    seen = series.read(place.incident, since=promoted)
    writes = seen.of("rds_writes_after_final").get(instance, [])
    drift = [point for points in seen.of("data_problems").values() for point in points]
    evidence["sampled"] = {
        "since": play.moment(promoted),
        "looks_at_rds": len(writes),
        "most_writes_after_final": max((value for _, value in writes), default=None),
        "looks_at_data": len(drift),
        "most_data_problems": max((value for _, value in drift), default=None),
    }
    found = []
    if not writes:
        told = f"nobody kept proving that {instance} takes no write: there is no sample of it since the promotion"
        found.append(Finding("blocker", "frozen:no-samples", told, "rollback-runner watch status tells what is lost"))
    if bad := [point for point in writes if point[1] > 0]:
        told = f"the sampler saw {max(value for _, value in bad):g} transactions after FINAL on {instance}"
        found.append(Finding("blocker", "frozen:seen", f"{told}, first at {play.moment(bad[0][0])}", _KEEP))
    if bad := [point for point in drift if point[1] > 0]:
        told = (
            f"the sampler saw {max(value for _, value in bad):g} invariants broken, first at {play.moment(bad[0][0])}"
        )
        # It may have been repaired since: what does not hold now is a blocker of its own.
        found.append(Finding("warning", "drift:seen", told, "name the cause in the post-mortem"))
    return found
