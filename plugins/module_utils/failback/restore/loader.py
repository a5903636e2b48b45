"""Load one piece: its statement, its transaction, and the proof that every row went in as it stood in the backup.

LOAD DATA LOCAL turns errors into warnings and skips duplicate rows (LOCAL implies IGNORE, MySQL reference manual, "LOAD
DATA Statement"). So a piece counts only when nothing was skipped and nothing warned of, and the number of rows is
what the backup says; else it is rolled back and the error names the piece, the table and the row.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from failback.errors import FailbackError, MySQLError
from failback.mysql import quote_name, quote_text
from failback.restore.bookkeeping import quoted, statement_insert_piece
from failback.restore.session import STREAM

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from failback.mysql import Row
    from failback.restore.model import Dialect, Piece
    from failback.restore.session import Session

# Warnings that say nothing about the rows: a deprecated syntax, alias of utf8mb3, character set or collation.
HARMLESS = frozenset({1287, 1681, 3719, 3720, 3778})
# Deadlock, lock wait timeout: the piece as a whole is tried again.
_AGAIN = frozenset({1205, 1213})
_TRIES = 4
ER_INVALID_CHARACTER_STRING = 1300
_ROW = re.compile(r"at row (\d+)")
_CHARSET = re.compile(r"[a-z0-9_]+")


class PieceError(FailbackError):
    """A piece did not load as it stands in the backup; nothing of it is left on the server."""


def statement(piece: Piece, columns: Sequence[str], generated: Collection[str] = ()) -> str:
    """Build the LOAD DATA statement of a piece. Pure.

    ``columns`` are used where the piece names none. A generated column in the data, or one whose expression
    is empty, is read and thrown away.
    """
    targets: list[str] = []
    sets: list[str] = []
    drop = {name.lower() for name in generated}
    for number, name in enumerate(piece.columns or columns):
        if name.lower() in drop or piece.expressions.get(name) == "":
            targets.append(f"@x{number}")
        elif name in piece.expressions:
            targets.append(f"@c{number}")
            sets.append(f"{quote_name(name)} = {piece.expressions[name].replace('{}', f'@c{number}')}")
        else:
            targets.append(quote_name(name))
    text = (
        f"LOAD DATA LOCAL INFILE {quote_text(STREAM)} INTO TABLE {quoted(piece.schema, piece.table)}"
        f" {_dialect(piece.dialect)} ({', '.join(targets)})"
    )
    return f"{text} SET {', '.join(sets)}" if sets else text


def _dialect(dialect: Dialect) -> str:
    if not _CHARSET.fullmatch(dialect.charset):
        raise FailbackError(f"bug: {dialect.charset!r} is no character set's name")
    optionally = "OPTIONALLY " if dialect.optionally and dialect.enclosed else ""
    return (
        f"CHARACTER SET {dialect.charset}"
        f" FIELDS TERMINATED BY {_bytes(dialect.fields_terminated)}"
        f" {optionally}ENCLOSED BY {_bytes(dialect.enclosed)} ESCAPED BY {_bytes(dialect.escaped)}"
        f" LINES STARTING BY {_bytes(dialect.lines_starting)} TERMINATED BY {_bytes(dialect.lines_terminated)}"
    )


def _bytes(value: bytes) -> str:
    """Write bytes so that no quoting rule, sql_mode or character set can change them."""
    return f"0x{value.hex()}" if value else "''"


def load(session: Session, piece: Piece, columns: Sequence[str], generated: Collection[str] = ()) -> int:
    """Load a piece and record it, in one transaction; the number of rows.

    Raises PieceError, MySQLError or UnreachableError, and what reading the piece raises; the piece is then rolled back.
    """
    session.prepare({"sql_mode": quote_text(piece.dialect.sql_mode), "time_zone": quote_text(piece.dialect.time_zone)})
    for attempt in range(1, _TRIES + 1):
        started = time.monotonic()
        try:
            with session.transaction():
                rows = _rows(session, piece, columns, generated)
                if piece.rows is not None and rows != piece.rows:
                    raise PieceError(
                        f"{_where(piece)}: {rows} rows were loaded, the backup says {piece.rows}: the piece is"
                        f" not whole,"
                        " or its rows are cut in the wrong places. Use another backup"
                    )
                session.execute(*statement_insert_piece(piece, rows, time.monotonic() - started))
        except MySQLError as error:
            if error.code == ER_INVALID_CHARACTER_STRING:
                raise PieceError(
                    f"{_where(piece)}: its bytes are not text in {piece.dialect.charset} ({error}); nothing of"
                    f" this piece"
                    " was kept. The backup was written in another character set or is damaged: use another one"
                ) from error
            if error.code not in _AGAIN or attempt == _TRIES:
                raise MySQLError(f"{_where(piece)}: {error}", error.code, error.evidence) from error
            time.sleep(0.2 * attempt)
        else:
            return rows
    raise AssertionError("unreachable")


def _rows(session: Session, piece: Piece, columns: Sequence[str], generated: Collection[str]) -> int:
    if piece.statements:
        return _run(session, piece)
    done = session.load(statement(piece, columns, generated), piece.blocks())
    if done.skipped or done.warnings:
        told = [row for row in session.warnings(200) if int(str(row["Code"])) not in HARMLESS]
        if done.skipped or told or done.warnings > 200:  # noqa: PLR2004 - as many as are asked for
            raise PieceError(_refusal(piece, done.skipped, done.warnings, told), {"warnings": told[:5]})
    return done.records


def _run(session: Session, piece: Piece) -> int:
    """Run a piece that is whole statements; they carry errors of their own, but a warning may still hide a change."""
    rows = 0
    session.use(piece.schema)
    session.names(piece.dialect.charset)
    try:
        for block in piece.blocks():
            touched, warned = session.raw(bytes(block))
            rows += touched
            if warned:
                told = [row for row in session.warnings() if int(str(row["Code"])) not in HARMLESS]
                if told:
                    raise PieceError(_refusal(piece, 0, warned, told), {"warnings": told})
    finally:
        session.names("utf8mb4")
    return rows


def _refusal(piece: Piece, skipped: int, warnings: int, told: Sequence[Row]) -> str:
    first = str(told[0]["Message"]) if told else "the server gives no reason"
    row = _ROW.search(first)
    at = f", row {row[1]} of it" if row else ""
    what = f"{skipped} rows would be left out" if skipped else f"{warnings} values would be changed or cut"
    return (
        f"{_where(piece)}{at}: {first}; {what}, so nothing of this piece was kept. The backup does not fit its own"
        " table: use another backup, or correct it"
    )


def _where(piece: Piece) -> str:
    return f"table {piece.schema}.{piece.table}, piece {piece.id}"
