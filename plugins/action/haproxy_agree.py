"""Check that a load balancer node does what all nodes should do. Documentation: plugins/modules/haproxy_agree.py."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback.action import Arguments, Outcome
from failback.errors import FailbackError, RefusedError
from failback.haproxy import config
from failback.haproxy.node import NODE_ARGUMENTS, NodeAction, held, seen


class ActionModule(NodeAction):
    """Looks only. Agreement of all nodes is each node showing the same wanted side, and no node left out."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        **NODE_ARGUMENTS,
        "side": {"type": "str", "choices": ["idc", "aws", "any"], "required": True},
        "path": {"type": "str", "default": ""},
        "window": {"type": "float", "default": 0.0},
        "nodes": {"type": "list", "elements": "str", "default": []},
        "present": {"type": "list", "elements": "str", "default": []},
        "released": {"type": "bool", "default": False},
        "hold_limit": {"type": "float", "default": 0.0},
        "validate_command": {"type": "list", "elements": "str", "default": []},
        "reload_command": {"type": "list", "elements": "str", "default": []},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Read states, hold and shares; refuse what no act of ours can put right."""
        self._check_everyone_is_asked(args)
        self.sides(args, "idc")
        report = self.ask_node(args, "look", window=args.number("window"))
        view = report["after"]
        evidence: dict[str, Any] = {
            "states": view["states"],
            "in_flight": view["in_flight"],
            "share": view.get("share"),
            "version": view["version"],
            "hold_until": view["hold_until"],
        }
        if args.given("path"):
            evidence["file"] = self._check_file(args)
        self._check_known(args, view, evidence)
        problems = self._problems(args.text("side"), view, released=args.flag("released"))
        if problems and not self.check_mode:
            raise FailbackError(f"load balancer {self.host} {', and '.join(problems)}. Run the switch again", evidence)
        evidence["problems"] = problems
        return Outcome(changed=False, before=seen(view), after=seen(view), evidence=evidence)

    def _problems(self, wanted: str, view: dict[str, Any], *, released: bool) -> list[str]:
        """Say what is not as wanted; a rehearsal reports this, as nothing has been switched then."""
        problems: list[str] = []
        if wanted != "any" and view["serving"] != wanted:
            problems.append(f"serves from {view['serving']}, not {wanted}: {view['states']}")
        leaving = {"idc": "aws", "aws": "idc"}.get(wanted, "")
        given = (view.get("share") or {}).get(leaving, 0)
        if given and not problems:
            problems.append(f"gave {given} requests to {leaving} while it should serve from {wanted}")
        if released and held(view):
            problems.append("still holds requests")
        return problems

    def _check_everyone_is_asked(self, args: Arguments) -> None:
        absent = args.mapping("absent_ok")
        left_out = sorted(set(args.texts("nodes")) - set(args.texts("present")) - set(absent))
        if left_out:
            raise RefusedError(
                f"not every load balancer takes part: {', '.join(left_out)} left out. All nodes must agree; run without"
                " a limit, or name the node in lb_absent_ok with the reason"
            )

    def _check_known(self, args: Arguments, view: dict[str, Any], evidence: dict[str, Any]) -> None:
        where = f"load balancer {self.host}: backend {args.text('backend')}"
        if view["missing"]:
            raise RefusedError(f"{where} has no server {', '.join(view['missing'])}", evidence)
        if view["serving"] == "other":
            raise RefusedError(
                f"{where} also serves from {', '.join(view['unknown'])}, which neither lb_servers_idc nor"
                " lb_servers_aws names: no switch would move that traffic",
                evidence,
            )
        if view["hold_until"] is None:
            raise RefusedError(
                f"{where}: the process knows no hold (proc.rr_hold): the lines of docs/inventory.md,"
                ' "HAProxy: the lines that hold requests", must stand in its configuration, and it must have been'
                " reloaded since",
                evidence,
            )

    def _check_file(self, args: Arguments) -> dict[str, Any]:
        """See that the file can be edited, and that requests do go through the hold."""
        commands = [argv for argv in (args.texts("validate_command"), args.texts("reload_command")) if argv]
        found = self.ask_node(args, "read_config", with_files=True, path=args.text("path"), commands=commands)
        if found["not_runnable"]:
            raise RefusedError(f"load balancer {self.host}: {'; '.join(found['not_runnable'])}")
        if not config.calls_hold(found["text"]):
            raise RefusedError(
                f"{args.text('path')} on {self.host} sends no request through lua.rr_hold: requests would fail"
                ' instead of waiting. Add the lines of docs/inventory.md, "HAProxy: the lines that hold requests"'
            )
        limit = args.number("hold_limit")
        short = config.short_timeouts(found["text"], args.text("backend"), limit) if limit else []
        if short:
            raise RefusedError(
                f"{args.text('path')} on {self.host} would cut requests that are held: {', '.join(short)}, not longer"
                f" than lb_hold_limit ({limit:g} s). Raise it, or lower lb_hold_limit"
            )
        names = args.texts("servers_idc") + args.texts("servers_aws")
        edit = config.edit_servers(found["text"], args.text("backend"), dict.fromkeys(names, True))
        return {"disabled": edit.before, "loaded": found["loaded"], "mode": found["mode"], "owner": found["owner"]}
