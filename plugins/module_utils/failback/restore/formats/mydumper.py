"""A directory of mydumper: ``metadata``, definitions, and rows as INSERTs or for LOAD DATA (0.10 to 1.0).

Learned from dumps of 0.10.1 and 1.0.1 on MySQL 9.7.4 and from mydumper's source. A file's database stands in its name
only, up to the first dot; ``-schema-create`` maps that to the real name, the metadata of 1.0 does so for tables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from failback.errors import DamagedError
from failback.restore.formats import load_data
from failback.restore.formats.dump_state import SYSTEM_SCHEMAS, DumpState
from failback.restore.formats.insert_pieces import InsertPieces
from failback.restore.formats.line_pieces import line_pieces
from failback.restore.formats.mydumper_metadata import Metadata, read_metadata
from failback.restore.formats.mysqldump import broken, merge, reading_of, table_of
from failback.restore.formats.packed import read_text
from failback.restore.formats.scan import Alien, Comment, Rest, Run, Scanner, Statement
from failback.restore.model import Backup, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from failback.restore.formats.load_data import LoadData
    from failback.restore.formats.mysqldump import Watcher
    from failback.restore.model import Piece, Source, Table

_PACKED = re.compile(r"\.(?:gz|zst)$")
_DEFINITION = re.compile(
    r"-schema(?:-(?:create|post|triggers|view|sequence))?\.sql(?:\.(?:gz|zst))?$|-checksum(?:\.|$)"
)
_METADATA = re.compile(r"(?:^|/)metadata(?:\.partial|\.header)?$")
# Views last: they take the place of tables that stand for them.
_ORDER = ("-schema-create.", "-schema.", "-schema-triggers.", "-schema-view.", "-schema-post.")


@dataclass(frozen=True)
class MydumperBackup(Backup):
    """``data`` are the files with rows, or with the LOAD DATA that names one; by the name of the file's database."""

    source: Source | None = field(default=None, repr=False, compare=False)
    data: tuple[str, ...] = ()
    databases: Mapping[str, str] = field(default_factory=dict)

    def pieces(self, wanted: frozenset[str] | None = None) -> Iterator[Piece]:
        """Read the data in a fixed order, of the tables whose label is wanted (None: all). Raises DamagedError."""
        tables = {(table.schema, table.name): table for table in self.tables}
        for file in self.data:
            yield from self._pieces_of(file, tables, wanted)

    def _pieces_of(
        self, file: str, tables: Mapping[tuple[str, str], Table], wanted: frozenset[str] | None
    ) -> Iterator[Piece]:
        assert self.source is not None
        state = DumpState(file, schema=database_of(file, self.databases))
        making: InsertPieces | None = None
        for event in Scanner(read_text(self.source, file)).events():
            if isinstance(event, Comment):
                state.comment(event)
            elif isinstance(event, Statement):
                load = load_data.parse(event.text)
                if load is None:
                    state.statement(event)
                else:
                    yield from self._loaded(state, load, tables, wanted)
            elif isinstance(event, Run):
                table = _known(file, table_of(event, state), tables)
                if wanted is None or table.label in wanted:
                    making = making or InsertPieces(file, reading_of(state))
                    yield from making.feed(event, table)
            else:
                raise DamagedError(broken(file, event))
        if making is not None:
            yield from making.close()

    def _loaded(
        self,
        state: DumpState,
        load: LoadData,
        tables: Mapping[tuple[str, str], Table],
        wanted: frozenset[str] | None,
    ) -> Iterator[Piece]:
        assert self.source is not None
        table = _known(state.file, (state.schema, load.table), tables)
        if wanted is None or table.label in wanted:
            rows = beside(state.file, load)
            blank = load_data.blank_piece(load, table, reading_of(state))
            yield from line_pieces(rows, read_text(self.source, rows), blank)


