"""Findings in Korean: their English sentence is what is recorded and compared, its Korean one is made where it is read.

The catalogue (`*.yml` beside this file) has pairs of templates. The English one is what the code says, with a name in
braces for each fact that is put in; a sentence that fits it gives the facts, and with them the Korean sentence. A fact
may be a sentence of the catalogue itself, or several. What nobody has translated stays English: nothing is ever lost.
What plugins say in both languages themselves (`spoken_already`) is taken from where it stands.
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
    from collections.abc import Iterator

    from rollback_runner.checklist import Language

_WORD = r"\S+?"
_NAME = re.compile(r"\{([a-z_]+)\}")
_WORDS = frozenset({"file", "item", "key", "n", "other"})  # facts that are one word; any other may be a whole sentence
_REASONS = " | "  # between findings of several hosts, and between the reasons of a gate
_DEEPEST = 8  # sentences within a sentence
_PARTS = 4  # of one sentence and what clears it, where both have semicolons of their own
_FILE = re.compile(r"(\S*[./]\S*[^\s:;,.]) (.+)", re.DOTALL)  # and what is wrong with it
_LATIN = re.compile(r"[A-Za-z]")
_TYPED = re.compile(r"(on \S+: )?(CALL|GRANT|SET|cd|chmod|df|docker|mkdir|pip|rollback-runner|setfacl|sysctl|usermod) ")
_OWNER = re.compile(r"(\S+:) (.+)", re.DOTALL)  # a host, a database: and what was said of it


@dataclass(frozen=True)
class Pair:
    """A sentence in both languages. ``weight`` is how much of the English one is fixed: the closest fit is taken.

    ``first`` is the fact it begins with, where it begins with one.
    """

    english: re.Pattern[str]
    korean: str
    weight: int
    first: str = ""


def said(text: str, language: Language) -> str:
    """Say a finding's sentence, or what clears it, in this language."""
    if language == "en":
        return text
    for one in dict.fromkeys([text, text.strip()]):
        if korean := _closed(one) or _korean(one, _DEEPEST):
            return korean
    several, known = _several(text.strip(), _DEEPEST)
    return several if known else text


def told(text: str, language: Language) -> str:
    """Say a message that tells of several findings in one breath, each perhaps with what clears it in brackets."""
    if language == "en":
        return text
    return _REASONS.join(_several(one, _DEEPEST)[0] for one in text.split(_REASONS))  # of one host each


def fits(text: str) -> bool:
    """Tell whether the catalogue has this sentence."""
    return _found(text, strict=False) is not None


def _several(text: str, depth: int) -> tuple[str, bool]:
    """Say sentences that are joined by semicolons; and tell whether any of them is known."""
    left, sentences, known = text.split("; "), [], False
    while left:
        # The most parts first: a sentence may have a semicolon of its own, and so may what clears it.
        for size in range(min(len(left), _PARTS), 0, -1):
            one = "; ".join(left[:size])
            korean = _one(one, depth) if _balanced(one) else ""
            if korean:
                known = True
                break
        else:
            size, korean = 1, left[0]
        sentences.append(korean)
        left = left[size:]
    return "; ".join(sentences), known


def _closed(text: str) -> str:
    """Say a sentence. A command puts the full stop that one of the library does not have."""
    ways = [_best(text, _DEEPEST)]
    if text.endswith(".") and (korean := _best(text[:-1], _DEEPEST)):
        ways.append(f"{korean}.")
    return _least_english(ways)


def _one(text: str, depth: int) -> str:
    return _best(text, depth) or _with_any_step(text, depth)


def _best(text: str, depth: int) -> str:
    """Say a sentence, with what clears it or whole: the way that leaves less of it in English."""
    return _least_english([_with_known_step(text, depth), _korean(text, depth, strict=True)])


def _least_english(ways: list[str]) -> str:
    return min(filter(None, ways), key=lambda korean: len(_LATIN.findall(korean)), default="")


def _with_any_step(text: str, depth: int) -> str:
    for first, step in _steps(text):
        if korean := _korean(first, depth, strict=True):
            return f"{korean} ({said(step, 'ko')})"
    return ""


def _with_known_step(text: str, depth: int) -> str:
    """Say a sentence with what clears it, a known step or a command: brackets may belong to the sentence itself."""
    for first, step in _steps(text):
        if (_TYPED.match(step) or _found(step, strict=True)) and (korean := _korean(first, depth, strict=True)):
            return f"{korean} ({said(step, 'ko')})"
    return ""


