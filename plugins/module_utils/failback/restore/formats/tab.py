"""A directory of ``mysqldump --tab``: for each table a text with its definition and a file with its rows.

mysqldump writes the rows with SELECT ... INTO OUTFILE ... CHARACTER SET binary: every text column stands in its own
character set, generated and invisible columns are in the rows too (seen on 9.7.4).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from failback.errors import DamagedError
from failback.restore.formats import mysqldump
from failback.restore.formats.heads import head_of, looks_like_sql
from failback.restore.formats.insert_pieces import SQL_MODE
from failback.restore.formats.line_pieces import line_pieces
from failback.restore.formats.packed import read_text
from failback.restore.model import Backup, Dialect, Finding, Piece, Table
from failback.restore.sql_text_table import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from failback.restore.formats.mysqldump import Watcher
    from failback.restore.model import Source

# In these a part of a character may look like a backslash, a tab or the end of a line.
_UNESCAPED = frozenset({"utf16", "utf16le", "utf32", "ucs2", "sjis", "cp932", "gbk", "big5", "gb18030"})
_ENDING = re.compile(r"(?:\.(?:sql|txt|csv|tsv|dat))?(?:\.(?:gz|zst))?$", re.IGNORECASE)


def stem(name: str) -> str:
    """Give what the two files of a table have in common."""
    return _ENDING.sub("", name)


@dataclass(frozen=True)
class TabBackup(Backup):
    """``rows_of`` leads from a table to the file with its rows."""

    source: Source | None = field(default=None, repr=False, compare=False)
    rows_of: Mapping[tuple[str, str], str] = field(default_factory=dict)
    zone: str = "+00:00"

    def pieces(self, wanted: frozenset[str] | None = None) -> Iterator[Piece]:
        """Read the data in a fixed order, of the tables whose label is wanted (None: all). Raises DamagedError."""
        assert self.source is not None
        for table in self.tables:
            if wanted is not None and table.label not in wanted:
                continue
            file = self.rows_of.get((table.schema, table.name))
            if file is None:
                raise DamagedError(f"{self.url} has no rows of {table.label}: its file is missing")
            yield from line_pieces(file, read_text(self.source, file), blank_piece(table, self.zone))


def blank_piece(table: Table, zone: str) -> Piece:
    """Say how the rows of a table are to be read."""
    known = columns_of(table.create)
    expressions = {one.name: "CONVERT({} USING utf8mb4)" for one in known if one.kind == "json"}
    expressions |= {one.name: "" for one in known if one.generated}
    return Piece(
        id="",
        schema=table.schema,
        table=table.name,
        size=0,
        columns=tuple(one.name for one in known),
        dialect=Dialect(charset="binary", sql_mode=SQL_MODE, time_zone=zone),
        expressions=expressions,
    )


def read(source: Source, files: Sequence[str], watcher: Watcher | None = None) -> TabBackup:
    """Read the definitions. Raises DamagedError."""
    sizes = {entry.name: entry.size for entry in source.entries()}
    texts = sorted(name for name in files if mysqldump_text(source, name, sizes[name]))
    tables = [name for name in texts if makes_table(source, name)]
    known = mysqldump.read(source, tables, watcher)
    # What mysqldump wrote to standard output, kept beside: position, routines and events.
    schemas = {table.schema for table in known.tables}
    others = [name for name in texts if name not in tables]
    more = mysqldump.read(source, others, watcher, min(schemas) if len(schemas) == 1 else "")
    by_stem = {stem(name): name for name in files if name not in texts}
    rows_of = {
        (table.schema, table.name): by_stem[_file_of(table)] for table in known.tables if _file_of(table) in by_stem
    }
    missing = [
        Finding("fatal", "", f"the file with the rows of {table.label} is missing", "take another copy of the backup")
        for table in known.tables
        if (table.schema, table.name) not in rows_of
    ]
    strangers = set(by_stem.values()) - set(rows_of.values())
    missing += [
        Finding("fatal", name, "holds rows, but the definition of its table is missing") for name in sorted(strangers)
    ]
    missing += [finding for table in known.tables if (finding := _unreadable(table))]
    zones = {finding for finding in known.findings if "time zone" in finding.text}
    return TabBackup(
        format="tab",
        url=source.url,
        size=sum(sizes[name] for name in files),
        schemas=known.schemas,
        tables=known.tables,
        programs=(*known.programs, *more.programs),
        position=more.position if others else known.position,
        server_version=known.server_version,
        tool=known.tool,
        taken_at=known.taken_at,
        findings=(*known.findings, *(one for one in more.findings if one.severity == "fatal"), *missing),
        source=source,
        rows_of=rows_of,
        zone="SYSTEM" if zones else "+00:00",
    )


def _unreadable(table: Table) -> Finding | None:
    """Name a column whose bytes cannot be told from escapes: INTO OUTFILE leaves them as they are (9.7.4)."""
    for one in columns_of(table.create):
        if one.charset in _UNESCAPED:
            what = f"the rows of {table.label} cannot be read back exactly: --tab does not escape"
            return Finding(
                "fatal", "", f"{what} the text of {table.label}.{one.name} ({one.charset})", "dump without --tab"
            )
    return None


def mysqldump_text(source: Source, name: str, size: int) -> bool:
    """Whether a file is a definition, by its beginning."""
    return bool(size) and looks_like_sql(head_of(source, name))


def makes_table(source: Source, name: str) -> bool:
    """Whether a text is the definition of one table or view, by its beginning."""
    return b"-- MySQL dump" in head_of(source, name) or b"\nCREATE TABLE " in head_of(source, name)


def _file_of(table: Table) -> str:
    """Mysqldump names the files after the table, as it stands."""
    return table.name
