"""Make HAProxy's configuration file agree with its running state. Documentation: plugins/modules/haproxy_config.py."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback.action import Arguments, Outcome
from failback.errors import ConfigError, RefusedError
from failback.haproxy import config
from failback.haproxy.files import CANDIDATE
from failback.haproxy.node import NODE_ARGUMENTS, NodeAction, seen


class ActionModule(NodeAction):
    """Two round trips: read and plan here; then validate, replace, reload and see the result there."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        **NODE_ARGUMENTS,
        "side": {"type": "str", "choices": ["idc", "aws"], "required": True},
        "path": {"type": "str", "required": True},
        "validate_command": {"type": "list", "elements": "str", "required": True},
        "reload_command": {"type": "list", "elements": "str", "required": True},
        "state_file": {"type": "str", "default": ""},
        "timeout": {"type": "float", "default": 10.0},
    }

    _lines = ""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """As any plugin; the diff is that of the file, and of the changed lines alone: others may hold secrets."""
        result = super().run(tmp, task_vars)
        if "diff" in result:
            result["diff"] = {"prepared": self._lines}
        return result

    def perform(self, args: Arguments) -> Outcome:
        """Edit, validate, replace, reload, look."""
        path = args.text("path")
        arriving, leaving, leaving_side = self.sides(args, args.text("side"))
        found = self.ask_node(args, "read_config", with_files=True, path=path)
        # A write that was cut short is finished from its candidate, which is whole.
        current = found["candidate"] if found["torn"] else found["text"]
        wanted = dict.fromkeys(arriving, False) | dict.fromkeys(leaving, True)
        edit = config.edit_servers(current, args.text("backend"), wanted)
        self._check_state_file(args, current)
        self._lines = _changed_lines(found["text"], edit.text, path)
        rewrite, reload = edit.text != found["text"], not found["loaded"]
        before = {"disabled": edit.before, "loaded": found["loaded"] and not found["torn"]}
        after = {"disabled": edit.after, "loaded": True}
        evidence: dict[str, Any] = {"file": path, "running": seen(found["view"]), "interrupted_write": found["torn"]}
        if not rewrite and not reload:
            return Outcome(changed=False, before=before, after=after, evidence=evidence)
        if self.check_mode:
            return Outcome(changed=True, before=before, after=after, evidence=evidence)
        with self.act("write and reload HAProxy's configuration", file=path, rewrite=rewrite) as record:
            report = self.ask_node(
                args,
                "write_config",
                with_files=True,
                path=path,
                text=edit.text if rewrite else None,
                digest=found["digest"],
                backup=f"before-{self.run_id}",
                validate=validate_command(args.texts("validate_command"), path),
                reload=args.texts("reload_command"),
                state_file=args.text("state_file"),
                timeout=args.number("timeout"),
                arriving=arriving,
                leaving=leaving,
                leaving_side=leaving_side,
            )
            record["steps"] = report["steps"]
        again = self.ask_node(args, "read_config", with_files=True, path=path)
        if again["text"] != edit.text or not again["loaded"]:
            raise RefusedError(f"{path} on {self.host} was changed again by someone else right after the reload")
        evidence |= {"steps": report["steps"], "running": seen(again["view"]), "mode": again["mode"]}
        return Outcome(changed=True, before=before, after=after, evidence=evidence)

    def _check_state_file(self, args: Arguments, text: str) -> None:
        lines = config.state_file_directives(text)
        if lines and not args.given("state_file"):
            raise RefusedError(
                f"{args.text('path')} on {self.host} takes server states from a file at each reload ({lines[0]}): name"
                " that file in lb_state_file, so that it is written before the reload"
            )


def _changed_lines(before: str, after: str, path: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), path, path, n=0, lineterm="")
    return "".join(f"{line}\n" for line in lines)


def validate_command(argv: list[str], path: str) -> list[str]:
    """Return the site's command aimed at the candidate: named in it, or in the place of the file itself.

    Raises:
        ConfigError: it names neither, so it would not look at what is about to be written.

    """
    candidate = path + CANDIDATE
    if any(candidate in word for word in argv):
        return argv
    if path not in argv:
        raise ConfigError(f"lb_validate_command must name {candidate} (the file to be) or {path}: it names neither")
    return [candidate if word == path else word for word in argv]
