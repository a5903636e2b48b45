"""What management reads first: what happened, what was lost, whether it is safe now, what is open. Pure.

Each sentence rests on something of the record and names the item it is from; where nothing was measured it says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from rollback_runner.record import rehearsed, service_level
from rollback_runner.record.timeline_words import BOTH, item, said, seconds_of, spent, status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rollback_runner.record.timeline_event import Event

Level = Literal["good", "warn", "grave", "note"]
_PASSED = frozenset({"done", "already"})
_BROKEN = frozenset({"failed", "refused", "unreachable"})
# What must be proven for "it is safe now", as a reader asks: who writes, where, is the data whole, who serves.
_SAFE = ("AWS-03", "SWITCH-01", "VERIFY-01", "SWITCH-05", "VERIFY-02", "WATCH-01", "WATCH-02", "WATCH-04")
# Without these nobody may say that the service is back "and it is proven", however well the newest run ended.
_SERVES = _SAFE[:5]
_MOST_OPEN = 5


def of(  # noqa: PLR0913 - what the first screen is made of
    joined: Mapping[str, Any], events: Sequence[Event], cause: Mapping[str, Any], stake: Sequence[Mapping[str, Any]],
    *, sla: object = None, going_on: bool,
) -> dict[str, Any]:  # fmt: skip
    """Make the first screen. `going_on` says that the newest run has not ended, `sla` what EXT-05 computed."""
    rows = {row["id"]: row for row in joined["items"]}
    times = moments(events)
    level, headline = _verdict(joined, rows, times, going_on=going_on)
    return {
        "level": level,
        "headline": headline,
        "what": list(_what(joined, cause, times)),
        "lost": list(_lost(joined, stake)),
        "safe": list(_safe(rows)),
        "open": list(_open(joined, rows)),
        "figures": [*_figures(joined, times, rows), *service_level.figures(sla)],
        "times": times,
    }


def moments(events: Sequence[Event]) -> dict[str, str]:
    """Pick the moments that everything is counted from; "" where one is not on record."""
    found = {"failed": "", "began": "", "held": "", "fenced": "", "promoted": "", "released": "", "ended": ""}
    for event in events:
        if event.kind == "moment":
            found["failed"] = event.at
        elif event.kind == "run":
            found["began"] = found["began"] or event.at
            found["ended"] = event.at
        elif event.kind == "fenced" and event.grave and not found["promoted"]:
            found["fenced"] = event.at
        elif event.kind == "promoted" and event.grave:
            found["promoted"] = found["promoted"] or event.at
        elif event.kind == "act" and event.item == "SWITCH-02":
            if not found["promoted"]:
                found["held"] = event.at if not found["held"] or found["fenced"] == "" else found["held"]
            elif not found["released"]:
                found["released"] = event.until or event.at
    return found


def _verdict(
    joined: Mapping[str, Any], rows: Mapping[str, Any], times: Mapping[str, str], *, going_on: bool
) -> tuple[Level, dict[str, str]]:
    if all(run["check"] for run in joined["runs"]):
        return "note", said("rp.state.rehearsed")
    if joined["promoted"] == "yes":
        return _back(joined, rows, going_on=going_on)
    if joined["promoted"] == "begun":
        return "grave", said("rp.state.unknown")
    if joined["outcome"] == "aborted" or (times["fenced"] and _taken_back(joined, times)):
        return "warn", said("rp.state.as_before")
    if times["fenced"]:
        return "grave", said("rp.state.fenced")
    quiet = going_on or joined["outcome"] in {"proven", "waiting"}
    return "note" if quiet else "warn", said("rp.state.not_switched")


def _taken_back(joined: Mapping[str, Any], times: Mapping[str, str]) -> bool:
    """Tell whether a run took it all back after RDS was fenced last; runs after it may have looked only."""
    ends = [run["ended"] for run in joined["runs"] if run["outcome"] == "aborted" and not run["check"] and run["ended"]]
    return any(seconds_of(end) > seconds_of(times["fenced"]) for end in ends)


def _back(joined: Mapping[str, Any], rows: Mapping[str, Any], *, going_on: bool) -> tuple[Level, dict[str, str]]:
    """Say how well it is proven that the IDC serves; writes that wait in the quarantine keep it from being all good."""
    broken = any(row["status"] in _BROKEN for row in rows.values())
    broken = broken or any(rows.get(name, {}).get("status") not in _PASSED for name in _SERVES)
    if going_on:
        return "warn", said("rp.state.back_running")
    if broken or joined["outcome"] in {"unproven", "interrupted", "refused"}:
        return "warn", said("rp.state.back_open")
    aside = int(joined["metrics"].get("set_aside_writes") or 0)
    if aside:
        return "warn", said("rp.state.back_aside", aside=f"{aside:,}")
    return "good", said("rp.state.back")


def _what(joined: Mapping[str, Any], cause: Mapping[str, Any], times: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    if cause.get("statement"):
        yield _line(said("rp.what.cause", statement=cause["statement"]), "SIT-01")
    else:
        yield _line(said("rp.what.no_cause"), "SIT-01", "warn")
    if cause.get("effect"):
        yield _line(said("rp.what.effect", effect=cause["effect"]), "SIT-05")
    if cause.get("headline"):
        yield _line(said("rp.what.found", headline=cause["headline"]), "SIT-03")
    if times["promoted"] and times["failed"]:
        took = seconds_of(times["promoted"]) - seconds_of(times["failed"])
        if took >= 0:
            yield _line(said("rp.what.took", spent=spent(took)), "SWITCH-01")
    runs = [run for run in joined["runs"] if not run["check"]]
    killed = sum(run["killed"] for run in runs)
    key = "rp.what.runs_killed" if killed else "rp.what.run" if len(runs) == 1 else "rp.what.runs"
    yield _line(said(key, count=len(runs), killed=killed), "")


def _lost(joined: Mapping[str, Any], stake: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    metrics = joined["metrics"]
    lost = metrics.get("lost_writes")
    if isinstance(lost, int):
        told = {"acknowledged": f"{int(metrics.get('acknowledged_writes') or 0):,}", "lost": f"{lost:,}"}
        yield _line(said("rp.lost.some" if lost else "rp.lost.none", **told), "", "grave" if lost else "good")
        aside = int(metrics.get("set_aside_writes") or 0)
        if aside:
            yield _line(said("rp.lost.aside", aside=f"{aside:,}"), "", "warn")
        unknown = int(metrics.get("unknown_writes") or 0)
        if unknown:
            yield _line(said("rp.lost.unknown", unknown=f"{unknown:,}"), "")
    else:
        yield _line(said("rp.lost.not_counted"), "", "note")
    if joined["accepted_loss"]:
        yield _line(said("rp.lost.accepted", reason=joined["accepted_loss"]), "", "grave")
    for one in stake:
        if one["sentence"]["en"]:
            yield _line(said("rp.lost.stake", host=one["host"], sentence=one["sentence"]), "SIT-04")
        fates = sorted(one["fate"], key=lambda fate: fate["good"])
        for fate in fates[:2]:
            yield _line(fate["sentence"], fate["item"], "good" if fate["good"] else "warn")


def _safe(rows: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    later = []
    for name in _SAFE:
        row = rows.get(name)
        if row is None:
            continue
        if row["status"] in {"not_run", "skipped"}:
            later.append(name)
            continue
        good = row["status"] in _PASSED
        told = said("rp.safe.yes" if good else "rp.safe.no", title=item(name), status=status(row["status"]))
        watched = _watched(row) if good and name == "WATCH-01" else None
        if watched is not None:
            told = said("rp.safe.watched", time=spent(watched))  # a drill or a site may ask for less than two hours
        yield _line(told, name, "good" if good else "grave" if row["status"] in _BROKEN else "warn")
    if later:
        what = {language: ", ".join(f"{item(name)[language]} ({name})" for name in later) for language in ("en", "ko")}
        yield _line(said("rp.safe.rest", what=what), "")


def _watched(row: Mapping[str, Any]) -> float | None:
    """Find how many seconds the service was watched for, as the task that judged it says."""
    told = [task.get("evidence") for host in row["hosts"] for task in host["evidence"]]
    found = [one["watched_seconds"] for one in told if isinstance(one, dict) and "watched_seconds" in one]
    return float(found[-1]) if found else None


def _open(joined: Mapping[str, Any], rows: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    by: dict[str, list[str]] = {}
    for row in rows.values():
        by.setdefault(row["status"], []).append(row["id"])
    for word in ("failed", "unreachable", "refused", "waiting", "not_run", "skipped"):
        ids = by.get(word) or []
        if ids:
            shown = ", ".join(ids[:_MOST_OPEN]) + (" …" if len(ids) > _MOST_OPEN else "")
            level: Level = "grave" if word in _BROKEN else "warn" if word == "waiting" else "note"
            yield _line(said(f"rp.open.{word}", count=len(ids), ids=shown), "", level)
    for act in joined["unfinished_acts"]:
        yield _line(said("rp.open.act", act=act["act"], host=act["host"]), "", "grave")
    blockers = sum(row["severity"] == "blocker" for row in joined["findings"])
    warnings = sum(row["severity"] == "warning" for row in joined["findings"])
    if blockers or warnings:
        yield _line(said("rp.open.findings", blockers=blockers, warnings=warnings), "", "warn" if blockers else "note")
    if joined["next_step"]:
        yield _line(said("rp.open.next", step=_step(joined)), "")


def _figures(joined: Mapping[str, Any], times: Mapping[str, str], rows: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    metrics = joined["metrics"]
    outage = metrics.get("write_outage_seconds")
    if isinstance(outage, int | float):
        yield {"name": said("rp.figure.outage"), "value": spent(outage), "level": "note"}
    elif times["fenced"] and times["promoted"]:
        gap = seconds_of(times["promoted"]) - seconds_of(times["held"] or times["fenced"])
        if gap >= 0:
            yield {"name": said("rp.figure.closed"), "value": spent(gap), "level": "note"}
    lost = metrics.get("lost_writes")
    if isinstance(lost, int):
        yield {"name": said("rp.figure.lost"), "value": _same(f"{lost:,}"), "level": "grave" if lost else "good"}
    if isinstance(metrics.get("failed_requests"), int):
        failed = metrics["failed_requests"]
        yield {"name": said("rp.figure.failed"), "value": _same(f"{failed:,}"), "level": "warn" if failed else "good"}
    if times["began"] and times["promoted"]:
        took = seconds_of(times["promoted"]) - seconds_of(times["began"])
        if took >= 0:
            yield {"name": said("rp.figure.back"), "value": spent(took), "level": "note"}
    passed = sum(row["status"] in _PASSED for row in rows.values())
    yield {"name": said("rp.figure.items"), "value": _same(f"{passed} / {len(rows)}"), "level": "note"}
    broken = sum(row["status"] in _BROKEN for row in rows.values())
    yield {"name": said("rp.figure.broken"), "value": _same(str(broken)), "level": "grave" if broken else "good"}


def _step(joined: Mapping[str, Any]) -> dict[str, str]:
    return {texts.language: rehearsed.next_step(joined, texts) for texts in BOTH}


def _line(told: Mapping[str, str], name: str, level: Level = "note") -> dict[str, Any]:
    return {"text": dict(told), "item": name, "level": level}


def _same(value: str) -> dict[str, str]:
    return {"en": value, "ko": value}
