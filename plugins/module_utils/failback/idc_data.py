"""What state is the data of IDC in: gone, usable up to the cut-over, or already serving? Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.gtid import GtidSet


@dataclass(frozen=True)
class IdcData:
    """``usable``: all of the cut-over is there. ``serving``: applications can write to it. ``why`` is for people."""

    reachable: bool
    usable: bool
    serving: bool
    why: str


def silent(said: str) -> IdcData:
    """Judge a server that does not answer: what cannot be asked is not usable."""
    return IdcData(reachable=False, usable=False, serving=False, why=said)


def judge(
    executed: GtidSet, cutover: GtidSet, tables: Mapping[str, int], schemas: Sequence[str], *, writable: bool
) -> IdcData:
    """Judge a server that answers. ``tables`` counts the base tables of each schema it has."""
    missing = [name for name in schemas if not tables.get(name)]
    lacking = cutover - executed
    if missing:
        why = f"it has no table in {', '.join(missing)}"
    elif lacking:
        why = f"it lacks {lacking.count()} transactions from before the cut-over"
    else:
        why = "it holds all of the cut-over" + (" and takes writes" if writable else "")
    usable = not missing and not lacking
    return IdcData(reachable=True, usable=usable, serving=usable and writable, why=why)
