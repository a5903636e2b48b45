"""Try to connect and write as an account, from here or from a host. Documentation: plugins/modules/mysql_probe.py."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from ansible.errors import AnsibleConnectionFailure
from failback import probe
from failback.action import Arguments, FailbackAction, Outcome
from failback.errors import FailbackError, UnreachableError
from failback.mysql import Login

_MEANING = {
    "allowed": {"writable"},
    "readable": {"writable", "write_refused"},
    "refused": {"login_refused", "write_refused"},
    "closed": {"unreachable"},
}


class ActionModule(FailbackAction):
    """Never changes a row, so a rehearsal does the same."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "server": {"type": "dict", "required": True},
        "login": {"type": "dict", "default": {}},
        "table": {"type": "str", "default": ""},
        "column": {"type": "str", "default": ""},
        "expect": {"type": "list", "elements": "str", "required": True, "choices": [*sorted(_MEANING), "any"]},
        "timeout": {"type": "float", "default": 3.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Try once; fail when the answer is not among those expected."""
        server = Login.from_dict({**args.mapping("server"), **args.mapping("login")}, "server")
        found = self._attempt(server, args)
        evidence: dict[str, object] = {"from": self.place, "to": str(server), "probe": found.as_evidence()}
        if server.server_uuid and found.server_uuid and found.server_uuid.lower() != server.server_uuid:
            raise FailbackError(
                f"from {self.place}, {server} is server {found.server_uuid}, the inventory means {server.server_uuid}",
                evidence,
            )
        expected = args.texts("expect")
        if not any(_fits(found, word) for word in expected):
            raise FailbackError(
                f"from {self.place}, {server} should be {' or '.join(expected)}, but: {found.answer}"
                f" ({found.detail or 'no detail'})",
                evidence,
            )
        return Outcome(changed=False, before=found.answer, after=found.answer, evidence=evidence)

    def _attempt(self, server: Login, args: Arguments) -> probe.Probe:
        timeout = args.number("timeout")
        try:
            stream = self.stream(server.host, server.port, timeout=timeout)
        except UnreachableError as error:
            return probe.Probe("unreachable", 0, str(error), 0.0)
        with stream:
            write = args.text("table"), args.text("column")
            found = probe.attempt(server, write=write, sock=stream.sock, timeout=timeout)
            if found.answer != "unreachable":
                return found
            said = stream.complaint()
        self._stand_there()
        return probe.Probe("unreachable", 0, said, found.seconds) if said else found

    def _stand_there(self) -> None:
        """Silence proves that the way is closed only where somebody stood at its beginning. Raises UnreachableError."""
        if str(self._connection.transport) == "local":
            return
        try:
            done = self.command(["true"], timeout=5.0)
        except AnsibleConnectionFailure as error:
            raise UnreachableError(f"{self.place} cannot be reached, nothing is known from there: {error}") from error
        if done.rc != 0:
            raise UnreachableError(f"{self.place} cannot be looked from: {done.stderr.strip() or done.stdout.strip()}")


def _fits(found: probe.Probe, word: str) -> bool:
    if word == "any":
        return True
    # "refused" proves a fence: a wrong password or a missing grant is not one.
    return found.answer in _MEANING[word] and (word != "refused" or found.fenced)
