"""What people said in an incident, where several machines share a store: approvals, revocations, words and refusals.

Two machines write to one of these journals at the same time, or one writes while its store is away. Each line is
complete in itself, so nothing has to be left to a person: the store's lines come first, ours that it lacks come after
them, and the digests that hold the lines together are made anew. Such a line says that it is ``late``.

A journal that does not hold together is not joined with anything: ForkedError, and a person looks.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback import incident as incidents
from failback import journal
from failback.errors import FailbackError
from failback.scrub import scrub_beside
from failback.store import files, model, seam
from failback.store.errors import AheadError, ForkedError, MovedError, StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.store.base import Store

NAMES = ("approvals.jsonl", "people.jsonl")
_PLAN = ("plan.json", "plan.json.sig")
_TRIES = 5  # of writers that come between
_OWN = frozenset({"seq", "time", "kind", "prev"})
_OF_THE_CHAIN = frozenset({"seq", "prev", "late"})


@dataclass(frozen=True)
class Brought:
    """A file that is the same here and at the store: its content and version there, and which side it changed."""

    content: bytes
    version: str
    pushed: bool
    pulled: bool


def is_said(key: str) -> bool:
    """Tell whether a key names what people said in an incident."""
    shelf, _, rest = key.partition("/")
    return shelf == "incidents" and rest.rpartition("/")[2] in NAMES


def judged(key: str, site: str, incident: str) -> bool:
    """Tell whether a key names what decides on acts: the incident's plan, and what people said to it."""
    return key in {f"incidents/{site}/{incident}/{name}" for name in (*NAMES, *_PLAN)}


def bring(store: Store, home: Path, key: str) -> Brought:
    """Make the file the same here and at the store. Raises StoreError, and ForkedError when one is not whole."""
    for _ in range(_TRIES):
        ours = files.content(home, key)
        theirs, version = store.read(key)
        content = joined(theirs, ours, key)
        try:
            if content != theirs:
                # There first: a process that ends here in between then finds all of it again.
                version = store.extend(key, theirs, content[len(theirs) :])
        except (AheadError, ForkedError, MovedError):
            continue
        if content == ours or files.rejoin(home, key, ours, content):
            return Brought(content, version, pushed=content != theirs, pulled=content != ours)
    raise StoreError(f"{key} is written to by others all the time; try it again")


def joined(theirs: bytes, ours: bytes, key: str = "") -> bytes:
    """Continue the store's lines with those of ours that it lacks. Raises ForkedError when either is not whole."""
    if theirs.startswith(ours):
        return theirs
    if ours.startswith(theirs):
        return ours
    if journal.verify_lines(theirs.splitlines()) or journal.verify_lines(ours.splitlines()):
        raise ForkedError(key)
    known = {_word(line) for line in model.lines(theirs)}
    content = theirs
    for line in model.lines(ours):
        if not line.keys() >= _OWN or line["kind"] == "seal" or _word(line) in known:
            continue
        fields = {name: value for name, value in line.items() if name not in _OWN}
        _, content = journal.continued(content, line["kind"], fields | {"late": True}, line["time"])
    return content


def add(incident: Path, name: str, kind: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Put a line on record at the store, then here, and return it.

    Raises FailbackError when it is not known to be at the store; nothing was put on record here then.
    """
    home, key = _place(incident, name)
    clean = scrub_beside(incident / name, dict(fields))
    try:
        store = seam.store_of(incidents.store_marker(incident))
        for _ in range(_TRIES):
            content = bring(store, home, key).content
            line, wanted = journal.continued(content, kind, clean)
            try:
                store.extend(key, content, wanted[len(content) :])
            except (AheadError, ForkedError, MovedError):
                continue
            except StoreError as error:
                _arrived(store, key, wanted, error)
            with suppress(StoreError):  # it is on record, and is brought here by whatever comes next
                files.rejoin(home, key, content, wanted) or bring(store, home, key)
            return line
    except FailbackError as error:
        raise FailbackError(
            f"{error}. It counts once it is at the site's store, and nothing was put on record here; rollback-runner"
            " store status says when it answers"
        ) from error
    raise FailbackError(f"{key} is written to by others all the time, and nothing was put on record; say it again")


def hear(incident: Path, run: str) -> None:
    """Bring here what was said elsewhere, for an act of a run (its directory, "" for none) that asks for it.

    Raises FailbackError when the store is silent and the run may still stop.
    """
    directory = Path(run) if run else None
    goes_on = directory is not None and seam.may_go_on(directory)
    if goes_on and directory is not None and seam.lost_lately(directory):
        return
    try:
        store = seam.store_of(incidents.store_marker(incident))
        for name in NAMES:
            home, key = _place(incident, name)
            bring(store, home, key)
    except FailbackError as error:
        if not goes_on or directory is None:
            raise
        seam.lost(directory, error)


def _arrived(store: Store, key: str, wanted: bytes, error: StoreError) -> None:
    """Return when a line is at the store although its answer was lost. Raises StoreError."""
    try:
        found = store.read(key)[0]
    except StoreError:
        raise StoreError(f"{error}; whether it arrived there is not known") from error
    if not found.startswith(wanted):
        raise error


def _place(incident: Path, name: str) -> tuple[Path, str]:
    home = incident.parent.parent.parent
    return home, f"incidents/{incident.parent.name}/{incident.name}/{name}"


def _word(line: Mapping[str, Any]) -> str:
    return json.dumps({name: line[name] for name in line if name not in _OF_THE_CHAIN}, sort_keys=True)
