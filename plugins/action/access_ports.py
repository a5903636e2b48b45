"""Try every network path that begins here. Documentation: plugins/modules/access_ports.py."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from ansible.errors import AnsibleConnectionFailure
from failback import remote, ssh_words
from failback.access import apis, paths, ports_agent, tls
from failback.access.model import Seen, path_facts
from failback.access.site import Site
from failback.action import Arguments, FailbackAction, Outcome
from failback.errors import FailbackError
from failback.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.access.model import Path as NetworkPath

_PORTS = ("failback.access.ports_agent",)
_HOST = ("failback.access.host_agent",)
_SLACK = 15.0  # seconds beside the paths' own, for the host's Python to start


class ActionModule(FailbackAction):
    """Which paths there are is worked out from the inventory; each is opened and closed, nothing is sent over it."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {"timeout": {"type": "float", "default": 3.0}}

    def perform(self, args: Arguments) -> Outcome:
        """Try them all at once. What does not work is a finding."""
        site, timeout = Site.of_task(self._task_vars), args.number("timeout")
        tried = self._from_here(site, timeout)
        findings = [found for path, seen in tried if (found := paths.judge(path, seen))]
        if site.remote(self.host):
            try:
                tried += self._from_host(site, timeout)
            except AnsibleConnectionFailure as error:
                findings.append(self._no_host(site, error))
            except FailbackError as error:
                findings.append(Finding("blocker", f"agent:{self.host}", str(error), "install python3 on the host"))
            findings = [*findings, *self._of_host(tried)]
        facts = [path_facts(path, seen) for path, seen in tried]
        self.keep("paths.ports", {"paths": facts})
        return Outcome(changed=False, after={"open": not findings}, evidence={"paths": facts}, findings=findings)

    def _of_host(self, tried: Sequence[tuple[NetworkPath, Seen]]) -> list[Finding]:
        here = [(path, seen) for path, seen in tried if path.source == self.host]
        return [found for path, seen in here if (found := paths.judge(path, seen))]

    def _from_here(self, site: Site, timeout: float) -> list[tuple[NetworkPath, Seen]]:
        groups = site.groups_of(self.host)
        wanted: list[NetworkPath] = [paths.ssh(site, self.host)] if site.remote(self.host) else []
        if "service" in groups:
            wanted += paths.of_service(site, self.host)
        if {"service", "databases"} & groups:
            wanted += paths.of_apis(site, self.host, apis.endpoints(site, self.host), apis.authorities())
        answers = ports_agent.local([asdict(path) for path in wanted], timeout)
        return [
            (path, self._shaken(path, Seen.of(answer), timeout)) for path, answer in zip(wanted, answers, strict=True)
        ]

    @staticmethod
    def _shaken(path: NetworkPath, seen: Seen, timeout: float) -> Seen:
        return tls.shake(path, timeout) if path.kind == "tls" and seen.answer == "open" else seen

    def _from_host(self, site: Site, timeout: float) -> list[tuple[NetworkPath, Seen]]:
        servers: list[tuple[str, str, int]] = []
        if "load_balancers" in site.groups_of(self.host):
            request = {"socket": site.get(self.host, "lb_socket"), "backend": site.get(self.host, "lb_backend")}
            known = self._ask(_HOST, request, _SLACK)["socket"].get("servers") or []
            servers = [(str(name), str(address), int(port)) for name, address, port in known]
        wanted = paths.of_host(site, self.host, servers)
        targets = [asdict(path) for path in wanted]
        answers = self._ask(_PORTS, {"targets": targets, "timeout": timeout}, timeout * 3 + _SLACK)["answers"]
        return [(path, Seen.of(answer)) for path, answer in zip(wanted, answers, strict=True)]

    def _ask(self, modules: tuple[str, ...], request: dict[str, Any], limit: float) -> dict[str, Any]:
        interpreter = str(self._task_vars.get("ansible_python_interpreter") or "")
        done = self.command(remote.argv(interpreter), stdin=remote.program(modules, request), timeout=limit)
        return remote.report(done.rc, done.stdout, done.stderr, self.host)

    def _no_host(self, site: Site, error: AnsibleConnectionFailure) -> Finding:
        absent = (site.get(self.host, "lb_absent_ok") or {}).get(self.host)
        sentence = f"{self.host}: {ssh_words.sentence(str(error))}"
        if absent:
            return Finding("note", f"ssh:login:{self.host}", f"{sentence}; it may be missing: {absent}")
        return Finding("blocker", f"ssh:login:{self.host}", sentence, "then look again")
