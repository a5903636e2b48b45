"""The gate: what the table, the files, the statements and the live schema say together. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.deployment.migrations import effects
from failback.deployment.migrations.compare import compare
from failback.deployment.migrations.gate import Difference, Edited, Gate, HalfApplied, Migration
from failback.deployment.migrations.judging import judged, judged_after, kind_of
from failback.deployment.migrations.schema import Schema, differences
from failback.deployment.migrations.snapshots import schema_of
from failback.deployment.migrations.words import listed, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from failback.deployment.migrations.compare import Ahead, Compared
    from failback.deployment.migrations.files import Shelf
    from failback.deployment.migrations.gate import Row, Verdict
    from failback.deployment.migrations.settings import Settings

_SHORT = 120  # characters of a statement in a sentence


@dataclass(frozen=True)
class Situation:
    """All there is to judge from. ``shelves``: the target's commit, then the live one, then others that may explain.

    ``live`` is "" when it is not known. ``notes`` are sentences of whoever read it.
    """

    settings: Settings
    target: str
    live: str
    rows: tuple[Row, ...]
    schema: Schema
    shelves: tuple[Shelf, ...]
    notes: tuple[Mapping[str, str], ...] = ()


def judge(seen: Situation) -> Gate:
    """Decide what the database is to the target's code."""
    settings = seen.settings
    found = compare(settings.tool, seen.rows, seen.shelves)
    expected = _expected(settings, found)
    half = tuple(_half_applied(seen, found, expected))
    differing = (
        () if expected is None else _unexplained(differences(expected, seen.schema, settings.dialect), half, seen)
    )
    ahead = tuple(_migrations(settings, found.ahead))
    grave = [*seen.notes, *_grave(seen, found, half, differing)]
    # What is still to be applied is no doubt about what the database is: the choice of a strategy weighs it.
    pending = [words("pending", names=listed([one.name for one in found.pending]))] if found.pending else []
    kinds = {one.kind for one in ahead}
    verdict: Verdict = "nothing" if not ahead else "compatible" if kinds == {"compatible"} else "breaking"
    return Gate(
        tool=settings.tool,
        dialect=settings.dialect,
        schema=settings.schema,
        # Bare where it stands in the application's own schema: whoever changes it names that schema already.
        table=settings.table if settings.table_schema == settings.schema else settings.where,
        target=seen.target,
        live=seen.live,
        verdict="unknown" if grave else verdict,
        why=(*grave, *pending, *_ahead_words(seen, ahead, verdict, settled=not grave and not pending)),
        applied=len(seen.rows),
        ahead=ahead,
        unknown=found.unknown,
        edited=tuple(Edited(row, at.file.known(at.commit)) for row, at in found.edited),
        half_applied=half,
        pending=tuple(one.known(seen.target) for one in found.pending),
        skipped=tuple(one.known(seen.target) for one in found.skipped),
        out_of_order=tuple(at.file.known(at.commit) for at in found.out_of_order),
        differences=differing,
        schema_checked=expected is not None,
        rows_after=found.rows_after,
        warns=tuple(_warns(seen, found, ahead, checked=expected is not None)),
    )


def _expected(settings: Settings, found: Compared) -> Schema | None:
    """Return the schema that the recorded migrations make, where the tool keeps a snapshot of it."""
    if settings.tool != "drizzle" or found.newest is None:
        return None
    schema = settings.schema if settings.dialect == "postgresql" else ""
    return schema_of(found.newest.file.snapshot, settings.dialect, schema)


def _migrations(settings: Settings, ahead: Sequence[Ahead]) -> Iterator[Migration]:
    """Judge what is ahead: one after the other where they are of one commit, else each for itself."""
    files = [one.file for one in ahead]
    if len({one.commit for one in ahead}) == 1:
        found = judged_after(settings.tool, files, settings.dialect)
    else:
        found = [judged(settings.tool, file, settings.dialect) for file in files]
    for one, statements in zip(ahead, found, strict=True):
        yield Migration(
            name=one.file.name,
            path=one.file.path,
            commit=one.commit,
            sha256=one.file.sha256,
            row=one.rows[0],
            statements=statements,
            kind=kind_of(statements),
            repeats=one.rows[1:],
        )


def _half_applied(seen: Situation, found: Compared, expected: Schema | None) -> Iterator[HalfApplied]:
    """Find files that no row tells of, and of which the schema shows that something ran."""
    tool, dialect = seen.settings.tool, seen.settings.dialect
    broken = {at.file.name for _, at in found.failed if at is not None}
    for at in found.unrecorded:
        statements = judged(tool, at.file, dialect)
        ran = {one.number: effects.ran(one.statement, dialect, seen.schema, expected) for one in statements}
        by = {
            state: tuple(number for number, so in ran.items() if so == state) for state in ("done", "open", "unclear")
        }
        if by["done"] or at.file.name in broken:
            yield HalfApplied(at.file.known(at.commit), by["done"], by["open"], by["unclear"], statements)


