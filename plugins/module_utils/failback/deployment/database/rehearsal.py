"""Try a reversal on a scratch copy of the schema: the same code that carries it out, step by step.

It passes when every step ran, and the schema it left is the one that the older migrations make, as their own files say
it on the same server. What differed from the files before it was begun (drift) may still differ afterwards, nothing
else may. The schema after every step is kept: by it a run that was cut off is recognised.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from failback.approval import canonical
from failback.deployment.database import copying, effects, note, shape, work
from failback.deployment.database.effects import Effect
from failback.deployment.database.model import Rehearsed
from failback.deployment.database.note import Going
from failback.deployment.statements.split import split
from failback.errors import FailbackError, MySQLError
from failback.mysql import Server, quote_name
from failback.restore.context import NoRecord

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from failback.deployment.database.model import Text
    from failback.deployment.database.shape import Shape
    from failback.deployment.database.steps import Script
    from failback.mysql import Login

_RULES = 2  # of what passes; raised when they become stricter, so that older rehearsals are made anew
_SHOWN = 5  # differences in one sentence


@dataclass(frozen=True)
class File:
    """One applied migration's statements, to make the schema anew from."""

    name: str
    sql: str


@dataclass(frozen=True)
class Trial:
    """A rehearsal as it is kept. ``states``: the schema's digest before the first step and after each."""

    digest: str
    passed: bool
    at: str
    seconds: float
    states: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    problems: tuple[Mapping[str, str], ...] = ()
    copied: Mapping[str, Any] | None = None

    def told(self) -> Rehearsed:
        """Return what the choice needs of it."""
        return Rehearsed(self.digest, self.passed, self.at, self.seconds, tuple(dict(one) for one in self.problems))

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON would hold it."""
        return asdict(self)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Trial:
        """Rebuild it. Raises KeyError or TypeError when it is of another form."""
        found = tuple(Effect(**one) for one in kept["effects"])
        lists = {name: tuple(kept[name]) for name in ("states", "problems")}
        return cls(**{**kept, **lists, "effects": found})


def key(script: Script, before: Shape, files: Sequence[File], undone: Sequence[File]) -> str:
    """Digest everything that the outcome of a rehearsal depends on; pure."""
    return canonical.digest(
        {
            "rules": _RULES,
            "script": script.digest(),
            "schema": before.digest(),
            "files": [[one.name, one.sql] for one in files],
            "undone": [[one.name, one.sql] for one in undone],
        }
    )


def kept(directory: Path, digest: str) -> Trial | None:
    """Read the rehearsal that was kept under this digest; None: there is none that can be used."""
    try:
        return Trial.of(json.loads((directory / f"reversal-{digest[:32]}.json").read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(directory: Path, trial: Trial) -> None:
    """Keep it. Raises FailbackError."""
    path = directory / f"reversal-{trial.digest[:32]}.json"
    part = path.with_suffix(".part")
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.write_text(json.dumps(trial.as_dict(), ensure_ascii=False, indent=1) + "\n", "utf-8")
        part.replace(path)
    except OSError as error:
        raise FailbackError(f"the rehearsal cannot be kept in {directory}: {error.strerror}") from error


def rehearse(  # noqa: PLR0913 - everything a rehearsal is about, each by name
    live: Server,
    scratch: Login,
    script: Script,
    *,
    files: Sequence[File],
    undone: Sequence[File],
    uncompared: str = "",
) -> Trial:
    """Rehearse on an empty scratch server. What goes wrong there is a problem of the rehearsal, not an error.

    ``files`` are the applied migrations that stay, ``undone`` those that are taken back, the oldest first.
    ``uncompared``: why the files cannot say what the schema must be, which a rehearsal does not pass.
    """
    started = time.monotonic()
    before = shape.read(live, script.schema, (script.table,))
    digest = key(script, before, files, undone)
    problems: list[Text] = []
    states: tuple[str, ...] = ()
    found: tuple[Effect, ...] = ()
    copied: dict[str, Any] = {}
    try:
        with Server.connect(scratch, name="scratch", read_timeout=120.0) as there:
            _same_version(live, there)
            states, found, copied, after = _try(live, there, script, before)
            problems += (
                [_text(uncompared)] if uncompared else _against_files(there, script, before, after, files, undone)
            )
    except FailbackError as error:
        told = error.evidence.get("told")
        problems.append({**_text(str(error)), **(told if isinstance(told, dict) else {})})
    seconds = round(time.monotonic() - started, 3)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return Trial(digest, not problems, at, seconds, states, found, tuple(problems), copied)


def _same_version(live: Server, there: Server) -> None:
    apart = copying.version_apart(live.text("SELECT @@version"), there.text("SELECT @@version"))
    if apart:
        raise FailbackError(apart)


def _try(
    live: Server, there: Server, script: Script, before: Shape
) -> tuple[tuple[str, ...], tuple[Effect, ...], dict[str, Any], Shape]:
    """Copy the schema, run the script, tell what it did."""
    whole = shape.read(live, script.schema)
    copying.definitions(there, script.schema, whole)
    # One moment of all tables: rows that refer to each other are copied together.
    live.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
    try:
        copied = copying.rows(live, there, script.schema, list(whole.tables), whole=(script.table,))
    finally:
        live.execute("COMMIT")
    copying.triggers(there, whole)
    apart = shape.compare(before, shape.read(there, script.schema, (script.table,)))
    if apart:
        raise FailbackError(f"the copy on the scratch server is not like the schema: {_listed(apart)}")
    then = effects.contents(there, script.schema, before)
    work.prepare(there, script.schema, work.Patience())
    note.begin(there, script, [""] * (len(script.steps) + 1), "rehearsal")
    going = Going(script, (), 0, "")
    done = work.carry_out(there, going, NoRecord(), ignore=(script.table,), patience=work.Patience(), rehearsing=True)
    note.end(there, script.schema)
    after = shape.read(there, script.schema, (script.table,))
    now = effects.contents(there, script.schema, after)
    found = effects.effects(before, after, then, now, [step.sql for step in script.steps if step.sql])
    return done.states, found, asdict(copied), after


def _against_files(  # noqa: PLR0913, PLR0917 - two schemas, and the files that make them
    there: Server, script: Script, before: Shape, after: Shape, files: Sequence[File], undone: Sequence[File]
) -> list[Text]:
    """Compare what the reversal left with what the files make."""
    schema, ignore = script.schema, (script.table,)
    there.execute(f"DROP DATABASE {quote_name(schema)}")
    charset, collation = before.defaults
    there.execute(f"CREATE DATABASE {quote_name(schema)} CHARACTER SET {charset} COLLATE {collation}")
    there.execute(f"USE {quote_name(schema)}")
    there.execute("SET SESSION foreign_key_checks=1, sql_mode=@@GLOBAL.sql_mode")
    try:
        for file in files:
            _replay(there, file)
        wanted = shape.read(there, schema, ignore)
        for file in undone:
            _replay(there, file)
    except MySQLError as error:
        return [
            {
                "en": f"the migrations' files do not make a schema from nothing ({error}), so what the reversal left"
                " cannot be compared",
                "ko": f"마이그레이션 파일만으로 스키마를 만들 수 없어({error}) 되돌리기 SQL의 결과를"
                " 비교할 수 없습니다",
            }
        ]
    drift = shape.compare(shape.read(there, schema, ignore), before)
    differ = {name: text for name, text in shape.compare(wanted, after).items() if drift.get(name) != text}
    if not differ:
        return []
    listed = _listed(differ)
    return [
        {
            "en": f"the reversal does not leave the schema that the older migrations make: {listed}",
            "ko": f"되돌리기 SQL의 결과가 이전 마이그레이션이 만드는 스키마와 다릅니다: {listed}",
        }
    ]


def _replay(there: Server, file: File) -> None:
    for statement in split(file.sql, "mysql"):
        there.execute(statement.text)


def _listed(differ: Mapping[str, str]) -> str:
    shown = [f"{name} {text}" for name, text in list(differ.items())[:_SHOWN]]
    more = len(differ) - len(shown)
    return "; ".join(shown) + (f" (+{more})" if more else "")


def _text(text: str) -> Text:
    return {"en": text, "ko": text}
