"""Call the response team. Documentation: plugins/modules/team_call.py."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback import incident
from failback.action import Arguments, FailbackAction, Outcome
from failback.findings import Finding
from failback.people import calls, channels, presence, team, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.people.calls import Call
    from failback.people.channels import Channel
    from failback.people.team import Team
    from failback.people.words import Words

_POLL = 1.0  # seconds between two looks at what people said


class ActionModule(FailbackAction):
    """Acts by calling each person once; the deputy when the person does not answer."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "people": {"type": "dict", "default": {}},
        "roles": {"type": "dict", "default": {}},
        "critical": {"type": "bool", "default": False},
        "channels": {"type": "list", "elements": "dict", "default": []},
        "site_name": {"type": "str", "required": True},
        "site_title": {"type": "dict", "default": {}},
        "site": {"type": "str", "default": ""},
        "deadline": {"type": "float", "default": 300.0},
        "send_deadline": {"type": "float", "default": 10.0},
        "within": {"type": "float", "default": 0.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Call whoever is due, wait for answers as long as was asked for, and tell whom no call reached."""
        place = incident.of_environment()
        said = words.read(place)
        due = self._due(args, said)
        if place is None or self.check_mode:
            rest = [Finding("note", "call:incident", "nobody is called outside of an incident")] if due else []
            after = [call.person for call in due]
            return Outcome(changed=bool(due and place), before=[], after=after, findings=rest if place is None else [])
        before = [call.person for call in due]
        ends = time.monotonic() + args.number("within")
        called: list[str] = []
        while True:
            if due:
                self._call(args, place, due, said)
                called += [call.person for call in due]
                said = words.read(place)
            who = self._team(args, said)
            left = ends - time.monotonic()
            if left <= 0 or not calls.uncovered(who, said, now=time.time()):
                break
            turn = calls.next_turn(who, said, now=time.time())
            time.sleep(max(0.05, min(_POLL, turn, left)))
            said = words.read(place)
            # Whoever could not be reached is tried again by the next run, not in this loop.
            due = tuple(call for call in self._due(args, said) if call.person not in called)
        who = self._team(args, said)
        evidence: dict[str, object] = {
            "calls": calls.record(who, said),
            "not_covered": list(calls.uncovered(who, said, now=time.time())),
        }
        return Outcome(
            changed=bool(called), before=before, after=called, evidence=evidence, findings=_unreached(who, said)
        )

    def _team(self, args: Arguments, said: Words) -> Team:
        return team.of_site(args.mapping("people"), args.mapping("roles"), critical=args.flag("critical"), words=said)

    def _due(self, args: Arguments, said: Words) -> tuple[Call, ...]:
        return calls.due(self._team(args, said), said, now=time.time())

    def _call(self, args: Arguments, place: Path, due: Sequence[Call], said: Words) -> None:
        """Send to everyone at once, and put each call on record as it ended."""
        ways: dict[str, Channel] = {way.name: way for way in channels.of_site(args.mappings("channels"))}
        option = f" -i {args.text('site')}" if args.text("site") else ""
        site = {"name": args.text("site_name"), "option": option, **args.mapping("site_title")}
        pairs = calls.make(self._team(args, said), due, ways, site, deadline=args.number("deadline"))
        with self.act("call the team", people=[call.person for call in due]) as outcome:
            sent = channels.send([message for _call, message in pairs], deadline=args.number("send_deadline"))
            for call in due:
                mine = [one for (whose, _message), one in zip(pairs, sent, strict=True) if whose is call]
                calls.keep(place, call, mine, args.number("deadline"))
            outcome["delivered"] = sum(one.delivered for one in sent)


def _unreached(who: Team, said: Words) -> list[Finding]:
    """Name those whom no call has reached; whether their role is covered is judged by what people said."""
    through = {str(w.details.get("to")) for w in said.of(presence.ITEM, "call") if w.details.get("delivered")}
    tried = {str(w.details.get("to")): w for w in said.of(presence.ITEM, "call")}
    found = []
    for key, word in tried.items():
        if key in through:
            continue
        reasons = "; ".join(f"{one['name']}: {one['error']}" for one in word.details.get("channels", ()))
        sentence = f"no call reached {who.name(key)}: {reasons or 'no channel is named for them'}"
        found.append(Finding("warning", f"call:{key}", sentence, f"call {who.name(key)} yourself"))
    return found
