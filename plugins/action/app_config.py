"""Write an application's configuration and have it read. Documentation: plugins/modules/app_config.py."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from failback.action import Arguments, FailbackAction, Outcome
from failback.errors import FailbackError


class ActionModule(FailbackAction):
    """The file is Ansible's own template; here it gets what every act has: a record and the guard of the lock."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "template": {"type": "str", "required": True},
        "path": {"type": "str", "required": True},
        "mode": {"type": "str", "default": "0644"},
        "reload_command": {"type": "list", "elements": "str", "required": True},
        "reload": {"type": "bool", "required": True},
        "timeout": {"type": "float", "default": 30.0},
    }

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Show the difference of the file itself, where a difference is asked for."""
        self._difference: object = None
        result = super().run(tmp, task_vars)
        if self._task.diff and self._difference:
            result["diff"] = self._difference
        return result

    def perform(self, args: Arguments) -> Outcome:
        """Compare, write if the file differs, then reload if that is asked for."""
        path, argv = args.text("path"), args.texts("reload_command")
        planned = self._template(args, check=True)
        differs, reload = bool(planned.get("changed")), args.flag("reload")
        self._difference = planned.get("diff")
        before: dict[str, object] = {"file": "differs" if differs else "as wanted"}
        after: dict[str, object] = {"file": "as wanted", "told_to_reload": reload}
        if not self.check_mode:
            if differs:
                with self.act("write the application's configuration", file=path):
                    self._template(args, check=False)
            if reload:
                with self.act("tell the application to read its configuration again", command=argv):
                    self._reload(argv, args.number("timeout"))
        return Outcome(differs or reload, before, after, {"path": path})

    def _template(self, args: Arguments, *, check: bool) -> dict[str, Any]:
        """Run ansible.builtin.template on this task's host. Raises FailbackError with its words."""
        task = self._task.copy()
        task.args = {"src": args.text("template"), "dest": args.text("path"), "mode": args.text("mode")}
        task.check_mode = check
        action = self._shared_loader_obj.action_loader.get(
            "ansible.builtin.template",
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        what = f"the configuration {args.text('path')} on {self.host} cannot be written from {args.text('template')}"
        try:
            result: dict[str, Any] = action.run(task_vars=self._task_vars)
        except AnsibleConnectionFailure:
            raise
        except AnsibleError as error:
            raise FailbackError(f"{what}: {' '.join(str(error).split())}") from error
        if result.get("failed"):
            raise FailbackError(f"{what}: {result.get('msg') or 'no reason was given'}")
        return result

    def _reload(self, argv: list[str], timeout: float) -> None:
        done = self.command(argv, timeout=timeout)
        if done.rc != 0:
            said = " ".join((done.stderr or done.stdout).split())[-300:]
            raise FailbackError(
                f"the application on {self.host} was not told to read its configuration again:"
                f" {said or f'exit code {done.rc}'}; correct app_reload_command, or do it by hand"
            )