def _steps(text: str) -> Iterator[tuple[str, str]]:
    """Give each way to part a text into a sentence and what clears it."""
    first, opening, step = text.partition(" (")
    while opening and text.endswith(")"):
        if _balanced(step[:-1]):
            yield first, step[:-1]
        more, opening, step = step.partition(" (")
        first = f"{first} ({more}"


def _balanced(text: str) -> bool:
    """Whether every bracket that closes was opened, and the other way round."""
    depth = 0
    for sign in re.findall(r"[()]", text):
        depth += 1 if sign == "(" else -1
        if depth < 0:
            return False
    return depth == 0


@lru_cache(maxsize=2048)
def _korean(text: str, depth: int, *, strict: bool = False) -> str:
    """Return the Korean sentence, or "". ``strict``: not where a fact would swallow the sentence that follows."""
    if depth == 0:
        return ""
    found = _found(text, strict=strict, behind=False)
    if found is None:
        if korean := _of_something(text, depth, strict=strict):
            return korean
        found = _found(text, strict=strict)
        if found is None:
            return ""
    pair, facts = found
    spoken = {name: _fact(fact, depth - 1) for name, fact in facts.items()}
    return particles.fitted(_NAME.sub(lambda match: spoken[match[1]], pair.korean))


def _fact(fact: str, depth: int) -> str:
    """Say a fact: it may be a sentence, or several, or a list, or the name of something."""
    if _REASONS in fact:
        return _REASONS.join(_fact(one, depth) for one in fact.split(_REASONS))
    if korean := _best(fact, depth):
        return korean
    if "; " in fact or fact.endswith(")"):
        several, known = _several(fact, depth)
        if known:
            return several
    parts = [_korean(part, depth, strict=True) for part in fact.split(", ")]
    return ", ".join(parts) if all(parts) else _korean(fact, depth) or fact


def _of_something(text: str, depth: int, *, strict: bool) -> str:
    """Say what is wrong with a file of a backup, or was said of a host, whose name stands before it."""
    for match, colon in ((_OWNER.fullmatch(text), ""), (_FILE.fullmatch(text), ":")):
        if match and (korean := _korean(match[2], depth - 1, strict=strict)):
            return f"{match[1]}{colon} {korean}"
    return ""


def _found(text: str, *, strict: bool, behind: bool = True) -> tuple[Pair, dict[str, str]] | None:
    """Find the closest fit. ``behind``: also one whose facts seem to hold more than a fact, where no other fits."""
    last: tuple[Pair, dict[str, str]] | None = None
    for pair in _catalogue():
        match = pair.english.fullmatch(text)
        if match is None:
            continue
        facts = match.groupdict()
        whole = all(map(_balanced, facts.values())) or not _balanced(text)
        if strict and (not whole or any(map(_swallows, facts.values()))):
            continue
        if whole and (not pair.first or ": " not in facts[pair.first]):
            return pair, facts
        # What stands before a colon is rather a sentence of its own, which has this one as its fact.
        last = last or (pair, facts)
    return last if behind else None


def _swallows(fact: str) -> bool:
    """Whether a fact may hold the sentence that follows; not where it is one sentence with a semicolon of its own."""
    return "; " in fact and _found(fact, strict=True) is None


@cache
def _catalogue() -> tuple[Pair, ...]:
    rows = [row for path in sorted((PACKAGE / "korean").glob("*.yml")) for row in our_yaml.read(path)]
    pairs = [_pair(row["en"], row["ko"]) for row in rows]
    from rollback_runner.korean import spoken_already  # noqa: PLC0415 - every command loads this, few speak Korean

    pairs += [_pair(english, korean) for english, korean in spoken_already.pairs()]
    return tuple(sorted(pairs, key=lambda pair: -pair.weight))


def _pair(english: str, korean: str) -> Pair:
    begins = _NAME.match(english)
    return Pair(_pattern(english), korean, len(_NAME.sub("", english)), begins[1] if begins else "")


def _pattern(template: str) -> re.Pattern[str]:
    parts = _NAME.split(template)  # text, name, text, name, ...
    fixed, names = parts[::2], parts[1::2]
    facts = [f"(?P={name})" if name in names[:number] else _fitting(name) for number, name in enumerate(names)]
    body = "".join(re.escape(text) + fact for text, fact in zip(fixed, [*facts, ""], strict=True))
    return re.compile(body, re.DOTALL)


def _fitting(name: str) -> str:
    """Say what may stand for a fact; one that ends in `_s` is the s of a plural."""
    kind = _WORD if name in _WORDS else "s?" if name.endswith("_s") else ".*?"
    return f"(?P<{name}>{kind})"
