"""Bring a restored IDC from the backup's position up to the cut-over. See plugins/modules/mysql_replay.py."""

from __future__ import annotations

import sys
from pathlib import Path, PurePosixPath

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

import os
import shlex
import subprocess
from typing import TYPE_CHECKING, Any, ClassVar

from failback.action import FailbackAction, Outcome
from failback.approval.mark import Destroys
from failback.binlog import archive, relay
from failback.binlog.standing import Plan, align_statements, observe, plan, remember
from failback.catch_up import executed
from failback.errors import ConfigError, FailbackError, UnreachableError
from failback.gtid import GtidSet
from failback.mysql import Login, Server
from failback.restore.source import open_source
from failback.restore.source_site import site_ssh
from failback.timing import Timings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from failback.arguments import Arguments
    from failback.restore.model import Source

COPY_TIMEOUT = 60.0  # seconds for a command in the container that is no copy
SYSTEM = ("mysql",)


class ActionModule(FailbackAction):
    """Runs with the connection of the database host (delegate_to): the files go through it into the container."""

    DESTROYS = Destroys("destroys")
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "idc": {"type": "dict", "required": True},
        "aws": {"type": "dict"},
        "container": {"type": "str", "required": True},
        "archive": {"type": "dict", "default": {}},
        "s3": {"type": "dict", "default": {}},
        "decrypt": {"type": "dict", "default": {}},
        "position": {"type": "str", "default": ""},
        "cutover_gtid": {"type": "str", "required": True},
        "schemas": {"type": "list", "elements": "str", "required": True},
        "timeout": {"type": "float", "default": 1800.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Look, prove the archive, set the position, apply. Raises FailbackError with what is missing."""
        timings = Timings()
        login = Login.from_dict(args.mapping("idc"), "db_idc")
        with Server.connect(login, name="IDC") as idc:
            chosen = plan(
                observe(idc, login),
                position=GtidSet.parse(args.text("position")),
                cutover=GtidSet.parse(args.text("cutover_gtid")),
                schemas=args.texts("schemas"),
                aws_uuid=str(args.mapping("aws").get("server_uuid") or "").lower(),
            )
            missing = chosen.missing
            before = {"executed": str(executed(idc)), "missing_transactions": missing.count()}
            evidence: dict[str, object] = {"why": chosen.why, "position": str(chosen.position)}
            if not missing or self._rds_reaches(args, chosen, evidence):
                return self._nothing(idc, chosen, before, evidence)
            source = self._source(args, missing)
            with timings.step("verify"):
                found = archive.verify(source, chosen.position, chosen.wanted)
            evidence |= {"archive": source.url, **found.facts}
            ignored = sorted({*SYSTEM, *(set(found.schemas) - set(args.texts("schemas")))})
            evidence["schemas_left_out"] = ignored
            evidence["notes"] = [note for note in [relay.restart_note(idc)] if note]
            if self.check_mode:
                after: dict[str, object] = {"would_apply": missing.count(), "would_set_back": chosen.set_back}
                return Outcome(changed=True, before=before, after=after, evidence=evidence)
            self._align(idc, chosen)
            names = relay.file_names(idc, len(found.parts))
            with timings.step("copy"), self.act("put archived binary logs into IDC", files=len(found.parts)):
                relay.remove(idc)
                self._place(args.text("container"), source, found.parts, names)
            with timings.step("apply"), self.act("apply archived binary logs", transactions=missing.count()) as outcome:
                own = idc.number("SELECT @@GLOBAL.server_id")
                for statement in relay.start_statements(names[1][0], ignored, own):
                    idc.execute(statement)
                seconds = relay.apply(idc, chosen.wanted, args.number("timeout"), self._say)
                outcome["seconds"] = round(seconds, 2)
            with self.act("remove the replay channel"):
                relay.remove(idc)
            left = chosen.wanted - executed(idc)
            if left:
                raise FailbackError(
                    f"IDC still lacks {left.count()} transactions after the replay", {"missing": str(left)}
                )
            rate = round(missing.count() / max(seconds, 0.001), 1)
            evidence |= {"transactions_applied": missing.count(), "transactions_per_second": rate}
            evidence["seconds"] = timings.as_evidence()
            after = {"executed": str(executed(idc)), "missing_transactions": 0}
            return Outcome(changed=True, before=before, after=after, evidence=evidence)

    def _rds_reaches(self, args: Arguments, chosen: Plan, evidence: dict[str, object]) -> bool:
        """Whether RDS's own binary logs hold all that is missing, so that its channel brings it."""
        if not args.given("aws") or chosen.set_back:
            return False
        try:
            with Server.connect(Login.from_dict(args.mapping("aws"), "db_aws"), name="RDS") as aws:
                row = aws.row("SELECT @@GLOBAL.gtid_purged AS purged, @@GLOBAL.gtid_executed AS executed")
        except UnreachableError as error:
            evidence["rds"] = f"not asked: {error}"
            return False
        purged, there = GtidSet.parse(str(row["purged"])), GtidSet.parse(str(row["executed"]))
        if purged & chosen.missing or not chosen.missing <= there:
            return False
        evidence["why"] = "RDS's own binary logs reach back to the backup: its channel brings what is missing"
        return True

    def _nothing(self, idc: Server, chosen: Plan, before: dict[str, object], evidence: dict[str, object]) -> Outcome:
        """No transaction is to be applied; the history is put right, and a channel that a killed run left goes."""
        left = relay.CHANNEL in [row["name"] for row in idc.rows(_CHANNELS)]
        if not self.check_mode:
            self._align(idc, chosen)
            if left:
                with self.act("remove the replay channel"):
                    relay.remove(idc)
        return Outcome(changed=left or bool(chosen.set_back), before=before, after=before, evidence=evidence)

    def _source(self, args: Arguments, missing: GtidSet) -> Source:
        url = str(args.mapping("archive").get("url") or "")
        if not url:
            raise ConfigError(
                f"{missing.count()} transactions lie between the backup and the cut-over, and backup_binlogs names no"
                " archive: add its url, or take a backup that is as new as the cut-over"
            )
        ssh = site_ssh(self._task_vars.get("hostvars") or {})
        return open_source(url, s3=args.mapping("s3") or None, ssh=ssh, decrypt=args.mapping("decrypt") or None)

    def _argv(self, command: str) -> list[str]:
        """Give the argv that runs a command on this task's host, with its input piped through."""
        if str(self._connection.transport) != "ssh":
            return ["sh", "-c", command]
        binary = self._connection.get_option("ssh_executable")
        target = self._connection.get_option("host") or self._play_context.remote_addr
        built = self._connection._build_command(binary, "ssh", target, command)  # noqa: SLF001 - as in stream()
        return [os.fsdecode(part) for part in built]

    def _align(self, idc: Server, chosen: Plan) -> None:
        """Let IDC's history say what its data is, and never set it back again."""
        statements = align_statements(chosen)
        if statements:
            with self.act("set IDC's history to the backup's position", statements=statements):
                for statement in statements:
                    idc.execute(statement)
        remember(idc, chosen.position)

    def _place(
        self, container: str, source: Source, parts: Iterable[archive.Part], names: tuple[str, list[str]]
    ) -> None:
        index, files = names
        for part, name in zip(parts, files, strict=True):
            self._pour(container, name, archive.read_parts(source, part))
        self._pour(container, index, [relay.index_text(files).encode()])

    def _pour(self, container: str, path: str, blocks: Iterable[bytes]) -> None:
        """Write a file inside the container, owned as its folder is; half a file has another name."""
        part, folder = shlex.quote(f"{path}.part"), shlex.quote(str(PurePosixPath(path).parent))
        script = (
            f"cat > {part} && chown --reference={folder} {part} && chmod 640 {part} && mv {part} {shlex.quote(path)}"
        )
        argv = self._argv(shlex.join(["docker", "exec", "-i", "-u", "root", container, "sh", "-c", script]))
        with subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as process:
            assert process.stdin is not None
            assert process.stderr is not None
            try:
                for block in blocks:
                    process.stdin.write(block)
                process.stdin.close()
                said = process.stderr.read().decode(errors="replace").strip()
                code = process.wait(COPY_TIMEOUT)
            except BrokenPipeError:
                said, code = process.stderr.read().decode(errors="replace").strip(), process.wait(COPY_TIMEOUT) or 1
            except BaseException:
                process.kill()
                raise
        if code:
            raise FailbackError(f"cannot write {path} in the container {container}: {said or f'exit code {code}'}")

    def _say(self, missing: int, seconds: float) -> None:
        self._display.display(f"    {self.host}: replay, {missing} transactions to go after {seconds:.0f} s")


_CHANNELS = "SELECT channel_name AS name FROM performance_schema.replication_connection_configuration"
