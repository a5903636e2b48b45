"""How long the real restore will take, by what was measured. Pure.

A proof's seconds grow with the size of the backup. Proofs of the same source count; where there is none, those of the
same format, since the format decides the rate. With few proofs the slow case is the slowest one and half as much again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.backup.model import Look
    from failback.backup.proof import Proof

FEW = 3
MARGIN = 1.5


@dataclass(frozen=True)
class Forecast:
    """Seconds of the restore, the usual (p50) and the slow (p90) case. ``basis`` for people, in both languages."""

    p50: float
    p90: float
    proofs: int
    basis: Mapping[str, str]

    def as_dict(self) -> dict[str, object]:
        """Give it as data."""
        return {"p50_seconds": self.p50, "p90_seconds": self.p90, "proofs": self.proofs, "basis": dict(self.basis)}


def of(look: Look, proofs: Sequence[Proof]) -> Forecast | None:
    """Forecast the restore of a backup; None when nothing like it was ever restored."""
    good = [one for one in proofs if one.passed and one.bytes > 0 and one.restore_seconds > 0]
    chosen = [one for one in good if one.source == look.name]
    own = bool(chosen)
    chosen = chosen or [one for one in good if one.format == look.format]
    if not chosen or not look.bytes:
        return None
    seconds = sorted(one.restore_seconds * look.bytes / one.bytes for one in chosen)
    p90 = _rank(seconds, 0.9) if len(seconds) >= FEW else seconds[-1] * MARGIN
    newest = max(chosen, key=lambda one: one.proven_at)
    rate = f"{newest.bytes_per_second / 1e6:.1f} MB/s"
    day = newest.proven_at[:10]
    count = len(chosen)
    said = {
        "en": f"{count} proof{'s' if count != 1 else ''} {'of this source' if own else f'of the format {look.format}'},"
        f" the last on {day} at {rate} in a scratch container on {newest.place}",
        "ko": f"{'이 백업' if own else f'{look.format} 형식'}의 복원 증명 {count}건"
        f" (최근 {day}, {newest.place}의 임시 컨테이너에서 {rate})",
    }
    return Forecast(round(_rank(seconds, 0.5), 1), round(p90, 1), count, said)


def _rank(ranked: Sequence[float], share: float) -> float:
    """Nearest rank of sorted values."""
    return ranked[max(0, math.ceil(share * len(ranked)) - 1)]
