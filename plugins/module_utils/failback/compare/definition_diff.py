"""What two sets of definitions differ in, each difference as one sentence that names the object. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback.compare.definitions import TOLD_ONLY, Definition, Definitions
from failback.compare.model import ObjectDifference

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHOWN = 120  # characters of a definition in a sentence
_KIND_ORDER = ("schema", "table", "view", "procedure", "function", "trigger", "event")


def definition_differences(idc: Definitions, aws: Definitions, against: str = "RDS") -> list[ObjectDifference]:
    """Compare two sides; ``against`` is what the second one is called."""
    found: list[ObjectDifference] = []
    for kind, name in sorted(idc.keys() | aws.keys(), key=lambda key: (_rank(key[0]), key)):
        left, right = idc.get((kind, name)), aws.get((kind, name))
        if left is None or right is None:
            side = against if left is None else "IDC"
            found.append(ObjectDifference(kind, name, f"{kind} {name} exists only on {side}"))
        else:
            found.extend(_of_object(left, right, against))
    return found


def _rank(kind: str) -> int:
    return _KIND_ORDER.index(kind) if kind in _KIND_ORDER else len(_KIND_ORDER)


def _of_object(idc: Definition, aws: Definition, against: str) -> Iterator[ObjectDifference]:
    for part in sorted(idc.parts.keys() | aws.parts.keys()):
        left, right = idc.parts.get(part), aws.parts.get(part)
        if left == right:
            continue
        kind, name = part
        what = f"{kind} {name}".strip()
        if left is None or right is None:
            side = against if left is None else "IDC"
            text = f"{idc.kind} {idc.name}: {what} exists only on {side}: {_short(left or right or '')}"
        elif kind == "column order":
            if sorted(left.split(", ")) != sorted(right.split(", ")):
                continue  # a column too many is named already
            text = f"{idc.kind} {idc.name} has its columns in another order"
        else:
            shown = _around(left, right)
            text = f"{idc.kind} {idc.name}: {what} differs: IDC {_short(shown[0])} | {against} {_short(shown[1])}"
        told = kind in TOLD_ONLY and idc.kind not in {"schema", "table"}
        yield ObjectDifference(
            kind if idc.kind == "table" else idc.kind, idc.name, text, left or "", right or "", serious=not told
        )


def _around(left: str, right: str) -> tuple[str, str]:
    """Begin a little before the first difference where the texts are long."""
    same = next((at for at, pair in enumerate(zip(left, right, strict=False)) if pair[0] != pair[1]), 0)
    begin = max(0, same - _SHOWN // 3) if max(len(left), len(right)) > _SHOWN else 0
    return left[begin:], right[begin:]


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else f"{flat[:_SHOWN]} ..."