def _known(file: str, key: tuple[str, str], tables: Mapping[tuple[str, str], Table]) -> Table:
    if key not in tables:
        raise DamagedError(f"{file} has rows of {'.'.join(key)}, whose definition is missing")
    return tables[key]


def beside(file: str, load: LoadData) -> str:
    """Name the file with the rows: it lies beside the one with its LOAD DATA."""
    folder = file.rpartition("/")[0]
    return f"{folder}/{load.file}" if folder else load.file


def database_of(file: str, databases: Mapping[str, str]) -> str:
    """Name the database of a file: 0.10 may have dots in it, so the longest known beginning counts."""
    base = file.rpartition("/")[2]
    known = [name for name in databases if base.startswith((f"{name}.", f"{name}-schema"))]
    return databases[max(known, key=len)] if known else base.split(".", 1)[0].split("-schema", 1)[0]


def read(source: Source, files: Sequence[str], watcher: Watcher | None = None) -> MydumperBackup:
    """Read metadata and definitions. Raises DamagedError."""
    sizes = {entry.name: entry.size for entry in source.entries()}
    metadata_file = next(name for name in files if _METADATA.search(name))
    metadata = read_metadata(
        b"".join(read_text(source, metadata_file, watcher.raw(metadata_file) if watcher else None))
    )
    definitions = [name for name in files if _DEFINITION.search(name)]
    definitions.sort(key=lambda name: (next((n for n, part in enumerate(_ORDER) if part in name), len(_ORDER)), name))
    whole = DumpState()
    databases: dict[str, str] = {}
    for file in definitions:
        state = DumpState(file, schema=database_of(file, databases))
        state.tables = {key: table for key, table in whole.tables.items() if key[0] == state.schema}
        _read_definition(source, state, watcher)
        if "-schema-create." in file and state.schemas:
            databases[file.rpartition("/")[2].split("-schema-create", 1)[0]] = next(iter(state.schemas))
        for key in [key for key in whole.tables if key[0] == state.schema and key not in state.tables]:
            del whole.tables[key]
        merge(whole, state)
    data = [
        name
        for name in files
        if name not in definitions and not _METADATA.search(name) and _PACKED.sub("", name).endswith(".sql")
    ]
    tables = tuple(
        replace(table, rows=metadata.rows.get((table.schema, table.name)))
        for table in whole.tables.values()
        if table.schema not in SYSTEM_SCHEMAS
    )
    return MydumperBackup(
        format="mydumper",
        url=source.url,
        size=sum(sizes.values()),
        schemas={name: create for name, create in whole.schemas.items() if name not in SYSTEM_SCHEMAS},
        tables=tables,
        programs=tuple(whole.programs.values()),
        position=metadata.position,
        tool="mydumper" + (" (new metadata)" if metadata.rows else ""),
        taken_at=metadata.started_at,
        findings=tuple(_told(metadata, metadata_file, whole)),
        source=source,
        data=tuple(data),
        databases=databases,
    )


def _read_definition(source: Source, state: DumpState, watcher: Watcher | None) -> None:
    file = state.file
    for event in Scanner(read_text(source, file, watcher.raw(file) if watcher else None)).events():
        if isinstance(event, Comment):
            state.comment(event)
        elif isinstance(event, Statement):
            state.statement(event)
        if watcher is not None:
            watcher.event(file, event, state)
        elif isinstance(event, Alien | Rest):
            raise DamagedError(broken(file, event))


def _told(metadata: Metadata, file: str, whole: DumpState) -> Iterator[Finding]:
    if file.endswith(".partial") or not metadata.finished_at:
        yield Finding(
            "fatal",
            file,
            "does not say that the dump was finished: mydumper stopped before its end",
            "use another backup",
        )
    for key in metadata.rows:
        if key not in whole.tables and key not in metadata.views and key[0] not in SYSTEM_SCHEMAS:
            yield Finding("fatal", file, f"names the table {'.'.join(key)}, whose definition is missing")
