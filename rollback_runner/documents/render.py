"""From what the record tells to a draft in Markdown, in one language. Pure: no file but the templates, no clock.

What comes from the record is text and stays text: it can make no table, link or heading of its own.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import jinja2

from rollback_runner import checklist, korean, messages
from rollback_runner.content import PACKAGE
from rollback_runner.errors import UsageError
from rollback_runner.picture.svg import duration
from rollback_runner.record.timeline_words import seconds_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rollback_runner.checklist import Language
    from rollback_runner.documents.told import Told

NAMES = ("post-mortem", "re-migration", "lessons")
MARKS: Mapping[Language, str] = {"en": "[TO WRITE]", "ko": "[작성 필요]"}
_SPECIAL = re.compile(r"([\\`*\[|<]|^#)")


def draft(name: str, told: Told, language: Language) -> str:
    """Write a draft. Raises `UsageError` with the nearest name for one that is not known."""
    if name not in NAMES:
        known = ", ".join(NAMES)
        raise UsageError(
            f"There is no document {name}{checklist.nearest(name, list(NAMES))}; there are {known}.",
            next_step="rollback-runner document --help",
        )
    template = _templates().get_template(f"{name}.{language}.md.j2")
    helpers = {"when": _when(told), "person": _person(told, language), "spent": _spent(language), "since": _since}
    rendered = template.render(
        d=told, r=told.report, t=messages.Texts(language), lang=language, mark=MARKS[language], **helpers
    )
    body = re.sub(r"\n{3,}", "\n\n", rendered).strip() + "\n"
    return body.replace("@@COUNT@@", str(to_write(body)))


def to_write(text: str) -> int:
    """Count the places that are still to be written by a person, in either language."""
    return sum(text.count(f"**{mark}**") for mark in MARKS.values())


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(  # noqa: S701 - Markdown; what could be taken for markup is written out by finalize
        loader=jinja2.FileSystemLoader(PACKAGE / "templates" / "documents"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    environment.filters |= {"md": plain, "said": korean.said, "told": korean.told}
    return environment


def plain(value: object) -> str:
    """Write text from the record so that it stays text in Markdown and in HTML made of it, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(str(value).split()))


def _when(told: Told) -> Callable[[str], str]:
    try:
        zone = ZoneInfo(str(told.report["zone"]))
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")

    def local(moment: str) -> str:
        """Write a moment in the site's local time; what is none is left as it is."""
        try:
            return f"{datetime.fromisoformat(moment).astimezone(zone):%Y-%m-%d %H:%M:%S}"
        except ValueError:
            return moment or "-"

    return local


def _person(told: Told, language: Language) -> Callable[[str], str]:
    people: Mapping[str, Any] = told.report["people"]

    def name(key: str) -> str:
        """Return what somebody is called; the key of somebody unknown."""
        return plain((people.get(key) or {}).get(language) or key or "-")

    return name


def _spent(language: Language) -> Callable[[float], str]:
    return lambda seconds: duration(float(seconds), language)


def _since(first: str, second: str) -> float | None:
    """Return the seconds from one moment to another; None where one is not on record or they stand the other way."""
    if not first or not second:
        return None
    passed = seconds_of(second) - seconds_of(first)
    return passed if passed >= 0 else None
