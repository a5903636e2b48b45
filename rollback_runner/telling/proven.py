"""What the record proves at this moment. Pure: lines in, facts out.

What was proven before a run was taken back is not proven any more, so only the lines after the last abort count.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

from rollback_runner import checklist
from rollback_runner.checklist import Language
from rollback_runner.messages import Texts
from rollback_runner.record import acts, verdict
from rollback_runner.telling import stated
from rollback_runner.telling.facts import Fact, Facts
from rollback_runner.telling.stated import moment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from failback.people.team import Team

    from rollback_runner.telling.story import Line, RunTold, Story

# Traffic is at IDC, by balancer, name and from outside: only these together prove that users are served from there.
SERVED = ("SWITCH-02", "SWITCH-03", "SWITCH-04", "SWITCH-05")
COMPARED = ("DATA-01", "DATA-02", "DATA-03", "DATA-04", "DATA-05", "DATA-06")
_FENCE = "lock the accounts"
_HOLD = "hold new requests"
_UNDECIDED = {"waiting", "not_run", "skipped"}
_REOPEN = "unlock the accounts"
_BOTH: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True)
class Asked:
    """What the record is asked about: the site's names, its databases, and which problem or leg an event is about."""

    titles: Mapping[str, str]
    databases: tuple[str, ...]
    team: Team
    now: datetime
    budgets: Mapping[str, float] = field(default_factory=dict)
    run: str = ""
    leg: str = ""
    item: str = ""
    host: str = ""


def gather(story: Story, asked: Asked) -> Facts:
    """Collect all that the record proves."""
    attempts = story.attempts
    # A run that was just taken back is told about by its own lines; only a new run begins a new attempt.
    current = attempts[-1] or (attempts[-2] if len(attempts) > 1 else ())
    number = len(attempts) if attempts[-1] else max(1, len(attempts) - 1)
    run = next((one for one in story.runs if one.id == asked.run), story.last)
    known: dict[str, Fact | None] = {
        "service": Fact(dict(asked.titles), ("site",)),
        "now": Fact(asked.now, ("clock",)),
        "incident": Fact(story.incident, ("site",)),
        "again": Fact(number, (current[0].id,)) if number > 1 and current else None,
        **stated.of_people(story, asked.team),
        **stated.of_approvals(story, asked.team, run),
    }
    if story.drill[0]:
        known["drill"] = Fact(story.drill[0], (story.drill[1],))
    if story.runs:
        first = story.runs[0].begin
        known["began"] = Fact(moment(first.time), (first.id,))
    if run is not None:
        known |= _of_run(story, run, asked)
    known |= _of_acts(current, asked) | _of_items(current)
    known |= _of_problem(current, run, asked)
    return Facts({name: fact for name, fact in known.items() if fact is not None})


def leg_titles(name: str) -> dict[str, str]:
    """Return what a leg is called in both languages."""
    found: dict[str, str] = {}
    for language in _BOTH:
        texts = Texts(language)
        found[language] = texts(f"phase.{name}") if texts.has(f"phase.{name}") else name
    return found


def _of_run(story: Story, run: RunTold, asked: Asked) -> dict[str, Fact | None]:
    ended_legs = [line for line in run.lines if line.kind == "leg"]
    left = [name for name in run.legs if name not in {str(line.get("leg")) for line in ended_legs}]
    end = next((line for line in run.lines if line.kind == "end"), None)
    abort = next((line for line in run.lines if line.kind == "abort"), None)
    found: dict[str, Fact | None] = {
        "run": Fact({"id": run.id, "at": moment(run.begin.time)}, (run.begin.id,)),
        "legs": Fact(
            {language: ", ".join(leg_titles(name)[language] for name in run.legs) for language in _BOTH},
            (run.begin.id,),
        ),
        "first": Fact(True, (run.begin.id,)) if run is story.runs[0] else None,  # noqa: FBT003 - it is the first
    }
    if left and end is None and abort is None:
        begun = [line for line in run.lines if line.kind == "leg_began" and line.get("leg") == left[0]]
        sources = (run.begin.id, *(line.id for line in begun[-1:] or ended_legs[-1:]))
        found["leg_now"] = Fact(leg_titles(left[0]), sources)
        budget = asked.budgets.get(left[0].partition(":")[0], 0.0)
        since = (begun or ended_legs or [run.begin])[-1]
        taken = (asked.now - moment(since.time)).total_seconds()
        if 0 < budget < taken:
            value = {"title": leg_titles(left[0]), "budget": budget, "taken": taken}
            found["over_budget"] = Fact(value, (*sources, "site"))
    last = next((line for line in reversed(ended_legs) if line.get("leg") == (asked.leg or line.get("leg"))), None)
    if last is not None:
        name, status = str(last.get("leg")), str(last.get("status"))
        texts = {language: Texts(language).status(status) for language in _BOTH}
        value = {"title": leg_titles(name), "at": moment(last.time), "status": texts}
        # To wait for a person's word, or to be interrupted, is no failure; the end of the run tells what is missing.
        kind = "leg_passed" if status in verdict.PASSED else "leg_waits" if status in _UNDECIDED else "leg_failed"
        found[kind] = Fact(value, (last.id,))
    found["reached"] = Fact(str(ended_legs[-1].get("leg")), (ended_legs[-1].id,)) if ended_legs else None
    if end is not None:
        found["ended"] = Fact({"at": moment(end.time), "outcome": str(end.get("outcome"))}, (end.id,))
        taken_back = (abort.id if abort is not None else "", end.id)
        if end.get("outcome") == "aborted":
            found["aborted"] = Fact({"at": moment(end.time)}, tuple(one for one in taken_back if one))
        elif abort is not None:
            found["abort_unproven"] = Fact({"at": moment(end.time)}, taken_back)
    waiting = [line for line in run.lines if line.kind == "failure" and line.get("outcome") == "waiting"]
    if waiting and end is not None and end.get("outcome") == "waiting":
        found["waiting"] = Fact(str(waiting[-1].get("message")), (waiting[-1].id, end.id))
    return found | stated.of_metrics(story) | stated.of_service_level(story)


