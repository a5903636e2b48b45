"""Make the calendar file of the retrospective and have it sent. Documentation: plugins/modules/retrospective.py."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback import incident, package
from failback.action import Arguments, FailbackAction, Outcome
from failback.findings import Finding
from failback.people import team, words

package.make_importable()

from rollback_runner.documents import calendar, drafts
from rollback_runner.documents import retrospective as retro
from rollback_runner.telling import outbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollback_runner.telling.outbox import Message, State

_EVERY = 0.2  # seconds between two looks whether a channel took it


class ActionModule(FailbackAction):
    """Does nothing until somebody fixed the date; then file and messages follow that word. Nothing is sent twice."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "site_name": {"type": "str", "required": True},
        "site_title": {"type": "dict", "required": True},
        "people": {"type": "dict", "default": {}},
        "roles": {"type": "dict", "default": {}},
        "critical": {"type": "bool", "default": False},
        "languages": {"type": "list", "elements": "str", "default": ["en", "ko"]},
        "wait": {"type": "float", "default": 5.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Make the file, queue the messages, and see what became of them."""
        here = incident.of_environment()
        said = words.read(here)
        people = args.mapping("people")
        who = team.of_site(people, args.mapping("roles"), critical=args.flag("critical"), words=said)
        mail = {key: str(entry.get("mail") or "") for key, entry in people.items()}
        titles = {key: str(text) for key, text in args.mapping("site_title").items()}
        setting = retro.Setting(args.text("site_name"), titles, who, mail)
        found = retro.meeting(here.name, setting, said) if here is not None else None
        if here is None or found is None:
            return Outcome(changed=False, evidence={"fixed": False})
        path = drafts.folder(here) / retro.FILE
        wanted = retro.tell(found, path, [one for one in ("en", "ko") if one in args.texts("languages")])
        content = calendar.file(found)
        there = path.is_file() and path.read_bytes() == content
        missing = _missing(here, wanted)
        changed = not there or bool(missing)
        if changed and not self.check_mode:
            with self.act("send the date of the retrospective", start=found.start.isoformat()):
                drafts.keep_file(here, retro.FILE, content)
                for message in missing:
                    outbox.put(here, message)
        states = self._sent(here, wanted, 0.0 if self.check_mode else args.number("wait"))
        evidence = _evidence(found, path, states)
        return Outcome(changed=changed, evidence=evidence, findings=_findings(states, wanted, check=self.check_mode))

    @staticmethod
    def _sent(here: Path, wanted: Sequence[Message], wait: float) -> list[State]:
        """Look until a channel took every message, at most ``wait`` seconds."""
        keys = {message.key for message in wanted}
        ends = time.monotonic() + wait
        while True:
            states = [state for state in outbox.read(here) if state.message.key in keys]
            done = len(states) == len(keys) and all(state.accepted_at or state.gave_up for state in states)
            if done or time.monotonic() >= ends:
                return states
            time.sleep(_EVERY)


def _missing(here: Path, wanted: Sequence[Message]) -> list[Message]:
    known = {state.message.key for state in outbox.read(here)}
    return [message for message in wanted if message.key not in known]


def _evidence(found: calendar.Meeting, path: Path, states: Sequence[State]) -> dict[str, object]:
    return {
        "fixed": True,
        "start": found.start.isoformat(),
        "zone": found.zone.key,
        "place": found.place,
        "file": str(path),
        "changed_before": found.changed,
        "asked": [guest.name for guest in found.guests],
        "by_mail": [guest.name for guest in found.guests if guest.mail],
        "messages": [
            {"language": state.message.language, "queued_at": state.queued_at, "accepted_at": state.accepted_at}
            for state in states
        ],
    }


def _findings(states: Sequence[State], wanted: Sequence[Message], *, check: bool) -> list[Finding]:
    open_ones = [state for state in states if not state.accepted_at]
    if check or (len(states) == len(wanted) and not open_ones):
        return []
    why = next((state.error for state in open_ones if state.error), "no channel has taken it yet")
    said = f"the calendar file of the retrospective is queued and not known to be sent: {why}"
    return [Finding("warning", "retrospective:not_sent", said, "rollback-runner messages")]
