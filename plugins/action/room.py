"""Tell whether there is room for what a rollback writes. See plugins/modules/room.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

from ansible.errors import AnsibleConnectionFailure
from failback import ssh_words
from failback.action import Completed, Outcome
from failback.baseline import store
from failback.environment import limits
from failback.environment.host import HostAction, seconds_since
from failback.errors import ConfigError, FailbackError
from failback.findings import Finding
from failback.fitness import machine, room, room_facts
from failback.gtid import GtidSet
from failback.mysql import Login, Server
from failback.restore.source import open_source
from failback.restore.source_site import site_ssh

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.arguments import Arguments

_READER = ("failback.baseline.agent", "failback.fitness.agent")


class ActionModule(HostAction):
    """Reads only: a host's disks now and later, what each way writes for a database, and for all of them here."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "of": {"type": "str", "choices": ["host", "database", "machine"], "required": True},
        "disks": {"type": "list", "elements": "str", "default": ["/"]},
        "containers": {"type": "list", "elements": "dict", "default": []},
        "baseline_directory": {"type": "str", "default": ""},
        "least_free": {"type": "float", "default": 0.1},
        "least_bytes": {"type": "int", "default": 1 << 30},
        "least_days": {"type": "float", "default": 30.0},
        "idc": {"type": "dict", "default": {}},
        "aws": {"type": "dict", "default": {}},
        "schemas": {"type": "list", "elements": "str", "default": []},
        "cutover_gtid": {"type": "str", "default": ""},
        "container": {"type": "str", "default": ""},
        "strategy": {"type": "str", "choices": list(room.WAYS), "default": "switch-first"},
        "backups": {"type": "list", "elements": "dict", "default": []},
        "archive": {"type": "dict", "default": {}},
        "s3": {"type": "dict", "default": {}},
        "backup_growth": {"type": "float", "default": 2.5},
        "workers": {"type": "int", "default": 4},
        "quarantine": {"type": "str", "default": ""},
        "home": {"type": "str", "default": ""},
        "record_bytes": {"type": "int", "default": 256 << 20},
        "margin": {"type": "float", "default": 0.25},
        "reserve": {"type": "int", "default": 1 << 30},
        "hours": {"type": "float", "default": 24.0},
        "rooms": {"type": "list", "elements": "dict", "default": []},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Look, compute, judge, keep. Raises ConfigError."""
        looks = {"host": self._of_host, "database": self._of_database, "machine": self._of_machine}
        evidence, found = looks[args.text("of")](args)
        self.keep(f"room-{args.text('of')}", {**evidence, "findings": [one.as_dict() for one in found]})
        return Outcome(changed=False, after={"findings": len(found)}, evidence=evidence, findings=found)

    def _of_host(self, args: Arguments) -> tuple[dict[str, Any], list[Finding]]:
        here = [one.container for one in self.containers_here(args.mappings("containers"))]
        try:
            facts = self._ask(
                _READER,
                {"parts": ["containers"], "containers": here, "paths": args.texts("disks"), "root": bool(here)},
            )
        except FailbackError as error:
            told = f"the room on {self.host} cannot be told: {error}"
            return {"disks": []}, [Finding("warning", f"room:{self.host}:unseen", told, "see TECH-01")]
        disks = dict(facts["paths"])
        root = facts.get("docker_root") or {}
        if "free" in root:
            disks[f"docker ({root['path']})"] = root
        then, passed = self._then(args)
        told_disks: list[dict[str, object]] = []
        found: list[Finding] = []
        for path, now in disks.items():
            key = f"room:{self.host}:{path}"
            if "error" in now:
                found.append(
                    Finding("warning", f"{key}:unseen", f"{path} on {self.host}: {now['error']}", f"df -h {path}")
                )
                continue
            seen = limits.outlook(path, now, then.get(path), passed)
            told_disks.append({**seen.as_dict(), "needed": args.count("least_bytes")})
            short = limits.shortages(
                seen,
                least_free=args.number("least_free"),
                least_bytes=args.count("least_bytes"),
                least_days=args.number("least_days"),
            )
            none_left = not now["free"] or (now["inodes"] and not now["inodes_free"])
            found += [
                Finding(
                    "blocker" if none_left else "warning",
                    f"{key}:{'inodes' if 'inodes' in text else 'days' if 'days' in text else 'free'}",
                    f"{self.host}: {text}",
                    "remove old logs and images there, or grow the file system",
                )
                for text in short
            ]
        return {"disks": told_disks, "docker_root": root, "forecast_from": bool(then)}, found

    def _then(self, args: Arguments) -> tuple[Mapping[str, Any], float]:
        try:
            known = store.read(args.text("baseline_directory"), self.host) if args.given("baseline_directory") else None
        except ConfigError:
            raise
        except FailbackError:
            known = None  # TECH-01 tells what is wrong with it
        if not known:
            return {}, 0.0
        return known.get("resources", {}).get("disks", {}), seconds_since(str(known["recorded_at"]))

    def _of_database(self, args: Arguments) -> tuple[dict[str, Any], list[Finding]]:
        found: list[Finding] = []
        chosen, schemas = args.text("strategy"), args.texts("schemas")
        idc, idc_has = self._server("idc", args, schemas, found)
        rds, _ = self._server("aws", args, schemas, found)
        logs = self._logs(args, idc_has, found)
        settings = dict(idc.settings) if idc else room_facts.settings_of_stopped(self, args.text("container"))
        backup = self._listed("backup", args.mappings("backups"), args, found)
        archived = self._listed("archive", [args.mapping("archive")] if args.given("archive") else [], args, found)
        home = Path(args.text("home") or ".")
        facts = room.Facts(
            idc=idc.sizes if idc else None,
            rds=rds.sizes if rds else None,
            backup_bytes=backup,
            backup_growth=args.number("backup_growth"),
            since_cutover=logs.since_cutover,
            backlog=logs.backlog,
            archived=archived,
            redo_left=idc.redo_left if idc else int(settings.get("innodb_redo_log_capacity") or 0),
            relay_limit=int(settings.get("relay_log_space_limit") or 0),
            own_logs=settings.get("log_replica_updates", "ON").upper() in {"ON", "1", "TRUE"},
            workers=args.count("workers") or 4,
            record=max(args.count("record_bytes"), 2 * room_facts.largest_record(home / "runs")),
        )
        places = room_facts.of_container(self, args.text("container"), room_facts.directories(settings), self.place)
        places += [room_facts.here("record", home, machine.HERE)]
        if args.given("quarantine"):
            places.append(room_facts.here("quarantine", Path(args.text("quarantine")), machine.HERE))
        found += room.unseen(places)
        margin = room.Margin(args.number("margin"), args.count("reserve"), args.number("hours"))
        ways: dict[str, list[dict[str, Any]]] = {}
        for way in room.WAYS:
            wanted = room.needs(facts, way)
            rooms = [
                room.forecast(one, room.growth(one, way, logs.per_hour)) for one in room.rooms(places, wanted, facts)
            ]
            found += room.judge(rooms, margin, way, chosen)
            ways[way] = [one.as_dict() for one in rooms]
        evidence: dict[str, Any] = {"database": self.host, "strategy": chosen, "rooms": ways[chosen], "ways": ways}
        evidence["facts"] = {**dataclasses.asdict(facts), "logs": dataclasses.asdict(logs), "restored": facts.restored}
        for side in ("idc", "rds"):
            sizes = evidence["facts"][side]
            if sizes:
                sizes["tables"], sizes["largest_tables"] = len(sizes["tables"]), list(sizes["tables"][:5])
        return evidence, found

    @staticmethod
    def _of_machine(args: Arguments) -> tuple[dict[str, Any], list[Finding]]:
        every = [(str(one["database"]), each) for one in args.mappings("rooms") for each in one.get("rooms", ())]
        sums = machine.together(every)
        margin = room.Margin(args.number("margin"), args.count("reserve"), args.number("hours"))
        return {"rooms": sums}, machine.judge(sums, margin, args.text("strategy"))

    def command(self, argv: Sequence[str], *, stdin: str | None = None, timeout: float = 30.0) -> Completed:
        """As everywhere, but a host that is away is an answer: its places are then not seen."""
        try:
            return super().command(argv, stdin=stdin, timeout=timeout)
        except AnsibleConnectionFailure as error:
            return Completed(255, "", f"{self.place} cannot be reached: {ssh_words.sentence(str(error))}")

    def _server(
        self, side: str, args: Arguments, schemas: Sequence[str], found: list[Finding]
    ) -> tuple[room_facts.ServerRoom | None, GtidSet]:
        name = {"idc": "IDC MySQL", "aws": "RDS"}[side]
        login = Login.from_dict(args.mapping(side), f"db_{side}")
        try:
            with Server.connect(login, name=name) as server:
                executed = GtidSet.parse(server.text("SELECT @@GLOBAL.gtid_executed"))
                return room_facts.server(server, schemas), executed
        except ConfigError:
            raise
        except FailbackError as error:
            told = f"the size of the data on {name} is not known, so the room is computed without it: {error}"
            found.append(Finding("warning", f"room:{self.host}:{side}:silent", told, "look again when it answers"))
            return None, GtidSet.parse(args.text("cutover_gtid"))

    def _logs(self, args: Arguments, idc_has: GtidSet, found: list[Finding]) -> room_facts.Logs:
        login = Login.from_dict(args.mapping("aws"), "db_aws")
        key = f"room:{self.host}:logs"
        try:
            with Server.connect(login, name="RDS") as server:
                logs = room_facts.logs(server, login, GtidSet.parse(args.text("cutover_gtid")), idc_has)
        except ConfigError:
            raise
        except FailbackError as error:
            told = f"how much RDS wrote since the cut-over is not known: {error}"
            found.append(Finding("warning", f"{key}:unread", told, "GRANT REPLICATION SLAVE to the tool's account"))
            return room_facts.Logs()
        if logs.note:
            found.append(Finding("warning", f"{key}:purged", logs.note, "keep them longer: binlog retention hours"))
        return logs

    def _listed(self, what: str, sources: Sequence[Mapping[str, Any]], args: Arguments, found: list[Finding]) -> int:
        """Sum the files of the first source that can be listed; whether it is sound is TECH-02's business."""
        said = ""
        for source in sources:
            try:
                ssh = site_ssh(self._task_vars.get("hostvars") or {})
                opened = open_source(str(source.get("url") or ""), s3=args.mapping("s3"), ssh=ssh)
                return sum(entry.size for entry in opened.entries())
            except ConfigError:
                raise
            except FailbackError as error:
                said = str(error)
        if said:
            found.append(Finding("note", f"room:{self.host}:{what}", f"the size of the {what} is not known: {said}"))
        return 0
