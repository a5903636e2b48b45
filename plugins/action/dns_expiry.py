"""Wait until no cache can have an old answer any more. Documentation: plugins/modules/dns_expiry.py."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback.action import Arguments, FailbackAction, Outcome
from failback.dns import answers
from failback.dns.expiry import OldAnswer
from failback.dns.records import Record, low_ttl

if TYPE_CHECKING:
    from collections.abc import Iterable

_POLL = 0.5


class ActionModule(FailbackAction):
    """Looks only. What cannot end within the wait is not waited for, but told: it never fails."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "records": {"type": "list", "elements": "dict", "required": True},
        "authoritative": {"type": "list", "elements": "str", "default": []},
        "old": {"type": "dict", "required": True},
        "side": {"type": "str", "choices": ["idc", "aws", "present"], "default": "present"},
        "low_ttl": {"type": "int", "default": 0},
        "names": {"type": "list", "elements": "str", "required": True},
        "wait_timeout": {"type": "float", "default": 0.0},
        "timeout": {"type": "float", "default": 2.0},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Ask what is given out, and wait for the rest to run out."""
        records = [Record.from_dict(data, args.texts("authoritative")) for data in args.mappings("records")]
        known = {record.name: record for record in records}
        old = {
            name: found
            for name, data in args.mapping("old").items()
            if name in known and isinstance(data, dict) and (found := OldAnswer.from_dict(data)) is not None
        }
        waited_for = set(args.texts("names"))
        begun = time.monotonic()
        limit = begun + args.number("wait_timeout")
        while True:
            self._ask(args, [known[name] for name in old], old)
            left = {name: answer.left(time.time()) for name, answer in old.items()}
            patience = limit - time.monotonic()
            # What outlasts the limit is not worth a wait.
            pending = [left[name] for name in waited_for & set(left) if 0 < left[name] <= patience]
            if not pending or self.check_mode:
                break
            time.sleep(min(_POLL, max(pending)))
        stale = {name: round(seconds, 1) for name, seconds in left.items() if seconds > 0}
        evidence: dict[str, Any] = {
            "old": {name: answer.as_evidence() for name, answer in old.items()},
            "stale_seconds": stale,
            "waited": round(time.monotonic() - begun, 3),
        }
        late = {name: stale[name] for name in stale if name in waited_for and args.number("wait_timeout") > 0}
        shown = ", ".join(f"{name} {seconds:g} s" for name, seconds in sorted(late.items()))
        msg = f"going on, though a cache may still give the old answer: {shown} more" if late else ""
        return Outcome(changed=False, before=None, after={"stale_seconds": stale}, evidence=evidence, msg=msg)

    @staticmethod
    def _ask(args: Arguments, records: Iterable[Record], old: dict[str, OldAnswer]) -> None:
        """Note the moment from which no authoritative server gives the old answer out any more."""
        for record in records:
            if old[record.name].since is not None:
                continue
            question = answers.Question(record.name, record.type, args.number("timeout"), must_own=True)
            found = answers.ask_all(record.authoritative, question)
            if all(_new(args, record, answer) for answer in found):
                old[record.name] = old[record.name].ended(time.time())


def _new(args: Arguments, record: Record, answer: answers.Answer) -> bool:
    """Whether a server gives out the new answer. One that is silent may still give out the old one to others."""
    if answer.error:
        return False
    if args.text("side") != "present" and answer.values != (record.value(args.text("side")),):
        return False
    return answer.ttl <= low_ttl(record, args.count("low_ttl"))
