"""What a backup is made of, whatever tool wrote it: schema statements, pieces of table data, and where it stood.

The readers (``failback.restore.formats``) make these; the loader (``failback.restore.stages``) uses them. Sizes are
bytes, times UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import BinaryIO

Format = Literal["mysqldump", "mydumper", "tab", "shell", "clone"]
Severity = Literal["fatal", "warning"]


@dataclass(frozen=True)
class Entry:
    """One file of a source; ``name`` is relative to the source's root, "" where the source is a single file."""

    name: str
    size: int
    stamp: str = ""  # changes when the file is written again: time of change, or S3's tag


class Source(Protocol):
    """Where a backup lies: a local path, a host over SSH, or an S3 prefix. All raise ``failback.errors``."""

    url: str

    def entries(self) -> Sequence[Entry]:
        """List every file, sorted by name."""

    def open(self, name: str, offset: int = 0) -> BinaryIO:
        """Open a file's raw bytes from ``offset`` on; reading resumes by itself where the way to it breaks."""


@dataclass(frozen=True)
class Finding:
    """Something about a backup that a person must know; ``fatal`` means: not to be restored from."""

    severity: Severity
    file: str
    text: str  # what is wrong, where
    next_step: str = ""


@dataclass(frozen=True)
class Dialect:
    """How LOAD DATA must read a piece. The defaults are those of ``mysqldump --tab`` and SELECT ... INTO OUTFILE."""

    charset: str = "utf8mb4"  # name for LOAD DATA ... CHARACTER SET
    fields_terminated: bytes = b"\t"
    enclosed: bytes = b""
    optionally: bool = False
    escaped: bytes = b"\\"
    lines_starting: bytes = b""
    lines_terminated: bytes = b"\n"
    sql_mode: str = "NO_AUTO_VALUE_ON_ZERO"
    time_zone: str = "+00:00"


@dataclass(frozen=True)
class Piece:
    """Rows of one table that are loaded by one transaction. ``id`` is the same on every reading of the backup.

    ``blocks`` gives the rows as bytes in ``dialect``, at most about a megabyte at a time; where the backup's text fits
    no dialect it gives whole statements instead, and ``statements`` is True. ``expressions`` says how a column is
    stored from what was read: {"photo": "UNHEX({})"} becomes ``SET photo = UNHEX(@photo)``. An empty expression: the
    column is in the data and must not be stored (a generated one), so it is read into a variable and forgotten.
    """

    id: str
    schema: str
    table: str
    size: int  # of the raw bytes it was read from, for progress
    columns: tuple[str, ...] = ()  # in the data's order; empty: every column that is not generated
    dialect: Dialect = field(default_factory=Dialect)
    expressions: Mapping[str, str] = field(default_factory=dict)
    rows: int | None = None  # where the backup tells
    statements: bool = False

    def blocks(self) -> Iterator[bytes]:
        """Give the data; may be called again after a failure."""
        raise NotImplementedError


@dataclass(frozen=True)
class Table:
    """One base table as the backup creates it."""

    schema: str
    name: str
    create: str  # CREATE TABLE statement, without a trailing semicolon
    rows: int | None = None  # where the backup tells

    @property
    def label(self) -> str:
        """``schema.table``, as people read it."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Program:
    """A view, routine, trigger or event, created after the data."""

    kind: Literal["view", "procedure", "function", "trigger", "event"]
    schema: str
    name: str
    create: str
    definer: str = ""  # user@host as written, "" when none
    sql_mode: str = ""
    charset: str = "utf8mb4"
    collation: str = "utf8mb4_0900_ai_ci"
    time_zone: str = "SYSTEM"  # events


@dataclass(frozen=True)
class Position:
    """Where the source server stood when the backup was taken, as far as the backup tells."""

    gtid: str = ""
    log_file: str = ""
    log_position: int = 0


@dataclass(frozen=True)
class Backup:
    """A backup that was recognised, its small parts read, its data not yet."""

    format: Format
    url: str
    size: int
    schemas: Mapping[str, str]  # name -> CREATE DATABASE statement
    tables: tuple[Table, ...]
    programs: tuple[Program, ...]
    position: Position
    server_version: str = ""
    tool: str = ""
    taken_at: str = ""  # ISO 8601, UTC
    accounts: tuple[str, ...] = ()  # CREATE USER, GRANT ... statements, never logged
    findings: tuple[Finding, ...] = ()

    def pieces(self, wanted: frozenset[str] | None = None) -> Iterator[Piece]:
        """Read the data in a fixed order, of the tables whose label is wanted (None: all). Raises DamagedError."""
        raise NotImplementedError
