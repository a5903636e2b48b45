"""Sentences that plugins say in both languages themselves: who reads only the English one finds the Korean one here."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

from failback.approval import sentences
from failback.deployment import said
from failback.situation.words import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEAST, _LEAST_AFTER_A_FACT = 8, 12  # signs beside the facts: what has fewer fits too much
_NAME = re.compile(r"\{[a-z_]+\}")


def pairs() -> Iterator[tuple[str, str]]:
    """Give each as a pair of templates, the English one first."""
    for text in (*sentences.ROLES.values(), *chain.from_iterable(sentences.SENTENCES.values())):
        if text["en"] != text["ko"] and not text["en"].startswith("{why}"):
            yield text["en"], text["ko"]
    for english, korean in WORDS.values():
        if len(_NAME.sub("", english)) >= (_LEAST_AFTER_A_FACT if english.startswith("{") else _LEAST):
            yield english, korean
    named = [one for one in vars(said).values() if isinstance(one, said.Said)]
    for one in (*named, *said.STATES.values()):
        if one:
            yield one.en, one.ko
