"""Stage programs: routines, views, triggers and events, after the rows, so that loading fires and runs nothing.

Routines come first because views may call them; views in rounds, since one may stand on another. Each is made with
its own sql_mode, character set, collation and, for events, time zone. The scheduler is off while a restore goes on.
"""

from __future__ import annotations

import codecs
import time
from typing import TYPE_CHECKING

from failback.errors import FailbackError, MySQLError
from failback.mysql import quote_text
from failback.restore import preflight
from failback.restore.context import Context, StageResult, changed, unchanged

if TYPE_CHECKING:
    from failback.restore.model import Program
    from failback.restore.session import Session

ORDER = ("function", "procedure", "view", "trigger", "event")
# What a view lacks that another one brings: no such table, no such column, no such function, view invalid.
_LATER = frozenset({1146, 1054, 1305, 1356})
# Python's names for MySQL's client character sets; latin1 of MySQL is Windows-1252.
_CODECS = {
    "latin1": "cp1252",
    "utf8mb4": "utf-8",
    "utf8mb3": "utf-8",
    "utf8": "utf-8",
    "euckr": "cp949",
    "binary": "utf-8",
}


def run(context: Context) -> StageResult:
    """Make what is missing. Raises FailbackError naming what cannot be made."""
    started = time.monotonic()
    count = _kinds(context.programs)
    if context.check and context.book.run() is None:
        return StageResult(bool(context.programs), {}, count, {})
    going = context.going()
    missing = _missing(context)
    before = {**count, "missing": len(missing)}
    if (not missing and going.result("programs")) or going.finished:
        return unchanged(before, before, going.result("programs"))
    if context.check:
        return changed(before, {**count, "missing": 0}, {})
    context.progress.begin("programs")
    remarks: list[str] = []
    if missing:
        with context.recorder.act(
            "make views, routines, triggers and events", count=_kinds(missing), server=context.admin.name
        ):
            context.book.claim([(p.kind, context.fold(p.schema), p.name) for p in missing])
            with context.connect() as session:
                for kind in ORDER:
                    remarks += _make(session, [p for p in missing if p.kind == kind])
    still = _missing(context)
    if still:
        names = ", ".join(f"{p.kind} {p.schema}.{p.name}" for p in still[:8])
        raise FailbackError(f"missing on {context.admin.name} though made: {names}; run this again")
    evidence: dict[str, object] = {
        **count,
        "made_now": len(missing),
        "definers_missing": preflight.missing_definers(context.admin, context.programs),
        "remarks": remarks,
        "seconds": round(time.monotonic() - started, 3),
    }
    context.book.tell("programs", evidence)
    return StageResult(bool(missing), before, {**count, "missing": 0}, evidence)


def _kinds(programs: tuple[Program, ...] | list[Program]) -> dict[str, object]:
    return {f"{kind}s": sum(1 for p in programs if p.kind == kind) for kind in ORDER}


def _missing(context: Context) -> list[Program]:
    there = {
        (kind, context.fold(schema), name.lower())
        for kind, schema, name in preflight.existing(context.admin, context.schemas)
    }
    return [p for p in context.programs if (p.kind, context.fold(p.schema), p.name.lower()) not in there]


def _make(session: Session, programs: list[Program]) -> list[str]:
    """Make programs of one kind, as often round as it helps."""
    remarks: list[str] = []
    waiting = list(programs)
    while waiting:
        later: list[tuple[Program, MySQLError]] = []
        for program in waiting:
            try:
                remarks += _make_one(session, program)
            except MySQLError as error:
                if program.kind != "view" or error.code not in _LATER:
                    raise MySQLError(
                        f"{program.kind} {program.schema}.{program.name} cannot be made: {error}",
                        error.code,
                        error.evidence,
                    ) from error
                later.append((program, error))
        if len(later) == len(waiting):
            told = "; ".join(f"{p.schema}.{p.name}: {error}" for p, error in later[:5])
            raise FailbackError(f"views cannot be made, what they stand on is not there: {told}")
        waiting = [program for program, _ in later]
    return remarks


def _make_one(session: Session, program: Program) -> list[str]:
    remarks: list[str] = []
    charset = program.charset or "utf8mb4"
    try:
        text = program.create.encode(_CODECS.get(charset) or codecs.lookup(charset).name)
    except (LookupError, UnicodeEncodeError):
        remarks.append(
            f"{program.kind} {program.schema}.{program.name} is kept as utf8mb4: it cannot be written in {charset}"
        )
        charset, text = "utf8mb4", program.create.encode("utf-8", "surrogateescape")
    session.use(program.schema)
    values = {"sql_mode": quote_text(preflight.kept_modes(program.sql_mode))}
    if program.kind == "event":
        values["time_zone"] = quote_text(program.time_zone or "SYSTEM")
    session.prepare(values)
    session.names(charset)
    try:
        # The collation must be of the character set; one of another is what SET NAMES already set.
        if program.collation and charset == (program.charset or "utf8mb4"):
            session.raw(f"SET SESSION collation_connection = {program.collation}".encode())
        session.raw(text)
    finally:
        session.forget("names")
        session.names("utf8mb4")
    return remarks
