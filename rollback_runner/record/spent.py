"""Where the time of each phase went: deciding, acting, proving, and what lies between tasks. Pure but for reading.

Acting is a task that changed something, and what lies between an act's announcement and its outcome in the journal.
Deciding is a task of an item that is a person's, and the wait before a phase while people had
the word. Proving is every other task: reading, checking, waiting for the world to follow. Side by side counts once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollback_runner import checklist
from rollback_runner.record import rebuilt
from rollback_runner.record.timeline_words import seconds_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from rollback_runner.record.seen import TaskSeen
    from rollback_runner.record.store import Run

    Span = tuple[float, float]

_PERSON = frozenset({"assist", "person"})
_NOTHING = frozenset({"skipped"})


@dataclass(frozen=True)
class Spent:
    """One leg of one run. All times in seconds; `before` is how long people had the word before it began."""

    leg: str
    run: str
    status: str
    began: str
    seconds: float
    budget: float
    before: float
    deciding: float
    acting: float
    proving: float
    between: float


def of_runs(runs: Sequence[Run], reports: Sequence[Mapping[str, Any]]) -> list[Spent]:
    """Say for each leg of each run where its time went, in order. Rehearsals are left out."""
    found: list[Spent] = []
    last = 0.0
    for run, report in zip(runs, reports, strict=True):
        if report["check"]:
            continue
        seen = [event for leg in rebuilt.legs_of(run) for event in leg.seen]
        acted = acts_of(run.entries())
        for phase in report["phases"]:
            begin = seconds_of(phase["started"])
            span = (begin, begin + phase["seconds"])
            before = max(0.0, begin - last) if last else 0.0
            last = span[1]
            parts = of_leg(span, seen, acted)
            found.append(
                Spent(phase["name"], run.id, phase["status"], phase["started"], phase["seconds"],
                      phase["budget_seconds"], round(before, 3), *(round(part, 3) for part in parts))
            )  # fmt: skip
    return found


def of_leg(span: Span, seen: Iterable[TaskSeen], acted: Sequence[Span]) -> tuple[float, float, float, float]:
    """Return the seconds of deciding, acting, proving and between in a span; they add up to it."""
    tasks: list[Span] = []
    theirs: list[Span] = []
    changed: list[Span] = []
    for event in seen:
        if event.kind != "result" or event.outcome in _NOTHING or not event.time:
            continue
        end = seconds_of(event.time)
        one = (end - event.seconds, end)
        if end < span[0] or one[0] > span[1]:
            continue
        tasks.append(one)
        if event.ids and all(checklist.item(name).mode in _PERSON for name in event.ids):
            theirs.append(one)
        elif event.outcome == "changed":
            changed.append(one)
    acting = merged([*acted, *changed], span)
    deciding = without(merged(theirs, span), acting)
    proving = without(without(merged(tasks, span), acting), deciding)
    parts = (_length(deciding), _length(acting), _length(proving))
    return (*parts, max(0.0, span[1] - span[0] - sum(parts)))


def acts_of(entries: Sequence[Mapping[str, Any]]) -> list[Span]:
    """List when acts were under way; one without an outcome counts as a moment."""
    open_acts: dict[tuple[str, str], list[float]] = {}
    found: list[Span] = []
    for entry in entries:
        key = (str(entry.get("act")), str(entry.get("host")))
        if entry["kind"] == "intent":
            open_acts.setdefault(key, []).append(seconds_of(entry["time"]))
        elif entry["kind"] == "outcome" and open_acts.get(key):
            found.append((open_acts[key].pop(0), seconds_of(entry["time"])))
    return found + [(at, at) for starts in open_acts.values() for at in starts]


def merged(spans: Iterable[Span], window: Span) -> list[Span]:
    """Join spans that touch, cut to the window."""
    cut = sorted((max(a, window[0]), min(b, window[1])) for a, b in spans if b >= window[0] and a <= window[1])
    found: list[Span] = []
    for begin, end in cut:
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def without(spans: Sequence[Span], taken: Sequence[Span]) -> list[Span]:
    """Take away from spans what others cover; both sorted and joined."""
    found: list[Span] = []
    for begin, end in spans:
        at = begin
        for low, high in taken:
            if high <= at or low >= end:
                continue
            if low > at:
                found.append((at, low))
            at = max(at, high)
        if at < end:
            found.append((at, end))
    return found


def _length(spans: Iterable[Span]) -> float:
    return sum(end - begin for begin, end in spans)
