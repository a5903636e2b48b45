"""Change records by compare-and-swap: value, TTL or both. Documentation: plugins/modules/dns_record.py."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback.action import Arguments, FailbackAction, Outcome
from failback.dns.expiry import OldAnswer, old_answer
from failback.dns.providers import Provider, open_provider
from failback.dns.records import Record, RecordPlan, RecordSet, Wish, low_ttl, plan_record
from failback.errors import FailbackError, RefusedError, UnreachableError


@dataclass(frozen=True)
class Changed:
    """A change that was accepted and must still be published."""

    provider: Provider
    plan: RecordPlan
    change: str


class ActionModule(FailbackAction):
    """Reads each record at the place where it is changed, plans, changes, reads again. A bad record stops no other.

    All records are changed before any provider is waited for: a slow one keeps no name back.
    """

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "records": {"type": "list", "elements": "dict", "required": True},
        "servers": {"type": "dict", "required": True},
        "authoritative": {"type": "list", "elements": "str", "default": []},
        "side": {"type": "str", "choices": ["idc", "aws", "present"], "required": True},
        "ttl": {"type": "str", "choices": ["site", "low", "back"], "default": "site"},
        "low_ttl": {"type": "int", "default": 0},
        "lowered": {"type": "dict", "default": {}},
        "silence": {"type": "str", "choices": ["fail", "tell"], "default": "fail"},
        "timeout": {"type": "float", "default": 5.0},
        "sync_timeout": {"type": "float", "default": 90.0},
        "probe": {"type": "bool", "default": False},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Change every record that is not as wanted yet."""
        records = [Record.from_dict(data, args.texts("authoritative")) for data in args.mappings("records")]
        before: dict[str, list[str]] = {}
        after: dict[str, list[str]] = {}
        evidence: dict[str, Any] = {}
        errors: list[FailbackError] = []
        accepted: list[Changed] = []
        changed = False
        for record in records:
            try:
                done = self._change(args, record, evidence)
            except FailbackError as error:
                self._note_error(args, record, error, evidence, errors)
                continue
            before[record.name], after[record.name] = _shown(args, done.plan.old), _shown(args, done.plan.new)
            changed = changed or (done.plan.changed and not args.flag("probe"))
            accepted.append(done)
        if changed and not self.check_mode:
            for done in accepted:
                try:
                    self._publish(args, done, evidence)
                except FailbackError as error:
                    self._note_error(args, done.plan.record, error, evidence, errors)
        if errors:
            raise _joined(errors, evidence)
        warnings = [f"{found['warning']}" for found in evidence.values() if "warning" in found]
        return Outcome(changed, before, after, evidence, msg=". ".join(warnings))

    def _note_error(
        self,
        args: Arguments,
        record: Record,
        error: FailbackError,
        evidence: dict[str, Any],
        errors: list[FailbackError],
    ) -> None:
        """Keep what was said; silence is no error where nothing depends on the answer."""
        # The nodes of both sides will send to IDC: a silent DNS server is a loss, not a reason to stay.
        spared = args.flag("probe") or args.text("silence") == "tell"
        told = "warning" if spared and isinstance(error, UnreachableError) else "error"
        evidence[record.name] = {**evidence.get(record.name, {}), told: str(error), **error.evidence}
        if told == "error":
            errors.append(error)

    def _change(self, args: Arguments, record: Record, evidence: dict[str, Any]) -> Changed:
        """Read, plan, and change if need be. What is put into ``evidence`` survives an error."""
        provider = open_provider(record, args.mapping("servers"), args.number("timeout"))
        present = provider.read(record)
        wish = Wish(args.text("side"), args.text("ttl"), args.count("low_ttl"))
        plan = plan_record(record, present, wish)
        seen: dict[str, Any] = {**provider.facts, "ttl_before": present.ttl, "ttl": plan.new.ttl}
        evidence[record.name] = seen
        if args.flag("probe"):
            seen["ttl"] = present.ttl
            seen |= provider.prove(record, present) | _unexpected_ttl(record, present.ttl, wish)
            return Changed(provider, plan, "")
        if wish.ttl != "back":
            lowered = OldAnswer.from_dict(args.mapping("lowered").get(record.name) or {})
            old = old_answer(plan, low_ttl(record, wish.low_ttl), lowered, time.time())
            seen |= old.as_evidence() if old else {}
        if not plan.changed or self.check_mode:
            return Changed(provider, plan, "")
        with self.act("change a DNS record", name=record.name, **_told(plan)) as outcome:
            change = provider.swap(plan, self.run_id)
            outcome["change"] = change
        seen["changed_at"] = time.time()
        return Changed(provider, plan, change)

    def _publish(self, args: Arguments, done: Changed, evidence: dict[str, Any]) -> None:
        """Wait until the change is out, except for a TTL, which keeps nobody waiting; and read it again."""
        if not done.plan.changed:
            return
        record = done.plan.record
        if done.plan.moves:
            evidence[record.name] |= done.provider.published(done.change, args.number("sync_timeout"))
        again = done.provider.read(record)
        evidence[record.name]["ttl"] = again.ttl
        if again.values != done.plan.new.values:
            raise FailbackError(
                f"{done.provider.where} accepted the change of {record.name} and still has"
                f" {', '.join(again.values) or 'nothing'}: somebody changed it again, or the server does not keep"
                " updates"
            )


def _shown(args: Arguments, found: RecordSet) -> list[str]:
    """Show the values, with the TTL where it is all that changes."""
    return [f"{value} ttl {found.ttl}" if args.text("side") == "present" else value for value in found.values]


def _told(plan: RecordPlan) -> dict[str, object]:
    told: dict[str, object] = {"old": list(plan.old.values), "new": plan.new.values[0]}
    return told | {"old_ttl": plan.old.ttl, "new_ttl": plan.new.ttl}


def _unexpected_ttl(record: Record, ttl: int, wish: Wish) -> dict[str, object]:
    """Tell of a TTL that is neither the site's nor a lowered one: afterwards the record will have the site's."""
    if ttl in {record.ttl, low_ttl(record, wish.low_ttl)}:
        return {}
    return {"note": f"{record.name} has a TTL of {ttl} s; dns_records says {record.ttl}, and that is what it will get"}


def _joined(errors: list[FailbackError], evidence: dict[str, Any]) -> FailbackError:
    """One error for all, refused only if every one of them is."""
    kind = RefusedError if all(error.refused for error in errors) else FailbackError
    return kind(". ".join(str(error) for error in errors), evidence)
