"""The note of a reversal that is under way: one row in the application's own schema, gone when it is done.

It lies where the change is, so that whoever comes next finds it, from whatever machine; and what writes rows is counted
in the same transaction. It holds everything that going on needs: the steps, and the schema after each of them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.deployment.database.shape import OURS
from failback.deployment.database.steps import Script
from failback.errors import RefusedError
from failback.mysql import quote_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.mysql import Server


@dataclass(frozen=True)
class Going:
    """A reversal that was begun here: what it is, and how many of its steps are known to be done."""

    script: Script
    states: tuple[str, ...]
    done: int
    begun: str
    run: str = ""

    @property
    def finished(self) -> bool:
        """Whether only the note itself is left."""
        return self.done >= len(self.script.steps)

    def left(self) -> tuple[str, ...]:
        """Name the migrations that are not taken back whole yet, in the order of the steps."""
        return tuple(dict.fromkeys(step.migration for step in self.script.steps[self.done :]))


def read(server: Server, schema: str) -> Going | None:
    """Read the note; None where there is none, or one that was made and not filled. Raises RefusedError."""
    if not server.number(
        "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema=%s AND table_name=%s", (schema, OURS)
    ):
        return None
    row = server.row(f"SELECT script, states, done, run, CAST(begun AS CHAR) AS begun FROM {_place(schema)}")
    if not row:
        return None
    try:
        states = tuple(str(one) for one in json.loads(str(row["states"])))
    except ValueError as error:
        raise RefusedError(f"the note {schema}.{OURS} cannot be read: look at it before going on") from error
    script = Script.read(str(row["script"]))
    if len(states) != len(script.steps) + 1:
        raise RefusedError(f"the note {schema}.{OURS} does not fit its own steps: look at it before going on")
    return Going(script, states, int(str(row["done"])), str(row["begun"]), str(row["run"]))


def begin(server: Server, script: Script, states: Sequence[str], run: str) -> Going:
    """Make the note, before the first step. Raises MySQLError."""
    place = _place(script.schema)
    server.execute(
        f"CREATE TABLE IF NOT EXISTS {place} (id tinyint PRIMARY KEY, script longtext NOT NULL, states longtext NOT"
        " NULL, done int NOT NULL, run varchar(128) NOT NULL, begun timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6))"
        " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
    )
    server.execute(
        f"INSERT INTO {place} (id, script, states, done, run) VALUES (1, %s, %s, 0, %s)",
        (script.text(), json.dumps(list(states)), run),
    )
    going = read(server, script.schema)
    if going is None:
        raise RefusedError(f"the note {script.schema}.{OURS} could not be read back: nothing was done")
    return going


def count(server: Server, schema: str, done: int) -> None:
    """Say how many steps are done; inside the transaction of a step that writes rows."""
    server.execute(f"UPDATE {_place(schema)} SET done=%s WHERE id=1", (done,))


def end(server: Server, schema: str) -> None:
    """Take the note away."""
    server.execute(f"DROP TABLE IF EXISTS {_place(schema)}")


def _place(schema: str) -> str:
    return f"{quote_name(schema)}.{quote_name(OURS)}"
