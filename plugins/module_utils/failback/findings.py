"""What a look found that a person must know, ordered by what it means for going on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Severity = Literal["blocker", "warning", "note"]

# The gravest first. A blocker fails its item: going on would end badly. A warning is read before approving. A note is
# worth knowing.
SEVERITIES: tuple[Severity, ...] = ("blocker", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """One thing found.

    ``key`` stays the same from look to look, whatever the figures are (``grant:idc:REPLICATION_SLAVE_ADMIN``), so that
    a plan can say what is new and what is gone. ``sentence`` is what is wrong and where; ``next_step`` the very
    command, grant or setting that clears it.
    """

    severity: Severity
    key: str
    sentence: str
    next_step: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return it as JSON would hold it."""
        return asdict(self)


def worst(found: Iterable[Finding]) -> Severity | None:
    """Return the gravest severity among them, or None."""
    return min((one.severity for one in found), key=SEVERITIES.index, default=None)


def told(found: Iterable[Mapping[str, str]], severity: Severity) -> str:
    """Join the sentences of one severity, each with what clears it."""
    return "; ".join(
        one["sentence"] + (f" ({one['next_step']})" if one.get("next_step") else "")
        for one in found
        if one["severity"] == severity
    )
