"""The events that the journals and reports of an incident's runs tell of."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from rollback_runner.errors import RunnerError
from rollback_runner.record import act_words, incident_runs
from rollback_runner.record.seen import split_name
from rollback_runner.record.timeline_event import Event
from rollback_runner.record.timeline_words import item, leg, legs, said, seconds_of, spent, status, when

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from rollback_runner.record.store import Run

_SILENT = frozenset({"not_run", "skipped"})
_BAD = frozenset({"failed", "refused", "unreachable"})
_KEYS = ("act", "plugin", "host", "task")
# What of an act's announcement is told with it.
_WITH: tuple[str, ...] = (
    "name",
    "table",
    "file",
    "group",
    "servers",
    "leaving",
    "arriving",
    "old",
    "new",
    "old_ttl",
    "new_ttl",
)
_WITH += ("value", "limit", "accounts", "people", "to", "source", "edition")


def events(home: Path, site_name: str, incident_id: str) -> Iterator[Event]:
    """Give the events of every run of the incident."""
    for run in incident_runs.runs_of(home, incident_id, site_name):
        try:
            yield from of_run(run)
        except RunnerError as error:
            yield Event(_named(run), "failure", said("tl.unreadable", why=str(error)), run=run.id, grave=True,
                        source=run.id)  # fmt: skip


def of_run(run: Run) -> Iterator[Event]:
    """Give the events of one run, from its journal and its report (made again where it wrote none)."""
    entries, report = run.entries(), incident_runs.report_of(run)
    if not entries:
        return
    yield from _acts(run.id, entries)
    yield from _lines(run.id, entries)
    yield from _legs(run.id, report)
    yield from _items(run.id, report)
    last = entries[-1]
    if not any(entry["kind"] == "end" for entry in entries) and not report.get("live"):
        cut = said("tl.run_cut")
        yield Event(when(last["time"]), "failure", cut, run=run.id, grave=True, source=_place(run.id, last), ok=False)


def _lines(run: str, entries: Sequence[Mapping[str, Any]]) -> Iterator[Event]:
    fenced: set[str] = set()
    check = False
    for entry in entries:
        at, place = when(entry["time"]), _place(run, entry)
        host = str(entry.get("host") or "")
        kind = entry["kind"]
        if kind == "begin":
            check = bool((entry.get("options") or {}).get("check"))
            names = [str(name) for name in entry.get("legs") or [entry.get("phase", "")]]
            key = "tl.rehearsal_began" if check else "tl.run_began"
            by = str(entry.get("holder") or "")
            yield Event(at, "run", said(key, legs=legs(names)), run=run, source=place, by=by)
        elif kind == "final":
            title = said("tl.fence_confirmed" if host in fenced else "tl.fenced")
            final = entry.get("final")
            position = str(final.get("gtid") or "") if isinstance(final, dict) else ""
            first = host not in fenced
            yield Event(at, "fenced", title, "AWS-03", run, host, first, place, detail=position)
            fenced.add(host)
        elif kind == "promoted":
            found = bool(entry.get("found_open"))
            title = said("tl.found_open" if found else "tl.promoted")
            yield Event(at, "promoted", title, "SWITCH-01", run, host, not found, place)
        elif kind == "failure":
            yield _failure(run, entry, place)
        elif kind == "abort":
            yield Event(at, "abort", said("tl.abort"), run=run, grave=True, source=place, ok=False)
        elif kind == "interrupted":
            title = said("tl.run_interrupted", task=split_name(str(entry.get("task") or ""))[1])
            yield Event(at, "failure", title, run=run, grave=True, source=place, ok=False)
        elif kind == "break_glass":
            title = said("tl.glass", reason=str(entry.get("reason") or ""))
            yield Event(at, "glass", title, run=run, host=host, grave=True, source=place)
        elif kind == "end":
            good = entry.get("outcome") in {"proven", "rehearsed"}
            title = said("tl.run_ended", outcome=_outcome(str(entry.get("outcome") or "")))
            yield Event(at, "run", title, run=run, source=place, ok=good)


def _failure(run: str, entry: Mapping[str, Any], place: str) -> Event:
    ids, sentence = split_name(str(entry.get("task") or ""))
    outcome = str(entry.get("outcome") or "failed")
    title = said("tl.failure", status=status(outcome), task=sentence)
    waits = outcome == "waiting"
    return Event(
        when(entry["time"]), "waiting" if waits else "failure", title, ids[0] if ids else "", run,
        str(entry.get("host") or ""), not waits, place, detail=str(entry.get("message") or ""), ok=False,
    )  # fmt: skip


def _acts(run: str, entries: Sequence[Mapping[str, Any]]) -> Iterator[Event]:
    """Pair what was announced with its outcome; an act without one is told as open."""
    waiting: list[Mapping[str, Any]] = []
    for entry in entries:
        if entry["kind"] == "intent":
            waiting.append(entry)
        elif entry["kind"] == "outcome":
            begun = next((one for one in waiting if all(one.get(key) == entry.get(key) for key in _KEYS)), None)
            if begun is not None:
                waiting.remove(begun)
                yield _act(run, begun, entry)
    for left in waiting:
        yield _act(run, left, None)


def _act(run: str, begun: Mapping[str, Any], ended: Mapping[str, Any] | None) -> Event:
    ids = split_name(str(begun.get("task") or ""))[0]
    words = act_words.titles(str(begun.get("act") or ""))
    good = ended is not None and bool(ended.get("ok"))
    key = "tl.act" if good else ("tl.act_open" if ended is None else "tl.act_failed")
    return Event(
        when(begun["time"]), "act", said(key, act=words), ids[0] if ids else "", run, str(begun.get("host") or ""),
        not good, _place(run, begun), until=when(ended["time"]) if ended is not None else "",
        detail=str((ended or {}).get("error") or "") or _with(begun), ok=good,
    )  # fmt: skip


def _with(begun: Mapping[str, Any]) -> str:
    """Say what an act was done with, as far as its announcement names it in plain words."""
    told = []
    for key in _WITH:
        value = begun.get(key)
        if isinstance(value, list) and value and all(isinstance(each, str | int) for each in value):
            value = ", ".join(str(each) for each in value)
        if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value):
            told.append(f"{key.replace('_', ' ')} {value}")
    return "; ".join(told)


def _legs(run: str, report: Mapping[str, Any]) -> Iterator[Event]:
    for phase in report["phases"]:
        name = leg(phase["name"])
        began = when(phase["started"])
        ended = when(seconds_of(began) + timedelta(seconds=phase["seconds"]).total_seconds())
        source = f"runs/{run}/report.json" if not report.get("rebuilt") else f"runs/{run}/events.jsonl"
        good = phase["status"] in {"done", "already"}
        late = bool(phase["budget_seconds"]) and phase["seconds"] > phase["budget_seconds"]
        yield Event(began, "leg", said("tl.leg_began", leg=name), run=run, source=source, until=ended, ok=good)
        told: dict[str, Any] = {"leg": name, "status": status(phase["status"]), "spent": spent(phase["seconds"])}
        title = (
            said("tl.leg_of", budget=spent(phase["budget_seconds"]), **told)
            if phase["budget_seconds"]
            else said("tl.leg_ended", **told)
        )
        yield Event(ended, "leg", title, run=run, grave=late or phase["status"] in _BAD, source=source,
                    detail=phase["reason"], ok=good)  # fmt: skip


def _items(run: str, report: Mapping[str, Any]) -> Iterator[Event]:
    for row in report["items"]:
        if row["status"] in _SILENT or not row["ended"]:
            continue
        title = said("tl.item", item=row["id"], title=item(row["id"]), status=status(row["status"]))
        good = row["status"] in {"done", "already"}
        hosts = ", ".join(host["host"] for host in row["hosts"] if host["status"] not in _SILENT)
        yield Event(when(row["ended"]), "item", title, row["id"], run, hosts, row["status"] in _BAD,
                    f"runs/{run}/report.json", detail="" if good else row["reason"], ok=good)  # fmt: skip


def _outcome(word: str) -> dict[str, str]:
    """Return an outcome in one word: the status of the same name, or the outcome's own."""
    known = {
        "proven": {"en": "proven", "ko": "검증 완료"},
        "rehearsed": {"en": "rehearsed", "ko": "예행 완료"},
        "unproven": {"en": "not everything is proven", "ko": "검증되지 않은 항목 있음"},
        "aborted": {"en": "taken back", "ko": "원상 복귀"},
        "interrupted": {"en": "interrupted", "ko": "중단"},
    }
    return known.get(word) or status(word)


def _place(run: str, entry: Mapping[str, Any]) -> str:
    return f"runs/{run}/journal.jsonl:{entry['seq']}"


def _named(run: Run) -> str:
    """Take the moment out of a run's name, for a run of which nothing else can be read."""
    stamp = run.id.partition("-")[0]
    return when(f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}T{stamp[9:11]}:{stamp[11:13]}:{stamp[13:15]}Z") or when(0)
