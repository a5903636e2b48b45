"""Titles of events in both languages, filled in from the catalogue. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rollback_runner import checklist, messages
from rollback_runner.errors import UsageError
from rollback_runner.picture.svg import duration

BOTH = (messages.Texts("en"), messages.Texts("ko"))


def said(key: str, **values: Any) -> dict[str, str]:
    """Fill in one text in both languages. A value that is a mapping or a function of the language is taken in each."""
    return {texts.language: texts(key, **{name: _in(texts, value) for name, value in values.items()}) for texts in BOTH}


def status(word: str) -> dict[str, str]:
    """Return the word for a status in both languages."""
    return {texts.language: texts.status(word) if texts.has(f"status.{word}") else word for texts in BOTH}


def leg(name: str) -> dict[str, str]:
    """Return a leg's name in both languages."""
    return {texts.language: texts(f"phase.{name}") if texts.has(f"phase.{name}") else name for texts in BOTH}


def legs(names: list[str]) -> dict[str, str]:
    """Return the names of several legs."""
    return {texts.language: ", ".join(leg(name)[texts.language] for name in names) for texts in BOTH}


def item(name: str) -> dict[str, str]:
    """Return an item's title in both languages; an item the checklist does not know is its name."""
    try:
        return dict(checklist.item(name).titles)
    except UsageError:
        return {"en": name, "ko": name}


def spent(seconds: float) -> dict[str, str]:
    """Return a span of time in both languages."""
    return {texts.language: duration(seconds, texts.language) for texts in BOTH}


def when(value: object) -> str:
    """Write a moment as the timeline does: UTC, ISO 8601, milliseconds; "" when it is none.

    Takes ISO text with or without a zone (UTC then), seconds since 1970, or a datetime.
    """
    try:
        if isinstance(value, datetime):
            moment = value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            moment = datetime.fromtimestamp(value, UTC)
        else:
            moment = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        return ""
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds_of(at: str) -> float:
    """Return a moment of the timeline as seconds since 1970."""
    return datetime.fromisoformat(at).timestamp()


def _in(texts: messages.Texts, value: Any) -> Any:
    return value[texts.language] if isinstance(value, dict) else value
