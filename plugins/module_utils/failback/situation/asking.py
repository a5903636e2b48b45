"""Base of the action plugins that look at one part of a site: what does not answer is the result, never an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleConnectionFailure

from failback import remote, ssh_words
from failback.action import FailbackAction
from failback.errors import FailbackError

if TYPE_CHECKING:
    from collections.abc import Mapping


class LookAction(FailbackAction):
    """Runs a reading program on the host, over the connection that Ansible has."""

    def ask_host(self, modules: tuple[str, ...], request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Return the program's report with ``answers``; ``error`` says why there is none, within ``seconds``."""
        interpreter = str(self._task_vars.get("ansible_python_interpreter") or "")
        try:
            done = self.command(remote.argv(interpreter), stdin=remote.program(modules, request), timeout=seconds)
            report = remote.report(done.rc, done.stdout, done.stderr, self.host)
        except AnsibleConnectionFailure as error:
            return {"answers": False, "error": ssh_words.sentence(str(error))}
        except FailbackError as error:
            return {"answers": False, "error": str(error)}
        if "problem" in report:
            return {"answers": False, "reached": True, "error": str(report["problem"])}
        return {"answers": True, "error": "", **report}
