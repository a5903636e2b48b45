"""The guard between the record and every text: a sentence stands only while the facts that it rests on do. Pure.

Values come from people, servers and logs. They are never read as a template, and lose what could act in a chat, a mail
or a page: line breaks, control and direction marks, angle brackets, mentions and links.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollback_runner.telling import showing

if TYPE_CHECKING:
    from rollback_runner.checklist import Language
    from rollback_runner.telling.facts import Facts
    from rollback_runner.telling.sections import Section, Sentence

_LONGEST = 400  # characters of one value; a server's whole trace is no news
_SWAPS = str.maketrans({"<": "‹", ">": "›", "`": "'", "*": "∗", "[": "(", "]": ")", "|": "¦"})  # noqa: RUF001 - look alike and do nothing
_ESCAPED = re.compile(r"(?<=\w)://")
# A mention calls people wherever it begins a word; these call everybody wherever they stand.
_MENTION = re.compile(r"(?<!\w)@|@(?=everyone|here|channel|all\b)", re.IGNORECASE)
_WWW = re.compile(r"\bwww\.", re.IGNORECASE)


@dataclass(frozen=True)
class Text:
    """A text and the facts it rests on."""

    subject: str
    body: str
    facts: tuple[str, ...]


def compose(section: Section, facts: Facts, language: Language) -> Text | None:
    """Write the text as far as the facts carry it; None when what it is about is not proven."""
    if not section.subject.core <= facts.known.keys():
        return None
    values = {name: _spoken(fact.value, language) for name, fact in facts.known.items()}
    subject = _say(section.subject, facts, values)
    if not subject:
        return None
    used = set(section.subject.needs)
    paragraphs: list[list[str]] = [[]]
    for sentence in section.sentences:
        if sentence is None:
            paragraphs.append([])
        elif words := _say(sentence, facts, values):
            paragraphs[-1].append(words)
            used |= sentence.needs
    body = "\n\n".join("\n".join(lines) for lines in paragraphs if lines)
    return Text(subject, body, facts.sources(sorted(used))) if body else None


def _say(sentence: Sentence, facts: Facts, values: Mapping[str, Any]) -> str:
    if not sentence.needs <= facts.known.keys() or sentence.absent & facts.known.keys():
        return ""
    try:
        return " ".join(showing.write(sentence.parts, values).split())
    except showing.NotThereError:
        return ""


def clean(text: str) -> str:
    """Take out of a value what could act where it is shown; what a person reads stays as it is."""
    flat = "".join(
        " " if one.isspace() else one for one in text if one.isspace() or unicodedata.category(one)[0] != "C"
    )
    flat = _MENTION.sub("＠", " ".join(flat.split()).translate(_SWAPS))  # noqa: RUF001 - looks like one and calls nobody
    flat = _WWW.sub("www·", _ESCAPED.sub("[:]//", flat))
    return flat if len(flat) <= _LONGEST else f"{flat[: _LONGEST - 1].rstrip()}…"


def _spoken(value: Any, language: Language) -> Any:
    """Take the language of a value that has both, and clean every text in it."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        if set(value) == {"en", "ko"}:
            return clean(str(value[language]))
        return {str(key): _spoken(item, language) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_spoken(item, language) for item in value]
    return value
