"""A store that fails on order: the real one in a directory, behind a way that loses questions and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from failback import journal, lock
from failback.store import Settings, open_store, place, seam
from failback.store.directory import DirectoryStore
from failback.store.errors import StoreGoneError

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

Fault = Literal["none", "lost before", "lost after", "killed before", "killed after"]
CHANGING = frozenset({"put", "extend", "put_many", "send"})


class KilledError(BaseException):
    """Stands for SIGKILL: nothing after it is carried out, and nothing catches it."""


class Unsteady:
    """Hands every call on to the real store, but for the faults it was told to make."""

    def __init__(self, real: Any) -> None:
        self.real = real
        self.faults: list[Fault] = []
        self.gone = False
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        real = getattr(self.real, name)
        if not callable(real):
            return real

        def call(*args: Any, **kwargs: Any) -> Any:
            self.asked.append(name)
            if self.gone:
                raise StoreGoneError("the store does not answer")
            fault = self.faults.pop(0) if self.faults and name in CHANGING else "none"
            if fault == "lost before":
                raise StoreGoneError("the question was lost")
            if fault == "killed before":
                raise KilledError
            found = real(*args, **kwargs)
            if fault == "lost after":
                raise StoreGoneError("the answer was lost")
            if fault == "killed after":
                raise KilledError
            return found

        return call


def settings(base: Path, site: str = "lab") -> Settings:
    """A store in a directory of its own, with its marker."""
    (base / "there" / site).mkdir(parents=True, exist_ok=True)
    (base / "there" / site / place.MARKER).touch()
    return Settings(kind="directory", site=site, directory=str(base / "there"))


def unsteady(base: Path, monkeypatch: pytest.MonkeyPatch) -> Unsteady:
    """Put an unsteady way in front of the store that every marker of this test leads to.

    The store answers in this process: test_store_apart has the one of its own, which takes longer to start.
    """

    def ask(store: DirectoryStore, ops: list[dict[str, Any]], _deadline: float) -> list[dict[str, Any]]:
        answers: list[dict[str, Any]] = place.serve({"root": store.where, "ops": ops})["answers"]
        return answers

    monkeypatch.setattr(DirectoryStore, "_ask", ask)
    found = Unsteady(open_store(settings(base)))
    monkeypatch.setattr(seam, "store_of", lambda _marker: found)
    return found


def run_of(home: Path, name: str = "20260101T000000Z-lab-emergency") -> Path:
    """A run whose journal is kept at the store; returns the journal."""
    directory = home / "runs" / name
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "secret-files").write_text("")
    seam.mark(directory / journal.MARKER, settings(home.parent))
    return directory / "journal.jsonl"


def lock_of(home: Path) -> Path:
    """A lock that is kept at the store."""
    path = home / "runs" / "locks" / "lab.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    seam.mark(lock.seam_marker(path), settings(home.parent))
    return path


def there(base: Path, path: Path) -> bytes:
    """What the store has of a journal of a home below `base`."""
    found = base / "there" / "lab" / "/".join(path.parts[-3:])
    return found.read_bytes() if found.exists() else b""
