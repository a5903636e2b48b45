"""How the incident stands, from its runs and figures: legs over all runs, who takes writes, what is wrong. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback_runner import checklist
from rollback_runner.plan import ways
from rollback_runner.record.seen import split_name
from rollback_runner.war_room.board import Now, Trouble, Writer
from rollback_runner.war_room.runs import LegState, seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollback_runner.site.site import Site
    from rollback_runner.war_room.board import Mood, Wait
    from rollback_runner.war_room.runs import ItemState, RunState
    from rollback_runner.watching.series import Series

PASSED = ("done", "already")
_MOST = 12  # troubles of one kind; the record has them all


def legs(site: Site, runs: Sequence[RunState]) -> tuple[LegState, ...]:
    """List the legs of the way that is taken, each as the newest run that came to it left it."""
    strategy = next((str(run.begin.get("strategy")) for run in reversed(runs) if run.begin.get("strategy")), "")
    way = ways.WAYS.get(strategy) or ways.WAYS.get(site.strategy)
    known: dict[str, LegState] = {}
    for run in runs:
        for leg in run.legs():
            if leg.status or leg.name not in known:
                known[leg.name] = leg
    names = [leg.name for leg in way.legs] if way else []
    names += [name for name in known if name not in names and known[name].status]
    return tuple(known.get(name) or LegState(name, "", _budget(site, name)) for name in names)


def reached(found: Sequence[LegState], *, going: bool) -> frozenset[str]:
    """Name the phases whose people are asked now: those begun, and the next one when nothing goes on."""
    begun = {_phase(leg.name) for leg in found if leg.status}
    nearest = next((_phase(leg.name) for leg in found if leg.status not in PASSED), "")
    return frozenset(begun | ({nearest} if nearest and not going else set()) | {"prepare"})


def items(runs: Sequence[RunState]) -> dict[str, ItemState]:
    """Join the items of all runs: the newest word wins, unless it only says that a run did not come to it."""
    found: dict[str, ItemState] = {}
    for run in runs:
        for name, state in run.items.items():
            if state.status != "not_run" or name not in found:
                found[name] = state
    return found


def now(runs: Sequence[RunState]) -> Now:
    """Say what goes on: of the run that holds the lock, else of a rehearsal that is under way."""
    going = [run for run in runs if run.going]
    run = next((run for run in reversed(going) if not run.check), going[-1] if going else None)
    if run is None:
        return Now()
    ids, sentence = split_name(run.task)
    leg = next((leg.name for leg in run.legs() if leg.status == "running"), "")
    return Now(run.run.id, leg, sentence, ids, run.task_since, run.check, tuple(run.works))


def writer(runs: Sequence[RunState]) -> Writer:
    """Say who takes writes as the runs recorded it: a promotion ends all questions, a fence that was lifted is none."""
    fenced = max((seconds(run.fenced_at) for run in runs), default=0.0)
    lifted = max((seconds(run.lifted_at) for run in runs), default=0.0)
    promoted = min((at for run in runs if (at := seconds(run.promoted_at))), default=0.0)
    if promoted:
        return Writer("idc", promoted, fenced)
    opening = max((seconds(run.opening_at) for run in runs), default=0.0)
    if opening:
        return Writer("begun", opening, fenced)
    if fenced and fenced > lifted:
        return Writer("nobody", fenced, fenced)
    return Writer("aws", lifted, 0.0)


def mood(runs: Sequence[RunState], found: Sequence[LegState], waits: Sequence[Wait], *, is_open: bool) -> Mood:
    """Say in a word how it stands."""
    if not is_open:
        return "closed"
    if any(run.going for run in runs):
        return "running"
    last = runs[-1] if runs else None
    if last is not None and (last.broken_off or last.end.get("status") not in (*PASSED, "waiting", None)):
        return "stopped"
    if found and all(leg.status in PASSED for leg in found):
        return "done"
    return "waiting" if waits else "calm"


def of_runs(runs: Sequence[RunState]) -> list[Trouble]:
    """List what went wrong in the newest run; earlier runs were answered by a later one."""
    if not runs:
        return []
    run = runs[-1]
    found = [
        Trouble(
            "warn" if line.get("outcome") == "waiting" else "grave",
            "failure",
            seconds(str(line.get("time", ""))),
            ", ".join(split_name(str(line.get("task", "")))[0]),
            str(line.get("host", "")),
            str(line.get("message", "")),
            {"task": split_name(str(line.get("task", "")))[1], "outcome": str(line.get("outcome", ""))},
        )
        for line in run.failures[-_MOST:]
        if line.get("outcome") != "waiting"
    ]
    if run.broken_off:
        found.append(Trouble("grave", "broken_off", seconds(run.last_at), text=run.run.id, values={"task": run.task}))
    return found


def of_series(series: Series) -> tuple[list[Trouble], list[Trouble]]:
    """List the limits that are broken now, and the sources that say nothing now."""
    breaches = [
        Trouble("grave", "breach", one.began, host=one.host, item=one.figure,
                values={"value": one.value, "limit": one.limit, "level": one.level})
        for one in series.breaches
        if one.ended is None
    ]  # fmt: skip
    gaps = [
        Trouble("warn", "gap", one.since, host=one.host, item=one.figure_source, text=one.why)
        for one in series.gaps
        if one.until is None
    ]
    return breaches[-_MOST:], gaps[-_MOST:]


def newest(series: Series) -> float:
    """Return the moment of the newest figure; 0 where there is none."""
    return max((points[-1][0] for hosts in series.values.values() for points in hosts.values() if points), default=0.0)


def _phase(leg: str) -> str:
    return leg.partition(":")[0]


def _budget(site: Site, leg: str) -> float:
    phase = _phase(leg)
    return float(site.budgets.get(phase, 0.0)) if phase in checklist.PHASES else 0.0
