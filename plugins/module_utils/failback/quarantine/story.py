"""The kept binary logs as transactions of the service's schemas, in order."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

from failback.binlog import archive, events
from failback.binlog.transactions import Change, Decoder, Statement
from failback.errors import DamagedError
from failback.quarantine.collect import RAW
from failback.quarantine.judge import Transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from failback.gtid import GtidSet

WINDOW = 400  # transactions whose rows on IDC are read together


def told(
    folder: Path, names: Sequence[str], wanted: GtidSet, schemas: Collection[str], aside: Callable[[Statement], None]
) -> Iterator[Transaction]:
    """Give every transaction that changed a row of the schemas; statements go to ``aside``."""
    spans = dict(wanted.sources)
    decoder = Decoder()
    last: tuple[str, bool] = ("", False)
    current: Transaction | None = None
    for item in decoder.changes(_events(folder, names)):
        if item.gtid != last[0]:
            uuid, *tag, number = item.gtid.split(":") if item.gtid else ("", "0")
            held = any(low <= int(number) <= high for low, high in spans.get((uuid, "".join(tag)), ()))
            last = (item.gtid, held)
        if not last[1]:
            continue
        if isinstance(item, Statement):
            if item.schema in schemas or item.data or not item.schema:
                aside(item)
        elif isinstance(item, Change) and item.table.schema in schemas:
            if current is not None and current.gtid != item.gtid:
                yield current
                current = None
            current = current or Transaction(item.gtid, item.time)
            current.changes.append(item)
    if current is not None:
        yield current


def windows(transactions: Iterator[Transaction]) -> Iterator[list[Transaction]]:
    """Take them in portions."""
    while portion := list(itertools.islice(transactions, WINDOW)):
        yield portion


def _events(folder: Path, names: Sequence[str]) -> Iterator[events.Event]:
    for name in names:
        with Path(folder, RAW, name).open("rb") as stream:
            yield from events.read_file(stream, name)


def description(folder: Path, name: str) -> bytes:
    """Give the format description event of a kept file."""
    with Path(folder, RAW, name).open("rb") as stream:
        for event in events.read_file(stream, name):
            if event.kind == events.FORMAT:
                return event.raw
    raise DamagedError(f"{name} has no format description")


def file_names(folder: Path) -> list[str]:
    """List the kept files in order."""
    return sorted(path.name for path in Path(folder, RAW).iterdir() if path.name != archive.INDEX and path.is_file())
