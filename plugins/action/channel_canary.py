"""Send a canary through every channel. Documentation: plugins/modules/channel_canary.py."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback import incident
from failback.action import Arguments, FailbackAction, Outcome
from failback.findings import Finding
from failback.people import canary, channels, table, team, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.people.canary import Tried
    from failback.people.channels import Channel
    from failback.people.team import Team


class ActionModule(FailbackAction):
    """Acts by sending one message a channel; one that arrived lately is not sent again."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "channels": {"type": "list", "elements": "dict", "default": []},
        "people": {"type": "dict", "default": {}},
        "roles": {"type": "dict", "default": {}},
        "critical": {"type": "bool", "default": False},
        "site_name": {"type": "str", "required": True},
        "deadline": {"type": "float", "default": 10.0},
        "valid": {"type": "float", "default": 3600.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Send what is due, look for its arrival, and name every channel that carries nothing."""
        some = channels.of_site(args.mappings("channels"))
        place = incident.of_environment()
        kept = incident.facts(place).get(f"channels.{self.host}".lower(), {}) if place is not None else {}
        said = words.read(place)
        who = team.of_site(args.mapping("people"), args.mapping("roles"), critical=args.flag("critical"), words=said)
        fresh: dict[str, Tried] = {}
        for channel in some:
            found = canary.known(kept, channel, valid=args.number("valid"), now=time.time())
            if found is not None:
                fresh[channel.name] = found
        due = [channel for channel in some if channel.name not in fresh]
        before = {channel.name: fresh[channel.name].works if channel.name in fresh else None for channel in some}
        if self.check_mode:
            unusable = _unusable(due)
            findings = [*_none(who, some), *(_finding(who, name, why, unusable) for name, why in unusable.items())]
            after = {name: name not in unusable for name in before}
            return Outcome(changed=bool(due), before=before, after=after, findings=findings)
        if due:
            with self.act("send a canary", channels=[channel.name for channel in due]) as outcome:
                tried = canary.send(args.text("site_name"), due, deadline=args.number("deadline"))
                outcome["works"] = {one.channel: one.works for one in tried}
            fresh |= {one.channel: one for one in tried}
            self.keep("channels", {name: one.as_dict() for name, one in fresh.items()})
        dead = {name: one.error or "it did not arrive" for name, one in fresh.items() if not one.works}
        evidence: dict[str, object] = {
            "channels": [{"audience": channel.audience, **fresh[channel.name].as_dict()} for channel in some]
        }
        findings = [*_none(who, some), *(_finding(who, name, why, dead) for name, why in dead.items())]
        after = {name: one.works for name, one in fresh.items()}
        return Outcome(changed=bool(due), before=before, after=after, evidence=evidence, findings=findings)


def _none(who: Team, some: Sequence[Channel]) -> list[Finding]:
    if some:
        return []
    return [Finding(who.unnamed, "channel:none", "the site names no channel to people", "set site_channels")]


def _unusable(due: Sequence[Channel]) -> dict[str, str]:
    """Find what can be seen without sending: files that cannot be read, URLs that Apprise does not know."""
    return {channel.name: wrong for channel in due if (wrong := canary.unusable(channel))}


def _finding(who: Team, name: str, why: str, dead: dict[str, str]) -> Finding:
    """Judge a dead channel: it stops the phase only when somebody of the team can then be reached by none."""
    alone = table.stranded(who, dead)
    everybody = team.listing(who, (key for key in alone if name in who.people[key].contact))
    said = f"the channel {name} carries no message: {why}"
    step = f"repair it (its URL stands in the file that site_channels names for {name}), then the same command again"
    if everybody:
        return Finding("blocker", f"channel:{name}", f"{said}; no other channel reaches {everybody}", step)
    return Finding("warning", f"channel:{name}", said, step)
