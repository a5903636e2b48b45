"""What people said in an incident: ``people.jsonl``, a journal whose lines hold together by digests.

The last word of a kind wins; every word before it stays in the file. A file that was changed by hand is refused.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, get_args

from failback import incident as incidents
from failback import journal
from failback.errors import FailbackError, RefusedError
from failback.people.catalogue import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

FILE = "people.jsonl"
_KINDS = frozenset(get_args(Kind))
# A word about the whole item, as against one person's share in it.
_OF_ITEM: tuple[Kind, ...] = ("confirm", "waive", "decline")


@dataclass(frozen=True)
class Word:
    """One thing said. ``about`` is the digest of the plan that lay before the person, "" when none did.

    ``item`` is an item's id, or a role's name for the kind assign. ``attachment`` is {name, sha256, file}. ``seat`` is
    the account and machine it was typed at: a name given with ``--as`` is a claim, not a proof. ``late``: whoever said
    it did not know of what stands right before it, which others said at the same time on another machine.
    """

    kind: Kind
    item: str
    by: str
    note: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    attachment: Mapping[str, str] = field(default_factory=dict)
    about: str = ""
    at: str = ""
    seat: str = ""
    late: bool = False

    def shown(self) -> dict[str, Any]:
        """Return what goes on record as evidence; empty parts are left out."""
        parts = {"kind": self.kind, "by": self.by, "at": self.at, "note": self.note, "about": self.about}
        parts |= {"attachment": self.attachment.get("name", ""), "sha256": self.attachment.get("sha256", "")}
        return {key: value for key, value in parts.items() if value} | dict(self.details)


@dataclass(frozen=True)
class Words:
    """Every word said so far, in order."""

    said: tuple[Word, ...] = ()

    def of(self, item: str, *kinds: Kind) -> tuple[Word, ...]:
        """Return the words about an item, of these kinds or of all."""
        return tuple(word for word in self.said if word.item == item and (not kinds or word.kind in kinds))

    def standing(self, item: str, about: str | None = None) -> Word | None:
        """Return the last confirm, waive or decline of an item. With ``about``, only words on that plan count.

        A yes that came late takes no no back: whoever said it did not know of that no.
        """
        found: Word | None = None
        for word in self.of(item, *_OF_ITEM):
            taken_back = found is None or found.kind != "decline" or word.kind == "decline" or not word.late
            if taken_back and about in {None, word.about}:
                found = word
        return found

    def each(self, item: str, *kinds: Kind, about: str | None = None) -> dict[str, Word]:
        """Return each person's last word of these kinds about an item."""
        found = (word for word in self.of(item, *kinds) if about is None or word.about == about)
        return {word.by: word for word in found}


def read(incident: Path | None) -> Words:
    """Read what was said. Raises RefusedError when lines were changed, removed or moved, naming the first."""
    if incident is None or not (incident / FILE).exists():
        return Words()
    path = incident / FILE
    try:
        problems = journal.verify(path)
        lines = journal.read(path)
    except journal.JournalError as error:
        raise FailbackError(str(error)) from error
    if problems:
        raise RefusedError(
            f"{path} is not what people said: {problems[0]}. Put the file back from a copy, or have the words said"
            " again in a new incident"
        )
    return Words(tuple(_word(line) for line in lines if line["kind"] in _KINDS))


def say(incident: Path, word: Word) -> Word:
    """Put a word on record; return it as it stands there. Raises FailbackError when it cannot be written.

    Where the site has a store, a no is on record once it is there: it is to stop whoever acts, wherever.
    """
    kept = {
        "item": word.item,
        "by": word.by,
        "note": word.note,
        "details": dict(word.details),
        "attachment": dict(word.attachment),
        "about": word.about,
        "at": word.at or now(),
        "seat": word.seat,
    }
    if word.kind == "decline" and incidents.store_marker(incident).exists():
        from failback.store import said  # noqa: PLC0415 - nearly no site has one

        return _word(said.add(incident, FILE, word.kind, kept))
    try:
        return _word(journal.append(incident / FILE, word.kind, **kept))
    except journal.JournalError as error:
        raise FailbackError(f"the word could not be put on record: {error}") from error


def plan_digest(incident: Path | None) -> str:
    """Return the digest of the incident's frozen plan, "" when none was frozen. Raises FailbackError if unreadable."""
    path = incident / "plan.json" if incident is not None else None
    if path is None or not path.exists():
        return ""
    try:
        return str(json.loads(path.read_text(encoding="utf-8")).get("digest") or "")
    except (OSError, ValueError, AttributeError) as error:
        raise FailbackError(f"{path} cannot be read: {error}; freeze the plan anew: rollback-runner plan") from error


def now() -> str:
    """Return the time as words carry it: UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def history(words: Iterable[Word]) -> list[dict[str, Any]]:
    """Return words as evidence."""
    return [word.shown() for word in words]


def _word(line: Mapping[str, Any]) -> Word:
    return Word(
        kind=line["kind"],
        item=str(line.get("item", "")),
        by=str(line.get("by", "")),
        note=str(line.get("note") or ""),
        details=dict(line.get("details") or {}),
        attachment=dict(line.get("attachment") or {}),
        about=str(line.get("about") or ""),
        at=str(line.get("at") or line.get("time") or ""),
        seat=str(line.get("seat") or ""),
        late=bool(line.get("late")),
    )
