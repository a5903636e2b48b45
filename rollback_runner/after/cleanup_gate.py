"""What must hold before anything on AWS may end: who may say so, since when, and in which words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failback import incident as incidents
from failback import lock
from failback.errors import FailbackError
from failback.people import catalogue, words

from rollback_runner.after import watched
from rollback_runner.errors import RefusedError, UsageError
from rollback_runner.people import room
from rollback_runner.record import incident_runs, store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from rollback_runner.after.cleanup_plan import Entry, Plan
    from rollback_runner.site.site import Site

_AGREED = "FOLLOW-01"


def place(site: Site, home: Path, name: str) -> Path:
    """Find the incident: the one named, the open one, else the newest. Raises `UsageError` when there is none."""
    shelf = incidents.shelf(home, site.name)
    if name:
        found = shelf / name
        if not name.startswith(".") and "/" not in name and found.is_dir() and not found.is_symlink():
            return found
        raise UsageError(f"There is no incident {name} of the site {site.name}.", next_step="rollback-runner incident")
    current = incidents.current(home, site.name)
    if current is not None:
        return current
    known = sorted(path for path in shelf.glob("[0-9]*") if path.is_dir()) if shelf.is_dir() else []
    if not known:
        raise UsageError(f"There was no incident on {site.name} yet.", next_step="rollback-runner phase prepare")
    return known[-1]


def check(site: Site, home: Path, incident: Path, plan: Plan) -> None:
    """Refuse unless the plan is of this site and incident, the watch ended well, somebody agreed, and no run goes on.

    Nothing else is waited for: the plans of the next migration (REMIG-01 to REMIG-04) may be open for weeks.

    Raises `RefusedError` with the first thing that does not hold.
    """
    if (plan.site, plan.incident) != (site.name, incident.name):
        raise RefusedError(
            f"The plan is of {plan.site}, incident {plan.incident}.", next_step="rollback-runner cleanup plan"
        )
    current = incidents.current(home, site.name)
    if current is not None and current.name != incident.name:
        raise RefusedError(
            f"The incident {current.name} is open, and what stands on AWS may be wanted in it.",
            next_step="rollback-runner incident",
        )
    _watched(site, home, incident)
    _agreed(site, incident)
    nobody_runs(site, home)


def nobody_runs(site: Site, home: Path) -> None:
    """Refuse while a run holds the site. Raises `RefusedError`."""
    held = lock.read(store.lock_path(home, site.name))
    if held is not None and held.held and not held.stale:
        raise RefusedError(f"A run is going on: {lock.describe(held)}.", next_step="wait for its end")


def _watched(site: Site, home: Path, incident: Path) -> None:
    """See that the newest run that watched proved what was watched, and that the service did not move after it."""
    runs = incident_runs.runs_of(home, incident.name, site.name)
    missing = watched.missing([incident_runs.report_of(run) for run in runs])
    if missing:
        raise RefusedError(
            f"Nothing on AWS ends before the phase watch ended well: {missing}.",
            next_step="rollback-runner phase watch",
        )


def _agreed(site: Site, incident: Path) -> None:
    """See that a person who may agreed that resources end."""
    ask = catalogue.of(_AGREED)
    where = room.room(site, incident)
    try:
        word = words.read(incident).standing(_AGREED)
    except FailbackError as error:
        raise RefusedError(f"{error}.") from error
    judged = where.judged(ask) if ask is not None else None
    if word is None or word.kind != "confirm" or (judged is not None and judged.waiting):
        said = (
            judged.waiting
            if judged is not None and judged.waiting
            else f"{_AGREED}: nobody agreed that AWS resources end"
        )
        raise RefusedError(f"{said}.", next_step=f'rollback-runner confirm {_AGREED} --note "what ends, and when"')


def chosen(plan: Plan, only: Sequence[str], today: date) -> tuple[Entry, ...]:
    """Return the lines that are carried out now: all that are due, or those named.

    Raises `RefusedError` for a name that is not in the plan, is kept, or is held until later.
    """
    named = [(name, plan.get(name)) for name in only]
    for name, entry in named:
        if entry is None:
            raise RefusedError(
                f"{name} is not in the plan, so it is not touched.", next_step="rollback-runner cleanup plan"
            )
        if entry.action == "keep":
            raise RefusedError(f"{entry.key} is kept: {entry.why}.", next_step="rollback-runner cleanup plan")
    wanted = [entry for _, entry in named if entry is not None] if only else list(plan.acts)
    ready = [one for one in wanted if one.hold_until <= today.isoformat()]
    waiting = [one for one in wanted if one not in ready]
    if (only and waiting) or not ready:
        said = "; ".join(f"{one.key} is held until {one.hold_until}" for one in waiting) or "the plan ends nothing"
        raise RefusedError(
            f"Nothing is due on {today.isoformat()}: {said}.", next_step="wait for the date, or make a new plan"
        )
    return tuple(one for one in plan.acts if one in ready)


def phrase(site: Site, entries: Sequence[Entry]) -> str:
    """Return what must be typed: how many, and of which site."""
    verbs = sorted({one.action for one in entries})
    return f"{' and '.join(verbs)} {len(entries)} of {site.name}"
