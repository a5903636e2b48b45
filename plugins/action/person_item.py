"""Read what people said about an item. Documentation: plugins/modules/person_item.py."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback import incident
from failback.action import Arguments, FailbackAction, Outcome
from failback.errors import ConfigError
from failback.findings import Finding
from failback.people import attachments, catalogue, contacts, judge, lessons, team, words

if TYPE_CHECKING:
    from collections.abc import Sequence


class ActionModule(FailbackAction):
    """Looks only: answered, waived with a loud warning, or waiting for whom and with which command."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "item": {"type": "str", "required": True},
        "people": {"type": "dict", "default": {}},
        "roles": {"type": "dict", "default": {}},
        "critical": {"type": "bool", "default": False},
        "ladder": {"type": "list", "elements": "dict", "default": []},
        "experts": {"type": "list", "elements": "dict", "default": []},
        "press": {"type": "dict", "default": {}},
        "site": {"type": "str", "default": ""},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Judge the item by what was said so far in the open incident."""
        ask = catalogue.of(args.text("item"))
        if ask is None:
            known = [one.item for one in catalogue.ASKS]
            raise ConfigError(f"no word answers {args.text('item')}{catalogue.nearest(args.text('item'), known)}")
        place = incident.of_environment()
        said = words.read(place)
        who = team.of_site(args.mapping("people"), args.mapping("roles"), critical=args.flag("critical"), words=said)
        asked = judge.Asked(
            ask,
            who,
            said,
            plan=words.plan_digest(place),
            site=args.text("site"),
            contacts=contacts.emergency(who, team.rungs(args.mappings("ladder")), args.mappings("experts")),
            listed=lessons.read(place),
        )
        found = judge.judge(asked)
        if ask.item == "CONT-04":
            found = _with(found, contacts.experts(args.mappings("experts")), experts=args.mappings("experts"))
        if ask.item == "CONT-05":
            found = _with(found, contacts.press(args.mapping("press"), who), press=args.mapping("press"))
        gone = [
            Finding("warning", f"attachment:{ask.item}:{word.attachment['name']}", f"{ask.item}: {wrong}")
            for word in said.of(ask.item)
            if word.attachment and place is not None and (wrong := attachments.missing(place, word.attachment))
        ]
        return Outcome(changed=False, evidence=found.evidence, findings=[*found.findings, *gone], waiting=found.waiting)


def _with(found: judge.Judgement, findings: Sequence[Finding], **evidence: object) -> judge.Judgement:
    return replace(found, evidence=found.evidence | evidence, findings=(*found.findings, *findings))
