"""Carry a reversal out, step by step, so that a run that is killed anywhere can be run again.

The same code runs on the scratch server at the rehearsal. Every step is one act on record. A statement waits for a lock
only briefly: one that waits for a table makes everybody behind it wait too.
"""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback.deployment.database import note, once, shape, steps
from failback.errors import FailbackError, MySQLError, RefusedError
from failback.mysql import quote_name, quote_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from failback.deployment.database.note import Going
    from failback.deployment.database.steps import Script, Step
    from failback.mysql import Server
    from failback.restore.context import Recorder

LOCK = "rollback_runner_deployment"  # with the schema: held by the session that changes it, also when its client died
ER_LOCK_WAIT = 1205
ER_DEADLOCK = 1213
_AGAIN = frozenset({ER_LOCK_WAIT, ER_DEADLOCK})


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds.

    ``lock`` for one attempt to get a table's lock (``tries`` attempts), ``pause`` between attempts, ``statement`` for
    the whole of one statement: a large table is rebuilt by it.
    """

    lock: int = 3
    pause: float = 0.5
    tries: int = 5
    statement: float = 3600.0


@dataclass(frozen=True)
class Done:
    """What carrying out came to: the step it began at, those it did, and the schema after each one of them."""

    first: int
    carried_out: int
    states: tuple[str, ...]
    seconds: tuple[float, ...]


def prepare(server: Server, schema: str, patience: Patience) -> None:
    """Make the session fit: the server's own mode but strict, so that nothing is cut silently; short lock waits."""
    server.execute(f"USE {quote_name(schema)}")
    server.execute(
        "SET SESSION sql_mode=CONCAT_WS(',', @@GLOBAL.sql_mode, 'STRICT_ALL_TABLES'),"
        f" lock_wait_timeout={patience.lock}, innodb_lock_wait_timeout={patience.lock}, foreign_key_checks=1"
    )


@contextmanager
def alone(server: Server, schema: str) -> Iterator[None]:
    """Be the only one who reverses in this schema. Raises RefusedError naming who is at it."""
    name = f"{LOCK}:{schema}"[:64]
    if server.value("SELECT GET_LOCK(%s, 0)", (name,)) != 1:
        holder = server.row(
            "SELECT id AS i, host AS h, time AS t, LEFT(info, 120) AS s FROM information_schema.processlist"
            " WHERE id=IS_USED_LOCK(%s)",
            (name,),
        )
        doing = f", running {holder['s']!s} for {holder['t']!s} s" if holder.get("s") else ""
        who = f"a session ({holder.get('i')!s} from {holder.get('h')!s}{doing})"
        raise RefusedError(
            f"{who} reverses in {schema} on {server.name} already, perhaps for a run that was killed: wait until its"
            " statement ends, then run this again"
        )
    try:
        yield
    finally:
        with suppress(FailbackError):  # the session is gone, and the lock with it
            server.execute("DO RELEASE_LOCK(%s)", (name,))


def carry_out(  # noqa: PLR0913 - the parts of one piece of work
    server: Server,
    going: Going,
    recorder: Recorder,
    *,
    ignore: Sequence[str],
    patience: Patience,
    rehearsing: bool = False,
    told: Callable[[int, Step], None] = lambda _number, _step: None,
) -> Done:
    """Run what is left of the script. ``ignore``: tables that are no part of the compared schema (the tool's own).

    In a rehearsal the states are found out; otherwise every step must leave the schema the rehearsal saw. Raises
    RefusedError when the schema is not what it must be, FailbackError when a step failed: what was done stays done and
    is noted, and running again goes on there.
    """
    schema = going.script.schema
    seen = [shape.read(server, schema, ignore).digest()]
    first = 0 if rehearsing else steps.resume_at(going.states, going.done, seen[0])
    if first > going.done:
        with recorder.act("note a step that was done before the run was cut off", step=first, schema=schema):
            note.count(server, schema, first)
    seconds: list[float] = []
    total = len(going.script.steps)
    for number, step in enumerate(going.script.steps[first:], first + 1):
        started = time.monotonic()
        if rehearsing:
            once.check_engines(server, going.script, step, number, _shown(step))
        with recorder.act(f"reversal, step {number} of {total}", migration=step.migration, sql=_shown(step)):
            _step(server, going.script, step, number, patience)
        seconds.append(round(time.monotonic() - started, 3))
        seen.append(shape.read(server, schema, ignore).digest() if step.kind == "define" else seen[-1])
        untraced = once.untraced(step, number, _shown(step)) if step.kind == "define" and seen[-1] == seen[-2] else None
        if rehearsing and untraced is not None:
            raise untraced
        if not rehearsing and seen[-1] != going.states[number]:
            raise RefusedError(
                f"step {number} of {total} left another schema than in the rehearsal: stopped. Look at {step.migration}"
                f" on {server.name} before anything else",
                {"step": number, "sql": _shown(step)},
            )
        told(number, step)
    return Done(first, total - first, tuple(seen), tuple(seconds))


