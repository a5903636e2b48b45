"""Judges the files with rows of the directory formats: mydumper, --tab, MySQL Shell."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from failback.errors import DamagedError
from failback.restore.formats import load_data
from failback.restore.formats.dump_state import DumpState
from failback.restore.formats.line_pieces import count_lines
from failback.restore.formats.mydumper import beside, database_of
from failback.restore.formats.mysqldump import reading_of, table_of
from failback.restore.formats.packed import read_text
from failback.restore.formats.scan import Comment, Run, Scanner, Statement
from failback.restore.formats.tab import blank_piece

if TYPE_CHECKING:
    from collections.abc import Callable

    from failback.restore.formats.mydumper import MydumperBackup
    from failback.restore.formats.shell import ShellBackup
    from failback.restore.formats.tab import TabBackup
    from failback.restore.model import Piece, Source, Table
    from failback.restore.verify_text import TextJudge

    Taker = Callable[[str], Callable[[bytes], object] | None]

_NUMBER = re.compile(r"^(.*)\.(\d{5,})\.(?:sql|dat)(?:\.(?:gz|zst))?$")
_INDEX_ENTRY = 8  # bytes


def judge_rows(source: Source, file: str, blank: Piece, judge: TextJudge, taker: Taker) -> int:
    """Judge one file of rows; gives the size of its text."""
    key, dialect = (blank.schema, blank.table), blank.dialect
    size, lines, separators, last, carry = 0, 0, 0, b"", b""
    whole_text = dialect.charset in ("utf8mb4", "utf8mb3") or not dialect.charset
    try:
        for block in read_text(source, file, taker(file)):
            size += len(block)
            data = carry + block
            # A backslash at the end belongs to what follows it.
            cut = len(data) - (len(data) - len(data.rstrip(b"\\")))
            data, carry = data[:cut], data[cut:]
            more, between = count_lines(data, dialect)
            if whole_text and more and last != b"utf8":
                last = _utf8(file, data, size, judge)
            lines, separators = lines + more, separators + between
            tail = data[-len(dialect.lines_terminated) :] or b""
            ended = tail == dialect.lines_terminated and not carry
    except DamagedError as error:
        judge.fatal(file, str(error))
        return size
    judge.rows[key] = judge.rows.get(key, 0) + lines
    if dialect.enclosed:
        judge.uncounted.add(key)
        return size
    if size and not ended:
        judge.fatal(file, f"is cut in the middle of a row of {blank.schema}.{blank.table}, after {lines} whole rows")
    elif len(blank.columns) and separators != lines * (len(blank.columns) - 1):
        judge.fatal(file, f"the rows of {blank.schema}.{blank.table} do not all have {len(blank.columns)} fields")
    return size


def _utf8(file: str, data: bytes, at: int, judge: TextJudge) -> bytes:
    """Check the whole rows of a block; a character may be cut at its ends."""
    first, last = data.find(b"\n"), data.rfind(b"\n")
    try:
        data[first + 1 : last].decode()
    except UnicodeDecodeError as error:
        judge.fatal(
            file, f"holds bytes that are no UTF-8, near byte {at - len(data) + first + error.start} of its text"
        )
        return b"utf8"
    return b""


def judge_mydumper(source: Source, backup: MydumperBackup, judge: TextJudge, taker: Taker) -> None:
    """Judge every file with rows, then the counts of the metadata."""
    tables = {(table.schema, table.name): table for table in backup.tables}
    for table in backup.tables:
        judge.rows.setdefault((table.schema, table.name), 0)
    for file in backup.data:
        state = DumpState(file, schema=database_of(file, backup.databases))
        try:
            _judge_mydumper_file(source, state, tables, judge, taker)
        except DamagedError as error:
            judge.fatal(file, str(error))
    _gaps(backup, judge)
    for table in backup.tables:
        key = (table.schema, table.name)
        if table.rows is not None and key not in judge.uncounted and judge.rows[key] != table.rows:
            judge.fatal("metadata", f"says that {table.label} has {table.rows} rows, its files hold {judge.rows[key]}")
    judge.doubt_empty(backup)


def _judge_mydumper_file(
    source: Source, state: DumpState, tables: dict[tuple[str, str], Table], judge: TextJudge, taker: Taker
) -> None:
    file, held = state.file, 0
    for event in Scanner(read_text(source, file, taker(file))).events():
        if isinstance(event, Comment):
            state.comment(event)
            continue
        if isinstance(event, Statement):
            load = load_data.parse(event.text)
            if load is None:
                state.statement(event)
                continue
            held += 1
            table = tables.get((state.schema, load.table))
            if table is None:
                judge.fatal(file, f"loads {load.table}, whose definition is missing")
                continue
            judge.lost_columns(file, table, load.columns)
            rows = beside(file, load)
            if rows not in {entry.name for entry in source.entries()}:
                judge.fatal(rows, f"is missing: rows of {table.label} are lost")
                continue
            judge_rows(source, rows, load_data.blank_piece(load, table, reading_of(state)), judge, taker)
        elif isinstance(event, Run):
            held += 1
            key = table_of(event, state)
            judge.run(file, event, state, tables.get(key), key)
        else:
            held += 1
            judge.event(file, event, state)
    if not held:
        judge.fatal(file, "holds no rows: it is empty, or cut before the first")


def _gaps(backup: MydumperBackup, judge: TextJudge) -> None:
    """Name chunks that are missing between others."""
    numbers: dict[str, set[int]] = {}
    for file in backup.data:
        if found := _NUMBER.match(file):
            numbers.setdefault(found.group(1), set()).add(int(found.group(2)))
    counted = any(table.rows is not None for table in backup.tables)
    for base, found_numbers in numbers.items():
        # Where the metadata has counts these decide: 1.0 may leave numbers out.
        gaps = sorted(set(range(max(found_numbers))) - found_numbers - {0})
        if gaps and not counted:
            judge.fatal(base, f"chunk {gaps[0]:05d} is missing between others: rows are lost")


def _given(taken: Callable[[bytes], object] | None, _: str) -> Callable[[bytes], object] | None:
    """Give what was taken already."""
    return taken


def judge_tab(source: Source, backup: TabBackup, judge: TextJudge, taker: Taker) -> None:
    """Judge every file with rows."""
    for table in backup.tables:
        key = (table.schema, table.name)
        judge.rows.setdefault(key, 0)
        if key in backup.rows_of:
            file = backup.rows_of[key]
            taken = taker(file)
            judge_rows(source, file, blank_piece(table, backup.zone), judge, partial(_given, taken))
    judge.doubt_empty(backup)


def judge_shell(source: Source, backup: ShellBackup, judge: TextJudge, taker: Taker) -> None:
    """Judge every chunk against its index and the closing document."""
    present = {entry.name: entry.size for entry in source.entries()}
    for name in sorted(set(backup.sizes) - set(present)):
        judge.fatal(name, "is missing: rows are lost")
    for table in backup.tables:
        key = (table.schema, table.name)
        judge.rows.setdefault(key, 0)
        for file in backup.chunks.get(key, ()):
            size = judge_rows(source, file, backup.blanks[key], judge, taker)
            wanted = backup.sizes.get(file)
            if wanted is not None and size != wanted:
                judge.fatal(file, f"holds {size} bytes of text, @.done.json says {wanted}")
            _judge_index(source, f"{file}.idx", size, present, judge, taker)
        if table.rows is not None and key not in judge.uncounted and judge.rows[key] != table.rows:
            judge.fatal(
                "@.done.json", f"says that {table.label} has {table.rows} rows, its files hold {judge.rows[key]}"
            )


def _judge_index(  # noqa: PLR0913, PLR0917 - one file against all that is known of it
    source: Source, name: str, size: int, present: dict[str, int], judge: TextJudge, taker: Taker
) -> None:
    if name not in present:
        return
    take = taker(name)
    with source.open(name) as handle:
        raw, length = b"", 0
        while block := handle.read(1 << 20):
            raw, length = (raw + block)[-_INDEX_ENTRY:], length + len(block)
            if take is not None:
                take(block)
    if length % _INDEX_ENTRY or len(raw) < _INDEX_ENTRY:
        judge.fatal(name, f"has {length} bytes, no multiple of {_INDEX_ENTRY}: it is cut short")
    elif int.from_bytes(raw, "big") != size:
        judge.fatal(name, f"says that its chunk holds {int.from_bytes(raw, 'big')} bytes of text, it holds {size}")
