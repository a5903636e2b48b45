"""What every stage of a restore works with: the backup, the part of it that is wanted, and the server it goes to."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from failback.errors import ConfigError, RefusedError
from failback.restore import bookkeeping, ddl
from failback.restore.bookkeeping import Book
from failback.restore.ddl_tokens import solid, tokens, unquote
from failback.restore.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from failback.mysql import Login
    from failback.restore.bookkeeping import Run
    from failback.restore.model import Backup, Program, Table
    from failback.restore.progress import Progress

SYSTEM = frozenset({"mysql", "sys", "performance_schema", "information_schema", bookkeeping.SCHEMA})
MOST_WORKERS = 4  # more sessions than that gain little on one server and make the gaps in the log harder to read


class Recorder(Protocol):
    """Where acts and observations go on record; ``FailbackAction`` is one."""

    def act(self, what: str, **fields: object) -> AbstractContextManager[dict[str, object]]:
        """Wrap one side effect: intent before it, outcome after it."""

    def note(self, kind: str, **fields: object) -> None:
        """Put an observation on record."""


class NoRecord:
    """Keeps nothing; for use as a library, and for tests."""

    @contextmanager
    def act(self, what: str, **fields: object) -> Iterator[dict[str, object]]:  # noqa: ARG002 - the protocol's names
        """Only the side effect happens."""
        yield {}

    def note(self, kind: str, **fields: object) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class Options:
    """What is wanted of a restore. Empty ``schemas`` and ``tables``: everything in the backup."""

    schemas: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()  # "schema.table"
    workers: int = 0  # sessions that load at the same time; 0: the server's cores, at most 4
    fast: bool = True  # fast settings where the server holds nothing to lose
    replace: bool = False  # move aside what stands in the way
    restart: bool = False  # drop what an earlier, unfinished restore made, and begin anew
    digest: str = ""  # of the backup's bytes, where it was verified
    read_only: bool = True  # end with super_read_only on: only the promotion opens the server
    set_gtid: bool = True  # add the backup's GTID set to gtid_purged, so that replication can go on from there


@dataclass(frozen=True)
class StageResult:
    """One stage's outcome: the evidence of its item."""

    changed: bool
    before: dict[str, object] = field(default_factory=dict)
    after: dict[str, object] = field(default_factory=dict)
    evidence: dict[str, object] = field(default_factory=dict)


def changed(before: dict[str, object], after: dict[str, object], evidence: dict[str, object]) -> StageResult:
    """Give the outcome of a stage that acted, or in a rehearsal would."""
    return StageResult(changed=True, before=before, after=after, evidence=evidence)


def unchanged(before: dict[str, object], after: dict[str, object], evidence: dict[str, object]) -> StageResult:
    """Give the outcome of a stage that found its work done."""
    return StageResult(changed=False, before=before, after=after, evidence=evidence)


