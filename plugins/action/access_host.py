"""Look at what the SSH user may do on a host, without doing it. Documentation: plugins/modules/access_host.py."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from ansible.errors import AnsibleConnectionFailure
from failback import remote, ssh_words
from failback.access import host_look, host_needs
from failback.access.site import Site
from failback.action import Arguments, FailbackAction, Outcome
from failback.errors import FailbackError, UnreachableError
from failback.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

_AGENT = ("failback.access.host_agent",)
_BANNER = b"SSH-"
_PROHIBITED = ("administratively prohibited", "forwarding disabled", "open failed")


class ActionModule(FailbackAction):
    """One program on standard input that only looks, and one greeting over the host's own sshd."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {"timeout": {"type": "float", "default": 60.0}}

    def perform(self, args: Arguments) -> Outcome:
        """Look at everything the plan uses here. What is missing is a finding."""
        site = Site.of_task(self._task_vars)
        report: dict[str, Any] = {}
        try:
            findings = self._login()
            if not findings and site.groups_of(self.host) - {"aws_app_hosts"} & self._asked:
                report = self._ask(site, args.number("timeout"))
                findings = host_look.judge(site, self.host, report)
        except AnsibleConnectionFailure as error:
            findings = [self._no_host(site, error)]
        except FailbackError as error:
            findings = [
                Finding(
                    "blocker", f"ssh:python:{self.host}", str(error), host_needs.PYTHON.grant.format(host=self.host)
                )
            ]
        else:
            findings = [*findings, *self._login_anew(site)]
        facts = {
            "host": self.host,
            "user": report.get("user", {}).get("name", ""),
            "groups": report.get("user", {}).get("groups", []),
            "looked_at": _looked_at(report),
            "lacks": [one.key for one in findings],
        }
        self.keep("permissions.host", facts)
        return Outcome(changed=False, after={"complete": not findings}, evidence=facts, findings=findings)

    _asked = frozenset({"database_hosts", "app_hosts", "load_balancers"})

    def _login(self) -> list[Finding]:
        """Run `true`: the login and the host key are proven by it. Raises AnsibleConnectionFailure."""
        done = self.command(["true"], timeout=10.0)
        if done.rc == 0:
            return []
        said = " ".join((done.stderr or done.stdout).split())[-200:]
        step = "give the SSH user a login shell and coreutils (timeout, true)"
        return [Finding("blocker", f"ssh:login:{self.host}", f"{self.host} runs no command: {said}", step)]

    def _ask(self, site: Site, limit: float) -> dict[str, Any]:
        wanted = host_look.request(site, self.host)
        wanted["files"] += [path for path in host_look.restored_files(site, self.host) if path not in wanted["files"]]
        interpreter = str(self._task_vars.get("ansible_python_interpreter") or "")
        done = self.command(remote.argv(interpreter), stdin=remote.program(_AGENT, wanted), timeout=limit)
        return remote.report(done.rc, done.stdout, done.stderr, self.host)

    def _login_anew(self, site: Site) -> list[Finding]:
        """Log in once more without the shared connection, and have the host's sshd lead to itself.

        A shared connection outlives a changed host key and a key that was taken away. What comes back over the new one
        is the greeting of the host's own sshd, where it forwards.
        """
        address, port = site.address(self.host)
        said = ""
        try:
            with self.stream(address, port, alone=True) as stream:
                stream.sock.settimeout(10.0)
                if stream.sock.recv(len(_BANNER)) == _BANNER:
                    return []
                said = stream.complaint()
        except (OSError, UnreachableError) as error:
            said = str(error)
        user = str(site.get(self.host, "ansible_user", "the SSH user"))
        if not any(words in said.lower() for words in _PROHIBITED):
            sentence = f"{self.host}: {ssh_words.sentence(said)}"
            return [Finding("blocker", f"ssh:login:{self.host}", sentence, self._login_step(sentence, user))]
        if not host_look.needs_forwarding(site, self.host):
            return []
        return [
            Finding(
                "blocker",
                f"{host_needs.FORWARDING.key}:{self.host}",
                f"sshd of {self.host} does not let us {host_needs.FORWARDING.what.en} (for"
                f" {', '.join(host_needs.FORWARDING.items)}): {said}",
                host_needs.FORWARDING.grant.format(host=self.host, user=user),
            )
        ]

    def _login_step(self, sentence: str, user: str) -> str:
        return host_needs.LOGIN.grant.format(user=user, host=self.host) if "refused" in sentence else ""

    def _no_host(self, site: Site, error: AnsibleConnectionFailure) -> Finding:
        sentence = f"{self.host}: {ssh_words.sentence(str(error))}"
        absent = (site.get(self.host, "lb_absent_ok") or {}).get(self.host)
        if absent:
            return Finding("note", f"ssh:login:{self.host}", f"{sentence}; it may be missing: {absent}")
        user = str(site.get(self.host, "ansible_user", "the SSH user"))
        return Finding("blocker", f"ssh:login:{self.host}", sentence, self._login_step(sentence, user))


def _looked_at(report: dict[str, Any]) -> dict[str, Sequence[str]]:
    """Name what was looked at; never its content."""
    return {
        "containers": [one["container"] for one in report.get("docker", ())],
        "files": [one["path"] for one in report.get("files", ())],
        "folders": [one["path"] for one in report.get("folders", ())],
        "commands": [" ".join(one["argv"]) for one in report.get("commands", ())],
        "socket": [report["socket"]["path"]] if report.get("socket") else [],
    }
