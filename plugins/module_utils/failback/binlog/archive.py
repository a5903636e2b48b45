"""Archived binary logs: which ones lead from a backup to a position, and whether every byte of them is right.

A gap is found before anything is touched: each file begins with the set of all that came before it, so file by file the
set must grow by just what the file holds. Every event is checked against its checksum, every file against the digest
of the archive's index.json where there is one.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, cast

from failback.binlog import events, transactions
from failback.binlog import table_map as tm
from failback.errors import DamagedError, RefusedError
from failback.gtid import GtidSet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from failback.restore.model import Source

INDEX = "index.json"
_NAME = re.compile(r"(?:.*/)?[^/]+\.(\d{6,})")
_BLOCK = 1 << 20


@dataclass(frozen=True)
class LogFile:
    """One file of the archive."""

    name: str
    size: int
    number: int
    previous: GtidSet  # everything before its first transaction


@dataclass(frozen=True)
class Part:
    """What of one file is to be applied: its first ``length`` bytes."""

    file: LogFile
    length: int
    sha256: str  # of the whole file


@dataclass(frozen=True)
class Verified:
    """The files that lead from one position to another, all of them sound."""

    parts: tuple[Part, ...]
    transactions: int  # in these files and wanted
    rows_events: int
    schemas: tuple[str, ...]  # whose tables were changed
    statements: tuple[str, ...]  # changes of shape and of accounts, shortened
    size: int
    digest_checked: bool

    @property
    def facts(self) -> dict[str, object]:
        """For the record."""
        return {
            "files": [part.file.name for part in self.parts],
            "sha256": {part.file.name: part.sha256 for part in self.parts},
            "bytes": self.size,
            "transactions": self.transactions,
            "statements": list(self.statements[:50]),
            "schemas": list(self.schemas),
            "digests": "as in the archive's index" if self.digest_checked else "the archive has no index of them",
        }


class _Hashing(io.RawIOBase):
    """Read through, keeping the digest of all that was read."""

    def __init__(self, inner: BinaryIO) -> None:
        super().__init__()
        self._inner = inner
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]  # what io hands in
        data = self._inner.read(len(view))
        view[: len(data)] = data
        self.digest.update(data)
        return len(data)


def survey(source: Source) -> list[LogFile]:
    """List the archive's files in order; only their beginnings are read. Raises DamagedError or RefusedError."""
    found = []
    for entry in source.entries():
        match = _NAME.fullmatch(entry.name)
        if match is None:
            continue
        with source.open(entry.name) as stream:
            found.append(LogFile(entry.name, entry.size, int(match[1]), _previous(stream, entry.name)))
    if not found:
        raise DamagedError(f"there is no binary log at {source.url}: correct backup_binlogs.url")
    return sorted(found, key=lambda file: file.number)


def _previous(stream: BinaryIO, name: str) -> GtidSet:
    for event in events.read_file(stream, name):
        if event.kind == events.PREVIOUS_GTIDS:
            return events.previous_gtids(event)
        if event.kind != events.FORMAT:
            break
    raise DamagedError(f"{name} does not say which transactions came before it: it was written without GTIDs")


def needed(files: Sequence[LogFile], have: GtidSet, wanted: GtidSet) -> tuple[LogFile, ...]:
    """Choose the files that hold ``wanted - have``. Raises RefusedError naming what is missing.

    The numbers must have no gap: a file that is gone is named before any other is read.
    """
    missing = wanted - have
    if not missing:
        return ()
    starts = [index for index, file in enumerate(files) if not file.previous & missing]
    if not starts:
        lacking = files[0].previous & missing
        raise RefusedError(
            f"the archive begins too late: {files[0].name} is its first file, and {lacking.count()} transactions"
            f" before it are in no backup ({_short(lacking)}). Find the older files, or take a newer backup",
            {"missing": str(lacking)[:2000]},
        )
    chosen = list(files[starts[-1] :])
    while len(chosen) > 1 and missing <= chosen[-1].previous:
        chosen.pop()
    for before, after in itertools.pairwise(chosen):
        if after.number != before.number + 1:
            gone = f"{after.number - before.number - 1} file(s) between {before.name} and {after.name}"
            raise RefusedError(
                f"the archive has a gap: {gone} are missing. Find them; nothing was changed",
                {"gap": [before.name, after.name]},
            )
    return tuple(chosen)


def index_of(source: Source) -> dict[str, str]:
    """Read the digests of the archive's index: name -> SHA-256; {} without an index. Raises DamagedError."""
    if not any(entry.name == INDEX for entry in source.entries()):
        return {}
    with source.open(INDEX) as stream:
        raw = stream.read(1 << 24)
    try:
        return {str(item["name"]): str(item["sha256"]) for item in json.loads(raw)["files"]}
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedError(f"{INDEX} of {source.url} cannot be read: {error}") from error


