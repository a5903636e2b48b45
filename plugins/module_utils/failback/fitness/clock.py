"""How far clocks are apart, and how sure that is. Pure. Times are seconds; a positive offset is a clock ahead of ours.

A clock is asked several times. Each question costs a round trip, and the answer was given somewhere within it: the
middle of the quickest one is the estimate, half of it the uncertainty (Cristian's method).
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from failback.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True)
class Answer:
    """One question: our clock when it was asked, how long the answer took, and what the other clock said."""

    asked: float
    round_trip: float
    said: float


@dataclass(frozen=True)
class Clock:
    """One clock against ours."""

    name: str
    offset: float
    uncertainty: float

    def as_dict(self) -> dict[str, Any]:
        """Return what goes on record."""
        return {"name": self.name, "offset": round(self.offset, 6), "uncertainty": round(self.uncertainty, 6)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Clock:
        """Read what an earlier task recorded."""
        return cls(str(data["name"]), float(data["offset"]), float(data["uncertainty"]))


@dataclass(frozen=True)
class Limits:
    """Seconds two clocks may be apart: beyond ``warning`` it is told, beyond ``most`` it stops."""

    warning: float
    most: float


def estimate(name: str, answers: Iterable[Answer]) -> Clock:
    """Take the quickest answer. Raises ValueError when there is none."""
    best = min(answers, key=lambda answer: answer.round_trip)
    half = best.round_trip / 2
    return Clock(name, best.said - (best.asked + half), half)


def judge(clocks: Sequence[Clock], limits: Limits) -> list[Finding]:
    """Say which clocks are wrong.

    Where all others agree with each other and not with ours, ours is the wrong one: one finding instead of many.
    """
    others = list(clocks)
    if _controller_is_off(others, limits):
        middle = statistics.median(one.offset for one in others)
        ours = Clock("the machine that runs this", -middle, max(one.uncertainty for one in others))
        return [
            _finding(
                "clock:controller",
                ours,
                limits,
                "the hosts, which agree with each other",
                "set this machine's clock (chronyc makestep, or timedatectl set-ntp true): approvals, deadlines and the"
                " record are dated by it",
            )
        ]
    found = [
        _finding(
            f"clock:{one.name}",
            one,
            limits,
            "the machine that runs this",
            f"look at the time service there (chronyc tracking, or timedatectl) and step the clock of {one.name}",
        )
        for one in others
        if abs(one.offset) - one.uncertainty > limits.warning
    ]
    return found or _among(others, limits)


def unkept(hosts: Sequence[str]) -> list[Finding]:
    """Say once which hosts have no time service, and nobody who says that their clock is in sync."""
    if not hosts:
        return []
    return [
        Finding(
            "note",
            "clock:unkept",
            f"no time service is seen on {', '.join(sorted(hosts))}: their clocks agree by luck, or by the machine"
            " below",
            "run chrony there, unless the machine below keeps the clock",
        )
    ]


def spread(clocks: Sequence[Clock]) -> dict[str, Any]:
    """Give the two clocks that are furthest apart; {} for fewer than two."""
    if len(clocks) < 2:  # noqa: PLR2004 - a pair
        return {}
    early, late = min(clocks, key=lambda one: one.offset), max(clocks, key=lambda one: one.offset)
    return {
        "seconds": round(late.offset - early.offset, 6),
        "uncertainty": round(early.uncertainty + late.uncertainty, 6),
        "behind": early.name,
        "ahead": late.name,
    }


def _controller_is_off(others: Sequence[Clock], limits: Limits) -> bool:
    if len(others) < 3:  # noqa: PLR2004 - two that agree may both follow a wrong clock
        return False
    off = all(abs(one.offset) - one.uncertainty > limits.warning for one in others)
    agree = all(abs(a.offset - b.offset) <= limits.warning + a.uncertainty + b.uncertainty for a, b in _pairs(others))
    return off and agree


def _among(others: Sequence[Clock], limits: Limits) -> list[Finding]:
    """Two clocks that are each within the limit of ours may still be beyond it from each other."""
    for early, late in _pairs(sorted(others, key=lambda one: one.offset)):
        apart, unsure = late.offset - early.offset, late.uncertainty + early.uncertainty
        if apart - unsure > limits.warning:
            return [
                Finding(
                    "blocker" if apart - unsure > limits.most else "warning",
                    "clock:spread",
                    f"the clocks of {early.name} and {late.name} are {_told(apart, unsure)} apart",
                    f"look at the time service of {early.name} and {late.name} (chronyc tracking, or timedatectl)",
                )
            ]
    unsure_ones = [one for one in others if one.uncertainty > limits.warning]
    return [
        Finding(
            "note",
            f"clock:{one.name}:unsure",
            f"the clock of {one.name} was read to {one.uncertainty:.2f} s only: the way there is slow",
            f"look at it on {one.name} itself: chronyc tracking, or timedatectl",
        )
        for one in unsure_ones
    ]


def _pairs(clocks: Sequence[Clock]) -> Iterable[tuple[Clock, Clock]]:
    return combinations(clocks, 2)


def _finding(key: str, one: Clock, limits: Limits, against: str, next_step: str) -> Finding:
    sure = abs(one.offset) - one.uncertainty
    way = "ahead of" if one.offset > 0 else "behind"
    return Finding(
        "blocker" if sure > limits.most else "warning",
        key,
        f"the clock of {one.name} is {_told(abs(one.offset), one.uncertainty)} {way} {against};"
        f" {limits.warning:g} s are allowed, and {limits.most:g} s stop",
        next_step,
    )


def _told(seconds: float, unsure: float) -> str:
    """Write seconds with the digits that mean something."""
    digits = 3 if unsure < 0.01 else 1  # noqa: PLR2004 - a hundredth
    return f"{seconds:.{digits}f} s (+/- {max(unsure, 10.0**-digits):.{digits}f})"