@dataclass
class Context:
    """One server, one backup."""

    login: Login
    backup: Backup
    options: Options
    recorder: Recorder
    progress: Progress
    admin: Session
    check: bool = False
    name: str = "IDC"

    @cached_property
    def book(self) -> Book:
        """The bookkeeping on this server."""
        return Book(self.admin)

    @cached_property
    def identity(self) -> str:
        """The digest the backup is known by."""
        return bookkeeping.identity(self.backup, self.options.digest)

    @cached_property
    def folds(self) -> bool:
        """Whether this server compares the names of schemas and tables without regard to case."""
        return self.admin.number("SELECT @@lower_case_table_names") != 0

    def fold(self, name: str) -> str:
        """Give a schema's or table's name as it can be compared on this server."""
        return name.lower() if self.folds else name

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The tables that are wanted, in the backup's order. Raises ConfigError for one the backup has not."""
        wanted, chosen = set(self.options.schemas), set(self.options.tables)
        unknown = wanted - set(self.backup.schemas) - {table.schema for table in self.backup.tables}
        unknown |= chosen - {table.label for table in self.backup.tables}
        if unknown:
            raise ConfigError(
                f"the backup {self.backup.url} has no {', '.join(sorted(unknown))}: correct what to restore"
            )
        return tuple(
            table
            for table in self.backup.tables
            if table.schema.lower() not in SYSTEM
            and (not wanted or table.schema in wanted)
            and (not chosen or table.label in chosen)
        )

    @cached_property
    def wanted(self) -> frozenset[str] | None:
        """What to ask the backup's pieces for; None: everything."""
        everything = len(self.tables) == len(self.backup.tables)
        return None if everything else frozenset(table.label for table in self.tables)

    @cached_property
    def schemas(self) -> tuple[str, ...]:
        """The schemas that are restored to; with chosen tables only those they lie in."""
        inside = {table.schema for table in self.tables}
        if not self.options.tables:
            some = {p.schema for p in self.backup.programs} | set(self.backup.schemas)
            inside |= {s for s in some if not self.options.schemas or s in self.options.schemas}
        return tuple(sorted(schema for schema in inside if schema.lower() not in SYSTEM))

    @cached_property
    def programs(self) -> tuple[Program, ...]:
        """The views, routines, triggers and events of those schemas; with chosen tables only their triggers."""
        inside = tuple(item for item in self.backup.programs if item.schema in self.schemas)
        if not self.options.tables:
            return inside
        chosen = {(table.schema, table.name) for table in self.tables}
        return tuple(i for i in inside if i.kind == "trigger" and (i.schema, trigger_table(i)) in chosen)

    @cached_property
    def split(self) -> dict[str, ddl.SplitTable]:
        """Each wanted table taken apart, by its label. Raises DamagedError, RefusedError naming the table."""
        return {table.label: _named(table) for table in self.tables}

    @cached_property
    def workers(self) -> int:
        """How many sessions load at the same time."""
        if self.options.workers:
            return self.options.workers
        return max(1, min(MOST_WORKERS, _cores(self.admin)))

    @property
    def whole(self) -> bool:
        """Whether all of the backup is wanted."""
        return not self.options.schemas and not self.options.tables

    def connect(self) -> Session:
        """Open one more session."""
        return Session.open(self.login, self.admin.known, name=self.name)

    def going(self) -> Run:
        """Give the restore that is under way here, of this very backup. Raises RefusedError."""
        run = self.book.run()
        if run is None:
            raise RefusedError(f"no restore was begun on {self.admin.name}: run the stage schema first")
        same_backup(run, self.identity, self.backup.url)
        return run


def same_backup(run: Run, identity: str, url: str) -> None:
    """Refuse to go on with another backup than the one that was begun with."""
    if run.backup != identity:
        raise RefusedError(
            f"the restore on this server was begun from {run.url}, and {url} is not the same backup (or it"
            f" changed since):"
            " rows of two backups must not be mixed. Give the first one back, or begin anew with `restart: true`, which"
            " drops only what the unfinished restore made",
            {"began_with": run.url, "state": run.state},
        )


def trigger_table(trigger: Program) -> str:
    """Read which table a trigger stands on; pure."""
    words = solid(tokens(trigger.create))
    for position, item in enumerate(words):
        if item.kind == "word" and item.upper == "ON" and position + 1 < len(words):
            after = words[position + 1 :]
            return unquote(after[2] if len(after) > 2 and after[1].text == "." else after[0]).rpartition(".")[2]  # noqa: PLR2004 - schema, dot, table
    return ""


def _named(table: Table) -> ddl.SplitTable:
    try:
        return ddl.split(table.create)
    except RefusedError as error:
        raise type(error)(f"table {table.label}: {error}", error.evidence) from error


def _cores(server: Session) -> int:
    """Read the server's cores: the CPUs of its default resource group; 2 where it does not tell."""
    ids = server.text(
        "SELECT CONVERT(vcpu_ids USING utf8mb4) FROM information_schema.resource_groups"
        " WHERE resource_group_name='SYS_default'"
    )
    return cores_of(ids) or 2


def cores_of(ids: str) -> int:
    """Count the cores in a list such as ``0-3,6``; pure."""
    count = 0
    for part in filter(None, ids.split(",")):
        first, _, last = part.partition("-")
        if first.strip().isdigit() and (not last or last.strip().isdigit()):
            count += int(last or first) - int(first) + 1
    return count


def each_table(context: Context, wanted: Callable[[ddl.SplitTable], bool]) -> list[Table]:
    """Give the wanted tables whose parts answer the question with yes."""
    return [table for table in context.tables if wanted(context.split[table.label])]
