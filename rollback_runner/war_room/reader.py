"""Draws the board from the record. One reader serves every viewer; it looks only at what changed."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from failback import incident as incidents
from failback.errors import FailbackError
from failback.journal import JournalError

from rollback_runner.errors import RunnerError
from rollback_runner.record import store, timeline
from rollback_runner.telling import outbox
from rollback_runner.war_room import people, standing
from rollback_runner.war_room.board import Board, RunLine, Stake, Trouble
from rollback_runner.war_room.follow import Changes, below
from rollback_runner.war_room.runs import RunState, seconds
from rollback_runner.watching import series

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import TypeVar

    from rollback_runner.record.timeline_event import Event
    from rollback_runner.site.site import Site
    from rollback_runner.telling.outbox import State as Told
    from rollback_runner.watching.series import Series

    _T = TypeVar("_T")

WINDOW = 1800.0  # seconds of figures shown
_FIGURES_EVERY = 4.0  # seconds between two looks at the figures: a graph that twitches tells nobody more
_EVENTS_EVERY = 3.0
_SHARE = 20.0  # the timeline costs at most this part of one processor: it is read again after so many times its cost
_TAIL = 65536  # bytes of the end of a file in which its last whole line surely is
FILES = ("report.html", "report.md", "report.json")


@dataclass
class Reader:
    """Follows one site's newest incident. `look` is called by one thread."""

    site: Site
    home: Path
    clock: Callable[[], float] = time.time
    _incident: Path | None = None
    _runs: dict[str, RunState] = field(default_factory=dict)
    _strangers: set[str] = field(default_factory=set)
    _changes: Changes = field(default_factory=Changes)
    _team: people.Team = field(default_factory=people.Team)
    _stakes: tuple[Stake, ...] = ()
    _messages: tuple[Told, ...] = ()
    _series: Series = field(default_factory=series.Series)
    _events: tuple[Event, ...] = ()
    _events_due: float = 0.0
    _figures_due: float = 0.0
    _unread: dict[str, str] = field(default_factory=dict)

    @property
    def place(self) -> Path | None:
        """The incident that is shown, open or the last that was."""
        return self._incident

    def look(self) -> Board:
        """Read what changed and draw the board. Never raises for what cannot be read: the board says so."""
        now = self.clock()
        current = incidents.current(self.home, self.site.name)
        shown = current or self._last()
        if shown != self._incident:
            self._begin(shown)
        if shown is None:
            return Board(now, self.site.name, self.site.titles, self.site.timezone, names=people.names(self.site))
        self._follow(shown)
        runs = sorted(self._runs.values(), key=lambda run: (str(run.begin.get("time", "")), run.run.id))
        real = [run for run in runs if not run.check]
        legs = standing.legs(self.site, real)
        reached = standing.reached(legs, going=any(run.going for run in real))
        self._read_people(shown, reached)
        changed = [run for run in runs if run.look()]  # every one of them must be looked at
        self._read_rest(shown, now, changed=bool(changed))
        breaches, gaps = standing.of_series(self._series)
        troubles = (*standing.of_runs(real), *breaches, *gaps, *self._team.troubles, *self._unreadable())
        open_now = current is not None
        return Board(
            at=now,
            site=self.site.name,
            titles=self.site.titles,
            timezone=self.site.timezone,
            incident=shown.name,
            open=open_now,
            mood=standing.mood(real, legs, self._team.waits, is_open=open_now),
            drill=next((str(run.begin["options"].get("drill") or "") for run in reversed(real)), ""),
            cause=self._team.cause,
            severity=self._team.severity,
            failed=self._team.failed,
            now=standing.now(runs),
            writer=standing.writer(real),
            legs=legs,
            waits=self._team.waits,
            troubles=tuple(sorted(troubles, key=lambda one: (one.level != "grave", -one.at))),
            stakes=self._stakes,
            items=standing.items(real),
            seats=self._team.seats,
            names=people.names(self.site),
            messages=self._messages,
            series=self._series,
            newest=standing.newest(self._series),
            events=self._events,
            runs=tuple(_run_line(run) for run in runs),
            plan=self._team.plan,
            reached=reached,
            attached=self._team.attached,
        )

    def _begin(self, shown: Path | None) -> None:
        self._incident = shown
        self._runs, self._strangers, self._changes = {}, set(), Changes()
        self._stakes, self._messages, self._events, self._series = (), (), (), series.Series()
        self._team, self._unread = people.Team(), {}
        self._events_due = self._figures_due = 0.0

    def _last(self) -> Path | None:
        found = below(incidents.shelf(self.home, self.site.name), "[0-9]*")
        return next((path for path in reversed(found) if path.is_dir()), None)

    def _follow(self, shown: Path) -> None:
        """Find the runs of the incident. A run that belongs elsewhere is looked at once."""
        for directory in below(store.runs_directory(self.home), "[0-9]*"):
            name = directory.name
            if name in self._runs or name in self._strangers or directory.is_symlink():
                continue
            run = RunState(store.Run(directory), store.lock_path(self.home, self.site.name))
            run.peek()
            if run.begin and (run.begin.get("site"), run.incident) == (self.site.name, shown.name):
                run.look()
                self._runs[name] = run
            elif run.begin:
                self._strangers.add(name)

    def _read_people(self, shown: Path, reached: frozenset[str]) -> None:
        names = ("people.jsonl", "plan.json", "approvals.jsonl")
        phases = sorted(reached)
        watched = [shown / name for name in names]
        # Deputies' turns come with the clock alone, so the people are looked at every few seconds at the least.
        mark = [shown / ".phases" / "-".join(phases), shown / f".{int(self.clock() / 5)}"]
        if self._changes.since_last("people", [*watched, *mark]):
            told = self._try("people", lambda: people.read(self.site, self.home, shown, reached))
            self._team = told or self._team

    def _read_rest(self, shown: Path, now: float, *, changed: bool) -> None:
        if self._changes.since_last("stake", below(shown / "facts", "stake.*.json")):
            self._stakes = self._try("stake", lambda: _stakes(incidents.facts(shown))) or self._stakes
        if self._changes.since_last("messages", [shown / outbox.MESSAGES, shown / outbox.DELIVERIES]):
            self._messages = self._try("messages", lambda: tuple(outbox.read(shown))) or self._messages
            changed = True
        if now >= self._figures_due and self._changes.since_last("figures", below(series.place(shown), "*.jsonl")):
            self._figures_due = now + _FIGURES_EVERY
            until = self._last_figure(shown, now)
            self._series = self._try("figures", lambda: series.read(shown, until - WINDOW)) or self._series
        if changed or self._changes.since_last("words", [shown / "people.jsonl", shown / "approvals.jsonl"]):
            self._changes.forget("events")
        if now >= self._events_due and self._changes.since_last("events", []):
            began = time.perf_counter()
            found = self._try("events", lambda: timeline.events(self.home, self.site.name, shown))
            self._events = tuple(found) if found is not None else self._events
            self._events_due = now + max(_EVENTS_EVERY, _SHARE * (time.perf_counter() - began))

    def _last_figure(self, shown: Path, now: float) -> float:
        """Say where the graphs end: now, or where the figures of an incident that is over do."""
        files = below(series.place(shown), "points-*.jsonl")
        newest = _last_moment(files[-1]) if files else now
        return now if now - newest < WINDOW else newest

    def _try(self, name: str, act: Callable[[], _T]) -> _T | None:
        """Read a part; one that cannot be read is said on the board and keeps its last picture."""
        try:
            found = act()
        except (FailbackError, JournalError, RunnerError, OSError, ValueError, KeyError, TypeError) as error:
            self._unread[name] = str(error)
            self._changes.forget(name)
            return None
        self._unread.pop(name, None)
        return found

    def _unreadable(self) -> list[Trouble]:
        return [
            Trouble("grave", "read", text=text, item="", values={"part": part}) for part, text in self._unread.items()
        ]