def _unexplained(found: Sequence[Difference], half: Sequence[HalfApplied], seen: Situation) -> tuple[Difference, ...]:
    """Leave out the differences that a half-applied migration makes: they are told with it."""
    touched = {
        table
        for one in half
        for statement in one.statements
        if statement.number in one.done
        for table in effects.tables_of(statement.statement, seen.settings.dialect)
    }
    return tuple(one for one in found if one.object.split(".")[0] not in touched)


def _grave(
    seen: Situation, found: Compared, half: Sequence[HalfApplied], differing: Sequence[Difference]
) -> Iterator[Mapping[str, str]]:
    """Yield why a person must decide, the gravest first."""
    table = seen.settings.where
    broken = {at.file.name for _, at in found.failed if at is not None}
    for one in half:
        key = "half_applied" if one.open or one.unclear else "ran_unrecorded"
        key = "broke_off" if one.file.name in broken else key
        yield words(key, name=one.file.name, table=table, done=_numbers(one.done), open=_numbers(one.open))
    told = {one.file.name for one in half}
    if lost := [row.name for row, at in found.failed if at is None or at.file.name not in told]:
        yield words("failed", names=listed(lost), table=table)
    if found.unknown:
        rows = listed([row.name or f"{row.digest[:12]}..." for row in found.unknown])
        yield words("unknown", count=len(found.unknown), table=table, rows=rows)
    if found.edited:
        yield words("edited", names=listed([at.file.name for _, at in found.edited]))
    lived = {one.name for shelf in seen.shelves[1:2] for one in shelf.files}
    if skipped := [one.name for one in found.skipped if one.name not in told | lived]:
        yield words("skipped", names=listed(skipped))
    if grave := [one for one in differing if one.grave]:
        yield words("schema", told=_told(grave))
    if "lost_file" in seen.shelves[0].odd:
        yield words("lost_file", commit=seen.target[:12])


def _ahead_words(
    seen: Situation, ahead: Sequence[Migration], verdict: Verdict, *, settled: bool
) -> Iterator[Mapping[str, str]]:
    """Yield what is ahead; that everything is known is said only when nothing speaks against it."""
    names = listed([one.name for one in ahead])
    if verdict == "nothing":
        if settled:
            yield words("knows_all", count=len(seen.rows))
    elif verdict == "compatible":
        yield words("compatible", names=names)
    else:
        worst = next(
            one for migration in ahead for one in migration.statements if one.kind == migration.kind != "compatible"
        )
        yield words("breaking", names=names, statement=_short(worst.statement), rule=worst.rule)


def _warns(
    seen: Situation, found: Compared, ahead: Sequence[Migration], *, checked: bool
) -> Iterator[Mapping[str, str]]:
    """Yield what a person should have read, although it decides nothing."""
    for migration in ahead:
        if migration.commit not in (seen.live, seen.target):
            yield words("elsewhere", name=migration.name, commit=migration.commit[:12])
        for statement in migration.statements:
            yield from statement.warns
    lived = {one.name for shelf in seen.shelves[1:2] for one in shelf.files}
    if both := [one.name for one in found.skipped if one.name in lived]:
        yield words("skipped_both", names=listed(both))
    if found.out_of_order:
        yield words("late", names=listed([at.file.name for at in found.out_of_order]))
    yield from map(words, found.notes)
    yield from _odd(seen)
    if not checked:
        yield words("no_snapshot")


def _odd(seen: Situation) -> Iterator[Mapping[str, str]]:
    """Yield what is strange about the files of the target and of the live commit themselves."""
    for shelf in seen.shelves[:2]:
        yield from (words(odd, commit=shelf.commit[:12]) for odd in shelf.odd if odd != "lost_file")
    if not seen.shelves[0].files:
        yield words("no_directory", directory=seen.settings.directory)


def _told(found: Sequence[Difference], most: int = 4) -> dict[str, str]:
    """Join what differs, in each language."""
    more = f" (+{len(found) - most})" if len(found) > most else ""
    return {language: "; ".join(one.told[language] for one in found[:most]) + more for language in ("en", "ko")}


def _numbers(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers)) or "-"


def _short(statement: str) -> str:
    line = " ".join(statement.split())
    return line if len(line) <= _SHORT else line[: _SHORT - 3] + "..."
