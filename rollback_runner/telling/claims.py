"""Words that claim something is so, and the facts that prove it: no sentence uses them without. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(frozen=True)
class Claim:
    """Words that say something is so, in both languages, and the facts any of which proves it."""

    name: str
    words: re.Pattern[str]
    proofs: frozenset[str]


def _claim(name: str, words: str, *proofs: str) -> Claim:
    return Claim(name, re.compile(words, re.IGNORECASE), frozenset(proofs))


CLAIMS = (
    _claim(
        "restored",
        r"\brestored?\b|\bback to normal\b|\bresolved\b|\brecovered\b|\b(?:works|available) again\b|\bis over\b"
        r"|복구(?:되|했|를 마)|정상화|정상적으로|해결되|해소되",
        "served",
        "finished",
    ),
    _claim("saved", r"\bsaving works\b|\banswers and saves\b|저장하실 수 있습니다|응답하고 저장(?:합|하며)", "served"),
    _claim(
        "served",
        r"\b(?:served|answers?|runs?|running) (?:\w+ )?(?:from|by|in|at) (?:the IDC|our own data cent)"
        r"|(?:IDC|자체 데이터 센터)에서 (?:응답|운영|서비스)(?:하|되)",
        "served",
        "finished",
    ),
    _claim("opened", r"\bIDC (?:takes|accepts) writes\b|IDC가? ?쓰기를 받", "opened"),
    _claim(
        "closed",
        r"\bAWS (?:database )?takes no (?:more )?writes?\b|\bclosed to (?:every|all) writ"
        r"|AWS.*쓰기를? ?(?:받지 않|막았)",
        "closed",
        "stopped",
    ),
    _claim(
        "lost",
        r"\bno (?:\w+ )*(?:was|were|is) lost\b|\bnothing (?:was|is) lost\b|\blost writes?: 0"
        r"|유실(?:은 없|되지 않|이 없)",
        "none_lost",
    ),
    _claim("signed", r"\bsigned by\b|\bapproved by\b|서명했|승인했", "signed"),
    _claim("aborted", r"\btaken back\b|\bAWS serves\b|(?:중단하고|시도는) .*되돌렸|전과 같이 AWS", "aborted", "again"),
    _claim("compared", r"\b(?:data|rows|tables) (?:was|were) compared\b|데이터를 (?:모두 )?대조했", "compared"),
)


def unsupported(text: str, facts: Collection[str]) -> tuple[Claim, ...]:
    """Return the claims that a text makes and none of these facts proves."""
    known = frozenset(facts)
    return tuple(claim for claim in CLAIMS if claim.words.search(text) and not claim.proofs & known)
