"""A directory of MySQL Shell's dump utilities (dumpInstance, dumpSchemas, dumpTables; formats 1.0 to 2.0).

Learned from MySQL Shell's source: modules/util/dump/dumper.cc writes it, modules/util/load/dump_reader.cc reads it.
``@.json`` and ``@.done.json`` speak of the whole, ``<schema>.json`` and ``<schema>@<table>.json`` of the parts.
Rows are in ``<schema>@<table>@N.tsv.zst``, the last chunk with two ``@``; an ``.idx`` beside each ends with the size of
its text (8 bytes, most significant first).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from failback.errors import DamagedError
from failback.restore.formats.dump_state import SYSTEM_SCHEMAS, DumpState
from failback.restore.formats.insert_pieces import SQL_MODE
from failback.restore.formats.line_pieces import line_pieces
from failback.restore.formats.mysqldump import broken, merge
from failback.restore.formats.packed import read_text
from failback.restore.formats.scan import Alien, Comment, Rest, Scanner, Statement
from failback.restore.model import Backup, Dialect, Finding, Piece, Position, Table
from failback.restore.sql_text_table import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from failback.restore.formats.mysqldump import Watcher
    from failback.restore.model import Source

KNOWN_MAJOR = 2  # of the dump's own version
DECODERS = frozenset({"UNHEX", "FROM_BASE64"})
Key = tuple[str, str]


@dataclass(frozen=True)
class ShellBackup(Backup):
    """``chunks`` are a table's files in order, ``blanks`` say how to read them, ``sizes`` the size of a file's text."""

    source: Source | None = field(default=None, repr=False, compare=False)
    chunks: Mapping[Key, tuple[str, ...]] = field(default_factory=dict)
    blanks: Mapping[Key, Piece] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)

    def pieces(self, wanted: frozenset[str] | None = None) -> Iterator[Piece]:
        """Read the data in a fixed order, of the tables whose label is wanted (None: all). Raises DamagedError."""
        assert self.source is not None
        for table in self.tables:
            if wanted is not None and table.label not in wanted:
                continue
            key = (table.schema, table.name)
            for file in self.chunks.get(key, ()):
                yield from line_pieces(file, read_text(self.source, file), self.blanks[key])


class _Folder:
    """Reads the small files of the directory."""

    def __init__(self, source: Source, files: Sequence[str], watcher: Watcher | None) -> None:
        self.source, self.watcher = source, watcher
        top = next(name for name in files if name.rpartition("/")[2] == "@.json")
        self.prefix = top.removesuffix("@.json")
        self.files = frozenset(files)
        self.findings: list[Finding] = []

    def document(self, name: str) -> dict[str, Any]:
        """Read one JSON file; a missing or broken one is a finding, and empty."""
        path = self.prefix + name
        if path not in self.files:
            self.findings.append(Finding("fatal", path, "is missing: the dump is not whole", "use another backup"))
            return {}
        raw = b"".join(read_text(self.source, path, self.watcher.raw(path) if self.watcher else None))
        try:
            known = json.loads(raw)
        except ValueError as error:
            self.findings.append(Finding("fatal", path, f"is no JSON ({error}): it is damaged", "take another copy"))
            return {}
        return known if isinstance(known, dict) else {}

    def statements(self, name: str, state: DumpState, *, needed: bool = True) -> None:
        """Read one file of definitions into the state."""
        path = self.prefix + name
        state.file = path
        if path not in self.files:
            if needed:
                self.findings.append(Finding("fatal", path, "is missing: the dump is not whole", "use another backup"))
            return
        for event in Scanner(read_text(self.source, path, self.watcher.raw(path) if self.watcher else None)).events():
            if isinstance(event, Comment):
                state.comment(event)
            elif isinstance(event, Statement):
                state.statement(event)
            if self.watcher is not None:
                self.watcher.event(path, event, state)
            elif isinstance(event, Alien | Rest):
                raise DamagedError(broken(path, event))


def read(source: Source, files: Sequence[str], watcher: Watcher | None = None) -> ShellBackup:
    """Read all documents and definitions. Raises DamagedError."""
    folder = _Folder(source, files, watcher)
    top = folder.document("@.json")
    done = folder.document("@.done.json")
    whole = DumpState(names="utf8mb4")
    rows: dict[Key, int] = {
        (schema, table): int(count)
        for schema, tables in done.get("tableRows", {}).items()
        for table, count in tables.items()
    }
    chunks: dict[Key, tuple[str, ...]] = {}
    blanks: dict[Key, Piece] = {}
    for schema in top.get("schemas", []):
        state = DumpState(schema=schema, names="utf8mb4")
        _read_schema(folder, top, schema, state, chunks, blanks)
        merge(whole, state)
    accounts = DumpState()
    if "users" in top:
        folder.statements("@.users.sql", accounts)
    sizes = {folder.prefix + name: int(size) for name, size in done.get("chunkFileBytes", {}).items()}
    version = str(top.get("version", ""))
    if version.split(".", 1)[0].isdigit() and int(version.split(".", 1)[0]) > KNOWN_MAJOR:
        folder.findings.append(
            Finding("fatal", "@.json", f"is of dump format {version}, newer than known here ({KNOWN_MAJOR}.x)")
        )
    if top.get("consistent") is False:
        folder.findings.append(
            Finding("warning", "@.json", "says that the dump is not consistent: taken without a lock")
        )
    entries = {entry.name: entry.size for entry in source.entries()}
    tables = tuple(
        Table(table.schema, table.name, table.create, rows.get((table.schema, table.name), 0 if done else None))
        for table in whole.tables.values()
        if table.schema not in SYSTEM_SCHEMAS
    )
    return ShellBackup(
        format="shell",
        url=source.url,
        size=sum(entries.values()),
        schemas={name: create for name, create in whole.schemas.items() if name not in SYSTEM_SCHEMAS},
        tables=tables,
        programs=tuple(whole.programs.values()),
        position=Position(
            "".join(str(top.get("gtidExecuted", "")).split()),
            str(top.get("binlogFile", "")),
            int(top.get("binlogPosition", 0) or 0),
        ),
        server_version=str(top.get("serverVersion", "")),
        tool=str(top.get("dumper", "mysqlsh")),
        taken_at=str(top.get("begin", "")).replace(" ", "T"),
        accounts=tuple(accounts.accounts),
        findings=tuple(folder.findings),
        source=source,
        chunks=chunks,
        blanks=blanks,
        sizes=sizes,
    )


def _read_schema(  # noqa: PLR0913, PLR0917 - fills two maps
    folder: _Folder,
    top: Mapping[str, Any],
    schema: str,
    state: DumpState,
    chunks: dict[Key, tuple[str, ...]],
    blanks: dict[Key, Piece],
) -> None:
    base = top.get("basenames", {}).get(schema, schema)
    known = folder.document(f"{base}.json")
    names: dict[str, str] = known.get("basenames", {})
    folder.statements(f"{base}.sql", state, needed=bool(known.get("includesDdl", True)))
    state.schemas.setdefault(schema, "")
    for table in known.get("tables", []):
        file = names.get(table, f"{base}@{table}")
        about = folder.document(f"{file}.json")
        state.schema = schema
        folder.statements(f"{file}.sql", state, needed=bool(about.get("includesDdl", True)))
        if about.get("triggers"):
            state.schema = schema
            folder.statements(f"{file}.triggers.sql", state)
        made = state.tables.get((schema, table))
        if made is None or not about.get("includesData", True):
            continue
        blanks[schema, table] = _blank(about.get("options", {}), made, utc=bool(top.get("tzUtc", True)))
        parts = list(about.get("basenames", {}).values()) or [file]
        extension = str(about.get("extension", "tsv"))
        chunks[schema, table] = tuple(
            name
            for part in parts
            for name in _chunks(folder, part, extension, chunked=bool(about.get("chunking", False)))
        )
    for view in known.get("views", []):
        state.schema = schema
        folder.statements(f"{names.get(view, f'{base}@{view}')}.sql", state)


def _chunks(folder: _Folder, base: str, extension: str, *, chunked: bool) -> list[str]:
    """List a table's files in order; a gap or a missing last one is a finding."""
    packed = re.compile(re.escape(folder.prefix + base) + r"(?:(@@?)(\d+))?\." + re.escape(extension) + r"$")
    found = sorted(
        (int(match.group(2) or 0), match.group(1) or "", name)
        for name in folder.files
        if (
            match := packed.match(
                re.sub(r"\.(?:zst|gz)$", "", name) if not extension.endswith((".zst", ".gz")) else name
            )
        )
    )
    if not found:
        folder.findings.append(Finding("fatal", folder.prefix + base, "has no file with rows: the dump is not whole"))
    elif chunked:
        numbers = [number for number, _, _ in found]
        missing = sorted(set(range(numbers[-1] + 1)) - set(numbers))
        folder.findings += [
            Finding(
                "fatal",
                f"{folder.prefix}{base}@{number}.{extension}",
                "is missing: rows are lost",
                "use another backup",
            )
            for number in missing[:20]
        ]
        if found[-1][1] != "@@":
            text = f"has no last chunk (the highest is {numbers[-1]}): rows are lost"
            folder.findings.append(Finding("fatal", folder.prefix + base, text, "use another backup"))
    return [name for _, _, name in found]


