"""Find what a rollback left in the folders of a host's configuration. See plugins/modules/residue_host.py."""

from __future__ import annotations

import sys
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from ansible.errors import AnsibleConnectionFailure
from failback import remote, ssh_words
from failback.action import Arguments, FailbackAction, Outcome
from failback.errors import FailbackError
from failback.findings import Finding
from failback.residue import rows


class ActionModule(FailbackAction):
    """Looks only: names of files beside those that the site knows."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "files": {"type": "list", "elements": "str", "required": True},
        "timeout": {"type": "float", "default": 10.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """List the folders of the known files; a host that does not answer is told and ends nothing."""
        known = [path for path in args.texts("files") if path]
        folders = sorted({str(PurePosixPath(path).parent) for path in known})
        program = remote.program(("failback.residue.agent",), {"folders": folders})
        interpreter = str(self._task_vars.get("ansible_python_interpreter") or "")
        try:
            done = self.command(remote.argv(interpreter), stdin=program, timeout=args.number("timeout"))
            report = remote.report(done.rc, done.stdout, done.stderr, self.host)
        except AnsibleConnectionFailure as error:
            return self._silent(f"{self.host} cannot be reached: {ssh_words.sentence(str(error))}")
        except FailbackError as error:
            return self._silent(str(error))
        found = rows.of_files(known, report["files"], self.host)
        unread = [
            Finding("warning", f"residue:unread:{self.host}:{n}", f"not looked at on {self.host}: {one}")
            for n, one in enumerate(report["unread"], start=1)
        ]
        evidence = {"residue": [one.as_dict() for one in found], "folders": folders, "unread": report["unread"]}
        self.keep("residue", evidence)
        return Outcome(
            changed=False, after={"left": len(found)}, evidence=evidence, findings=[*rows.findings(found), *unread]
        )

    def _silent(self, told: str) -> Outcome:
        finding = Finding("warning", f"residue:silent:{self.host}", f"what is left on {self.host} is not known: {told}")
        return Outcome(changed=False, evidence={"residue": None, "error": told}, findings=[finding])
