"""Differing rows for people: table, key, column, what IDC has and what the other side has. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from failback.compare.model import Image, RowDifference
    from failback.mysql import Value

SHOWN = 60  # characters of a value
_COLUMNS = 8  # differing columns shown of one row


def readable(difference: RowDifference, against: str = "RDS") -> list[str]:
    """Give one line per differing column, or one line where a row is on one side only."""
    where = f"{difference.table} {_key(difference)}"
    if difference.kind == "count" or not difference.columns:
        idc, aws = difference.times
        row = difference.idc or difference.aws
        shown = f" ({_row(row)})" if row else ""
        return [f"{where}{shown}: {_times(idc)} on IDC, {_times(aws)} on {against}"]
    if difference.kind in {"only_idc", "only_aws"}:
        row, side = (difference.idc, "IDC") if difference.kind == "only_idc" else (difference.aws, against)
        return [f"{where}: only on {side}{f' ({_row(row)})' if row else ''}"]
    if difference.idc is None or difference.aws is None:
        return [f"{where}: different content"]
    lines = [f"{where}: {text}" for text in _columns(difference.idc, difference.aws, against)]
    if len(lines) > _COLUMNS:
        lines = [*lines[:_COLUMNS], f"{where}: and {len(lines) - _COLUMNS} more columns"]
    return lines or [f"{where}: different content (shown alike, stored otherwise)"]


def _columns(idc: Image, aws: Image, against: str) -> Iterator[str]:
    for name, left in idc.items():
        right = aws.get(name)
        if text(left) == text(right):
            continue
        first, second = _pair(left, right)
        yield f"{name}: IDC {first} | {against} {second}"


def _pair(left: Value, right: Value) -> tuple[str, str]:
    """Cut two values around the place where they first differ."""
    first, second = text(left), text(right)
    if max(len(first), len(second)) <= SHOWN:
        return first, second
    same = next((at for at, pair in enumerate(zip(first, second, strict=False)) if pair[0] != pair[1]), None)
    begin = max(0, (min(len(first), len(second)) if same is None else same) - SHOWN // 3)
    return _cut(first, begin, _length(left)), _cut(second, begin, _length(right))


def _cut(value: str, begin: int, length: str) -> str:
    middle = value[begin : begin + SHOWN]
    before, after = "..." if begin else "", "..." if begin + SHOWN < len(value) else ""
    return f"{before}{middle}{after}{length}"


def _length(value: Value) -> str:
    if isinstance(value, str):
        return f" ({len(value)} characters)"
    return f" ({len(value)} bytes)" if isinstance(value, bytes) else ""


def text(value: Value) -> str:
    """Write one value so that NULL, '' and trailing blanks can be told apart."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\0", "\\0") + "'"
    return repr(value) if isinstance(value, float) else str(value)


def _key(difference: RowDifference) -> str:
    if not difference.columns:
        return f"row {(difference.key[0] or '')[:12].lower()}"
    row = difference.idc or difference.aws or {}
    parts = []
    for name, part in zip(difference.columns, difference.key, strict=True):
        shown = text(row[name]) if name in row else "NULL" if part is None else part
        parts.append(f"{name}={shown if len(shown) <= SHOWN else f'{shown[:SHOWN]}...'}")
    return ", ".join(parts)


def _row(row: Image) -> str:
    shown = ", ".join(f"{name}={_brief(value)}" for name, value in list(row.items())[:_COLUMNS])
    return shown if len(row) <= _COLUMNS else f"{shown}, ..."


def _brief(value: Value) -> str:
    written = text(value)
    return written if len(written) <= SHOWN // 2 else f"{written[: SHOWN // 2]}..."


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