def verify(source: Source, have: GtidSet, wanted: GtidSet) -> Verified:
    """Read every file that is needed, wholly. Raises DamagedError or RefusedError with the file and what is wrong."""
    digests = index_of(source)
    found = survey(source)
    listed = {name for name in digests if _NAME.fullmatch(name)} - {file.name for file in found}
    if listed:
        raise RefusedError(f"the archive's index lists files that are gone: {', '.join(sorted(listed))}")
    files = needed(found, have, wanted)
    scan = _Scan(wanted - have)
    parts = []
    for place, file in enumerate(files):
        with source.open(file.name) as stream:
            hashing = _Hashing(stream)
            length = scan.read(cast("BinaryIO", io.BufferedReader(hashing, _BLOCK)), file)
            digest = hashing.digest.hexdigest()
        if digests and digests.get(file.name) != digest:
            raise DamagedError(
                f"{file.name} is not what the archive's index says (SHA-256 {digest[:16]}...,"
                f" index {digests.get(file.name, 'nothing')[:16]}...): fetch it again"
            )
        if place + 1 < len(files) and files[place + 1].previous != file.previous | scan.inside:
            lost = files[place + 1].previous - (file.previous | scan.inside)
            raise DamagedError(
                f"{file.name} lacks {lost.count()} transactions that {files[place + 1].name} builds on"
                f" ({_short(lost)}): it is cut short, or of another server"
            )
        parts.append(Part(file, length, digest))
    left = wanted - have - scan.seen
    if left:
        raise RefusedError(
            f"the archive ends too early: {left.count()} transactions up to the position wanted are in none of its"
            f" files ({_short(left)}). Find the files after {files[-1].name if files else 'the backup'}",
            {"missing": str(left)[:2000]},
        )
    return Verified(
        tuple(parts),
        (scan.seen & (wanted - have)).count(),
        scan.rows_events,
        tuple(sorted(scan.schemas)),
        tuple(scan.statements),
        sum(part.length for part in parts),
        digest_checked=bool(digests),
    )


class _Scan:
    """Goes over events without decoding rows."""

    def __init__(self, wanted: GtidSet) -> None:
        self._wanted = wanted
        self._spans = dict(wanted.sources)
        self.seen = GtidSet()  # over all files
        self.inside = GtidSet()  # in the file read last
        self.rows_events = 0
        self._named: set[bytes] = set()
        self.schemas: set[str] = set()
        self.statements: list[str] = []

    def read(self, stream: BinaryIO, file: LogFile) -> int:
        """Read a file; give the length up to the end of the last transaction wanted in it."""
        spans: dict[tuple[str, str], list[tuple[int, int]]] = {}
        end = reached = 4
        wanted_now = False
        for event in events.read_file(stream, file.name):
            if event.kind in {events.GTID, events.GTID_TAGGED}:
                if wanted_now:
                    reached = end
                uuid, *tag, text = events.gtid(event).split(":")
                who, number = (uuid, "".join(tag)), int(text)
                spans.setdefault(who, []).append((number, number))
                wanted_now = any(low <= number <= high for low, high in self._spans.get(who, ()))
            elif event.kind == events.ANONYMOUS:
                raise RefusedError(f"{file.name} holds a transaction without a GTID: it cannot be applied exactly once")
            elif wanted_now:
                self._look(event)
            end += len(event.raw)
        self.inside = GtidSet.of(spans)
        self.seen |= self.inside
        # Only a file with nothing to leave out is taken to its end, its rotation to the next one included.
        return end if wanted_now or not self.inside - self._wanted else reached

    def _look(self, event: events.Event) -> None:
        if event.kind == events.TABLE_MAP:
            # Every transaction names its tables again: most of these events are equal.
            if event.body not in self._named:
                self._named.add(event.body)
                self.schemas.add(tm.parse(event.body).schema)
        elif event.kind in events.ROWS_V2:
            self.rows_events += 1
        elif event.kind == events.QUERY:
            found = events.query(event)
            if not transactions.is_control(found.text):
                self.statements.append(" ".join(found.text.split())[:160])
        elif event.kind == events.PAYLOAD:
            for inner in transactions.unpack(event):
                self._look(inner)


def read_parts(source: Source, part: Part) -> Iterator[bytes]:
    """Give the bytes of a part. Raises DamagedError when the file is no longer what was verified."""
    digest, given = hashlib.sha256(), 0
    with source.open(part.file.name) as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            wanted = block[: max(0, part.length - given)]
            given += len(wanted)
            if wanted:
                yield wanted
    if digest.hexdigest() != part.sha256:
        raise DamagedError(f"{part.file.name} changed while it was copied: run the phase again")


def _short(gtids: GtidSet) -> str:
    text = str(gtids)
    return text if len(text) <= 160 else f"{text[:160]}..."  # noqa: PLR2004 - enough to recognise it
