"""Find the kinds of errors in logs, and which are new. See plugins/modules/log_errors.py."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback import package
from failback.action import Outcome
from failback.baseline import store
from failback.environment.host import HostAction
from failback.errors import FailbackError
from failback.findings import Finding
from failback.logs import judge, signature
from failback.mysql import Login, Server

package.make_importable()

from rollback_runner.watching import play

if TYPE_CHECKING:
    from failback.arguments import Arguments
    from failback.logs.signature import Kind

_KEPT = 50  # kinds of errors that go on record
_OF_MYSQL = (
    "SELECT UNIX_TIMESTAMP(logged) AS at, error_code AS code, prio AS prio, data AS data"
    " FROM performance_schema.error_log WHERE prio = 'Error' AND logged >= FROM_UNIXTIME({since})"
    " ORDER BY logged DESC LIMIT {most}"
)


class ActionModule(HostAction):
    """Reads logs; with ``record`` it also writes, on the machine that runs the play, which kinds are usual."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "containers": {"type": "list", "elements": "dict", "default": []},
        "files": {"type": "list", "elements": "str", "default": []},
        "server": {"type": "dict", "default": {}},
        "baseline_directory": {"type": "str", "default": ""},
        "known": {"type": "list", "elements": "dict", "default": []},
        "window": {"type": "float", "default": 3600.0},
        "quiet": {"type": "float", "default": 900.0},
        "most_lines": {"type": "int", "default": 20000},
        "timeout": {"type": "float", "default": 30.0},
        "record": {"type": "bool", "default": False},
        "renew": {"type": "bool", "default": False},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Read every log of this host; judge its errors, or record which are usual."""
        record = args.flag("record")
        known = judge.Known.of(args.mappings("known"))
        now = time.time()
        since = now - args.number("window") if record else self._since(args, now)
        sources, unread, kinds = self._read(args, since)
        evidence: dict[str, Any] = {"since": play.moment(since), "sources": sources, "unread": unread}
        if record:
            return self._record(args, kinds, evidence)
        kept = (
            store.read(args.text("baseline_directory"), _name(self.host)) if args.given("baseline_directory") else None
        )
        before = set((kept or {}).get("signatures") or ())
        judged = judge.judge(self.host, kinds, before, known, now=now, quiet=args.number("quiet"))
        shown = sorted(kinds, key=lambda one: -one.count)[:_KEPT]
        evidence |= {
            "kinds": [one.as_dict() for one in shown],
            "errors": sum(one.count for one in kinds),
            "new": [one.signature for one in (*judged.fresh, *judged.over)],
            "usual": [one.signature for one in judged.usual],
            "expected": [{"signature": one.signature, "because": why} for one, why in judged.expected],
            "usual_recorded_at": (kept or {}).get("recorded_at"),
        }
        findings = judge.findings(self.host, judged, args.number("quiet"))
        findings += [
            Finding("blocker", f"log:{self.host}:{what}", f"{self.host}: the log {what} cannot be read: {why}", _RIGHTS)
            for what, why in unread.items()
        ]
        if not sources and not unread:
            told = f"{self.host}: no log is named, so nobody knows whether errors are in it"
            findings.append(Finding("blocker", f"log:{self.host}", told, "name it in watching_logs, or its container"))
        self.keep("logs", evidence)
        return Outcome(changed=False, evidence=evidence, findings=findings)

    def _since(self, args: Arguments, now: float) -> float:
        """Judge from the promotion on; without one on record, from the window on."""
        try:
            promoted = play.promoted_at(play.place())
        except FailbackError:
            promoted = None
        return now - args.number("window") if promoted is None else promoted

    def _read(self, args: Arguments, since: float) -> tuple[dict[str, int], dict[str, str], list[Kind]]:
        """Return lines read per log, logs that could not be read and why, and the kinds of errors."""
        sources: dict[str, int] = {}
        unread: dict[str, str] = {}
        parts: list[tuple[str, list[Kind]]] = []
        most = args.count("most_lines")
        for one in self.containers_here(args.mappings("containers")):
            argv = ["docker", "logs", "--timestamps", f"--since={since:.0f}", f"--tail={most}", one.container]
            self._of_command(argv, f"container {one.container}", args, (sources, unread, parts, since))
        for path in args.texts("files"):
            argv = ["tail", "-n", str(most), "--", path]
            self._of_command(argv, path, args, (sources, unread, parts, since))
        if args.mapping("server"):
            self._of_server(args, since, (sources, unread, parts))
        return sources, unread, signature.merged((where, kinds) for where, kinds in parts)

    def _of_command(self, argv: list[str], what: str, args: Arguments, into: tuple[Any, ...]) -> None:
        sources, unread, parts, since = into
        # Both streams in the order of their time: a container's errors come on the second one.
        done = self.command(["sh", "-c", f"{shlex.join(argv)} 2>&1"], timeout=args.number("timeout"))
        if done.rc != 0:
            told = (done.stdout.strip() or done.stderr.strip()).splitlines()
            unread[what] = told[-1][:200] if told else f"the command ended with {done.rc}"
            return
        lines = [line for line in signature.lines(done.stdout) if line.at is None or line.at >= since]
        sources[what] = len(lines)
        parts.append((what, list(signature.kinds(lines).values())))

    def _of_server(self, args: Arguments, since: float, into: tuple[Any, ...]) -> None:
        sources, unread, parts = into
        what = "MySQL's error log"
        try:
            with Server.connect(Login.from_dict(args.mapping("server"), "db_idc"), name="IDC") as server:
                rows = server.rows(_OF_MYSQL.format(since=f"{since:.3f}", most=args.count("most_lines")))
        except FailbackError as error:
            unread[what] = str(error)
            return
        lines = [
            signature.Line(f"{row['code']!s} [{row['prio']!s}] {row['data']!s}", float(str(row["at"])))
            for row in rows[::-1]
        ]
        sources[what] = len(lines)
        parts.append((what, list(signature.kinds(lines).values())))

    def _record(self, args: Arguments, kinds: list[Kind], evidence: dict[str, Any]) -> Outcome:
        directory = args.text("baseline_directory")
        before = store.read(directory, _name(self.host))
        if before is not None and not args.flag("renew"):
            told = "the usual errors are on record already: they are kept, unless you record anew"
            return Outcome(changed=False, before=before, after=before, evidence=evidence, msg=told)
        content = {
            "recorded_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "run": self.run_id,
            "since": evidence["since"],
            "sources": evidence["sources"],
            "signatures": sorted(one.signature for one in kinds),
        }
        evidence["recorded"] = len(kinds)
        if not self.check_mode:
            with self.act("record the usual errors", file=str(store.path_of(directory, _name(self.host)))) as outcome:
                _, outcome["sha256"] = store.write(directory, _name(self.host), content)
        return Outcome(changed=True, before=before, after=content, evidence=evidence)


_RIGHTS = "let the SSH user read it"


def _name(host: str) -> str:
    return f"{host}.logs"