def _stakes(facts: Mapping[str, object]) -> tuple[Stake, ...]:
    found = []
    for name, fact in sorted(facts.items()):
        kind, _, host = name.partition(".")
        if kind != "stake" or not isinstance(fact, dict) or not isinstance(fact.get("sentence"), dict):
            continue
        told = fact.get("verdict")
        verdict = told.get("sentence") if isinstance(told, dict) else None
        lines = tuple(line for line in fact.get("lines") or () if isinstance(line, dict))
        at = str(fact.get("measured_at") or "")
        found.append(Stake(host, fact["sentence"], verdict if isinstance(verdict, dict) else {}, lines, at))
    return tuple(found)


def _last_moment(path: Path) -> float:
    """Read the moment of a file's last figure, from its end; 0 where there is none."""
    with suppress(OSError), path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - _TAIL))
        for raw in reversed(stream.read().splitlines()):
            with suppress(ValueError, KeyError, TypeError):
                return float(json.loads(raw)["at"])
    return 0.0


def _run_line(run: RunState) -> RunLine:
    outcome = str(run.end.get("outcome") or "") or ("interrupted" if run.broken_off else "")
    files = tuple(name for name in FILES if (run.run.directory / name).is_file())
    ended = seconds(str(run.end.get("time", ""))) or (seconds(run.last_at) if run.broken_off else 0.0)
    return RunLine(run.run.id, seconds(str(run.begin.get("time", ""))), ended, outcome, run.check, files)
