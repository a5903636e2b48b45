"""Base of the action plugins that work on a load balancer node, and what a missing node means.

A node that cannot be reached may still send traffic to the fenced side. So at the gate the phase is refused, unless the
site lists the node in ``lb_absent_ok`` with a reason; during the switch the node's own task fails and the others go on.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleConnectionFailure

from failback import ssh_words
from failback.action import FailbackAction, Outcome
from failback.errors import ConfigError, FailbackError, RefusedError, UnreachableError
from failback.haproxy import remote, runtime

if TYPE_CHECKING:
    from failback.arguments import Arguments

_COMMAND_TIMEOUT = 20.0
# A node known to be absent is looked for only this long: the write outage must not wait for it.
_ABSENT_PROBE = 0.3

NODE_ARGUMENTS: dict[str, dict[str, Any]] = {
    "socket": {"type": "str", "required": True},
    "backend": {"type": "str", "required": True},
    "servers_idc": {"type": "list", "elements": "str", "required": True},
    "servers_aws": {"type": "list", "elements": "str", "required": True},
    "absent_ok": {"type": "dict", "default": {}},
}


class NodeAbsentError(Exception):
    """The node is not there, and the site said beforehand that this is so: neither a failure nor a success."""


class NodeAction(FailbackAction):
    """One request to the node's agent, over the connection that Ansible already has."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Skip a node that the site declared absent, with its reason; otherwise as any plugin."""
        try:
            return super().run(tmp, task_vars)
        except NodeAbsentError as absent:
            # A skip's event carries no result, so the reason goes on record, and before people's eyes, by itself.
            self.note("absent", reason=str(absent))
            self._display.warning(f"load balancer left out: {absent}")
            return {"changed": False, "skipped": True, "skip_reason": str(absent), "msg": str(absent)}

    def ask_node(
        self,
        args: Arguments,
        operation: str,
        *,
        with_files: bool = False,
        with_stopgap: bool = False,
        **request: Any,
    ) -> dict[str, Any]:
        """Send one request; return the report.

        Raises:
            NodeAbsentError, UnreachableError: no connection, with and without the site's consent.
            RefusedError: the node says why nothing was touched.
            FailbackError: the node says what is wrong after the act.

        """
        self._look_for_absent(args)
        body = {
            "operation": operation,
            "socket": args.text("socket"),
            "backend": args.text("backend"),
            "idc": args.texts("servers_idc"),
            "aws": args.texts("servers_aws"),
            **request,
        }
        interpreter = str(self._task_vars.get("ansible_python_interpreter") or "")
        argv = remote.argv(interpreter if interpreter.startswith("/") else "python3")
        timeout = _COMMAND_TIMEOUT + float(request.get("timeout", 0)) * 3 + float(request.get("drain_timeout", 0))
        program = remote.program(body, with_files=with_files, with_stopgap=with_stopgap)
        try:
            done = self.command(argv, stdin=program, timeout=timeout)
        except AnsibleConnectionFailure as error:
            raise UnreachableError(self._unreachable(str(error))) from error
        report = remote.report(done.rc, done.stdout, done.stderr, f"load balancer {self.host}")
        if "refused" in report:
            raise RefusedError(f"load balancer {self.host}: {report.pop('refused')}", report)
        if "problem" in report:
            raise FailbackError(f"load balancer {self.host}: {report.pop('problem')}", report)
        return report

    def sides(self, args: Arguments, side: str) -> tuple[list[str], list[str], str]:
        """Return the arriving servers, the leaving ones, and the leaving side's name.

        Raises:
            ConfigError: a side has no servers, a server is on both, or a name is impossible.

        """
        idc, aws = args.texts("servers_idc"), args.texts("servers_aws")
        if not idc or not aws or set(idc) & set(aws):
            raise ConfigError("lb_servers_idc and lb_servers_aws must both name servers, and no server twice")
        try:
            for name in [*idc, *aws]:
                runtime.state_command(args.text("backend"), name, "ready")
        except runtime.AnswerError as error:
            raise ConfigError(f"lb_backend or lb_servers_*: {error}") from error
        return (idc, aws, "aws") if side == "idc" else (aws, idc, "idc")

    def _look_for_absent(self, args: Arguments) -> None:
        reason = str(args.mapping("absent_ok").get(self.host, "")).strip()
        if self.host in args.mapping("absent_ok") and not reason:
            raise ConfigError(f"lb_absent_ok names {self.host} without a reason: write why it may be missing")
        if not reason or str(self._connection.transport) == "local":
            return
        address = str(self._task_vars.get("ansible_host") or self.host)
        try:
            socket.create_connection((address, int(self._task_vars.get("ansible_port") or 22)), _ABSENT_PROBE).close()
        except OSError as error:
            raise NodeAbsentError(f"{self.host} does not answer ({error}) and may be missing: {reason}") from error

    def _unreachable(self, error: str) -> str:
        return (
            f"load balancer {self.host} cannot be reached: {ssh_words.sentence(error)}. It may still send traffic to"
            " the side that is being left. If it cannot be brought back, shut it down for good, name it in lb_absent_ok"
            " with the reason, and go on"
        )


def seen(view: dict[str, Any]) -> dict[str, Any]:
    """Reduce a view to what belongs into ``before`` and ``after``: the same words in a second run."""
    return {"states": view["states"], "serving": view["serving"], "held": held(view)}


def held(view: dict[str, Any]) -> bool:
    """Whether a hold stands now, by the node's own clock."""
    return bool(view["hold_until"]) and view["hold_until"] > view["now"]


def rehearsed(view: dict[str, Any], *, states: dict[str, str] | None = None, hold: bool) -> dict[str, Any]:
    """Return what ``seen`` would show after the act, for check mode."""
    planned = {**view["states"], **(states or {})}
    return {"states": planned, "serving": view["serving"], "held": hold}


__all__ = ["NODE_ARGUMENTS", "NodeAction", "Outcome", "held", "rehearsed", "seen"]
