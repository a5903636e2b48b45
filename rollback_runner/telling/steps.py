"""What was to be told: the start, each main step and each problem, as the runs' journals hold them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollback_runner.record import verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollback_runner.telling.story import Line, Story

# What begins to change the service for people: requests are held, or accounts on RDS locked.
_START = ("hold new requests", "lock the accounts")
_PROBLEMS = {"failed", "refused", "unreachable"}
_UNTOLD = {"waiting", "not_run", "skipped"}


@dataclass(frozen=True)
class Step:
    """Something that happened, with all the lines that say so: it is told once, however often it is said."""

    name: str
    time: str
    lines: tuple[str, ...]
    events: tuple[str, ...] = ()


def start(story: Story) -> Line | None:
    """Find the first act that users could notice; None while there was none."""
    return next(
        (line for line in story.lines() if line.kind == "intent" and str(line.get("act")).startswith(_START)), None
    )


def steps(story: Story) -> tuple[Step, ...]:
    """List the main steps: each leg's end, the promotion, and each return."""
    return _grouped(_steps(story))


def problems(story: Story) -> tuple[Step, ...]:
    """List what failed, by item and host. A task without an item only repeats what others said."""
    return _grouped(_problems(story))


def _steps(story: Story) -> Iterator[tuple[str, int, tuple[str, ...], Line]]:
    for number, attempt in enumerate(story.attempts, start=1):
        for line in attempt:
            if line.kind == "leg" and line.get("status") not in _UNTOLD:
                how = "passed" if line.get("status") in verdict.PASSED else "did not pass"
                yield f"{line.get('leg')} {how}", number, ("leg_ended",), line
            elif line.kind == "promoted" and not line.get("found_open"):
                yield "promoted", number, ("act",), line
            elif line.kind == "end" and line.get("outcome") == "aborted":
                yield "aborted", number, ("aborted",), line


def _problems(story: Story) -> Iterator[tuple[str, int, tuple[str, ...], Line]]:
    for number, attempt in enumerate(story.attempts, start=1):
        for line in attempt:
            ids, mark, _sentence = str(line.get("task")).rpartition(" | ")
            if line.kind == "failure" and mark and line.get("outcome") in _PROBLEMS:
                yield f"{ids}@{line.get('host')}", number, ("problem",), line


def _grouped(found: Iterator[tuple[str, int, tuple[str, ...], Line]]) -> tuple[Step, ...]:
    first: dict[tuple[str, int], Step] = {}
    for name, number, events, line in found:
        known = first.get((name, number))
        lines = (*(known.lines if known else ()), line.id)
        first[name, number] = Step(name, known.time if known else line.time, lines, events)
    return tuple(first.values())
