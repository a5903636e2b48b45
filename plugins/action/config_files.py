"""Compare service configuration files with the baseline and put them back. See plugins/modules/config_files.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

import base64
from typing import TYPE_CHECKING, Any, ClassVar

from failback.baseline import compare
from failback.environment.host import READER_ARGUMENTS, file_entries
from failback.environment.settings import SETTINGS_ARGUMENTS, SettingsAction
from failback.errors import FailbackError

if TYPE_CHECKING:
    from failback.arguments import Arguments


class ActionModule(SettingsAction):
    """Content, mode and owner of each file of the baseline; after a file was put back its service reads it again."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        **READER_ARGUMENTS,
        **SETTINGS_ARGUMENTS,
        "files": {"type": "list", "elements": "raw", "default": []},
    }
    PART = "files"

    def differences(self, args: Arguments, then: dict[str, Any]) -> tuple[list[compare.Difference], list[str]]:
        """Read the files of the baseline now and compare."""
        entries = [{"path": path, "secret": bool(entry.get("secret"))} for path, entry in then.items()]
        report = self.read_host(args, "files", files=entries)
        return compare.files(then, report["files"]), report["unread"]

    def after_put_back(self, args: Arguments, put: list[compare.Difference]) -> list[str]:
        """Validate each file that was put back, then have it read again, each command once.

        A file that does not validate is given the content back that it had, and nothing is read again.
        """
        by_path = {one.name: one for one in put}
        entries = [entry for entry in file_entries(args.values("files")) if entry["path"] in by_path]
        for entry in entries:
            said = self._fails(entry["validate"])
            if said:
                self._undo(args, by_path[entry["path"]])
                raise FailbackError(
                    f"{entry['path']} as in the baseline does not validate on {self.host} ({said}), so it has the"
                    " content again that it had: correct it by hand"
                )
        done: list[str] = []
        for entry in entries:
            command = " ".join(entry["reload"])
            if not command or command in done:
                continue
            with self.act(f"tell the service to read {entry['path']} again", command=command):
                said = self._fails(entry["reload"])
                if said:
                    raise FailbackError(f"{entry['path']} was put back on {self.host}, but {command} failed: {said}")
            done.append(command)
        return done

    def _fails(self, argv: list[str]) -> str:
        """Run a command on the host; "" when it went well or there is none, else what it said."""
        if not argv:
            return ""
        ended = self.command(argv, timeout=30.0)
        return "" if ended.rc == 0 else " ".join((ended.stderr or ended.stdout).split())[-300:] or f"rc {ended.rc}"

    def _undo(self, args: Arguments, one: compare.Difference) -> None:
        if one.texts is not None:
            content = base64.b64encode(one.texts[1].encode()).decode()
            with self.act(f"give {one.name} the content again that it had"):
                self.write_host(args, [{"kind": "file", "what": one.name, "path": one.name, "content": content}])
