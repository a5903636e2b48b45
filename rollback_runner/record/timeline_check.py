"""Whether a timeline is complete: everything that has a place in it is there, and its records are whole. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from failback import journal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rollback_runner.record.store import Run
    from rollback_runner.record.timeline_event import Event

_SILENT = frozenset({"not_run", "skipped"})


def problems(
    runs: Sequence[Run], reports: Sequence[Mapping[str, Any]], events: Sequence[Event]
) -> list[dict[str, str]]:
    """List what a timeline lacks, each as {key, sentence}; empty when it is complete.

    Looked for: the moment of failure, each run's beginning, each leg's beginning and end, each judged item, each act's
    outcome, a whole journal, and events in an order that can be.
    """
    return [{"key": key, "sentence": sentence} for key, sentence in _problems(runs, reports, events)]


def _problems(
    runs: Sequence[Run], reports: Sequence[Mapping[str, Any]], events: Sequence[Event]
) -> Iterator[tuple[str, str]]:
    if not any(event.kind == "moment" for event in events):
        yield "moment", "the moment of the failure is not on record (SIT-02)"
    for run, report in zip(runs, reports, strict=True):
        yield from _of_run(run, report, [event for event in events if event.run == run.id])
    for event in events:
        if not event.at:
            yield f"time:{event.source}", f"{event.title['en']}: its moment is not on record ({event.source})"
        elif event.until and event.until < event.at:
            yield f"order:{event.source}", f"{event.title['en']}: it ends before it begins ({event.source})"


def _of_run(run: Run, report: Mapping[str, Any], mine: Sequence[Event]) -> Iterator[tuple[str, str]]:
    if not any(event.kind == "run" for event in mine):
        yield f"run:{run.id}", f"{run.id}: its beginning is not on the timeline"
    legs = sum(event.kind == "leg" for event in mine)
    if legs != 2 * len(report["phases"]):
        yield f"legs:{run.id}", f"{run.id}: {len(report['phases'])} legs, but {legs} beginnings and ends"
    told = {event.item for event in mine if event.kind == "item"}
    judged = {item["id"] for item in report["items"] if item["status"] not in _SILENT and item["started"]}
    if judged - told:
        yield f"items:{run.id}", f"{run.id}: without a moment: {', '.join(sorted(judged - told))}"
    open_acts = [event for event in mine if event.kind == "act" and not event.until]
    for event in open_acts:
        yield f"act:{event.source}", f"{event.title['en']} ({event.host}, {event.at}, {event.source})"
    for problem in journal.verify(run.journal):
        yield f"journal:{run.id}", f"{run.id}: {problem}"
