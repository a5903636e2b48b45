"""Counts to amounts: what a person is told of each table. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.stake.words import Amount, Name, Text, headline, unnamed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from failback.stake.facts import Cascade
    from failback.stake.reader import Reading
    from failback.stake.tables import Tables


def amounts(tables: Tables, names: Mapping[str, Name]) -> list[Amount]:
    """Give the service's tables, those the site has named first and in its order; what came and went is left out."""
    found = []
    ordered = [label for label in names if label in tables.by_name]
    ordered += sorted(label for label in tables.by_name if label not in names)
    for label in ordered:
        table = tables.by_name[label]
        if tables.service(label) and table.rows.changes and not table.passing:
            found.append(amount(tables, label, names))
    return found


def amount(tables: Tables, label: str, names: Mapping[str, Name]) -> Amount:
    """Give one table."""
    name, seen = names.get(label), tables.net.seen(label)
    changes = tables.by_name[label].rows.changes
    if seen is None:
        return Amount(name or unnamed(label), name is not None, changes)
    return Amount(name or unnamed(label), name is not None, changes, seen.new, seen.changed, seen.removed)


def summary(told: Sequence[Amount], reading: Reading, pending: int) -> Text:
    """Say it all in one line. What was not read is extrapolated and said to be so; ``pending`` is half read."""
    words = headline(told)
    if reading.complete:
        return words
    if reading.factor <= 1:
        return {
            "en": f"at least {words['en']} (the binary logs could not be read to their end)",
            "ko": f"최소 {words['ko']}(바이너리 로그를 끝까지 읽지 못함)",
        }
    guess = round((sum(item.changes for item in told) + pending) * reading.factor)
    return {
        "en": f"counted so far {words['en']}; by the bytes left, about {guess:,} row changes in all (extrapolated)",
        "ko": f"지금까지 집계 {words['ko']}. 남은 용량으로 추산하면 행 변경은 모두 약 {guess:,}회(추정)",
    }


def cascaded(
    tables: Tables, cascades: Iterable[Cascade], sizes: Mapping[str, int]
) -> dict[str, tuple[str, int | None]]:
    """Name the tables that foreign keys changed unseen: child -> (parent, about how many rows; None not known).

    The guess is the parent's rows that went or changed, times how many children one of them has on average.
    """
    links = list(cascades)
    found: dict[str, tuple[str, int | None]] = {}
    touched: dict[str, tuple[int | None, bool]] = {
        label: (table.rows.delete, bool(table.rows.delete)) for label, table in tables.by_name.items()
    }
    updated = {label for label, table in tables.by_name.items() if table.rows.update}
    todo = [label for label, (_, gone) in touched.items() if gone]
    for link in links:
        if link.on_update and link.parent in updated and _key_changed(tables, link.parent):
            found.setdefault(link.child, (link.parent, None))
    while todo:
        parent = todo.pop()
        for link in links:
            if link.parent != parent or not link.on_delete or link.child in found:
                continue
            count = touched[parent][0]
            each = sizes.get(link.child, 0) / sizes[parent] if sizes.get(parent) else None
            guess = None if count is None or each is None else round(count * each)
            found[link.child] = (parent, guess)
            touched[link.child] = (guess, True)
            todo.append(link.child)
    return found


def _key_changed(tables: Tables, label: str) -> bool:
    """Whether updates may have changed keys: where rows cannot be told apart, they may."""
    seen = tables.net.seen(label)
    rows = tables.by_name[label].rows
    return seen is None or seen.new + seen.passing > rows.insert
