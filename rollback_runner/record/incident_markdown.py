"""The report of an incident as Markdown, for where only text can be read. One language a text."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import jinja2

from rollback_runner import korean, messages
from rollback_runner.content import PACKAGE
from rollback_runner.record import html, proofs, rehearsed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollback_runner.checklist import Language

_MARKED = str.maketrans({char: f"\\{char}" for char in "\\`*_[]<>#|"})


def text(report: Mapping[str, Any], language: Language) -> str:
    """Write the report in one language. Text of the record is escaped: it can be no markup, no link, no HTML."""
    texts = messages.Texts(language)
    zone = html.zone_of(report["zone"])
    made = (
        _templates()
        .get_template("incident/report.md.j2")
        .render(r=report, t=texts, lang=language, **html.view(report, texts, zone))
    )
    return made.strip() + "\n"


def escaped(value: object) -> str:
    """Keep text from being read as Markdown or HTML, on one line."""
    return " ".join(str(value).split()).translate(_MARKED)


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(  # noqa: S701 - Markdown; `m` escapes what comes from the record
        loader=jinja2.FileSystemLoader(PACKAGE / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"m": escaped, "cut": proofs.cut, "said": korean.said, "told": korean.told}
    environment.filters["of_phase"] = rehearsed.of_phase
    return environment
