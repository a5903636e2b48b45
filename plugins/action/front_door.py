"""Prove from outside that IDC serves. Documentation: plugins/modules/front_door.py."""

from __future__ import annotations

import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback import doors, http
from failback.action import Arguments, FailbackAction, Outcome
from failback.errors import ConfigError, FailbackError, RefusedError
from failback.mysql import Login, Server, quote_name

_POLL = 0.1


@dataclass(frozen=True)
class _Marker:
    """Where a marker row is written over HTTP and found over SQL."""

    path: str
    schema: str
    table: str
    column: str


class ActionModule(FailbackAction):
    """Asks every door; with a marker it also writes through each door and reads the row back from IDC over SQL."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "doors": {"type": "list", "elements": "dict", "required": True},
        "idc": {"type": "dict", "required": True},
        "aws_server_uuid": {"type": "str", "default": ""},
        "whoami_path": {"type": "str", "default": ""},
        "times": {"type": "int", "default": 4},
        "health": {"type": "list", "elements": "dict", "default": []},
        "marker": {"type": "dict", "default": {}},
        "timeout": {"type": "float", "default": 5.0},
        "marker_wait": {"type": "float", "default": 3.0},
        "only_look": {"type": "bool", "default": False},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Ask all doors at the same time; fail with every problem of every door."""
        ways = [http.Door.from_dict(data) for data in args.mappings("doors")]
        if not ways:
            raise ConfigError("service_front_doors is empty: name at least one way in from outside")
        if args.flag("only_look"):
            return self._look_for_table(args)
        with ThreadPoolExecutor(max_workers=min(8, len(ways))) as pool:
            seen = list(pool.map(lambda door: self._look(args, door), ways))
        evidence: dict[str, Any] = {door.name: found for door, (found, _) in zip(ways, seen, strict=True)}
        problems = [problem for _, found in seen for problem in found]
        if args.given("marker") and not self.check_mode and not problems:
            problems += self._mark(args, ways, evidence)
        if problems and not self.check_mode:
            raise FailbackError(f"from outside, IDC is not proven to serve: {'; '.join(problems)}", evidence)
        evidence["problems"] = problems
        return Outcome(changed=False, before=None, after=None, evidence=evidence)

    def _look_for_table(self, args: Arguments) -> Outcome:
        """See that IDC has what the markers will be looked for in: afterwards nobody can wait for a correction."""
        marker = _marker(args.mapping("marker"))
        with Server.connect(Login.from_dict(args.mapping("idc"), "db_idc"), name="IDC MySQL") as server:
            there = server.number(
                "SELECT COUNT(*) FROM information_schema.columns"
                " WHERE table_schema = %s AND table_name = %s AND column_name = %s",
                (marker.schema, marker.table, marker.column),
            )
        place = f"{marker.schema}.{marker.table}.{marker.column}"
        if not there:
            raise RefusedError(f"service_marker means {place}, which IDC does not have: correct service_marker")
        return Outcome(changed=False, before=None, after=None, evidence={"marker": place})

    def _look(self, args: Arguments, door: http.Door) -> tuple[dict[str, Any], list[str]]:
        timeout = args.number("timeout")
        evidence: dict[str, Any] = {"url": door.url}
        problems: list[str] = []
        if args.given("whoami_path"):
            # A path never asked for before cannot be in any cache; several requests meet several application hosts.
            path = args.text("whoami_path")
            replies = [http.ask(door, path, timeout=timeout, unique=True) for _ in range(max(1, args.count("times")))]
            known = {args.text("aws_server_uuid").lower(): "RDS"}
            wanted = str(args.mapping("idc").get("server_uuid") or "")
            found = {doors.identity_problem(door, reply, wanted, known) for reply in replies}
            problems += sorted(found - {""})
            evidence["whoami"] = doors.summary(replies)
        for check in args.mappings("health"):
            reply = http.ask(door, str(check.get("path") or "/"), timeout=timeout)
            problem = doors.problem_of(door, reply, int(check.get("status") or 200))
            evidence.setdefault("health", []).append(reply.as_evidence())
            problems += [problem] if problem else []
        return evidence, problems

    def _mark(self, args: Arguments, ways: list[http.Door], evidence: dict[str, Any]) -> list[str]:
        """Write one marker through each door, then find all of them on IDC."""
        marker = _marker(args.mapping("marker"))
        problems: list[str] = []
        tokens: dict[str, http.Door] = {}
        with self.act("write a marker row through each front door", doors=[door.name for door in ways]) as record:
            for door in ways:
                token = str(uuid.uuid4())
                reply = http.ask(door, marker.path, timeout=args.number("timeout"), body={"token": token})
                problem = doors.problem_of(door, reply)
                if problem:
                    problems.append(f"writing a marker: {problem}")
                    continue
                tokens[token] = door
                evidence[door.name]["marker"] = {"token": token, "status": reply.status, "seconds": reply.seconds}
            record["tokens"] = sorted(tokens)
        found = self._read_back(args, marker, sorted(tokens))
        for token, door in tokens.items():
            evidence[door.name]["marker"]["rows_on_idc"] = found.get(token, 0)
            if found.get(token, 0) != 1:
                problems.append(
                    f"the marker written through {door.name} is on IDC {found.get(token, 0)} times, not once"
                )
        return problems

    def _read_back(self, args: Arguments, marker: _Marker, tokens: list[str]) -> dict[str, int]:
        if not tokens:
            return {}
        login = Login.from_dict(args.mapping("idc"), "db_idc")
        column = quote_name(marker.column)
        table = f"{quote_name(marker.schema)}.{quote_name(marker.table)}"
        places = ", ".join(["%s"] * len(tokens))
        sql = f"SELECT {column} AS token, COUNT(*) AS found FROM {table} WHERE {column} IN ({places}) GROUP BY {column}"
        deadline = time.monotonic() + args.number("marker_wait")
        with Server.connect(login, name="IDC MySQL") as server:
            seen = server.text("SELECT @@server_uuid").lower()
            if login.server_uuid and seen != login.server_uuid:
                raise FailbackError(f"{login} is server {seen}, the inventory means {login.server_uuid}")
            while True:
                rows = {str(row["token"]): int(str(row["found"])) for row in server.rows(sql, tokens)}
                if len(rows) == len(tokens) or time.monotonic() >= deadline:
                    return rows
                time.sleep(_POLL)


def _marker(data: dict[str, Any]) -> _Marker:
    missing = [key for key in ("path", "schema", "table", "column") if not data.get(key)]
    if missing:
        raise ConfigError(f"service_marker lacks {', '.join(missing)}: add it to the inventory")
    return _Marker(*(str(data[key]) for key in ("path", "schema", "table", "column")))