def _of_acts(lines: Sequence[Line], asked: Asked) -> dict[str, Fact | None]:
    """Say what was done to the databases: closed on AWS, opened at IDC, and how long neither took a write."""
    found: dict[str, Fact | None] = {}
    aborted = _taken_back(lines) or any(str(line.get("act")).startswith(_REOPEN) for line in lines)
    closed = {str(line.get("host")): line for line in lines if line.kind == "final"}
    state = acts.promoted([{"kind": line.kind, **line.fields} for line in lines], asked.databases)
    opened = {str(line.get("host")): line for line in reversed(lines) if line.kind == "promoted"}
    whole = bool(asked.databases) and set(asked.databases) <= set(opened)
    fenced = bool(asked.databases) and set(asked.databases) <= set(closed) and not aborted
    begun = next((one for one in lines if one.kind == "intent" and str(one.get("act")).startswith(_FENCE)), None)
    if begun is not None and not fenced and not aborted:
        found["closing"] = Fact({"at": moment(begun.time)}, (begun.id,))
    if fenced:
        first = [
            next(line for line in lines if line.kind == "final" and line.get("host") == h) for h in asked.databases
        ]
        sources = tuple(line.id for line in first)
        at = max(moment(line.time) for line in first)
        found["closed"] = Fact({"at": at}, sources)
        if state == "no":
            found["stopped"] = Fact({"at": at}, sources)
    if state == "begun":
        begun = next(line for line in lines if line.kind == "intent" and str(line.get("act")).startswith(acts.OPENING))
        found["uncertain"] = Fact({"at": moment(begun.time)}, (begun.id,))
    if whole:
        sources = tuple(opened[host].id for host in asked.databases)
        by_us = [line for line in opened.values() if not line.get("found_open")]
        at = max(moment(line.time) for line in opened.values())
        found["opened"] = Fact({"at": at}, sources)
        held = next(
            (line for line in lines if line.kind == "intent" and str(line.get("act")).startswith((_HOLD, _FENCE))), None
        )
        if held is not None and by_us and moment(held.time) < at:
            found["between"] = Fact((at - moment(held.time)).total_seconds(), (held.id, *sources))
    return found


def _of_items(lines: Sequence[Line]) -> dict[str, Fact | None]:
    """Say what the verdicts on items and legs prove; the newest verdict of each holds."""
    items = {str(line.get("id")): line for line in lines if line.kind == "item"}
    found: dict[str, Fact | None] = {}
    for name, wanted in (("served", SERVED), ("compared", COMPARED)):
        judged = [items[one] for one in wanted if one in items and items[one].get("status") in verdict.PASSED]
        if len(judged) == len(wanted):
            value = {"at": max(moment(line.time) for line in judged), "count": len(judged)}
            found[name] = Fact(value, tuple(line.id for line in judged))
    legs = {str(line.get("leg")): line for line in lines if line.kind == "leg"}
    for leg, line in legs.items():
        if line.get("status") in verdict.PASSED:
            found[f"done_{leg.replace(':', '_')}"] = Fact({"at": moment(line.time)}, (line.id,))
    if _taken_back(lines):
        return {}
    if {"done_full", "served"} <= set(found) and found["done_full"] is not None and found["served"] is not None:
        found["finished"] = Fact(found["done_full"].value, found["done_full"].sources + found["served"].sources)
    return found


def _taken_back(lines: Sequence[Line]) -> bool:
    return any(line.kind == "abort" or (line.kind == "end" and line.get("outcome") == "aborted") for line in lines)


def _of_problem(lines: Sequence[Line], run: RunTold | None, asked: Asked) -> dict[str, Fact | None]:
    """Find the failure an event is about; without a hint the newest one of the run."""
    failures = [
        line
        for line in lines
        if line.kind == "failure" and line.get("outcome") != "waiting" and (run is None or line.run == run.id)
    ]
    if asked.item or asked.host:
        about = [one for one in failures if asked.item in str(one.get("task")) and asked.host in ("", one.get("host"))]
        line = about[-1] if about else None
    else:
        # One failure brings others with it: what went wrong first, in the leg that did not pass, is told.
        passed = [one.seq for one in lines if one.kind == "leg" and one.get("status") in verdict.PASSED]
        last = passed[-1] if passed else 0
        about = [one for one in failures if one.seq > last] or failures[-1:]
        line = next((one for one in about if " | " in str(one.get("task"))), about[0] if about else None)
    if line is None:
        return {}
    ids, _, sentence = str(line.get("task")).rpartition(" | ")
    titles = [one.titles for one in checklist.items() if one.id in ids.split(", ")]
    value: dict[str, Any] = {
        "at": moment(line.time),
        "ids": ids,
        "task": sentence,
        "host": str(line.get("host")),
        "message": str(line.get("message")),
        "outcome": {language: Texts(language).status(str(line.get("outcome"))) for language in _BOTH},
        "title": {language: "; ".join(title[language] for title in titles) or sentence for language in _BOTH},
    }
    before = [
        one
        for one in lines
        if one.kind == "item" and one.get("id") in ids.split(", ") and one.get("status") in verdict.PASSED
        and (one.run, one.seq) < (line.run, line.seq)
    ]  # fmt: skip
    passes = Fact(len(before), tuple(one.id for one in before)) if before else None
    return {"problem": Fact(value, (line.id,)), "passed_before": passes}
