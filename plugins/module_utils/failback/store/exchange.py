"""Bring what changed in RR_HOME to the store, and what changed at the store here.

Only what changed since the last time travels: `.store/SITE.json` in RR_HOME keeps each file's digest and its version at
the store as they were then. A file that changed on both sides is told and left alone, on both; journals grow, so one
that is a beginning of the other is simply continued. What people said in an incident becomes the same on both sides,
whichever way was asked for. Nothing is ever removed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from failback import whole
from failback.store import files, model, said
from failback.store.base import ABSENT, MovedErrorAt
from failback.store.errors import AheadError, ForkedError, MovedError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from failback.store.base import Store, Version

_PLACE = ".store"
_BIG = 32 << 20  # bytes; a larger file is streamed, whatever it is


@dataclass
class Exchanged:
    """What became of the files: brought there, brought here, changed on both sides, and left at the store (big)."""

    pushed: list[str] = field(default_factory=list)
    pulled: list[str] = field(default_factory=list)
    clashes: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)  # not done, since it was only looked or one way was asked for


@dataclass(frozen=True)
class Wish:
    """What is to be done: which ways; `big`: bring big files here too; `only`: settle these clashes that one way."""

    push: bool = True
    pull: bool = True
    big: bool = False
    only: tuple[str, ...] = ()


def exchange(store: Store, home: Path, site: str, wish: Wish | None = None) -> Exchanged:
    """Carry the wish out and say what became of it. Raises StoreError; what was exchanged until then stays known."""
    wish = wish or Wish()
    with _index(home, site) as index:
        return _Work(store, home, site, index, wish).carry_out()


def known(home: Path, site: str) -> int:
    """Count the files that were the same here and at the site's store when they were last exchanged."""
    with _index(home, site) as index:
        return len(index)


