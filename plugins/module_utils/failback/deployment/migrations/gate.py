"""What the database gate of a deployment found, in one form for every migration tool. Pure data (SEAM).

``judge`` in verdict.py fills it; the plan, the choice of a strategy and the reversal read it. It is rebuilt from the
record by ``Gate.from_dict``. Sentences are mappings {en, ko}; times are ISO 8601 in UTC, "" where nobody kept one.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Tool = Literal["drizzle", "alembic", "flyway"]
Dialect = Literal["mysql", "postgresql"]
# `nothing`: the target's code knows every migration there is. `compatible`: it does not, and keeps working all the
# same. `breaking`: it would not (a statement that cannot be judged counts as such). `unknown`: what the database is
# cannot be told from the files (edited, from elsewhere, half applied, missing): a person must decide.
Verdict = Literal["nothing", "compatible", "breaking", "unknown"]
Kind = Literal["compatible", "breaking", "unknown"]


@dataclass(frozen=True)
class Row:
    """One row of the tool's table. ``key`` are the columns that tell it from every other row, as read.

    ``digest``: what the tool wrote of the file (sha256 hex for Drizzle, the CRC as text for Flyway, "" for Alembic).
    ``when``: milliseconds since 1970 (Drizzle's created_at), 0 where the tool keeps none.
    """

    key: Mapping[str, str | int | None]
    name: str = ""
    digest: str = ""
    when: int = 0
    applied: str = ""
    success: bool = True
    # Flyway alone: baseline (all up to it counts as applied), undone, deleted; "" otherwise.
    kind: str = ""


@dataclass(frozen=True)
class Judged:
    """One statement as the classifier sees it, with the keys of ``statements.model.Finding``.

    ``number`` counts the file's statements from 1; ``warns`` are {en, ko} too.
    """

    statement: str
    number: int
    kind: Kind
    rule: str
    reason: Mapping[str, str] = field(default_factory=dict)
    warns: tuple[Mapping[str, str], ...] = ()
    object: str = ""


@dataclass(frozen=True)
class Migration:
    """A migration that was applied, and that the target's code does not know.

    ``path`` and ``commit`` say where its file lies (``path`` is relative to the repository), ``sha256`` is of the
    file's bytes. A reversal belongs beside it, at the same commit. ``row`` is the row to remove after a reversal, and
    ``repeats`` are further rows of the same file (two deployments migrated at once): they go with it. Alembic keeps
    the newest revision alone, so the rows of all others have no key (see ``Gate.rows_after``).
    """

    name: str
    path: str
    commit: str
    sha256: str
    row: Row
    statements: tuple[Judged, ...]
    kind: Kind
    repeats: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Known:
    """A migration as a file at a commit: what pending, skipped and edited ones are told by."""

    name: str
    path: str
    sha256: str
    commit: str = ""
    when: int = 0


@dataclass(frozen=True)
class Edited:
    """A row whose file was changed after it was applied: what ran is not what the file says."""

    row: Row
    file: Known


@dataclass(frozen=True)
class HalfApplied:
    """A migration with no row of its own, some of whose statements the schema shows to have run.

    ``done``, ``open`` and ``unclear`` are statement numbers from 1; ``unclear`` cannot be told from the schema. With
    nothing open it ran whole, and only the row is missing. ``statements`` are judged as those of an applied one.
    """

    file: Known
    done: tuple[int, ...]
    open: tuple[int, ...]
    unclear: tuple[int, ...] = ()
    statements: tuple[Judged, ...] = ()


@dataclass(frozen=True)
class Difference:
    """Where the live schema is not what the files say: ``object`` is table, table.column or table.index.

    ``grave``: code that relies on the files would miss it; the rest is there besides, or an index.
    """

    object: str
    told: Mapping[str, str]
    grave: bool = True


@dataclass(frozen=True)
class Gate:
    """Everything known about the database from the point of view of the target's code.

    ``target`` and ``live`` are commits. ``applied`` counts the table's rows. ``ahead`` is in the order they were
    applied. ``schema_checked``: False where no snapshot tells what the schema should be. ``warns`` are what a
    compatible change may still do to the older code. ``pending`` are the target's that were never applied: whatever the
    verdict is, its code expects them. ``rows_after`` (Alembic) are the revisions that the table must
    name once everything ahead is reversed.
    """

    tool: Tool
    dialect: Dialect
    schema: str
    table: str
    target: str
    live: str
    verdict: Verdict
    why: tuple[Mapping[str, str], ...]
    applied: int = 0
    ahead: tuple[Migration, ...] = ()
    unknown: tuple[Row, ...] = ()
    edited: tuple[Edited, ...] = ()
    half_applied: tuple[HalfApplied, ...] = ()
    pending: tuple[Known, ...] = ()
    skipped: tuple[Known, ...] = ()
    out_of_order: tuple[Known, ...] = ()
    differences: tuple[Difference, ...] = ()
    schema_checked: bool = False
    rows_after: tuple[str, ...] = ()
    warns: tuple[Mapping[str, str], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON would hold it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """Rebuild it from the record. Raises KeyError or TypeError when it is of another form."""
        many: dict[str, Any] = {
            "why": tuple(kept["why"]),
            "warns": tuple(kept["warns"]),
            "rows_after": tuple(kept["rows_after"]),
            "ahead": tuple(_migration(one) for one in kept["ahead"]),
            "unknown": tuple(Row(**one) for one in kept["unknown"]),
            "edited": tuple(Edited(Row(**one["row"]), Known(**one["file"])) for one in kept["edited"]),
            "half_applied": tuple(_half(one) for one in kept["half_applied"]),
            "differences": tuple(Difference(**one) for one in kept["differences"]),
            **{name: _known(kept[name]) for name in ("pending", "skipped", "out_of_order")},
        }
        return cls(**{**kept, **many})

    def digest_facts(self) -> dict[str, Any]:
        """Return what a plan's digest is made of: everything but the words and the times."""
        return {
            "tool": self.tool,
            "schema": self.schema,
            "table": self.table,
            "target": self.target,
            "live": self.live,
            "verdict": self.verdict,
            "ahead": [
                {
                    "name": one.name,
                    "sha256": one.sha256,
                    "rows": [dict(row.key) for row in (one.row, *one.repeats)],
                    "statements": [[each.number, each.kind, each.rule] for each in one.statements],
                }
                for one in self.ahead
            ],
            "unknown": [dict(row.key) for row in self.unknown],
            "edited": [dict(one.row.key) for one in self.edited],
            "half_applied": [[one.file.name, list(one.done), list(one.open)] for one in self.half_applied],
            "pending": [one.name for one in self.pending],
            "skipped": [one.name for one in self.skipped],
            "rows_after": list(self.rows_after),
            "differences": sorted(one.object for one in self.differences),
        }


def _known(kept: Sequence[Mapping[str, Any]]) -> tuple[Known, ...]:
    return tuple(Known(**one) for one in kept)


def _half(kept: Mapping[str, Any]) -> HalfApplied:
    numbers = {name: tuple(kept[name]) for name in ("done", "open", "unclear")}
    return HalfApplied(file=Known(**kept["file"]), statements=_judged(kept["statements"]), **numbers)


def _migration(kept: Mapping[str, Any]) -> Migration:
    repeats = tuple(Row(**one) for one in kept["repeats"])
    return Migration(
        **{**kept, "row": Row(**kept["row"]), "statements": _judged(kept["statements"]), "repeats": repeats}
    )


def _judged(kept: Sequence[Mapping[str, Any]]) -> tuple[Judged, ...]:
    return tuple(Judged(**{**one, "warns": tuple(one["warns"])}) for one in kept)
