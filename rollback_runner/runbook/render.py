"""Writes the runbook: one HTML file for paper, with nothing from outside, or Markdown. Pure."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup

from rollback_runner import checklist, messages
from rollback_runner.content import PACKAGE
from rollback_runner.plan.leg import acts
from rollback_runner.record.seen import Step as Planned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollback_runner.checklist import Language
    from rollback_runner.runbook.book import Book
    from rollback_runner.runbook.model import Code, Step


def html(book: Book, language: Language) -> str:
    """Write it as one HTML page that prints on A4."""
    style = (PACKAGE / "templates" / "runbook" / "page.css").read_text(encoding="utf-8")
    page = _templates(escape=True).get_template("runbook/page.html.j2")
    return page.render(style=Markup(style), **_shown(book, language))  # noqa: S704 - a file of this package


def markdown(book: Book, language: Language) -> str:
    """Write it as Markdown."""
    return _templates(escape=False).get_template("runbook/page.md.j2").render(**_shown(book, language))


def _shown(book: Book, language: Language) -> dict[str, Any]:
    texts = messages.Texts(language)

    def person(key: str) -> str:
        names = (book.people.get(key) or {}).get("name") or {}
        return str(names.get(language) or key or "-")

    def role(name: str) -> str:
        return texts(f"role.{name}") if texts.has(f"role.{name}") else name

    def contact(key: str) -> str:
        return ", ".join(str(one) for one in (book.people.get(key) or {}).get("contact") or ()) or "-"

    def said(code: Code) -> str:
        return texts(code.said, **code.values) if code.said else ""

    def step_text(step: Step, part: str) -> str:
        key = f"runbook.step.{step.key}.{part}"
        return texts(key) if texts.has(key) else ""

    def item(name: str) -> str:
        return f"{name} {checklist.item(name).title(language)}"

    return {
        "b": book,
        "t": texts,
        "lang": language,
        "title": str(book.titles.get(language) or book.site),
        "person": person,
        "role": role,
        "contact": contact,
        "said": said,
        "of": step_text,
        "item": item,
        "acts": _acts,
    }


def _acts(leg: Mapping[str, Any]) -> list[str]:
    """Name what a leg does: steps that only look are left out, and one that stands there twice is named once."""
    steps = [
        Planned(one["play"], one["name"], tuple(one["ids"]), optional=bool(one["optional"]), hosts=one["hosts"])
        for one in leg["steps"]
    ]
    return list(dict.fromkeys(step.name for step in steps if acts(step)))


@cache
def _templates(*, escape: bool) -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(PACKAGE / "templates"),
        autoescape=escape,  # noqa: S701 - off for Markdown alone, which is no HTML
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