def _blank(options: Mapping[str, Any], table: Table, *, utc: bool) -> Piece:
    decoders = options.get("decodeColumns", {})
    strange = {name: how for name, how in decoders.items() if str(how).upper() not in DECODERS}
    if strange:
        raise DamagedError(f"the dump of {table.label} asks for an unknown decoding: {strange}")
    columns = tuple(str(name) for name in options.get("columns", []))
    dialect = Dialect(
        charset=str(options.get("defaultCharacterSet", "utf8mb4")),
        fields_terminated=str(options.get("fieldsTerminatedBy", "\t")).encode(),
        enclosed=str(options.get("fieldsEnclosedBy", "")).encode(),
        optionally=bool(options.get("fieldsOptionallyEnclosed", False)),
        escaped=str(options.get("fieldsEscapedBy", "\\")).encode(),
        lines_terminated=str(options.get("linesTerminatedBy", "\n")).encode(),
        sql_mode=SQL_MODE,
        time_zone="+00:00" if utc else "SYSTEM",
    )
    expressions = {str(name): f"{str(how).upper()}({{}})" for name, how in decoders.items()}
    usual = tuple(one.name for one in columns_of(table.create) if not one.generated)
    return Piece("", table.schema, table.name, 0, columns or usual, dialect, expressions)
