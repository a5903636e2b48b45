"""The files a person reads before approving, and after: change sets, verdicts, statements, a summary. JSON lines, 0600.

``changes.jsonl`` says what RDS did and never changes for the same logs; its SHA-256 is what an approval names.
``verdicts.jsonl`` says what each change would do on IDC as it is now.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from failback.binlog.rows import Cell, Image
    from failback.binlog.transactions import Change, Statement
    from failback.quarantine.judge import Transaction, Verdict
    from failback.quarantine.shape import Shape

CHANGES, VERDICTS, STATEMENTS, SUMMARY = "changes.jsonl", "verdicts.jsonl", "statements.jsonl", "summary.json"
TEXT = "summary.md"


@dataclass
class Tally:
    """Counts of one table."""

    kinds: dict[str, int] = field(default_factory=dict)
    states: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)

    def add(self, kind: str, verdict: Verdict) -> None:
        """Count one change."""
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        self.states[verdict.state] = self.states.get(verdict.state, 0) + 1
        if verdict.why:
            self.reasons[verdict.why] = self.reasons.get(verdict.why, 0) + 1

    @property
    def insert_only(self) -> bool:
        """True when RDS only added rows and each could be added on IDC."""
        return set(self.kinds) == {"insert"} and set(self.states) <= {"clean", "already"}

    @property
    def facts(self) -> dict[str, object]:
        """For the record."""
        why = dict(sorted(self.reasons.items(), key=lambda item: -item[1])[:10])
        return {"changes": self.kinds, "verdicts": self.states, "insert_only": self.insert_only, "reasons": why}


def plain(value: Cell) -> object:
    """Make a value JSON-able; bytes as {"hex": ...}, decimals and moments as text."""
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, Decimal | dt.datetime | dt.date | dt.timedelta):
        return str(value)
    return value


def image(values: Image | None) -> dict[str, object] | None:
    """Make an image JSON-able."""
    return None if values is None else {name: plain(value) for name, value in values.items()}


def change_line(change: Change, place: int, shape: Shape | None) -> str:
    """Write one change as RDS made it."""
    before = change.before.values if change.before else None
    after = change.after.values if change.after else None
    either = after if before is None else before
    key = shape.key if shape is not None else change.table.key_names
    return _line(
        {
            "gtid": change.gtid,
            "place": place,
            "time": dt.datetime.fromtimestamp(change.time, dt.UTC).isoformat(),
            "table": change.table.label,
            "kind": change.kind,
            "key": {name: plain((either or {}).get(name)) for name in key},
            "before": image(before),
            "after": image(after),
        }
    )


def verdict_line(transaction: Transaction, place: int, verdict: Verdict, **more: object) -> str:
    """Write what a change would do or did on IDC; for a conflict with IDC's own row."""
    change = transaction.changes[place]
    entry = {"gtid": transaction.gtid, "place": place, "table": change.table.label, "kind": change.kind}
    entry |= {"verdict": verdict.state, **more}
    if verdict.why:
        entry["why"] = verdict.why
    if verdict.present is not None:
        entry |= {"idc": image(verdict.present), "before": image(change.before.values if change.before else None)}
        entry |= {"after": image(change.after.values if change.after else None)}
    return _line(entry)


def statement_line(item: Statement) -> str:
    """Write a statement that is shown and never run."""
    time = dt.datetime.fromtimestamp(item.time, dt.UTC).isoformat()
    return _line({"gtid": item.gtid, "time": time, "schema": item.schema, "statement": item.text, "data": item.data})


def _line(entry: Mapping[str, object]) -> str:
    return json.dumps(entry, ensure_ascii=False, sort_keys=True) + "\n"


def create(path: Path) -> TextIO:
    """Open a file that only its owner may read: it holds the service's data."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    return path.open("w", encoding="utf-8")


def digest(path: Path) -> str:
    """Give a file's SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def summary_text(tables: Mapping[str, Tally], statements: Iterable[str], set_digest: str, final: str) -> str:
    """Say it in plain words, a table a line."""
    lines = ["# What RDS changed since the cut-over", "", f"Position (FINAL): {final}", f"Digest: {set_digest}", ""]
    lines += ["| table | inserted | updated | deleted | could be applied | conflict | set aside | applied before |"]
    lines += ["| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for label, tally in sorted(tables.items()):
        numbers = [str(tally.kinds.get(kind, 0)) for kind in ("insert", "update", "delete")]
        numbers += [str(tally.states.get(state, 0)) for state in ("clean", "conflict", "set aside", "already")]
        note = " (only new rows)" if tally.insert_only else ""
        lines.append(f"| {label}{note} | {' | '.join(numbers)} |")
    lines += ["", "## Why not", ""]
    for label, tally in sorted(tables.items()):
        lines += [f"- {label}: {number} x {why}" for why, number in tally.facts["reasons"].items()]  # type: ignore[attr-defined]
    lines += ["", "## Statements, never applied", ""]
    lines += [f"- `{' '.join(text.split())[:200]}`" for text in statements]
    return "\n".join(lines) + "\n"
