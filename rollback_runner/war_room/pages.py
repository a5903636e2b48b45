"""Turns the board into HTML, a section at a time, in one language. Whatever comes from the record is escaped."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup

from rollback_runner import korean
from rollback_runner.content import PACKAGE
from rollback_runner.messages import Texts
from rollback_runner.war_room.words import Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollback_runner.checklist import Language
    from rollback_runner.war_room.board import Board

LANGUAGES: tuple[Language, ...] = ("en", "ko")
SECTIONS = ("head", "now", "troubles", "phases", "waits", "stake", "figures", "items", "team", "messages", "events",
            "runs")  # fmt: skip
STATIC = PACKAGE / "war_room" / "static"
_SHORT = 12
_log = logging.getLogger("war_room")


@dataclass(frozen=True)
class Rendered:
    """The sections of the page in one language, each with its digest."""

    language: Language
    html: Mapping[str, str]
    digest: Mapping[str, str]


def render(board: Board, language: Language) -> Rendered:
    """Write every section."""
    texts = Texts(language)
    template = _environment().get_template("sections.html.j2")
    macros: Any = template.make_module({"b": board, "t": texts, "w": Words(board, texts)})
    html = {name: _section(macros, name, texts) for name in SECTIONS}
    return Rendered(language, html, {name: _digest(text) for name, text in html.items()})


def _section(macros: Any, name: str, texts: Texts) -> str:
    """Write one section. One that breaks says so in its own place: the others must go on."""
    try:
        return str(getattr(macros, name)())
    except Exception:  # noqa: BLE001 - whatever it is, it must not take the page away
        _log.exception("the section %s could not be written", name)
        return str(Markup('<p class="grave">{}</p>').format(texts("room.broken")))


def page(name: str, language: Language, **values: Any) -> str:
    """Write a whole page, or a part that is made for one viewer, from its template."""
    other = "ko" if language == "en" else "en"
    template = _environment().get_template(f"{name}.html.j2")
    return template.render(t=Texts(language), other=other, asset=asset, **values)


def trusted(html: str) -> Markup:
    """Mark HTML that a template of ours made, so that it is not escaped again."""
    return Markup(html)  # noqa: S704 - made by our own templates, which escape


@cache
def assets() -> Mapping[str, tuple[str, str]]:
    """Name the files a browser may load: by the name in their address, the file and its type."""
    kinds = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
    found = {}
    for path in sorted(STATIC.iterdir()):
        if path.suffix in kinds:
            mark = hashlib.sha256(path.read_bytes()).hexdigest()[:_SHORT]
            found[f"{path.stem}.{mark}{path.suffix}"] = (path.name, kinds[path.suffix])
    return found


def asset(name: str) -> str:
    """Give the address of a file; it changes with its content, so that a browser may keep it."""
    return next(f"/static/{address}" for address, (file, _kind) in assets().items() if file == name)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PACKAGE / "templates" / "war_room"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"cut": _cut, "code": _code, "said": korean.said, "told": korean.told}
    return environment


def _cut(text: object, most: int) -> str:
    """Shorten what would push everything else off the screen; the record has all of it."""
    given = str(text)
    return given if len(given) <= most else f"{given[:most].rstrip()}…"


def _code(text: str) -> Markup:
    """Show what stands between backticks as code."""
    found = Markup()
    for number, part in enumerate(text.split("`")):
        found += Markup("<code>{}</code>").format(part) if number % 2 else part
    return found


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_SHORT]