class _Work:
    def __init__(self, store: Store, home: Path, site: str, index: dict[str, model.Known], wish: Wish) -> None:
        self._store, self._home, self._site, self._index, self._wish = store, home, site, index, wish
        self._done = Exchanged()

    def carry_out(self) -> Exchanged:
        there = {key: at for key, at in self._store.listing().items() if model.form(key, self._site)}
        here = files.found(self._home, self._site, self._index)
        ways = {
            key: model.decide(self._index.get(key), _digest(here.get(key)), _version(there.get(key)))
            for key in sorted(there.keys() | here.keys())
        }
        for key in self._wish.only:
            if key not in ways:
                raise StoreError(f"{key} is neither here nor at the store {self._store.where}")
            ways[key] = "push" if self._wish.push else "pull"
        for key, way in ways.items():
            if way == "same" and key in here and key in self._index:
                self._index[key] = here[key].known(self._index[key].version)
        journals = [key for key, way in ways.items() if way != "same" and self._form(key) == "journal"]
        for key in journals:
            self._journal(key, there.get(key), ways[key])
        rest = {key: way for key, way in ways.items() if key not in journals}
        self._pull([key for key, way in rest.items() if way == "pull"], there)
        self._push([key for key, way in rest.items() if way == "push"], here, there)
        self._both([key for key, way in rest.items() if way == "both"], here)
        return self._done

    def _form(self, key: str) -> model.Form | None:
        return model.form(key, self._site)

    def _pull(self, keys: Sequence[str], there: Mapping[str, Version]) -> None:
        if not self._wish.pull:
            self._done.waiting += keys
            return
        big = [key for key in keys if self._form(key) == "big" or there[key].size > _BIG]
        for key, content, version in self._store.read_many([key for key in keys if key not in big]):
            self._arrived(key, content, version)
        for key in big:
            if not self._wish.big and key not in self._wish.only:
                self._done.left.append(key)
                continue
            target = self._home / key
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = target.with_name(f".{target.name}.{os.getpid()}")
            version = self._store.fetch(key, fresh)
            fresh.chmod(0o600)
            fresh.replace(target)
            self._known(key, version)
            self._done.pulled.append(key)

    def _arrived(self, key: str, content: bytes, version: str) -> None:
        before = self._index.get(key)
        now = files.look(self._home, key, before)
        if now is not None and before is not None and now.digest != before.digest and key not in self._wish.only:
            self._done.clashes.append(key)  # changed here while it was on its way
            return
        files.write(self._home, key, content, self._form(key))
        self._index[key] = model.Known(hashlib.sha256(content).hexdigest(), version)
        self._known(key, version)
        self._done.pulled.append(key)

    def _push(self, keys: Sequence[str], here: Mapping[str, files.Found], there: Mapping[str, Version]) -> None:
        if not self._wish.push:
            self._done.waiting += keys
            return
        expected = {key: there[key].version if key in there else ABSENT for key in keys}
        for key in keys:
            # What was not seen to be ours is not replaced, unless a person said so.
            known = self._index.get(key)
            if key not in self._wish.only and known is not None and key in there:
                expected[key] = known.version
        big = [key for key in keys if self._form(key) == "big" or here[key].size > _BIG]
        batch = [(key, files.content(self._home, key), expected[key]) for key in keys if key not in big]
        digests = {key: hashlib.sha256(content).hexdigest() for key, content, _ in batch}
        for key, version in self._store.put_many(batch):
            if isinstance(version, MovedErrorAt):
                self._done.clashes.append(key)
                continue
            self._index[key] = model.Known(digests[key], version)
            self._done.pushed.append(key)
        for key in big:
            try:
                version = self._store.send(key, self._home / key, here[key].digest, expected[key])
            except MovedError:
                self._done.clashes.append(key)
                continue
            self._index[key] = here[key].known(version)
            self._done.pushed.append(key)

    def _both(self, keys: Sequence[str], here: Mapping[str, files.Found]) -> None:
        """Files that changed on both sides, or were never exchanged: well if they are equal, told otherwise."""
        digests = self._store.digests(keys) if keys else {}
        listing = self._store.listing() if keys else {}
        for key in keys:
            if key in listing and digests.get(key) == here[key].digest:
                self._index[key] = here[key].known(listing[key].version)
            else:
                self._done.clashes.append(key)

    def _journal(self, key: str, there: Version | None, way: model.Way) -> None:
        if key in self._wish.only:
            self._settle(key, there)
            return
        if said.is_said(key) and (self._wish.push or self._wish.pull):
            self._said(key)
            return
        ours = files.content(self._home, key)
        try:
            if way != "pull" and self._wish.push:
                version = self._store.extend(key, ours, b"")
                if there is None or there.version != version:
                    self._done.pushed.append(key)
                self._index[key] = model.Known(hashlib.sha256(ours).hexdigest(), version)
                return
            if way == "push":
                self._done.waiting.append(key)
                return
            content, version = self._store.read(key)
            self._continue(key, ours, content, version)
        except AheadError:
            self._continue(key, ours, *self._store.read(key))
        except ForkedError:
            self._done.clashes.append(key)

    def _said(self, key: str) -> None:
        try:
            found = said.bring(self._store, self._home, key)
        except ForkedError:
            self._done.clashes.append(key)
            return
        self._index[key] = model.Known(hashlib.sha256(found.content).hexdigest(), found.version)
        for there, names in ((found.pushed, self._done.pushed), (found.pulled, self._done.pulled)):
            if there:
                names.append(key)

    def _continue(self, key: str, ours: bytes, content: bytes, version: str) -> None:
        if content.startswith(ours) and self._wish.pull:
            files.grow(self._home, key, ours, content)
            self._index[key] = model.Known(hashlib.sha256(content).hexdigest(), version)
            self._done.pulled.append(key)
        elif content.startswith(ours) or ours.startswith(content):
            self._done.waiting.append(key)
        else:
            self._done.clashes.append(key)

    def _settle(self, key: str, there: Version | None) -> None:
        """Replace one side by the other, as a person said."""
        if self._wish.push:
            ours = files.content(self._home, key)
            version = self._store.put(key, ours, there.version if there else ABSENT)
            self._index[key] = model.Known(hashlib.sha256(ours).hexdigest(), version)
            self._done.pushed.append(key)
            return
        content, version = self._store.read(key)
        files.write(self._home, key, content, "whole")
        self._known(key, version)
        self._done.pulled.append(key)

    def _known(self, key: str, version: str) -> None:
        found = files.look(self._home, key, None)
        if found is not None:
            self._index[key] = found.known(version)


@contextmanager
def _index(home: Path, site: str) -> Iterator[dict[str, model.Known]]:
    """Read what was known at the last exchange, and keep it however this one ends. One exchange at a time."""
    place = home / _PLACE
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(place / f"{site}.mutex", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        path = place / f"{site}.json"
        index: dict[str, model.Known] = {}
        # A damaged index costs a comparison of everything, no more.
        with suppress(OSError, ValueError, TypeError):
            index = {key: model.Known(**one) for key, one in json.loads(path.read_text(encoding="utf-8")).items()}
        try:
            yield index
        finally:
            whole.write(path, json.dumps({key: asdict(one) for key, one in index.items()}, indent=0).encode())
    finally:
        os.close(descriptor)


def _digest(found: files.Found | None) -> str | None:
    return None if found is None else found.digest


def _version(at: Version | None) -> str | None:
    return None if at is None else at.version
