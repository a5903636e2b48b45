"""Look at every backup of the site and say whether they would carry a restore. See plugins/modules/backup_check.py."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from datetime import UTC, datetime

from failback import incident
from failback.action import FailbackAction, Outcome
from failback.backup import chain, judge, proof, sizes, survey
from failback.backup.look import look
from failback.backup.model import Wishes
from failback.backup.sources import checked_sources
from failback.errors import FailbackError
from failback.findings import Finding
from failback.gtid import GtidSet
from failback.mysql import Login, Server
from failback.restore.encrypted import checked as checked_keys
from failback.restore.source import open_source
from failback.restore.source_site import site_ssh
from failback.restore.verify_facts import Expected

if TYPE_CHECKING:
    from failback.arguments import Arguments
    from failback.backup.model import Look
    from failback.restore.model import Source

_RESTORING = frozenset({"restore-first", "stop-first"})


class ActionModule(FailbackAction):
    """Reads only. What was seen is remembered beside the site's state, in a real run alone."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "sources": {"type": "list", "elements": "dict", "default": []},
        "binlogs": {"type": "dict", "default": {}},
        "schemas": {"type": "list", "elements": "str", "default": []},
        "idc": {"type": "dict", "default": {}},
        "aws": {"type": "dict", "default": {}},
        "cutover_gtid": {"type": "str", "default": ""},
        "server_version": {"type": "str", "default": ""},
        "rpo": {"type": "float", "default": 0.0},
        "max_age": {"type": "float", "default": 0.0},
        "refuse_older": {"type": "bool", "default": False},
        "time_zone": {"type": "str", "default": "UTC"},
        "least_share": {"type": "float", "default": 0.0},
        "proofs": {"type": "str", "default": ""},
        "proof_age": {"type": "float", "default": 0.0},
        "budget": {"type": "float", "default": 0.0},
        "strategy": {"type": "str", "default": ""},
        "s3": {"type": "dict", "default": {}},
        "decrypt": {"type": "dict", "default": {}},
        "memory": {"type": "str", "default": ""},
        "again": {"type": "bool", "default": False},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Look at everything, judge it, remember it. Raises ConfigError for what cannot be meant, nothing else."""
        sources = checked_sources(args.mappings("sources"))
        checked_keys(args.mapping("decrypt"))
        cutover = GtidSet.parse(args.text("cutover_gtid"))
        extra: list[Finding] = []
        expected = self._expected(args, extra)
        memory = Path(args.text("memory")) if args.text("memory") and not args.flag("again") else None
        looks = [
            look(one, lambda url: self._open(url, args), expected, memory, keep=not self.check_mode) for one in sources
        ]
        binlogs = str(args.mapping("binlogs").get("url") or "")
        positions = {one.name: one.gtid for one in looks if one.sound and judge.position(one)} if cutover else {}
        chains = chain.look(self._open(binlogs, args) if binlogs else None, positions, cutover)
        if any(one.problem for one in chains.values()) and (history := self._rds_history(args, extra)):
            chains = chain.by_rds(chains, positions, cutover, *history)
        directory = Path(args.text("proofs")).expanduser() if args.text("proofs") else None
        known, proofs = self._remembered(directory, extra)
        found = survey.survey(looks, self._wishes(args, cutover), chains, known, proofs)
        relied_on = self._relied_on() if args.flag("again") else None
        told = survey.findings(found, relied_on, restores=args.text("strategy") in _RESTORING) + extra
        fact = survey.fact(found, self._wishes(args, cutover), told, binlogs)
        self.keep("backup_again" if args.flag("again") else "backup", fact)
        if directory is not None and not self.check_mode:
            self._remember(directory, looks, fact["checked_at"], told)
        evidence = {**fact, "sources": [_short(one) for one in fact["sources"]]}
        return Outcome(
            changed=False, after=fact["chosen"], evidence=evidence, findings=told, msg=fact["sentence"]["en"]
        )

    def _open(self, url: str, args: Arguments) -> Source:
        ssh = site_ssh(self._task_vars.get("hostvars") or {})
        return open_source(url, s3=args.mapping("s3"), ssh=ssh, decrypt=args.mapping("decrypt") or None)

    def _expected(self, args: Arguments, extra: list[Finding]) -> Expected:
        """Say what a backup must hold; the release to restore into is that of IDC, where it answers."""
        version = args.text("server_version") or self._idc_version(args, extra)
        return Expected(schemas=tuple(args.texts("schemas")), server_version=version, time_zone=_zone(args))

    def _idc_version(self, args: Arguments, extra: list[Finding]) -> str:
        if not args.given("idc"):
            return ""
        try:
            with Server.connect(Login.from_dict(args.mapping("idc"), "db_idc"), name="IDC") as idc:
                return idc.text("SELECT @@version")
        except FailbackError as error:  # whatever it is: other items look at IDC, and name it
            what = f"the release of IDC MySQL could not be read, so backups were not judged against it: {error}"
            step = "bring IDC MySQL up, or set backup_server_version"
            extra.append(Finding("note", "backup:server_version_unknown", what, step))
            return ""

    def _rds_history(self, args: Arguments, extra: list[Finding]) -> tuple[GtidSet, GtidSet] | None:
        """Ask RDS what it purged and executed, as the replay will: without an archive its own logs may do."""
        if not args.mapping("aws").get("host"):
            return None
        try:
            with Server.connect(Login.from_dict(args.mapping("aws"), "db_aws"), name="RDS") as aws:
                row = aws.row("SELECT @@GLOBAL.gtid_purged AS purged, @@GLOBAL.gtid_executed AS executed")
            return GtidSet.parse(str(row["purged"])), GtidSet.parse(str(row["executed"]))
        except FailbackError as error:  # whatever it is: other items look at RDS, and name it
            what = f"RDS was not asked whether its own binary logs reach back to a backup: {error}"
            extra.append(Finding("note", "backup:rds_not_asked", what, "bring the way to RDS up, and look again"))
            return None

    def _wishes(self, args: Arguments, cutover: GtidSet) -> Wishes:
        return Wishes(
            now=datetime.now(UTC),
            time_zone=_zone(args),
            rpo=args.number("rpo"),
            refuse_older=args.number("max_age") if args.flag("refuse_older") else 0.0,
            least_share=args.number("least_share"),
            proof_age=args.number("proof_age"),
            budget=args.number("budget"),
            cutover=cutover,
            aws_uuid=str(args.mapping("aws").get("server_uuid") or ""),
        )

    def _remembered(
        self, directory: Path | None, extra: list[Finding]
    ) -> tuple[dict[str, list[dict[str, Any]]], list[proof.Proof]]:
        if directory is None:
            return {}, []
        known: dict[str, list[dict[str, Any]]] = {}
        try:
            known = sizes.read(directory, self.host)
        except FailbackError as error:
            extra.append(Finding("warning", "backup:sizes_unreadable", str(error), "take the file away"))
        proofs, strange = proof.read_all(directory, self.host)
        extra += [
            Finding("warning", f"backup:proof_unreadable:{Path(one.split(' ', 1)[0]).name}", one, "take the file away")
            for one in strange
        ]
        return known, proofs

    def _remember(self, directory: Path, looks: list[Look], at: str, told: list[Finding]) -> None:
        try:
            sizes.remember(directory, self.host, looks, at)
        except FailbackError as error:
            told.append(Finding("warning", "backup:sizes_not_kept", str(error), "correct backup_proofs"))

    def _relied_on(self) -> dict[str, Any] | None:
        """Read which source the phase prepare chose; None outside of an incident."""
        place = incident.of_environment()
        if place is None:
            return None
        found = incident.facts(place).get(f"backup.{self.host}".lower())
        return dict(found.get("chosen") or {}) if found else None


def _zone(args: Arguments) -> str:
    return args.text("time_zone") or "UTC"


def _short(source: dict[str, Any]) -> dict[str, Any]:
    """Leave out of the report what only the plan needs."""
    return {key: value for key, value in source.items() if key not in {"findings", "rows_by_table"}}
