"""Text that mysqldump wrote: one file, or a directory with one file per database."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from failback.errors import DamagedError
from failback.restore.formats.dump_state import SYSTEM_SCHEMAS, DumpState
from failback.restore.formats.insert_pieces import BACKSLASH_CHARSETS, InsertPieces, Reading
from failback.restore.formats.packed import read_text
from failback.restore.formats.scan import Alien, Comment, Rest, Run, Scanner, Statement
from failback.restore.model import Backup, Finding, Position
from failback.restore.sql_text import ERROR_LINE, split_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from failback.restore.formats.scan import Event
    from failback.restore.model import Piece, Source, Table


_WARNING = re.compile(
    rb"(?:mysqldump|mariadb-dump)(?:\.exe)?: \[Warning\]|Warning: A (?:partial )?dump from a server that has GTIDs"
)
# What a failing tool leaves at the end of an unfinished statement.
_LAST_WORDS = re.compile(rb"(?:(?:mysqldump|mariadb-dump|mydumper): |ERROR \d{3,5}[ :(])[^\n]*\s*\Z")
_BORNE = 4096  # bytes from the beginning in which such a warning is borne


class Watcher(Protocol):
    """Looks at everything a reading passes; the judge of a backup is one."""

    def raw(self, file: str) -> Callable[[bytes], object] | None:
        """Give what is to see the raw bytes of a file."""

    def event(self, file: str, event: Event, state: DumpState) -> None:
        """See one event, after the state took it in."""


@dataclass(frozen=True)
class MysqldumpBackup(Backup):
    """Its data is read again from the source for every call of ``pieces``."""

    source: Source | None = field(default=None, repr=False, compare=False)
    files: tuple[str, ...] = ()
    default: str = ""  # the database where a text names none

    def pieces(self, wanted: frozenset[str] | None = None) -> Iterator[Piece]:
        """Read the data in a fixed order, of the tables whose label is wanted (None: all). Raises DamagedError."""
        assert self.source is not None
        tables = {(table.schema, table.name): table for table in self.tables}
        for file in self.files:
            yield from _pieces(self.source, DumpState(file, default=self.default), tables, wanted)


def _pieces(
    source: Source, state: DumpState, tables: dict[tuple[str, str], Table], wanted: frozenset[str] | None
) -> Iterator[Piece]:
    file = state.file
    making: InsertPieces | None = None
    for event in Scanner(read_text(source, file)).events():
        if isinstance(event, Run):
            key = table_of(event, state)
            if key[0] in SYSTEM_SCHEMAS:
                continue
            if key not in tables:
                raise DamagedError(f"{file or source.url} has rows of {'.'.join(key)}, but does not create that table")
            if wanted is not None and tables[key].label not in wanted:
                continue
            making = making or InsertPieces(file, reading_of(state))
            yield from making.feed(event, tables[key])
        elif isinstance(event, Comment):
            state.comment(event)
        elif isinstance(event, Statement):
            state.statement(event)
        elif not harmless(event):
            raise DamagedError(broken(file or source.url, event))
    if making is not None:
        yield from making.close()


def table_of(run: Run, state: DumpState) -> tuple[str, str]:
    """Name the table a run's rows belong to."""
    schema, name = split_name(run.table)
    return schema or state.schema or state.default, name


def reading_of(state: DumpState) -> Reading:
    """Tell how the dump wrote its values."""
    charset = {"utf8": "utf8mb3", "": "utf8mb4"}.get(state.names, state.names)
    return Reading(charset, state.time_zone or "SYSTEM", statements=charset in BACKSLASH_CHARSETS)


def harmless(event: Alien | Rest) -> bool:
    """Whether it is mysqldump's warning about a password or GTIDs at the very beginning, caught by 2>&1."""
    return isinstance(event, Alien) and event.offset < _BORNE and bool(_WARNING.match(event.text))


