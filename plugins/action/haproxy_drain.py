"""Take servers out of the pool, or give them back. See plugins/modules/haproxy_drain.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from typing import TYPE_CHECKING, Any, ClassVar

from failback.action import Outcome
from failback.environment import order
from failback.environment.host import HostAction
from failback.errors import ConfigError, FailbackError, RefusedError

if TYPE_CHECKING:
    from failback.arguments import Arguments


class ActionModule(HostAction):
    """Runs for one load balancer node. A server in maintenance is left alone both ways."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "socket": {"type": "str", "required": True},
        "backend": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["drained", "ready"], "required": True},
        "service": {"type": "str", "required": True},
        "hosts": {"type": "list", "elements": "str", "required": True},
        "containers": {"type": "list", "elements": "dict", "required": True},
        "timeout": {"type": "float", "default": 10.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Ask, act, ask. Raises RefusedError when nobody would be left, FailbackError when a server does not return."""
        known = {one.name: one for one in order.services(args.mappings("containers"))}
        service = known.get(args.text("service"))
        if service is None:
            raise ConfigError(f"service_containers has no {args.text('service')}")
        servers = [service.on(host, "").server for host in args.texts("hosts")] if service.server else []
        if not servers:
            return Outcome(changed=False, evidence={"why": f"{service.name} is not behind the load balancers"})
        operation = "take" if args.text("state") == "drained" else "give"
        request: dict[str, Any] = {
            "operation": operation,
            "socket": args.text("socket"),
            "backend": args.text("backend"),
            "servers": servers,
            "timeout": args.number("timeout"),
        }
        planned = self._judged(self.ask_pool(**request, check=True))
        report = planned
        if planned["sent"] and not self.check_mode:
            with self.act(f"set servers {args.text('state')}", servers=planned["sent"]) as record:
                report = self._judged(self.ask_pool(**request, check=False))
                record["states"] = report["after"]
        elif operation == "give" and not self.check_mode:
            report = self._judged(self.ask_pool(**request, check=False))  # nothing to send, but they must be up
        evidence = {"servers": servers, "sent": report["sent"], "others": report.get("others", [])}
        evidence["requests_left"] = report.get("requests_left", 0)
        return Outcome(bool(planned["sent"]), planned["before"], report["after"], evidence)

    def _judged(self, report: dict[str, Any]) -> dict[str, Any]:
        where = f"load balancer {self.host}"
        if "refused" in report:
            raise RefusedError(f"{where}: {report['refused']}; nothing was taken out", report)
        if "problem" in report:
            raise FailbackError(f"{where}: {report['problem']}", report)
        return report
