"""What people would have answered, from a file: for drills, and for a team that writes down before it speaks.

The file is YAML: ``site`` confirms the run, ``plan`` (``by``, ``key``) is who freezes the plan, every other key is an
item a person answers, but ``lessons``, a list of what is to be learned (``by``, ``text``, ``owner``, ``due`` and
``kind``). An entry is one word or a list of words: ``by`` (one person or several), and what `confirm` takes
as options. ``waive: REASON`` and ``decline: REASON`` say that instead. APPROVE-01 to APPROVE-03 take ``by`` and
``key``, the private key to sign with.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from failback.people import catalogue, words

from rollback_runner import checklist
from rollback_runner.content import home
from rollback_runner.errors import UsageError
from rollback_runner.people import answered_lessons, wishes
from rollback_runner.people import room as people

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from failback.people.lessons import Lesson
    from failback.people.words import Word

    from rollback_runner.people.room import Room
    from rollback_runner.people.wishes import Wish
    from rollback_runner.site.site import Site

_WORDS = ("note", "category", "source", "severity", "at", "attach")
_LESSONS = "lessons"
_KEYS = ("by", *_WORDS, "contact", "count", "proposal", "waive", "decline")
_SIGNATURE_KEYS = ("by", "key", "note")
_PLAN = "plan"  # who freezes the plan


@dataclass(frozen=True)
class Signature:
    """Who signs which approval, and the private key they sign with."""

    item: str
    by: str
    key: Path
    note: str = ""


@dataclass(frozen=True)
class Answers:
    """A file that was read and judged. ``site`` is the name that confirms a run, "" where the file does not."""

    path: str = ""
    site: str = ""
    wishes: tuple[Wish, ...] = ()
    signatures: tuple[Signature, ...] = ()
    maker: Signature | None = None
    lessons: tuple[Lesson, ...] = ()


@dataclass(frozen=True)
class Applied:
    """What became of the answers for a phase: words said now, and sentences on those that could not be."""

    said: tuple[Word, ...] = ()
    left: tuple[str, ...] = field(default=())


def load(path: str | None) -> Answers:
    """Read an answers file. Raises `UsageError` with every problem, one sentence each."""
    if path is None:
        return Answers()
    try:
        found = yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"{path} is not readable as YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(found, dict):
        raise UsageError(f"{path} must be a mapping of answers, such as `site: lab`.")
    problems = [f"{path}: {problem}" for key, value in found.items() for problem in _problems(str(key), value)]
    if problems:
        raise UsageError("\n".join(problems), next_step="rollback-runner confirm --help")
    said, signatures = [], []
    maker = _signature(_PLAN, found[_PLAN]) if _PLAN in found else None
    for key, value in found.items():
        for entry in _entries(value) if key not in {"site", _PLAN, _LESSONS} else ():
            if key in catalogue.SIGNATURES:
                signatures.append(_signature(str(key), entry))
            else:
                said += list(_wishes(str(key), entry))
    listed = answered_lessons.of_entries(_entries(found.get(_LESSONS)))
    return Answers(path, str(found.get("site") or ""), tuple(said), tuple(signatures), maker, listed)


def check(answers: Answers, site: Site) -> None:
    """Refuse answers by people whom the site does not know. Raises `UsageError` with a sentence each."""
    where = people.room(site, None)
    problems = []
    signing = [*answers.signatures, *([answers.maker] if answers.maker else [])]
    speakers = [(one.item, one.by) for one in answers.wishes] + [(one.item, one.by) for one in signing]
    speakers += [(_LESSONS, name) for one in answers.lessons for name in (one.by, one.owner)]
    for item, by in speakers:
        try:
            people.known_person(where, by)
        except UsageError as error:
            problems.append(f"{answers.path}: {item}: {error.what}")
    if problems:
        raise UsageError("\n".join(dict.fromkeys(problems)), next_step="rollback-runner team")


def apply(answers: Answers, site: Site, incident: Path, phase: str) -> Applied:
    """Say every word that the answers hold for a phase. One that was said before is not said again.

    Words of the phase approve are about the frozen plan, so they are said after it was frozen: a changed plan has
    them said anew.
    """
    said: list[Word] = []
    left: list[str] = []
    answered_lessons.apply(answers.lessons, site, incident, phase)
    for wish in answers.wishes:
        ask = catalogue.of(wish.item)
        if ask is None or ask.phase != phase:
            continue
        where = people.room(site, incident)
        if _was_said(where, wish, of_plan=ask.of_plan):
            continue
        try:
            said.append(wishes.speak(where, wish))
        except UsageError as error:
            left.append(f"{answers.path}: {wish.item}: {error.what}")
    return Applied(tuple(said), tuple(left))


def _was_said(where: Room, wish: Wish, *, of_plan: bool) -> bool:
    about = words.plan_digest(where.incident) if of_plan else ""
    by = people.known_person(where, wish.by)
    return any(
        word.by == by and word.details.get("from_answers") == wish.answer and word.about == about
        for word in where.said.of(wish.item)
    )


def _problems(key: str, value: Any) -> Iterator[str]:
    if key in {"site", _PLAN, _LESSONS}:
        yield from _special_problems(key, value)
        return
    known = ["site", _PLAN, _LESSONS, *(item.id for item in checklist.items())]
    if key not in known:
        yield f"{key} is no item, not `site` and not `plan`{checklist.nearest(key, known)}."
        return
    signature = key in catalogue.SIGNATURES
    if not signature:
        try:
            wishes.ask_of(key, "answer")
        except UsageError as error:
            yield error.what
            return
    entries = _entries(value)
    if not entries:
        yield f"{key} has no answer."
    for entry in entries:
        yield from _entry_problems(key, entry, _SIGNATURE_KEYS if signature else _KEYS, signature=signature)


def _special_problems(key: str, value: Any) -> Iterator[str]:
    if key == "site" and not isinstance(value, str):
        yield "site must be the site's name."
    elif key == _PLAN:
        yield from _entry_problems(key, value, _SIGNATURE_KEYS, signature=True)
    elif key == _LESSONS:
        yield from answered_lessons.problems(_entries(value))


def _entry_problems(key: str, entry: Any, keys: tuple[str, ...], *, signature: bool) -> Iterator[str]:
    if not isinstance(entry, dict):
        yield f"{key} must say who answers what, such as {{by: kim, note: ...}}."
        return
    for name in entry:
        if name not in keys:
            yield f"{key}: {name} is not known{checklist.nearest(str(name), list(keys))}."
    yield from _by_problems(key, entry, signature=signature)
    if "waive" in entry and "decline" in entry:
        yield f"{key} is both waived and declined."
    proposal = entry.get("proposal", 1)
    if isinstance(proposal, bool) or not isinstance(proposal, int) or proposal < 1:
        yield f"{key}: proposal must be a number from 1."
    for name in ("waive", "decline", *_WORDS):
        # YAML reads an unquoted moment as one, which is as good as its text.
        if name in entry and not (isinstance(entry[name], str | datetime) and str(entry[name]).strip()):
            yield f"{key}: {name} must be a text."
    ask = catalogue.of(key)
    if "waive" in entry and ask is not None and ask.never_waived:
        yield f"{key} cannot be waived: {ask.never_waived}."


def _by_problems(key: str, entry: Mapping[str, Any], *, signature: bool) -> Iterator[str]:
    by = entry.get("by")
    if not by:
        yield f"{key} does not say by whom (by)."
    elif signature and not isinstance(by, str):
        yield f"{key}: by must be one person."
    elif not all(isinstance(one, str) and one for one in _list(by)):
        yield f"{key}: by must be a person or a list of persons."
    if signature and not isinstance(entry.get("key"), str):
        yield f"{key} needs key, the file of the private key to sign with."


def _wishes(key: str, entry: Mapping[str, Any]) -> Iterator[Wish]:
    mark = hashlib.sha256(json.dumps(entry, sort_keys=True, default=str).encode()).hexdigest()[:12]
    act: wishes.Act = "waive" if "waive" in entry else "decline" if "decline" in entry else "confirm"
    texts = {name: str(entry.get(name) or "") for name in _WORDS}
    texts["note"] = str(entry.get("waive") or entry.get("decline") or texts["note"])
    if texts["attach"]:
        texts["attach"] = str(_file(texts["attach"]))
    for by in _list(entry["by"]):
        for number, contact in enumerate(_list(entry.get("contact") or "")):
            yield wishes.Wish(
                key,
                by,
                act,
                **texts,
                contact=contact,
                count=str(entry.get("count", "")),
                proposal=int(entry.get("proposal") or 0),
                answer=f"{mark}.{number}" if number else mark,
            )


def _signature(key: str, entry: Mapping[str, Any]) -> Signature:
    return Signature(key, str(entry["by"]), _file(str(entry["key"])), str(entry.get("note") or ""))


def _file(name: str) -> Path:
    """Find a file named in the answers: below RR_HOME unless it is absolute."""
    path = Path(name).expanduser()
    return path if path.is_absolute() else home() / path


def _entries(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