def _step(server: Server, script: Script, step: Step, number: int, patience: Patience) -> None:
    if step.kind == "define":
        _patiently(server, step.sql, patience)
        note.count(server, script.schema, number)
        return
    server.execute("START TRANSACTION")
    try:
        if step.kind == "write":
            _patiently(server, step.sql, patience, inside=True)
        else:
            remove_row(server, script.schema, script.table, step)
        note.count(server, script.schema, number)
        server.execute("COMMIT")
    except BaseException:
        _roll_back(server)
        raise


def remove_row(server: Server, schema: str, table: str, step: Step) -> None:
    """Remove exactly the row of one migration, inside a transaction. Raises RefusedError when it is not one row."""
    where, values = _where(step)
    place = f"{quote_name(schema)}.{quote_name(table)}"
    found = server.number(f"SELECT COUNT(*) FROM {place} WHERE {where} FOR UPDATE", values)
    if found != 1:
        raise RefusedError(
            f"{place} on {server.name} has {found} rows for {step.migration} where there must be one: somebody else"
            " changed it. Nothing was removed; look at it, then plan again"
        )
    removed = server.execute(f"DELETE FROM {place} WHERE {where}", values)
    if removed != 1:
        raise RefusedError(f"{removed} rows of {place} were removed for {step.migration} instead of one: taken back")


def _where(step: Step) -> tuple[str, tuple[object, ...]]:
    if not step.row:
        raise RefusedError(f"it is not known which row stands for {step.migration}: nothing was removed")
    parts = [f"{quote_name(name)} {'IS NULL' if value is None else '= %s'}" for name, value in step.row.items()]
    return " AND ".join(parts), tuple(value for value in step.row.values() if value is not None)


def _patiently(server: Server, sql: str, patience: Patience, *, inside: bool = False) -> None:
    """Run one statement, asking for its locks again a few times. Raises FailbackError naming who holds them."""
    for attempt in range(1, patience.tries + 1):
        try:
            with server.deadline(patience.statement):
                server.execute(sql)
        except MySQLError as error:
            if error.code not in _AGAIN or attempt == patience.tries or (inside and error.code == ER_DEADLOCK):
                who = _holders(server) if error.code == ER_LOCK_WAIT else ""
                raise MySQLError(f"{_short(sql)}: {error}{who}", error.code, error.evidence) from error
            time.sleep(patience.pause)
        else:
            return


def _holders(server: Server) -> str:
    """Name the sessions that have had a transaction open the longest: one of them holds the table."""
    try:
        rows = server.rows(
            "SELECT p.id AS i, p.user AS u, p.host AS h, TIMESTAMPDIFF(SECOND, t.trx_started, NOW()) AS s"
            " FROM information_schema.innodb_trx t JOIN information_schema.processlist p ON p.id=t.trx_mysql_thread_id"
            " WHERE p.id <> CONNECTION_ID() ORDER BY t.trx_started LIMIT 3"
        )
    except FailbackError:  # an account without PROCESS cannot see them
        return ""
    named = ", ".join(f"{row['i']!s} ({row['u']!s} from {row['h']!s}, for {row['s']!s} s)" for row in rows)
    return f". Open transactions that may hold it: {named}. End them, then run this again" if named else ""


def _roll_back(server: Server) -> None:
    try:
        server.execute("ROLLBACK")
    except FailbackError:
        return  # the session is gone: the server rolled it back


def _shown(step: Step) -> str:
    if step.kind != "row":
        return _short(step.sql, 400)
    told = ", ".join(f"{name}={quote_text(str(value))}" for name, value in step.row.items())
    return f"remove the row {told}"


def _short(sql: str, most: int = 80) -> str:
    text = " ".join(sql.split())
    return text if len(text) <= most else f"{text[: most - 3]}..."
