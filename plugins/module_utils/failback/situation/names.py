"""What every name server answers for the names of the site. Only looks, and fills no cache.

A resolver is asked without recursion: it shows what it has. With recursion, asking would make it fetch and keep the
very answer that is to be replaced.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from failback.dns import answers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.dns.records import Record

# How `answers.ask` begins its word on a server that did answer.
_WORDS_OF_AN_ANSWER = ("has no", "answers", "is not authoritative")


def ask(record: Record, resolvers: Sequence[str], timeout: float) -> dict[str, Any]:
    """Ask everybody for one name. ``side`` of an answer: idc, aws, other, or "" without one."""
    owners = answers.ask_all(record.authoritative, answers.Question(record.name, record.type, timeout, must_own=True))
    caches = answers.ask_all(resolvers, answers.Question(record.name, record.type, timeout))
    return {
        "name": record.name if record.type == "A" else f"{record.name} ({record.type})",
        "idc": record.idc,
        "aws": record.aws,
        "ttl": record.ttl,
        "answers": [_shown(record, one, "authoritative") for one in owners]
        + [_shown(record, one, "resolver") for one in caches],
    }


def _shown(record: Record, one: answers.Answer, role: str) -> dict[str, Any]:
    # A resolver without a value, or one that gives none to such a question, is there all the same: it would fetch the
    # name when a user asks.
    heard = not one.error or one.error.startswith(_WORDS_OF_AN_ANSWER)
    return {
        "server": one.server,
        "role": role,
        "values": list(one.values),
        "ttl": one.ttl,
        "side": record.side(one.values) if one.values else "",
        "error": "" if role == "resolver" and heard else one.error,
        "heard": heard,
        "milliseconds": one.milliseconds,
    }
