"""Tell whether a host, a database or all their clocks are fit for a rollback. See plugins/modules/host_fitness.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

import os
import time
from typing import TYPE_CHECKING, Any, ClassVar

from failback.action import Outcome
from failback.baseline import compare, store
from failback.environment import mysql_settings
from failback.environment.host import READER_ARGUMENTS, HostAction, file_entries
from failback.errors import ConfigError, FailbackError, UnreachableError
from failback.findings import Finding
from failback.fitness import clock, clock_read, drift, judge, room
from failback.mysql import Login, Server

if TYPE_CHECKING:
    from failback.arguments import Arguments

_READER = ("failback.baseline.agent", "failback.fitness.agent")


class ActionModule(HostAction):
    """Reads only. What is wrong is a finding; only an argument that cannot be meant is an error."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        **READER_ARGUMENTS,
        "of": {"type": "str", "choices": ["host", "database", "clocks"], "required": True},
        "containers": {"type": "list", "elements": "dict", "default": []},
        "baseline_directory": {"type": "str", "default": ""},
        "files": {"type": "list", "elements": "raw", "default": []},
        "expected": {"type": "list", "elements": "dict", "default": []},
        "paths": {"type": "list", "elements": "str", "default": []},
        "absent_ok": {"type": "dict", "default": {}},
        "started_by_plan": {"type": "list", "elements": "str", "default": []},
        "database_host": {"type": "bool", "default": False},
        "strategy": {"type": "str", "choices": list(room.WAYS), "default": "switch-first"},
        "docker_least": {"type": "str", "default": "20.10"},
        "recent_boot": {"type": "float", "default": 86400.0},
        "swappiness": {"type": "int", "default": 10},
        "samples": {"type": "int", "default": 8},
        "idc": {"type": "dict", "default": {}},
        "aws": {"type": "dict", "default": {}},
        "clocks": {"type": "list", "elements": "dict", "default": []},
        "clock_warning": {"type": "float", "default": 0.5},
        "clock_most": {"type": "float", "default": 5.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Look, judge, keep. Raises ConfigError."""
        looks = {"host": self._of_host, "database": self._of_database, "clocks": self._of_clocks}
        kind = args.text("of")
        evidence, found = looks[kind](args)
        evidence["findings"] = len(found)
        self.keep(f"fitness-{kind}", {**evidence, "findings": [one.as_dict() for one in found]})
        return Outcome(changed=False, after={"findings": len(found)}, evidence=evidence, findings=found)

    def _of_host(self, args: Arguments) -> tuple[dict[str, Any], list[Finding]]:
        expected = [compare.Expected.from_dict(entry) for entry in args.mappings("expected")]
        files = [entry["path"] for entry in file_entries(args.values("files"))]
        services = self.containers_here(args.mappings("containers"))
        then, found = self._baseline(args)
        kept = then.get("containers", {})
        watched = {*args.texts("paths"), *(str(Path(path).parent) for path in files)}
        request = {
            "parts": ["network", "files", "containers"] if then else ["containers"],
            "privilege": args.texts("privilege"),
            "ignore_interfaces": args.texts("ignore_interfaces"),
            "files": [
                {"path": path, "secret": bool(entry.get("secret"))} for path, entry in then.get("files", {}).items()
            ],
            "containers": [one.container for one in services],
            "images": sorted({str(one.get("image") or "") for one in kept.values()} - {""}),
            "paths": sorted(watched),
        }
        begun = time.time()
        try:
            facts = self._ask(_READER, request)
        except FailbackError as error:
            # A host without Python answers ssh and is no more fit than one that does not.
            absent = str(args.mapping("absent_ok").get(self.host, ""))
            return {"reachable": False, "clock": None}, [judge.unreachable(self.host, str(error), absent)]
        ended = time.time()
        case = judge.Case(
            self.host,
            services,
            args.texts("started_by_plan"),
            kept,
            args.text("docker_least"),
            args.number("recent_boot"),
            args.count("swappiness"),
            args.flag("database_host"),
            args.text("strategy") in room.RESTORES,
            [str(one.get("name")) for one in args.mappings("containers") if one.get("hosts") == "database_hosts"],
        )
        found += judge.findings(facts, case)
        wrong, meant = self._drift(then, facts, expected) if then else ([], [])
        never = set(then.get("unread", ()))  # what could not be recorded either is in the evidence
        found += drift.differences(self.host, wrong, [one for one in facts["unread"] if then and one not in never])
        seen = self._clock(args, facts, begun, ended).as_dict()
        seen["kept"] = bool(facts["time"]["services"] or facts["time"]["in_sync"])
        evidence: dict[str, Any] = {"reachable": True, "clock": seen}
        shown = ("docker", "images", "time", "paths", "read_only", "disk_errors", "killed", "kernel", "unread")
        evidence |= {name: facts[name] for name in shown if name in facts}
        evidence["containers"] = {
            name: {key: value for key, value in one.items() if key not in {"environment", "command", "mounts"}}
            for name, one in facts["containers"].items()
        }
        evidence |= {"differences": [one.as_evidence() for one in wrong], "expected": meant}
        evidence["baseline"] = then.get("recorded_at") or "none"
        return evidence, found

    def _baseline(self, args: Arguments) -> tuple[dict[str, Any], list[Finding]]:
        """Return the baseline of this host, {} with the reason as a finding where it cannot be used."""
        try:
            then = store.read(args.text("baseline_directory"), self.host) if args.given("baseline_directory") else None
        except ConfigError:
            raise
        except FailbackError as error:
            key = f"baseline:{self.host}:unusable"
            return {}, [Finding("blocker", key, str(error), "rollback-runner baseline records it anew")]
        return (then, []) if then else ({}, [drift.no_baseline(self.host)])

    def _drift(
        self, then: dict[str, Any], facts: dict[str, Any], expected: list[compare.Expected]
    ) -> tuple[list[compare.Difference], list[dict[str, object]]]:
        found = compare.network(then.get("network", {}), facts["network"])
        found += compare.files(then.get("files", {}), facts["files"])
        return compare.split(self.host, found, expected)

    def _clock(self, args: Arguments, facts: dict[str, Any], begun: float, ended: float) -> clock.Clock:
        """Ask the host's clock; where its connection has no stream of its own, use what the reader saw."""
        interpreter = str(self._task_vars.get("ansible_python_interpreter") or "")
        try:
            argv = self._clock_argv(clock_read.command(interpreter))
            return clock_read.of_host(self.host, argv, args.count("samples"))
        except UnreachableError:
            return clock_read.of_report(self.host, begun, ended, float(facts["now"]))

    def _clock_argv(self, command: str) -> list[str]:
        transport = str(self._connection.transport)
        if transport == "local":
            return ["sh", "-c", command]
        if transport != "ssh":
            raise UnreachableError(f"a {transport} connection has no stream")
        binary = self._connection.get_option("ssh_executable")
        target = self._connection.get_option("host") or self._play_context.remote_addr
        argv = self._connection._build_command(binary, "ssh", target, command)  # noqa: SLF001 - no other way to the host's own ssh settings
        return [os.fsdecode(part) for part in argv]

    def _of_database(self, args: Arguments) -> tuple[dict[str, Any], list[Finding]]:
        clocks: list[dict[str, Any]] = []
        then, found = self._baseline(args)
        for side, name in (("idc", "IDC MySQL"), ("aws", "RDS")):
            login = Login.from_dict(args.mapping(side), f"db_{side}")
            try:
                clocks.append(clock_read.of_mysql(f"{name} of {self.host}", login, args.count("samples")).as_dict())
            except ConfigError:
                raise
            except FailbackError as error:
                key = f"clock:{self.host}:{side}:unread"
                found.append(Finding("note", key, f"the clock of {name} could not be read: {error}"))
        found += self._settings(args, then)
        return {"clocks": clocks, "baseline": then.get("recorded_at") or "none"}, found

    def _settings(self, args: Arguments, then: dict[str, Any]) -> list[Finding]:
        if "settings" not in then:
            return []
        expected = [compare.Expected.from_dict(entry) for entry in args.mappings("expected")]
        try:
            with Server.connect(Login.from_dict(args.mapping("idc"), "db_idc"), name="IDC") as server:
                now = mysql_settings.read(server, tuple(then["settings"]))
        except ConfigError:
            raise
        except FailbackError:
            return []  # told with its clock
        wrong, _ = compare.split(self.host, mysql_settings.differences(then["settings"], now), expected)
        return drift.settings(self.host, wrong)

    @staticmethod
    def _of_clocks(args: Arguments) -> tuple[dict[str, Any], list[Finding]]:
        limits = clock.Limits(args.number("clock_warning"), args.number("clock_most"))
        if not 0 < limits.warning <= limits.most:
            raise ConfigError("fitness_clock_warning must be above 0 and not above fitness_clock_most")
        clocks = [clock.Clock.from_dict(one) for one in args.mappings("clocks")]
        evidence: dict[str, Any] = {"clocks": [one.as_dict() for one in clocks], "spread": clock.spread(clocks)}
        unkept = [str(one["name"]) for one in args.mappings("clocks") if one.get("kept") is False]
        return evidence | {"limits": vars(limits)}, [*clock.judge(clocks, limits), *clock.unkept(unkept)]
