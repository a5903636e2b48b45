"""Check the table of roles and read the ladder back. Documentation: plugins/modules/team_roles.py."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback import incident
from failback.action import Arguments, FailbackAction, Outcome
from failback.people import channels, table, team, words


class ActionModule(FailbackAction):
    """Looks only, at the site's own words and what was assigned in this incident."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "part": {"type": "str", "choices": ["roles", "ladder"], "required": True},
        "people": {"type": "dict", "default": {}},
        "roles": {"type": "dict", "default": {}},
        "critical": {"type": "bool", "default": False},
        "channels": {"type": "list", "elements": "dict", "default": []},
        "ladder": {"type": "list", "elements": "dict", "default": []},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Find every role, person and rung that would reach nobody."""
        place = incident.of_environment()
        said = words.read(place)
        who = team.of_site(args.mapping("people"), args.mapping("roles"), critical=args.flag("critical"), words=said)
        names = [channel.name for channel in channels.of_site(args.mappings("channels"))]
        if args.text("part") == "roles":
            return Outcome(changed=False, evidence=_table(who, said), findings=list(table.roles(who, names)))
        rungs = team.rungs(args.mappings("ladder"))
        tried = incident.facts(place).get(f"channels.{self.host}".lower(), {}) if place is not None else {}
        dead = {
            name: one.get("error") or "its canary did not arrive" for name, one in tried.items() if not one["works"]
        }
        evidence: dict[str, object] = {"ladder": table.read_back(who, rungs), "channels_tried": sorted(tried)}
        return Outcome(changed=False, evidence=evidence, findings=list(table.ladder(who, rungs, names, dead)))


def _table(who: team.Team, said: words.Words) -> dict[str, object]:
    rows = [
        {
            "role": role.name,
            "person": who.name(role.person),
            "deputy": who.name(role.deputy),
            "needed": role.name in who.needed,
        }
        for role in who.roles.values()
    ]
    assigned = words.history(word for word in said.said if word.kind == "assign" and word.item in who.roles)
    return {"roles": rows, "assigned": assigned}
