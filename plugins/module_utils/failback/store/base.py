"""What every store can do. Keys are relative paths below the site's root; content is bytes.

A `version` names one state of one file and is good for nothing but comparing. Every method raises StoreGoneError when
the store is silent for longer than its deadline, however many exchanges the method takes, and StoreError when it says
no. All but `state` and `init` raise UnmadeError where the place has no marker.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

ABSENT = ""  # the version of a file that is not there
DEADLINE = 10.0  # seconds for what an act waits for; a store on a quiet network answers within a tenth of one
BULK_DEADLINE = 60.0  # seconds for a listing or a batch of files, and of silence while a big file is streamed

State = Literal["made", "unmarked", "empty"]  # with its marker; with files and without a marker; without anything


@dataclass(frozen=True)
class Version:
    """A file at the store: its size in bytes, and its version."""

    size: int
    version: str


@dataclass(frozen=True)
class Probe:
    """What a look found: seconds by which the store's clock is ahead of ours, and the seconds that it all took."""

    ahead: float
    seconds: float


class Store(Protocol):
    """One site's place."""

    @property
    def where(self) -> str:
        """Name the place for people; holds no secret."""

    def state(self) -> State:
        """Say whether the place was made a store."""

    def init(self, note: bytes) -> None:
        """Make the place a store by leaving its marker with this note in it, on a person's word alone."""

    def listing(self) -> Mapping[str, Version]:
        """List every file."""

    def read(self, key: str, deadline: float = DEADLINE) -> tuple[bytes, str]:
        """Read one file and its version; b"" and ABSENT when there is none."""

    def read_many(self, keys: Sequence[str]) -> Iterator[tuple[str, bytes, str]]:
        """Read several files of moderate size; a file that is gone is left out."""

    def put(self, key: str, content: bytes, expect: str | None, deadline: float = DEADLINE) -> str:
        """Write a file whole or not at all and return its version.

        It must be at version `expect` (ABSENT: not there; None: whatever). Content that is there already is well: an
        answer got lost. Raises MovedError.
        """

    def put_many(self, files: Iterable[tuple[str, bytes, str | None]]) -> Iterator[tuple[str, str | MovedErrorAt]]:
        """Write several files as `put` does; a file that moved is told with its key, the others are written."""

    def extend(self, key: str, have: bytes, more: bytes, deadline: float = DEADLINE) -> str:
        """Make the file `have + more`, where it is a beginning of that. On the disk there when this returns.

        Returns the version. Raises AheadError where it goes on after `have` in another way than `more`, ForkedError
        where it does not begin like `have`.
        """

    def fetch(self, key: str, target: Path) -> str:
        """Stream a big file into `target`, compare its digest, return its version."""

    def send(self, key: str, source: Path, digest: str, expect: str | None) -> str:
        """Stream a big file with this sha256 (hex), as `put` does."""

    def digests(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Return the sha256 (hex) of each file that is there, read anew."""

    def probe(self) -> Probe:
        """Write, read and remove a file, and look at the clock."""


@dataclass(frozen=True)
class MovedErrorAt:
    """In place of a version: this file was changed by another machine."""

    key: str
