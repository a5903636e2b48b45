"""What a reversal does, one step after another, and where a run that was cut off goes on. Pure.

MySQL commits at every DDL statement, so a reversal cannot be one transaction. Instead the schema itself tells how far
it is: the rehearsal kept the schema's digest after every step (``states``), and a note in the database counts the steps
that are known to be done. Statements that write rows are counted in their own transaction, so they run exactly once; a
DDL statement whose note was lost is recognised by the schema it left.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self

from failback.approval import canonical
from failback.deployment.statements.split import split
from failback.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.deployment.database.model import Reversal
    from failback.deployment.migrations.gate import Gate
    from failback.deployment.statements.split import Statement

Kind = Literal["define", "write", "row"]
_DEFINES = frozenset({"ALTER", "CREATE", "DROP", "RENAME"})
_WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "REPLACE"})
_OBJECTS = frozenset({"TABLE", "INDEX", "VIEW", "TRIGGER", "PROCEDURE", "FUNCTION"})
# Words that may stand between the verb and what it is about.
_BETWEEN = frozenset({"UNIQUE", "FULLTEXT", "SPATIAL", "OR", "REPLACE", "DEFINER", "ALGORITHM", "SQL", "SECURITY"})


@dataclass(frozen=True)
class Step:
    """One step: a statement, or the removal of one row of the tool's table (``row`` tells it from all others)."""

    migration: str
    kind: Kind
    sql: str = ""
    row: Mapping[str, str | int | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Script:
    """Everything that is to be carried out in one schema. ``table`` is the tool's, without its schema."""

    schema: str
    table: str
    steps: tuple[Step, ...]
    reversals: Mapping[str, str]  # migration -> sha256 of its reversal

    def digest(self) -> str:
        """Digest it."""
        return canonical.digest(json.loads(self.text()))

    def text(self) -> str:
        """Write it down, to be kept in the database."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def read(cls, text: str) -> Self:
        """Read it back. Raises RefusedError for what nobody of us wrote."""
        try:
            kept: dict[str, Any] = json.loads(text)
            steps = tuple(Step(**one) for one in kept["steps"])
            return cls(str(kept["schema"]), str(kept["table"]), steps, dict(kept["reversals"]))
        except (ValueError, KeyError, TypeError) as error:
            raise RefusedError(
                f"the note of a reversal that was begun cannot be read ({error!r}): look at the table before going on"
            ) from error


def table_of(gate: Gate) -> str:
    """Name the tool's table inside its schema; the gate tells it as people write it, ``schema.table``."""
    return gate.table.removeprefix(f"{gate.schema}.")


def script_of(gate: Gate, undo: Sequence[str], reversals: Sequence[Reversal]) -> Script:
    """Put the reversals one after the other, each followed by the removal of its migration's row."""
    found = {one.migration: one for one in reversals}
    rows = {one.name: (one.row, *one.repeats) for one in gate.ahead}
    steps: list[Step] = []
    for name in undo:
        steps += [Step(name, kind_of(sql), sql) for sql in found[name].statements]
        steps += [Step(name, "row", row=dict(row.key)) for row in rows[name]]
    return Script(gate.schema, table_of(gate), tuple(steps), {name: found[name].sha256 for name in undo})


def taken(text: str) -> tuple[str, ...]:
    """Give the statements of a reversal. Raises RefusedError for one that no reversal may hold."""
    found = split(text, "mysql")
    for number, statement in enumerate(found, 1):
        try:
            _kind(statement)
        except RefusedError as error:
            raise RefusedError(f"statement {number} {error}") from error
    return tuple(one.text for one in found)


def kind_of(sql: str) -> Kind:
    """Say whether a statement changes definitions or rows. Raises RefusedError for every other kind.

    What sets the session (SET, USE, LOCK TABLES, transactions) would be forgotten by a run that was cut off; accounts,
    schemas and the server's own things are not of one application; what is hidden in a comment was not reviewed.
    """
    found = split(sql, "mysql")
    if len(found) != 1:
        raise RefusedError("is not one statement")
    return _kind(found[0])


def _kind(statement: Statement) -> Kind:
    if statement.doubt:
        raise RefusedError(f"cannot be read for certain ({statement.doubt})")
    words = [item.value.upper() for item in statement.tokens if item.form == "word"]
    verb = words[0] if words else ""
    if verb in _WRITES:
        return "write"
    if verb == "TRUNCATE":
        raise RefusedError(
            "(TRUNCATE) has no place in a reversal: a run that was cut off could not tell whether it ran, and would"
            " empty the table again. Write DELETE FROM, which is counted in its own transaction"
        )
    if verb not in _DEFINES:
        raise RefusedError(f"({verb or 'no word'}) has no place in a reversal: only tables, views, programs, rows do")
    about = next((word for word in words[1:] if word not in _BETWEEN), "")
    if about not in _OBJECTS and not _named_later(words):
        raise RefusedError(f"({verb} {about}) has no place in a reversal: only tables, views, programs, rows do")
    return "define"


def resume_at(states: Sequence[str], done: int, now: str) -> int:
    """Say at which step to go on (0 is the first). ``states[n]`` is the schema after n steps, ``done`` the note.

    Raises RefusedError when the schema is neither what the note says nor one step further.
    """
    if not 0 <= done < len(states):
        raise RefusedError(
            "the note of the reversal does not fit what was rehearsed: look at the table before going on"
        )
    if states[done] == now:
        return done
    if done + 1 < len(states) and states[done + 1] == now:
        return done + 1
    raise RefusedError(
        f"the schema is not what it was when the reversal was rehearsed (after step {done} of {len(states) - 1}):"
        " somebody changed it meanwhile. Nothing more was done; look at it, then plan again"
    )


def _named_later(words: Sequence[str]) -> bool:
    """CREATE DEFINER=x@y TRIGGER ...: the account's name stands between."""
    return len(words) > 1 and words[1] in {"DEFINER", "OR"} and bool(_OBJECTS & set(words[2:8]))
