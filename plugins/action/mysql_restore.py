"""One stage of a restore into IDC. See plugins/modules/mysql_restore.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

import os
from typing import TYPE_CHECKING, Any, ClassVar

from failback import journal, progress
from failback.action import FailbackAction, Outcome
from failback.approval.mark import Destroys
from failback.errors import ConfigError, UnreachableError
from failback.mysql import Login
from failback.restore import engine
from failback.restore.context import Options
from failback.restore.progress import Progress, Snapshot
from failback.restore.recognise import read_backup
from failback.restore.source import open_source
from failback.restore.source_site import site_ssh

if TYPE_CHECKING:
    from failback.arguments import Arguments

CONTINGENCY = (
    "ways out: restore only the tables that the service needs first (`tables`), copy from a standby (mysql_clone), or"
    " let RDS serve on and switch later"
)
_LOST = (
    "Its redo log was off for the restore: if mysqld was killed, its data directory cannot be used again and nothing of"
    " value was in it. Rebuild the server (role idc_mysql, entry rebuild) and start the restore again. If it"
    " only was slow"
    " or out of reach, run this again: it goes on after the last piece"
)


class ActionModule(FailbackAction):
    """The work is the library's; here are arguments, record and progress."""

    DESTROYS = Destroys("destroys", {"stage": ("schema",)}, backup="digest")
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "idc": {"type": "dict", "required": True},
        "stage": {"type": "str", "required": True, "choices": list(engine.STAGES)},
        "backup": {"type": "str", "required": True},
        "digest": {"type": "str", "default": ""},
        "s3": {"type": "dict", "default": {}},
        "decrypt": {"type": "dict", "default": {}},
        "schemas": {"type": "list", "elements": "str", "default": []},
        "tables": {"type": "list", "elements": "str", "default": []},
        "workers": {"type": "int", "default": 0},
        "fast": {"type": "bool", "default": True},
        "replace": {"type": "bool", "default": False},
        "restart": {"type": "bool", "default": False},
        "read_only": {"type": "bool", "default": True},
        "set_gtid": {"type": "bool", "default": True},
        "budget": {"type": "float", "default": 3600.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Run the stage. Raises failback.errors."""
        stage = args.text("stage")
        login = Login.from_dict(args.mapping("idc"), "db_idc")
        options = _options(args)
        ssh = site_ssh(self._task_vars.get("hostvars") or {})
        decrypt = args.mapping("decrypt") or None
        backup = read_backup(open_source(args.text("backup"), s3=args.mapping("s3"), ssh=ssh, decrypt=decrypt))
        try:
            with engine.opened(
                login, backup, options, recorder=self, progress=Progress(), check=self.check_mode
            ) as context:
                if not self.check_mode:
                    context.progress = self._progress(args.number("budget"), context.book.seconds_since_begin())
                result = engine.run_stage(context, stage)
        except UnreachableError as error:
            if self._redo_log_off():
                raise UnreachableError(f"{error}. {_LOST}", error.evidence) from error
            raise
        return Outcome(result.changed, result.before, result.after, result.evidence)

    def _progress(self, budget: float, elapsed: float) -> Progress:
        file = progress.of_environment(self.host)
        return Progress(budget=budget, file=file, breach=self._breach, already_elapsed=elapsed)

    def _breach(self, seen: Snapshot) -> None:
        """Say at once that the budget will not hold; the restore itself goes on."""
        text = (
            f"the restore will take about {seen.forecast_seconds:.0f} s of {seen.budget_seconds:.0f} s that the"
            f" phase has"
            f" ({seen.share:.0%} of the data is loaded, {seen.rows_per_second:.0f} rows/s); {CONTINGENCY}"
        )
        self.note("restore_forecast_breach", text=text, forecast_seconds=seen.forecast_seconds)
        self._display.warning(text)

    def _redo_log_off(self) -> bool:
        directory = os.environ.get("RR_RUN_DIR", "")
        if not directory:
            return False
        try:
            lines = journal.read(Path(directory) / "journal.jsonl")
        except journal.JournalError:
            return False
        return any(line["kind"] == "restore_redo_log_off" and line.get("host") == self.host for line in lines)


def _options(args: Arguments) -> Options:
    tables = tuple(args.texts("tables"))
    if wrong := [name for name in tables if "." not in name]:
        raise ConfigError(f"tables are named as schema.table, and {', '.join(wrong)} is not")
    return Options(
        schemas=tuple(args.texts("schemas")),
        tables=tables,
        workers=args.count("workers"),
        fast=args.flag("fast", default=True),
        replace=args.flag("replace"),
        restart=args.flag("restart"),
        digest=args.text("digest"),
        read_only=args.flag("read_only", default=True),
        set_gtid=args.flag("set_gtid", default=True),
    )
