"""Keeps drafts with the incident, and never writes over what a person wrote.

``documents/NAME.LANG.md`` is drawn up anew as long as nobody changed it. Once somebody did, it is theirs: the next
draft lies beside it as ``NAME.LANG.new.md``.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from failback import whole
from failback.errors import FailbackError

from rollback_runner.documents import render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rollback_runner.checklist import Language
    from rollback_runner.documents.told import Told

FOLDER = "documents"
_MADE = ".made.json"  # the digests of each file as it was drawn up, the newest last
_REMEMBERED = 5  # digests a file; more than the last two are only needed when a command was killed again and again


@dataclass(frozen=True)
class Draft:
    """A draft as it lies there. ``to_write`` counts what only a person can fill in; ``kept`` says it is a person's."""

    name: str
    language: str
    file: str
    sha256: str
    to_write: int
    changed: bool
    kept: bool = False

    def as_dict(self) -> dict[str, object]:
        """Return it as data."""
        return asdict(self)


def folder(incident: Path) -> Path:
    """Return where an incident's documents are."""
    return incident / FOLDER


def draw_up(
    told: Told, names: Sequence[str], languages: Sequence[Language] = ("en", "ko"), *, check: bool = False
) -> list[Draft]:
    """Draw drafts up and keep them; with ``check`` only say which would change. Raises FailbackError."""
    place = folder(told.incident)
    made = _made(place)
    return [_keep(told, name, language, made, check=check) for name in names for language in languages]


def newest(incident: Path, name: str) -> dict[str, object]:
    """Describe the draft of a document as people speak about it: the first language kept; empty where there is none."""
    for language in ("en", "ko"):
        path = folder(incident) / f"{name}.{language}.md"
        with suppress(OSError, UnicodeDecodeError):
            text = path.read_text(encoding="utf-8")
            return {"name": path.name, "sha256": _digest(text), "to_write": render.to_write(text)}
    return {}


def keep_file(incident: Path, name: str, content: bytes) -> tuple[Path, bool]:
    """Keep a file among the documents, whole or not at all; tell whether it is another than before."""
    path = folder(incident) / name
    with suppress(OSError):
        if path.read_bytes() == content:
            return path, False
    _write_bytes(path, content)
    return path, True


def _keep(told: Told, name: str, language: Language, made: dict[str, list[str]], *, check: bool) -> Draft:
    place, text = folder(told.incident), render.draft(name, told, language)
    path = place / f"{name}.{language}.md"
    there = _read(path)
    # A draft names when it was drawn up: only what follows its head line tells whether anything is new.
    if there is not None and _body(there) == _body(text):
        return Draft(name, language, path.name, _digest(there), render.to_write(there), changed=False)
    kept = False
    while there is not None and _digest(there) not in made.get(path.name, ()):
        kept = True
        path = _beside(path)
        there = _read(path)
        if there is not None and _body(there) == _body(text):
            return Draft(name, language, path.name, _digest(there), render.to_write(there), changed=False, kept=True)
    if not check:
        # First what it will be: killed between the two, neither the old nor the new one passes for a person's.
        made[path.name] = [*made.get(path.name, ()), _digest(text)][-_REMEMBERED:]
        _write(place / _MADE, json.dumps(made, indent=1) + "\n")
        _write(path, text)
    return Draft(name, language, path.name, _digest(text), render.to_write(text), changed=True, kept=kept)


def _body(text: str) -> str:
    """Return a draft without its first lines, up to the one that says when it was drawn up."""
    return "\n".join(text.splitlines()[3:])


def _beside(path: Path) -> Path:
    """Name the next place beside a file that is a person's: NAME.LANG.new.md, NAME.LANG.new2.md and so on."""
    stem, number = path.name.removesuffix(".md"), 1
    head, new, count = stem.rpartition(".new")
    if new:
        stem, number = head, int(count or 1) + 1
    return path.with_name(f"{stem}.new{number if number > 1 else ''}.md")


def _made(place: Path) -> dict[str, list[str]]:
    with suppress(OSError, ValueError):
        found: Mapping[str, str | list[str]] = json.loads((place / _MADE).read_text(encoding="utf-8"))
        return {name: [one] if isinstance(one, str) else list(one) for name, one in found.items()}
    return {}


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise FailbackError(f"{path} cannot be read: {error}") from error


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _write(path: Path, text: str) -> None:
    _write_bytes(path, text.encode())


def _write_bytes(path: Path, content: bytes) -> None:
    try:
        whole.write(path, content)
    except OSError as error:
        raise FailbackError(f"{path} cannot be written: {error.strerror}; the one before it is whole") from error
