"""From a chunk that differs to the rows that do: deal it into buckets, read only those that differ, take them apart.

Two readings of a chunk at most, whatever the number of differences; memory holds the digests of one batch of buckets.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from failback.compare.digests import Sums, bucket_query, buckets, rows_query
from failback.compare.model import RowDifference
from failback.errors import FailbackError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from failback.compare.chunks import Chunk
    from failback.compare.model import Key, Kind
    from failback.compare.sides import Pair
    from failback.mysql import Row

SMALL = 512  # rows that are read at once instead of being narrowed further
_BATCH = 100_000  # rows whose digests are held at a time


def differing_rows(pair: Pair, chunk: Chunk, rows: int) -> Iterator[RowDifference]:
    """Find the rows of a chunk that differ; contents are not read yet. Raises ``failback.errors``."""
    count = buckets(rows, SMALL // 2)
    for chosen in _differing_buckets(pair, chunk, count) if count > 1 else [[0]]:
        left, right = pair.rows(rows_query(chunk, count, chosen))
        yield from _by_key(chunk, left, right) if chunk.table.key else _by_digest(chunk, left, right)


def _differing_buckets(pair: Pair, chunk: Chunk, count: int) -> Iterator[list[int]]:
    """Give the numbers of the buckets that differ, in batches of bearable size."""
    left, right = (_bucket_sums(side, chunk) for side in pair.rows(bucket_query(chunk, count)))
    batch: list[int] = []
    size = 0
    for number in sorted(left.keys() | right.keys()):
        idc, aws = left.get(number, Sums()), right.get(number, Sums())
        if (idc.rows, idc.xor, idc.total or "0-0") == (aws.rows, aws.xor, aws.total or "0-0"):
            continue
        batch.append(number)
        size += max(idc.rows, aws.rows)
        if size >= _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _bucket_sums(rows: Sequence[Row], chunk: Chunk) -> dict[int, Sums]:
    return {int(str(row["b"])): Sums.from_row(row, chunk.table.label) for row in rows}


def _by_key(chunk: Chunk, idc: Sequence[Row], aws: Sequence[Row]) -> Iterator[RowDifference]:
    names = chunk.table.key
    left, right = (_digests(side, len(names), chunk) for side in (idc, aws))
    for key in sorted(left.keys() | right.keys(), key=_order):
        if key not in right:
            yield RowDifference(chunk.table.label, "only_idc", key, names)
        elif key not in left:
            yield RowDifference(chunk.table.label, "only_aws", key, names)
        elif left[key] != right[key]:
            yield RowDifference(chunk.table.label, "content", key, names)


def _digests(rows: Sequence[Row], width: int, chunk: Chunk) -> Mapping[Key, str]:
    found: dict[Key, str] = {}
    for row in rows:
        digest = str(row["d"] or "")
        if not digest:
            raise FailbackError(f"{chunk.table.label}: a row could not be digested")
        found[tuple(None if row[f"k{at}"] is None else str(row[f"k{at}"]) for at in range(width))] = digest
    if len(found) != len(rows):
        raise FailbackError(f"{chunk.table.label}: its key is not unique ({len(rows)} rows, {len(found)} keys)")
    return found


def _by_digest(chunk: Chunk, idc: Sequence[Row], aws: Sequence[Row]) -> Iterator[RowDifference]:
    left, right = (Counter({str(row["d"]): int(str(row["n"])) for row in side}) for side in (idc, aws))
    for digest in sorted(left.keys() | right.keys()):
        times = left[digest], right[digest]
        if times[0] != times[1]:
            kind: Kind = "only_idc" if not times[1] else "only_aws" if not times[0] else "count"
            yield RowDifference(chunk.table.label, kind, (digest,), (), times=times)


def _order(key: Key) -> tuple[tuple[int, str], ...]:
    """Numbers in their order, texts by length first: good enough for people."""
    return tuple((len(part or ""), part or "") for part in key)
