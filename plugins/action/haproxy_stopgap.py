"""Put the stop-gap service up on a load balancer node, or take it off. See plugins/modules/haproxy_stopgap.py."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback.action import Arguments, Outcome
from failback.errors import RefusedError
from failback.findings import Finding
from failback.haproxy import stopgap, stopgap_lines
from failback.haproxy.node import NODE_ARGUMENTS, NodeAction


class ActionModule(NodeAction):
    """One round trip: the mode in the map's file and in the process, read again. ``any`` only looks.

    Not ``needed``: a node that knows no stop-gap has none up, and that is all that is asked.
    """

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        **NODE_ARGUMENTS,
        "mode": {"type": "str", "choices": ["off", "page", "read-only", "any"], "required": True},
        "map": {"type": "str", "required": True},
        "path": {"type": "str", "required": True},
        "needed": {"type": "bool", "default": True},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Look, or set the mode."""
        mode = args.text("mode")
        if mode == "any":
            return self._look(args)
        if mode == "off" and not args.flag("needed"):
            view, problems = self._ask(args)
            if problems or (view["running"], view["file"]) == ("off", "off"):
                found: dict[str, object] = {"mode": "off", "problems": problems}
                return Outcome(changed=False, before=_seen(view), after=_seen(view), evidence=found)
        if self.check_mode:
            return self._rehearse(args, mode)
        with self.act(f"set the stop-gap service to {mode}", map=args.text("map")) as record:
            report = self.ask_node(
                args, "set_stopgap", with_stopgap=True, map=args.text("map"), config=args.text("path"), mode=mode
            )
            record |= {"sent": report["sent"], "before": _seen(report["before"])}
        evidence: dict[str, object] = {"sent": report["sent"], "node_seconds": report["seconds"], "mode": mode}
        return Outcome(bool(report["sent"]), _seen(report["before"]), _seen(report["after"]), evidence)

    def _ask(self, args: Arguments) -> tuple[dict[str, Any], list[str]]:
        report = self.ask_node(args, "look_stopgap", with_stopgap=True, map=args.text("map"), config=args.text("path"))
        view = report["before"]
        lacks = stopgap_lines.problems(view.pop("text"), args.text("map"))
        problem = stopgap.unusable(view, args.text("map"))
        return view, [*([problem] if problem else []), *lacks]

    def _rehearse(self, args: Arguments, mode: str) -> Outcome:
        view, problems = self._ask(args)
        if problems:
            raise RefusedError(f"load balancer {self.host}: {'; '.join(problems)}", _seen(view))
        if mode != "off" and view["hold_left"]:
            raise RefusedError(f"load balancer {self.host}: {stopgap.held_words(view)}", _seen(view))
        after = {**_seen(view), "running": mode, "file": mode}
        return Outcome(_seen(view) != after, _seen(view), after, {"mode": mode})

    def _look(self, args: Arguments) -> Outcome:
        """Say how the node stands, and as findings why none could be put up or what is half done."""
        view, problems = self._ask(args)
        found = [
            Finding(
                "blocker",
                f"stopgap:{self.host}:{number}",
                f"no stop-gap service can be put up on {self.host}: {problem}",
                "add the lines of docs/inventory.md, or set site_stopgap: none",
            )
            for number, problem in enumerate(problems, start=1)
        ]
        mode = "off"
        if not problems:
            mode = view["running"] if view["running"] == view["file"] else "half"
        if mode == "half":
            said = f"the stop-gap on {self.host} is {view['running']} in the process and {view['file']} in its file"
            found.append(
                Finding("warning", f"stopgap:{self.host}:half", said, "rollback-runner stopgap off, or page, again")
            )
        elif mode != "off":
            said = f"the stop-gap service is up on {self.host}: {mode}"
            found.append(
                Finding("note", f"stopgap:{self.host}:up", said, "it is taken off when IDC serves, or by stopgap off")
            )
        evidence = {**_seen(view), "mode": mode, "problems": problems, "hold_left": view["hold_left"]}
        return Outcome(changed=False, before=_seen(view), after=_seen(view), evidence=evidence, findings=found)


def _seen(view: dict[str, Any]) -> dict[str, Any]:
    return {"running": view["running"], "file": view["file"]}
