"""The runs of an incident as they are now: legs, items, the task that goes on, and who takes writes by their record.

A run that goes on is judged from its events by the rules that will judge it at its end (`verdict`). The record is
followed, not read anew: a look at a run that did nothing costs two calls to the file system.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from failback import lock, progress

from rollback_runner.record import acts, events, rebuilt, store, verdict
from rollback_runner.record.seen import Step, TaskSeen
from rollback_runner.record.verdict import Expected
from rollback_runner.war_room.follow import Lines

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LIFTED = "unlock the accounts"  # the act by which RDS is opened again; its first words
_ABORT = "abort"


@dataclass(frozen=True)
class ItemState:
    """What is known of an item: `running` while its tasks come, else a status of the verdict."""

    status: str
    reason: str = ""
    hosts: tuple[tuple[str, str], ...] = ()
    run: str = ""
    at: str = ""


@dataclass(frozen=True)
class LegState:
    """One leg. ``status`` is "" before it, `running` in it; times are seconds since 1970, 0 where they are not."""

    name: str
    status: str
    budget: float
    began: float = 0.0
    ended: float = 0.0
    p50: float = 0.0
    p90: float = 0.0
    run: str = ""


@dataclass
class _Leg:
    """What was planned of a leg, and what was seen of it so far (without evidence: nobody here looks at it)."""

    name: str
    items: tuple[Expected, ...] = ()
    steps: tuple[Step, ...] = ()
    seen: list[TaskSeen] = field(default_factory=list)
    began: float = 0.0


@dataclass
class RunState:
    """One run, followed. Call `look` to bring it up to date."""

    run: store.Run
    lock_file: Path
    begin: dict[str, Any] = field(default_factory=dict)
    end: dict[str, Any] = field(default_factory=dict)
    items: dict[str, ItemState] = field(default_factory=dict)
    failures: list[dict[str, Any]] = field(default_factory=list)
    task: str = ""
    task_since: float = 0.0
    fenced_at: str = ""
    promoted_at: str = ""
    lifted_at: str = ""
    opening_at: str = ""
    alive: bool = False
    works: list[progress.Work] = field(default_factory=list)
    last_at: str = ""
    _told: dict[str, tuple[str, str]] = field(default_factory=dict)
    _plans: list[dict[str, Any]] = field(default_factory=list)
    _legs: dict[str, _Leg] = field(default_factory=dict)
    _now: str = ""
    _journal: Lines | None = None
    _events: Lines | None = None

    @property
    def check(self) -> bool:
        """Whether it is a rehearsal, which proves nothing."""
        return bool(self._options().get("check"))

    @property
    def incident(self) -> str:
        """Id of the incident it belongs to."""
        return str(self._options().get("incident") or "").rpartition("/")[2]

    @property
    def going(self) -> bool:
        """Whether it goes on now."""
        return self.alive and not self.end

    @property
    def broken_off(self) -> bool:
        """Whether it was ended without a last word."""
        return bool(self.begin) and not self.end and not self.alive

    def peek(self) -> None:
        """Read the first line alone: which site and incident it belongs to."""
        try:
            with self.run.journal.open("rb") as stream:
                line = json.loads(stream.readline())
        except (OSError, ValueError):
            return
        if isinstance(line, dict) and line.get("kind") == "begin":
            self.begin = line

    def look(self) -> bool:
        """Take in what is new; return whether anything was."""
        if self._journal is None or self._events is None:
            self._journal = Lines(self.run.journal)
            self._events = Lines(self.run.directory / rebuilt.EVENTS)
        before = self._mark()
        told = self._journal.fresh()
        for line in told:
            self._line(line)
        seen = self._seen(self._events.fresh())
        self.alive = not self.end and self._holds_the_lock()
        self.works = [one for one in progress.works(self.run.directory) if not one.ended] if self.going else []
        if seen and not self.end:
            self._judge()
        if self.end:
            for leg in self._legs.values():
                leg.seen.clear()
        return bool(
            told or seen or before != (self.alive, [(work.work, work.stage, work.share) for work in self.works])
        )

    def _mark(self) -> tuple[object, ...]:
        return self.alive, *((work.work, work.stage, work.share) for work in self.works)

    def legs(self) -> list[LegState]:
        """List its legs in their order, the abort last where there was one."""
        found = []
        for plan in self._planned():
            spread = plan.get("forecast") or {}
            state = self._leg_state(leg_name(plan), _ident(plan), float(plan["budget"]))
            found.append(replace(state, p50=float(spread.get("p50") or 0), p90=float(spread.get("p90") or 0)))
        if _ABORT in self._legs:
            found.append(self._leg_state(_ABORT, _ABORT, 0.0))
        return found

    def _leg_state(self, name: str, ident: str, budget: float) -> LegState:
        leg = self._legs.get(ident)
        began = leg.began if leg else 0.0
        status, at = self._told.get(name, ("", ""))
        ended = seconds(at) if at else 0.0
        if not status and began:
            status = "running" if self.going and self._now == ident else "interrupted" if not self.going else ""
            ended = 0.0 if status == "running" else seconds(self.last_at)
        return LegState(name, status, budget, began, ended, run=self.run.id)

    def _line(self, line: dict[str, Any]) -> None:
        kind, at = line.get("kind"), str(line.get("time", ""))
        self.last_at = at or self.last_at
        if kind == "begin":
            self.begin = line
        elif kind == "end":
            self.end = line
        elif kind == "task":
            self.task, self.task_since = str(line.get("task", "")), seconds(at)
        elif kind == "failure":
            self.failures.append(line)
        elif kind == "leg":
            self._told[str(line.get("leg"))] = (str(line.get("status")), at)
        elif kind == "item":
            self._item(line, at)
        else:
            self._turn(line, at)

    def _turn(self, line: dict[str, Any], at: str) -> None:
        """Take in what changes who takes writes."""
        kind, act = line.get("kind"), str(line.get("act", ""))
        if kind == "final":
            self.fenced_at = at
        elif kind == "promoted":
            self.promoted_at = self.promoted_at or at
        elif kind == "intent" and act.startswith(acts.OPENING):
            self.opening_at = at
        elif kind == "outcome" and line.get("ok") and act.startswith(_LIFTED):
            self.lifted_at = at

    def _item(self, line: dict[str, Any], at: str) -> None:
        """Take the word at a leg's end; a later leg that did not come to an item takes nothing back."""
        name, status = str(line.get("id")), str(line.get("status"))
        if status == "not_run" and name in self.items and self.items[name].status != "running":
            return
        hosts = tuple((str(host), str(word)) for host, word in dict(line.get("hosts") or {}).items())
        self.items[name] = ItemState(status, str(line.get("reason") or ""), hosts, self.run.id, at)

    def _seen(self, lines: list[dict[str, Any]]) -> int:
        count = 0
        for raw in lines:
            ident = str(raw.get("runner_ident", ""))
            for event in events.parse_event(raw):
                leg = self._leg(ident)
                leg.began = leg.began or seconds(event.time)
                leg.seen.append(replace(event, evidence={}))
                self._now = ident
                count += 1
        return count

    def _leg(self, ident: str) -> _Leg:
        if ident not in self._legs:
            plan = next((plan for plan in self._planned() if _ident(plan) == ident), None)
            self._legs[ident] = _planned_leg(plan) if plan else _Leg(ident)
        return self._legs[ident]

    def _judge(self) -> None:
        """Judge the leg that goes on by what was seen of it so far."""
        leg = self._legs.get(self._now)
        if leg is None or leg.name in self._told:
            return
        begun = {name for event in leg.seen for name in event.ids}
        for one in verdict.judge(leg.items, leg.steps, leg.seen, check=self.check):
            if one.status == "not_run" and one.id not in begun:
                continue
            status = "running" if one.status == "not_run" else one.status
            hosts = tuple((host.host, host.status) for host in one.hosts)
            # While it runs, what it has not come to is no reason for anything.
            reason = "" if status == "running" else one.reason
            self.items[one.id] = ItemState(status, reason, hosts, self.run.id, one.ended or one.started)

    def _planned(self) -> list[dict[str, Any]]:
        if not self._plans:
            self._plans = list(rebuilt.plans_of(self.run))
        return self._plans

    def _options(self) -> dict[str, Any]:
        found = self.begin.get("options")
        return found if isinstance(found, dict) else {}

    def _holds_the_lock(self) -> bool:
        if self.check:  # a rehearsal takes no lock: it goes on as long as its record does
            return not self.end
        try:
            held = lock.read(self.lock_file)
        except lock.LockError:
            return False
        return held is not None and held.held and held.run == self.run.id and not held.stale


def seconds(at: str) -> float:
    """Turn a moment of the record into seconds since 1970; 0 for none."""
    try:
        return datetime.fromisoformat(at).timestamp() if at else 0.0
    except ValueError:
        return 0.0


def leg_name(plan: Mapping[str, Any]) -> str:
    """Name a leg as reports do: `full`, or `full:restore`."""
    leg = plan["leg"]
    return f"{leg['phase']}:{leg['part']}" if leg.get("part") else str(leg["phase"])


def _ident(plan: Mapping[str, Any]) -> str:
    """Name a leg as its events do: by its playbook."""
    return str(plan["leg"]["playbook"]).removesuffix(".yml")


def _planned_leg(plan: Mapping[str, Any]) -> _Leg:
    items = (
        Expected(
            row["id"], tuple(row["hosts"]), row.get("excused", ""), tuple((a, b) for a, b in row.get("absent", ()))
        )
        for row in plan["items"]
    )
    steps = (
        Step(row["play"], row["name"], tuple(row["ids"]), row.get("optional", False), row.get("hosts", ""))
        for row in plan["steps"]
    )
    return _Leg(leg_name(plan), tuple(items), tuple(steps))
