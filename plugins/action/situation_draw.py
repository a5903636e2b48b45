"""Put all looks together: both sites, what is wrong, the effect, proposals. See plugins/modules/situation_draw.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from failback.action import FailbackAction, Outcome
from failback.baseline import store
from failback.errors import FailbackError
from failback.situation import draw
from failback.situation.effect import Rule
from failback.situation.looks import SIDES, Looks, side_of_address

if TYPE_CHECKING:
    from failback.arguments import Arguments

_GROUP_SIDES = {"database_hosts": "idc", "app_hosts": "idc", "aws_app_hosts": "aws"}


class ActionModule(FailbackAction):
    """Asks nobody: reads what the other tasks saw on every host, and the recorded baseline."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "looks": {"type": "dict", "required": True},
        "records": {"type": "list", "elements": "dict", "default": []},
        "baseline_directory": {"type": "str", "default": ""},
        "title": {"type": "dict", "default": {}},
        "timezone": {"type": "str", "default": "UTC"},
        "severity": {"type": "dict", "default": {}},
        "name": {"type": "str", "choices": ["situation", "last_look"], "default": "situation"},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Draw, keep it with the incident, and say what is wrong as findings."""
        looks, broken = self._gather(args)
        rule = Rule.from_dict(args.mapping("severity"))
        fact, said = draw.whole(looks, broken, rule, datetime.now(UTC))
        self.keep(args.text("name"), fact)
        return Outcome(
            changed=False,
            after=fact["headline"],
            evidence={"situation": fact},
            # The last look is judged by what must be true at the end (inspection), not by what is wrong at the start.
            findings=[one.as_finding() for one in said] if args.text("name") == "situation" else (),
            msg=fact["headline"]["en"],
        )

    def _gather(self, args: Arguments) -> tuple[Looks, dict[str, str]]:
        parts: dict[str, dict[str, Any]] = {"hosts": {}, "balancers": {}, "databases": {}, "service": {}}
        names = {kind: str(name) for kind, name in args.mapping("looks").items()}
        hostvars = self._task_vars.get("hostvars") or {}
        sides: dict[str, str] = {}
        baseline: dict[str, Any] = {}
        broken: dict[str, str] = {}
        for host in hostvars:
            seen = {kind: hostvars[host].get(name) for kind, name in names.items()}
            seen = {kind: one for kind, one in seen.items() if one and not one.get("skipped") and "evidence" in one}
            if not seen:
                continue
            for kind, one in seen.items():
                parts[kind][host] = one["evidence"]
            sides[host] = _side(hostvars[host], args.mappings("records"))
            if args.given("baseline_directory"):
                baseline[host] = self._baseline(args.text("baseline_directory"), host, broken)
        site = {"title": args.mapping("title"), "timezone": args.text("timezone")}
        service: dict[str, Any] = next(iter(parts["service"].values()), {})
        found = {kind: parts[kind] for kind in ("hosts", "balancers", "databases")}
        found["clouds"] = {host: seen["cloud"] for host, seen in parts["databases"].items()}
        return Looks(**found, service=service, sides=sides, baseline=baseline, site=site), broken

    @staticmethod
    def _baseline(directory: str, host: str, broken: dict[str, str]) -> dict[str, Any] | None:
        try:
            return store.read(directory, host)
        except FailbackError as error:
            broken[host] = str(error)
            return None


def _side(variables: Any, records: list[dict[str, Any]]) -> str:
    """Tell on which side a host stands: by the site's word, its group, or the address that a name leads to."""
    said = str(variables.get("situation_side") or "")
    if said in SIDES:
        return said
    groups = variables.get("group_names") or []
    by_group = next((side for group, side in _GROUP_SIDES.items() if group in groups), "")
    return by_group or side_of_address(str(variables.get("ansible_host") or ""), list(records)) or "idc"
