"""Latency, throughput and error rate of a front door over a short time, and against the recorded baseline. Pure.

Requests are sent at a fixed pace, whatever the door does, and timed from the moment they were due: a door that stalls
is not spared by being asked less. Times are seconds, rates per second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback import limits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PERCENTILES = {"p50": 0.50, "p95": 0.95, "p99": 0.99}
_SUCCESS = range(200, 400)


@dataclass(frozen=True)
class Sample:
    """One request: when it was due, how long after that it was answered, and how."""

    due: float
    seconds: float
    status: int
    error: str = ""

    @property
    def good(self) -> bool:
        """Whether a user would call it answered."""
        return self.status in _SUCCESS


@dataclass(frozen=True)
class Tolerance:
    """How far a figure may be from its baseline.

    ``share``: of the baseline's value. ``seconds``: what a latency may always be above it, since a few milliseconds
    say nothing. ``errors``: what the error rate may be above it. ``most_seconds``, ``most_errors``: limits that hold
    whatever the baseline says; 0 for none.
    """

    share: float = 0.5
    seconds: float = 0.025
    errors: float = 0.01
    most_seconds: float = 0.0
    most_errors: float = 0.05

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Tolerance:
        """Build from ``service_verify_tolerance``; what it does not name keeps its default. Raises ConfigError."""
        return cls(**limits.read("service_verify_tolerance", data, cls.__dataclass_fields__))


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the value that so large a share of the values does not exceed (nearest rank). ``ordered`` is not empty."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def figures(samples: Sequence[Sample]) -> dict[str, Any]:
    """Reduce samples to what is recorded. Latencies are those of answered requests; errors are counted by kind."""
    good = sorted(sample.seconds for sample in samples if sample.good)
    ends = max((sample.due + sample.seconds for sample in samples), default=0.0)
    begun = min((sample.due for sample in samples), default=0.0)
    kinds: dict[str, int] = {}
    for sample in samples:
        if not sample.good:
            kind = sample.error or f"status {sample.status}"
            kinds[kind] = kinds.get(kind, 0) + 1
    found: dict[str, Any] = {
        "requests": len(samples),
        "throughput": round(len(good) / (ends - begun), 2) if ends > begun else 0.0,
        "error_rate": round(1 - len(good) / len(samples), 5) if samples else 1.0,
        "errors": kinds,
    }
    for name, share in _PERCENTILES.items():
        found[name] = round(percentile(good, share), 4) if good else None
    return found


def judge(seen: Mapping[str, Any], baseline: Mapping[str, Any] | None, tolerance: Tolerance) -> list[str]:
    """Say which figures are out of their normal range, one sentence each."""
    problems: list[str] = []
    if tolerance.most_errors and seen["error_rate"] > tolerance.most_errors:
        problems.append(
            f"error rate {seen['error_rate']:.2%}, the limit is {tolerance.most_errors:.2%} ({seen['errors']})"
        )
    for name in _PERCENTILES:
        now = seen[name]
        if now is None:
            continue
        if tolerance.most_seconds and now > tolerance.most_seconds:
            problems.append(f"{name} is {now:g} s, the limit is {tolerance.most_seconds:g} s")
        then = (baseline or {}).get(name)
        if then is not None and now > then * (1 + tolerance.share) + tolerance.seconds:
            problems.append(f"{name} is {now:g} s, the baseline has {then:g} s")
    if baseline is None:
        return problems
    if seen["error_rate"] > baseline["error_rate"] + tolerance.errors:
        problems.append(f"error rate {seen['error_rate']:.2%}, the baseline has {baseline['error_rate']:.2%}")
    if seen["throughput"] < baseline["throughput"] * (1 - min(1.0, tolerance.share)):
        problems.append(
            f"{seen['throughput']:g} requests answered a second, the baseline has {baseline['throughput']:g}"
        )
    return problems
