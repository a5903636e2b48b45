"""Findings about the data: what was done to its shape, and what the counts do not tell. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.findings import Finding, Severity
from failback.stake import amounts as counting
from failback.stake.sentence import sentence
from failback.stake.words import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from failback.stake.counts import Statement
    from failback.stake.measure import Measured, Question

_SHOWN = 5


def where_replicated(ask: Question) -> Severity:
    """Grade what only stops replication."""
    return "blocker" if ask.replicates else "warning"


def settings(ask: Question, got: Measured) -> Iterator[Finding]:
    """Say what in the settings of both forbids replication; the gate of the way would, later."""
    for item in got.obstacles:
        yield Finding(where_replicated(ask), item.key, item.text["en"], item.remedy)


def shape(ask: Question, got: Measured) -> Iterator[Finding]:
    """Say what was done to the shape of things."""
    for text, obstacle in got.unreplayable[:_SHOWN]:
        yield Finding(
            where_replicated(ask),
            f"ddl:unreplayable:{obstacle['en']}",
            f"IDC ({got.idc.ability.version}) cannot run {obstacle['en']}: {text[:160]}",
            "undo the change on RDS, or upgrade IDC; else the data must move by a dump",
        )
    for label in got.filtered:
        yield Finding(
            where_replicated(ask),
            f"filter:{label}",
            f"IDC's replication filters leave out {label}, which RDS changed",
            "CHANGE REPLICATION FILTER on IDC so that it is replicated, or take the table by a dump",
        )
    shape = [item for item in got.tally.statements if item.target.kind in {"table", "schema", "program", "other"}]
    if shape:
        more = len(shape) - _SHOWN + got.tally.more_statements
        told = "; ".join(_told(item) for item in shape[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")
        yield Finding("note", "ddl:changes", f"{plural(len(shape), 'statement')} changed the shape of RDS: {told}")
    accounts = [item for item in got.tally.statements if item.target.kind == "account"]
    if accounts:
        yield Finding(
            "warning",
            "accounts:changed",
            f"{plural(len(accounts), 'account statement')} on RDS since the cut-over, which no way carries to IDC:"
            f" {'; '.join(_told(item) for item in accounts[:_SHOWN])}",
            "make the same accounts and grants on IDC before applications need them",
        )
    for label, table in sorted(got.tally.tables.by_name.items()):
        if table.was_there and (table.dropped or table.truncated) and got.tally.tables.service(label):
            what = "dropped" if table.dropped else "emptied"
            rows = got.idc.tables.get(label)
            held = (
                f"IDC still has about {rows:,} rows of it, until it follows RDS"
                if rows is not None
                else "IDC may have it"
            )
            yield Finding(
                "warning",
                f"ddl:{what}:{label}",
                f"{label} was {what} on RDS; the binary log does not say which rows went. {held}",
                "keep a copy of the table from IDC if the rows are needed",
            )
    for label in sorted(got.tally.tables.replaced):
        yield Finding(
            "warning",
            f"ddl:replaced:{label}",
            f"another table was renamed to {label}: its counts include the copying into it, rows cannot be told apart",
        )


def _told(item: Statement) -> str:
    return f"{' '.join(item.text.split())[:100]} ({item.gtid.rpartition(':')[2]})"


def rows(ask: Question, got: Measured) -> Iterator[Finding]:
    """Say what the counts do not tell."""
    tables, tally = got.tally.tables, got.tally
    touched = {label for label, table in tables.by_name.items() if table.rows.changes and not table.dropped}
    if tally.totals.undecoded:
        gtid, why = next(iter(tally.unread.items()))
        yield Finding(
            "warning",
            "rows:undecoded",
            f"the rows of {plural(tally.totals.undecoded, 'transaction')} cannot be counted in full; {gtid}: {why}",
            "replication applies them all the same; compare the tables after the way back",
        )
    foreign = sorted({label.partition(".")[0] for label in touched if not tables.service(label)} - {"mysql"})
    for schema in foreign:
        yield Finding(
            "warning",
            f"schema:{schema}",
            f"RDS has changes in the schema {schema}, which is not in db_schemas: it is not counted and not compared",
            f"add {schema} to db_schemas, or make sure that nobody needs it",
        )
    system = sorted(label for label in touched if label.startswith("mysql.") and not label.startswith("mysql.rds_"))
    if system:
        yield Finding(
            "note",
            "schema:mysql",
            f"system tables of RDS were changed, which no way carries: {', '.join(system[:3])}",
        )
    service = sorted(label for label in touched if tables.service(label))
    loose = [label for label in service if got.rds.engines.get(label, "InnoDB") != "InnoDB"]
    if loose:
        yield Finding(
            "warning",
            "rows:engine",
            f"tables without transactions were changed: {', '.join(loose[:_SHOWN])}; half a statement may be in them",
        )
    bare = [label for label in service if label in got.rds.engines and label not in got.rds.keys]
    if bare:
        yield Finding(
            "note",
            "rows:no_key",
            f"changed tables without a primary key: {', '.join(bare[:_SHOWN])}; changes are counted, not rows, and"
            " IDC applies each by searching the table",
        )
    if got.rds.hides_cascades:
        unseen = counting.cascaded(tables, got.rds.cascades, got.idc.tables)
        for child, (parent, guess) in sorted(unseen.items()):
            about = f"about {guess:,} rows by IDC's own average" if guess is not None else "how many is not known"
            yield Finding(
                "note",
                f"rows:cascade:{child}",
                f"rows of {child} went or changed with those of {parent} by a foreign key, which the binary log does"
                f" not carry: {about}. IDC's own foreign key does the same when it follows",
            )
    nameless = [label for label in service if label not in ask.names]
    if nameless:
        yield Finding(
            "note",
            "names:site_tables",
            f"no business name for {', '.join(nameless[:_SHOWN])}"
            + (f" and {len(nameless) - _SHOWN} more" if len(nameless) > _SHOWN else ""),
            "name them in site_tables, so that approvers read orders instead of rows",
        )
    yield Finding("note", "stake", f"at stake: {sentence(ask, got)['en']}. {got.verdict.text['en']}")
