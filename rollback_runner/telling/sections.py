"""Reads the templates of texts: files of sections, one line a sentence, each with the facts that it rests on.

::

    == leg_ended:emergency
    subject: {{ service }} is served from our own data centre
    [served!] Since {{ served.at | clock }} every front door answers from there.
    [opened, -lost] Whether every order survived the move is being checked.
    > state

Before a sentence stand the facts it rests on; those whose values it shows are added by reading it. ``!`` marks the fact
without which there is no message at all, ``-`` a fact that must not be there, ``> NAME`` puts another section in.
A sentence that uses the words of a claim (`telling.claims`) and does not name the fact for it is refused, whoever
wrote it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from rollback_runner.telling import claims, showing, wording

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from rollback_runner.checklist import Language

    Filters = Mapping[str, Callable[..., str]]

_FLAGS = re.compile(r"\[([^\]]*)\]\s*(.*)")


@dataclass(frozen=True)
class Sentence:
    """One line of a template, made ready. ``needs`` and ``absent`` are names of facts."""

    text: str
    needs: frozenset[str]
    absent: frozenset[str]
    core: frozenset[str]
    parts: tuple[str | showing.Shown, ...]
    subject: bool = False


@dataclass(frozen=True)
class Section:
    """What one event tells one audience in one language."""

    name: str
    subject: Sentence
    sentences: tuple[Sentence | None, ...]  # None is an empty line between paragraphs


class TemplateError(Exception):
    """A template cannot be used: file, line and what is wrong with it."""


def every(path: Path, language: Language, zone: str) -> Mapping[str, Section]:
    """Read all sections of a file. Raises `TemplateError` naming the line, also for a claim without its fact."""
    raw = _parts(path)
    return {name: section for name in raw if (section := find(path, name, language, zone)) is not None}


@lru_cache(maxsize=1024)
def find(path: Path, name: str, language: Language, zone: str) -> Section | None:
    """Read one section, None when the file has none of this name. Raises `TemplateError` as `every` does.

    What was read is kept: to make it ready costs a moment that an emergency should not pay twice.
    """
    raw = _parts(path)
    if name not in raw or not _has_subject(raw[name]):
        return None
    return _section(path, name, raw, wording.filters(language, zone))


@lru_cache(maxsize=64)
def _parts(path: Path) -> dict[str, list[tuple[int, str]]]:
    raw: dict[str, list[tuple[int, str]]] = {}
    name = ""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(f"{path} cannot be read: {error}") from error
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("=="):
            name = line.removeprefix("==").strip()
            if name in raw:
                raise TemplateError(f"{path}:{number}: the section {name} is there twice")
            raw[name] = []
        elif name and not line.startswith("#"):
            raw[name].append((number, line.strip()))
    return raw


def _has_subject(lines: list[tuple[int, str]]) -> bool:
    return any(line.startswith("subject:") for _number, line in lines)


def _section(path: Path, name: str, raw: Mapping[str, list[tuple[int, str]]], filters: Filters) -> Section:
    lines: list[tuple[int, str]] = []
    for number, line in raw[name]:
        if not line.startswith(">"):
            lines.append((number, line))
            continue
        other = line.removeprefix(">").strip()
        if other not in raw or _has_subject(raw[other]):
            raise TemplateError(f"{path}:{number}: there is no part {other} to put in")
        lines += raw[other]
    read = [(number, _sentence(path, number, line, filters) if line else None) for number, line in lines]
    core = frozenset().union(*(one.core for _number, one in read if one is not None))
    if not core:
        raise TemplateError(f"{path}: the section {name} marks no fact with !, so it would be told whatever is proven")
    made: list[Sentence | None] = []
    subject: Sentence | None = None
    for number, one in read:
        if one is None:
            made.append(None)
            continue
        # What a section is about is what each of its sentences rests on, the plain ones too.
        whole = replace(one, needs=one.needs | core, core=core)
        _supported(path, number, whole)
        if one.subject:
            subject = whole
        else:
            made.append(whole)
    if subject is None:
        raise TemplateError(f"{path}: the section {name} has no subject")
    return Section(name, subject, tuple(made))


def _supported(path: Path, number: int, sentence: Sentence) -> None:
    for claim in claims.unsupported(sentence.text, sentence.needs | sentence.absent):
        wanted = " or ".join(sorted(claim.proofs))
        raise TemplateError(
            f"{path}:{number}: this claims {claim.name!r} and does not rest on {wanted}: {sentence.text}"
        )


def _sentence(path: Path, number: int, line: str, filters: Filters) -> Sentence:
    subject = line.startswith("subject:")
    match = _FLAGS.fullmatch(line)
    flags, text = (match[1], match[2]) if match else ("", line.removeprefix("subject:").strip())
    names = [flag.strip() for flag in flags.split(",") if flag.strip()]
    absent = frozenset(one[1:] for one in names if one.startswith("-"))
    core = frozenset(one.rstrip("!") for one in names if one.endswith("!"))
    try:
        parts = showing.parts(text, filters)
    except showing.NotReadableError as error:
        raise TemplateError(f"{path}:{number}: {error}") from error
    shown = frozenset[str]().union(*(one.facts for one in parts if isinstance(one, showing.Shown)))
    needs = shown | frozenset(one.rstrip("!") for one in names if not one.startswith("-"))
    return Sentence(text, needs, absent, core, parts, subject)