def broken(file: str, event: Alien | Rest) -> str:
    """Say what is wrong where the text is no SQL."""
    # Of a row nothing is shown: messages go on record, and data may be secret.
    line = event.text.strip().split(b"\n", 1)[0].split(b" VALUES", 1)[0][:120].decode("utf-8", "replace")
    if isinstance(event, Rest):
        if found := _LAST_WORDS.search(event.text[-500:]):
            said = found.group().strip().decode("utf-8", "replace")
            where = f"{file}: an error message ends the statement at byte {event.offset}"
            return f"{where}: {said!r}. The dump failed, take another"
        where = f"{file} is cut short: the statement at byte {event.offset} does not end"
        return f"{where} ({line[:80]!r}...). Take another copy"
    if ERROR_LINE.match(event.text):
        return f"{file}: an error message stands in it at byte {event.offset}: {line!r}. The dump failed, take another"
    return f"{file}: at byte {event.offset} stands something that is no SQL: {line!r}. Take another copy"


def read(source: Source, files: Sequence[str], watcher: Watcher | None = None, default: str = "") -> MysqldumpBackup:
    """Read definitions and settings; all text passes once. ``default``: the database where a text names none.

    Raises DamagedError, UnreachableError.
    """
    sizes = {entry.name: entry.size for entry in source.entries()}
    whole = DumpState()
    parts: list[DumpState] = []
    for file in files:
        state = DumpState(file, default=default)
        for event in Scanner(read_text(source, file, watcher.raw(file) if watcher else None)).events():
            if isinstance(event, Comment):
                state.comment(event)
            elif isinstance(event, Statement):
                state.statement(event)
            elif isinstance(event, Run):
                state.completed = False
            if watcher is not None:
                watcher.event(file, event, state)
            elif isinstance(event, Alien | Rest) and not harmless(event):
                raise DamagedError(broken(file or source.url, event))
        parts.append(state)
        merge(whole, state)
    return MysqldumpBackup(
        format="mysqldump",
        url=source.url,
        size=sum(sizes[file] for file in files),
        schemas={name: create for name, create in whole.schemas.items() if name not in SYSTEM_SCHEMAS},
        tables=tuple(whole.tables.values()),
        programs=tuple(whole.programs.values()),
        position=_common(parts),
        server_version=whole.server_version,
        tool=whole.tool,
        taken_at=min((part.taken_at for part in parts if part.taken_at), default=""),
        accounts=tuple(whole.accounts),
        findings=tuple(finding for part in parts for finding in told(part)),
        source=source,
        files=tuple(files),
        default=default,
    )


def merge(whole: DumpState, part: DumpState) -> None:
    """Put what one file says to what the others say."""
    for name in {key[0] for key in part.tables} | {key[1] for key in part.programs}:
        part.schemas.setdefault(name, "")
    for name, create in part.schemas.items():
        whole.schemas[name] = create or whole.schemas.get(name, "")
    whole.tables |= part.tables
    whole.programs |= part.programs
    whole.accounts += part.accounts
    whole.tool = whole.tool or part.tool
    whole.server_version = whole.server_version or part.server_version


def _common(parts: Sequence[DumpState]) -> Position:
    """Files dumped one after another stand at one position only if all name the same one."""
    found = {part.position for part in parts if part.tables or part.programs or part.position != Position()}
    return found.pop() if len(found) == 1 else Position()


def told(state: DumpState) -> list[Finding]:
    """Say what a person must know about a file that was read to its end."""
    file = state.file
    found: list[Finding] = []
    if state.tables and not state.names:
        found.append(
            Finding("warning", file, "does not say its character set (made with --skip-set-charset); read as utf8mb4")
        )
    if state.tables and not state.time_zone:
        found.append(
            Finding(
                "warning",
                file,
                "does not say the time zone of its TIMESTAMP values (--skip-tz-utc): they are read in the server's",
            )
        )
    if "NO_BACKSLASH_ESCAPES" in state.base.get("sql_mode", "").upper():
        found.append(
            Finding(
                "fatal",
                file,
                "was written with NO_BACKSLASH_ESCAPES, which is not read exactly",
                "dump again without it",
            )
        )
    found += [
        Finding("fatal", file, f"has only a stand-in for the view {'.'.join(key)}: the dump stopped before its end")
        for key in sorted(state.placeholders)
        if ("view", *key) not in state.programs
    ]
    if state.tables and not state.schema and not any(state.schemas.values()):
        if state.default:
            found.append(Finding("warning", file, f"does not say which database it holds; taken for {state.default}"))
        else:
            found.append(Finding("fatal", file, "does not say which database it holds", "dump it with --databases"))
    return found
