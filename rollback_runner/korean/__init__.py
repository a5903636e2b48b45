"""Findings in Korean: their English sentence is what is recorded and compared, its Korean one is made where it is read.

The catalogue (`*.yml` beside this file) has pairs of templates. The English one is what the code says, with a name in
braces for each fact that is put in; a sentence that fits it gives the facts, and with them the Korean sentence. A fact
may be a sentence of the catalogue itself. What nobody has translated stays English: nothing is ever lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from rollback_runner import our_yaml
from rollback_runner.content import PACKAGE
from rollback_runner.korean import particles

if TYPE_CHECKING:
    from rollback_runner.checklist import Language

_WORD = r"\S+?"
_NAME = re.compile(r"\{([a-z]+)\}")
_WORDS = frozenset({"item", "key", "n", "other"})  # facts that are one word; any other may be a whole sentence
_DEEPEST = 4  # sentences within a sentence


@dataclass(frozen=True)
class Pair:
    """A sentence in both languages. ``weight`` is how much of the English one is fixed: the closest fit is taken."""

    english: re.Pattern[str]
    korean: str
    weight: int


def said(text: str, language: Language) -> str:
    """Say a finding's sentence, or what clears it, in this language."""
    return text if language == "en" else _korean(text.strip(), _DEEPEST) or text


def told(text: str, language: Language) -> str:
    """Say a message that tells of several findings in one breath, each perhaps with what clears it in brackets."""
    if language == "en":
        return text
    left, sentences = text.split("; "), []
    while left:
        # More than one part: a sentence may have a semicolon of its own.
        for size in range(1, len(left) + 1):
            one = "; ".join(left[:size])
            if korean := _with_its_step(one) or _korean(one, _DEEPEST, strict=True):
                break
        else:
            size, korean = 1, left[0]
        sentences.append(korean)
        left = left[size:]
    return "; ".join(sentences)


def fits(text: str) -> bool:
    """Tell whether the catalogue has this sentence."""
    return _found(text, strict=False) is not None


def _with_its_step(text: str) -> str:
    first, opening, step = text.partition(" (")
    while opening:
        if step.endswith(")") and (korean := _korean(first, _DEEPEST, strict=True)):
            return f"{korean} ({said(step.removesuffix(')'), 'ko')})"
        more, opening, step = step.partition(" (")
        first = f"{first} ({more}"
    return ""


@lru_cache(maxsize=2048)
def _korean(text: str, depth: int, *, strict: bool = False) -> str:
    """Return the Korean sentence, or "". ``strict``: not where a fact would swallow the sentence that follows."""
    found = _found(text, strict=strict)
    if found is None or depth == 0:
        return ""
    pair, facts = found
    spoken = {name: _korean(fact, depth - 1) or fact for name, fact in facts.items()}
    return particles.fitted(_NAME.sub(lambda match: spoken[match[1]], pair.korean))


def _found(text: str, *, strict: bool) -> tuple[Pair, dict[str, str]] | None:
    for pair in _catalogue():
        match = pair.english.fullmatch(text)
        if match and not (strict and any("; " in fact for fact in match.groupdict().values())):
            return pair, match.groupdict()
    return None


@cache
def _catalogue() -> tuple[Pair, ...]:
    rows = [row for path in sorted((PACKAGE / "korean").glob("*.yml")) for row in our_yaml.read(path)]
    pairs = [Pair(_pattern(row["en"]), row["ko"], len(_NAME.sub("", row["en"]))) for row in rows]
    return tuple(sorted(pairs, key=lambda pair: -pair.weight))


def _pattern(template: str) -> re.Pattern[str]:
    parts = _NAME.split(template)  # text, name, text, name, ...
    fixed, names = parts[::2], parts[1::2]
    facts = [f"(?P<{name}>{_WORD if name in _WORDS else '.*?'})" for name in names] + [""]
    body = "".join(re.escape(text) + fact for text, fact in zip(fixed, facts, strict=True))
    return re.compile(body, re.DOTALL)
