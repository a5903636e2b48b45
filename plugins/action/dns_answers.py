"""Check what every name server answers, and wait for it. Documentation: plugins/modules/dns_answers.py."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from failback.action import Arguments, FailbackAction, Outcome
from failback.dns import answers
from failback.dns.records import Record, check_ours
from failback.errors import FailbackError

if TYPE_CHECKING:
    from collections.abc import Sequence

_POLL = 0.25
_GRACE = 1  # a cache counts whole seconds


class ActionModule(FailbackAction):
    """Looks only: authoritative servers must agree, resolvers may keep an old answer as long as its TTL says."""

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "records": {"type": "list", "elements": "dict", "required": True},
        "authoritative": {"type": "list", "elements": "str", "default": []},
        "resolvers": {"type": "list", "elements": "str", "default": []},
        "side": {"type": "str", "choices": ["idc", "aws", "any"], "required": True},
        "timeout": {"type": "float", "default": 2.0},
        "authoritative_wait": {"type": "float", "default": 30.0},
        "resolver_wait": {"type": "float", "default": 60.0},
        "resolvers_required": {"type": "bool", "default": True},
    }

    def perform(self, args: Arguments) -> Outcome:
        """Ask, wait, judge."""
        records = [Record.from_dict(data, args.texts("authoritative")) for data in args.mappings("records")]
        if args.text("side") == "any":
            return self._look(args, records)
        begun = time.monotonic()
        by_owner = self._wait(args, records, begun + args.number("authoritative_wait"), resolvers=False)
        waits = begun + args.number("resolver_wait")
        by_cache = self._wait(args, records, waits, resolvers=True)
        evidence = {
            "authoritative": {name: _shown(found) for name, (found, _) in by_owner.items()},
            "resolvers": {name: _shown(found) for name, (found, _) in by_cache.items()},
            "stale_seconds": max((verdict.stale_seconds for _, verdict in by_cache.values()), default=0),
            "waited": round(time.monotonic() - begun, 3),
        }
        problems = _problems(by_owner) + (_problems(by_cache) if args.flag("resolvers_required") else [])
        if problems and not self.check_mode:
            raise FailbackError(
                f"not every name server answers with {args.text('side').upper()} yet: {'; '.join(problems)}. The"
                " service does not wait for this; check again when the TTL has run out",
                evidence,
            )
        after = {record.name: record.value(args.text("side")) for record in records}
        return Outcome(changed=False, before=after, after=after, evidence=evidence)

    def _look(self, args: Arguments, records: list[Record]) -> Outcome:
        """Before the switch: refuse records that lead to neither side; name silent servers without stopping."""
        evidence: dict[str, Any] = {"answers": {}, "cached": {}, "warnings": []}
        sides: dict[str, str] = {}
        for record in records:
            found = _ask(args, record, record.authoritative, must_own=True)
            # Without recursion a resolver shows what it has cached; with it, asking would fill the cache anew.
            cached = _ask(args, record, args.texts("resolvers"))
            for answer in found:
                if answer.error:
                    evidence["warnings"].append(f"{record.name}: {answer.server} {answer.error}")
                else:
                    check_ours(record, answer.values)
                    sides[record.name] = record.side(answer.values)
            evidence["warnings"] += _unlisted(args, record, found)
            evidence["answers"][record.name] = _shown(found)
            evidence["cached"][record.name] = [a.as_evidence() for a in cached if a.values]
        evidence["worst_stale_seconds"] = max(
            (answer["ttl"] for found in evidence["answers"].values() for answer in found), default=0
        )
        return Outcome(changed=False, before=sides, after=sides, evidence=evidence)

    def _wait(
        self, args: Arguments, records: list[Record], deadline: float, *, resolvers: bool
    ) -> dict[str, tuple[list[answers.Answer], answers.Verdict]]:
        """Ask until all agree or waiting is pointless; a rehearsal asks once."""
        side = args.text("side")
        while True:
            found: dict[str, tuple[list[answers.Answer], answers.Verdict]] = {}
            for record in records:
                servers = args.texts("resolvers") if resolvers else record.authoritative
                seen = _ask(args, record, servers, recurse=resolvers, must_own=not resolvers)
                found[record.name] = (seen, answers.judge(seen, record.value(side)))
            open_ones = [verdict for _, verdict in found.values() if not verdict.agreed]
            stale = max((verdict.stale_seconds for verdict in open_ones), default=0)
            left = deadline - time.monotonic()
            if not open_ones or left <= 0 or self.check_mode:
                return found
            if resolvers and stale + _GRACE > left and all(not verdict.unreachable for verdict in open_ones):
                return found  # the caches will outlast the deadline: say so now instead of waiting for it
            time.sleep(min(max(_POLL, stale / 2 if resolvers else _POLL), max(left, 0.01)))


def _ask(
    args: Arguments, record: Record, servers: Sequence[str], *, recurse: bool = False, must_own: bool = False
) -> list[answers.Answer]:
    question = answers.Question(record.name, record.type, args.number("timeout"), recurse, must_own)
    return answers.ask_all(servers, question)


def _unlisted(args: Arguments, record: Record, found: list[answers.Answer]) -> list[str]:
    """Warn of authoritative servers that the zone names and the site does not: nobody would look at their answers."""
    first = next((answer.server for answer in found if not answer.error), "")
    served_by = answers.zone_servers(first, record.name, args.number("timeout")) if first else {}
    return [
        f"{record.name}: the zone is also served by {name}, which dns_authoritative does not list"
        for name in answers.unlisted(served_by, record.authoritative)
    ]


def _shown(found: list[answers.Answer]) -> list[dict[str, object]]:
    return [answer.as_evidence() for answer in found]


def _problems(found: dict[str, tuple[list[answers.Answer], answers.Verdict]]) -> list[str]:
    return [
        f"{name}: {problem}"
        for name, (_, verdict) in found.items()
        for problem in (*verdict.unreachable, *verdict.other)
    ]
