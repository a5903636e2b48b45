"""What an act is called for people: the journal has it in English, some with a name in it. Pure."""

from __future__ import annotations

import re

from rollback_runner import messages

# Acts with a name in their words; the catalogue has their texts under the same shape.
SHAPES = (
    "give {name} the content again that it had",
    "send traffic to {name}",
    "set servers {name}",
    "start the container {name} to hear what its server says",
    "start the container {name}",
    "restart the container {name}",
    "stop the container {name}",
    "unpause the container {name}",
    "put {name} settings back",
    "set the stop-gap service to {name}",
    "tell the service to read {name} again",
    "closed: change the {name}",
    "open: change the {name}",
    "change over to another release: {name}",
    "change every host over to {name}",
    "try {name} beside what serves",
    "remove old releases on {name}",
    "reversal, step {name}",
)
_PATTERNS = tuple((shape, re.compile(re.escape(shape).replace(r"\{name\}", "(?P<name>.+)"))) for shape in SHAPES)
_ENGLISH, _KOREAN = messages.Texts("en"), messages.Texts("ko")


def titles(act: str) -> dict[str, str]:
    """Return an act's words in both languages; one that the catalogue does not know stays English."""
    if _ENGLISH.has(f"act.{act}"):
        return {"en": _ENGLISH(f"act.{act}"), "ko": _KOREAN(f"act.{act}")}
    for shape, pattern in _PATTERNS:
        if match := pattern.fullmatch(act):
            key = f"act.{shape}"
            return {"en": _ENGLISH(key, name=match["name"]), "ko": _KOREAN(key, name=match["name"])}
    shown = act[:1].upper() + act[1:]
    return {"en": shown, "ko": shown}


def known(act: str) -> bool:
    """Tell whether the catalogue has words for an act."""
    return _ENGLISH.has(f"act.{act}") or any(pattern.fullmatch(act) for _shape, pattern in _PATTERNS)
