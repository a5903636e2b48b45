"""Shows a run while it goes: a live table on a terminal, plain lines without one, nothing when JSON was asked for."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from rollback_runner import checklist, next_steps
from rollback_runner.screen import long_work
from rollback_runner.screen.long_work import LongWork, minutes
from rollback_runner.screen.progress import Progress

if TYPE_CHECKING:
    from pathlib import Path

    from rollback_runner.checklist import Language
    from rollback_runner.messages import Texts
    from rollback_runner.plan.history import History
    from rollback_runner.plan.leg import Plan
    from rollback_runner.record.seen import TaskSeen

NEEDED_COLUMNS = 70
_WORK_EVERY = 10.0  # seconds between two plain lines on the same work
_COLOURS = {
    "done": "green",
    "already": "green",
    "rehearsed": "green",
    "would_change": "green",
    "running": "cyan",
    "skipped": "dim",
    "waiting": "yellow",
    "refused": "yellow",
    "failed": "bold red",
    "unreachable": "bold red",
}
_WELL = ("done", "already", "rehearsed", "would_change")
_MARKS = {"": "·", "running": "…", "skipped": "-", "not_rehearsed": "-"} | dict.fromkeys(_WELL, "✔")


class View(Protocol):
    """What the engine tells whoever watches."""

    def begin(self, plan: Plan, past: History, deadline: float, *, check: bool, directory: Path | None = None) -> None:
        """Start the phase clock. In `directory` the plugins tell how far long work is."""

    def event(self, event: TaskSeen) -> None:
        """Take one event in."""

    def tick(self) -> None:
        """Look at the clock; called five times a second."""

    def say(self, text: str) -> None:
        """Show a sentence that stays."""

    def end(self) -> None:
        """Stop the clock and leave the last picture."""


class Silent:
    """Shows nothing; for --json."""

    def begin(self, plan: Plan, past: History, deadline: float, *, check: bool, directory: Path | None = None) -> None:
        """Show nothing."""

    def event(self, event: TaskSeen) -> None:
        """Show nothing."""

    def tick(self) -> None:
        """Show nothing."""

    def say(self, text: str) -> None:
        """Show nothing."""

    def end(self) -> None:
        """Show nothing."""


class Plain:
    """One line per change, with the phase clock; for logs and pipes."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._start = time.monotonic()
        self._progress: Progress | None = None
        self._late = False
        self._deadline = 0.0
        self._told_wait = ""
        self._work = LongWork(None)

    def begin(self, plan: Plan, past: History, deadline: float, *, check: bool, directory: Path | None = None) -> None:
        """Start the phase clock."""
        self._start, self._deadline = time.monotonic(), deadline
        self._progress = Progress(plan, past, check)
        self._work = LongWork(directory)

    def event(self, event: TaskSeen) -> None:
        """Print the items whose state changed."""
        if self._progress is None:
            return
        if event.kind == "task":
            self._work.task_began()
        told = False
        for name in self._progress.take(event, self._now()):
            state = self._progress.states[name]
            title = checklist.item(name).title(self._texts.language)
            bad = state in {"failed", "refused", "unreachable"} and bool(event.message)
            # One task serves several items: its words are said once.
            reason = f": {next_steps.complete(event.message)}" if bad and not told else ""
            told = told or bad
            self.say(f"{self._texts.status(self._progress.word(name)):<12} {name:<10} {title} ({event.host}){reason}")

    def tick(self) -> None:
        """Print once when a wait begins to last or the forecast passes the budget, and now and then on long work."""
        progress, now = self._progress, self._now()
        if progress is None:
            return
        for broken in self._work.look():
            self.say(long_work.breach(self._texts, broken))
        for due in self._work.due(_WORK_EVERY):
            self.say(long_work.line(self._texts, due))
        if progress.waiting and now - progress.task_since > 1 and self._told_wait != progress.task:
            self._told_wait = progress.task
            self.say(_wait_line(self._texts, progress, now, self._deadline))
        if progress.late(now) and not self._late:
            self._late = True
            self.say(self._texts("live.over"))

    def say(self, text: str) -> None:
        """Print one line with the clock before it."""
        sys.stderr.write(f"[{self._now():7.1f} s] {text}\n")
        sys.stderr.flush()

    def end(self) -> None:
        """Stop taking events."""
        self._progress = None

    def _now(self) -> float:
        return time.monotonic() - self._start


class Terminal:
    """A table that follows the run; for people at a terminal."""

    def __init__(self, texts: Texts, console: Console) -> None:
        self._texts = texts
        self._console = console
        self._start = time.monotonic()
        self._progress: Progress | None = None
        self._deadline = 0.0
        self._live: Live | None = None
        self._work = LongWork(None)

    def begin(self, plan: Plan, past: History, deadline: float, *, check: bool, directory: Path | None = None) -> None:
        """Start the phase clock and the picture."""
        self._start, self._deadline = time.monotonic(), deadline
        self._progress = Progress(plan, past, check)
        self._work = LongWork(directory)
        self._live = Live(console=self._console, refresh_per_second=5, get_renderable=self._picture)
        self._live.start()

    def event(self, event: TaskSeen) -> None:
        """Take one event in; the picture follows by itself."""
        if event.kind == "task":
            self._work.task_began()
        if self._progress is not None:
            self._progress.take(event, self._now())

    def tick(self) -> None:
        """Look at long work, and say at once what will not end in time. The picture redraws itself."""
        for broken in self._work.look():
            self._console.print(Text(long_work.breach(self._texts, broken), style="bold red"))

    def say(self, text: str) -> None:
        """Print a sentence above the picture."""
        self._console.print(Text(text))

    def end(self) -> None:
        """Draw the last picture and stop."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _now(self) -> float:
        return time.monotonic() - self._start

    def _picture(self) -> Group:
        progress, now = self._progress, self._now()
        if progress is None:
            return Group()
        table = _table(progress, self._texts.language)
        return Group(_clock(self._texts, progress, now), table, self._foot(progress, now), *self._works())

    def _works(self) -> list[Text]:
        return [
            Text("  " + long_work.line(self._texts, one), style="bold red" if one.breach else "cyan")
            for one in self._work.going
        ]

    def _foot(self, progress: Progress, now: float) -> Text:
        if not progress.task:
            return Text("")
        if progress.waiting:
            return Text(_wait_line(self._texts, progress, now, self._deadline), style="yellow")
        return Text(self._texts("live.now", task=progress.task, hosts=", ".join(progress.hosts)), style="cyan")


def choose(texts: Texts, *, silent: bool) -> View:
    """Pick the view: nothing for JSON, plain lines where a table cannot be drawn or would not fit, else the table."""
    if silent:
        return Silent()
    console = Console(stderr=True)
    if not console.is_terminal or console.is_dumb_terminal:
        return Plain(texts)
    if console.width < NEEDED_COLUMNS:
        view = Plain(texts)
        view.say(texts("live.narrow", columns=console.width, needed=NEEDED_COLUMNS))
        return view
    return Terminal(texts, console)


def _clock(texts: Texts, progress: Progress, now: float) -> Text:
    line = Text(texts("live.elapsed", elapsed=minutes(now), budget=minutes(progress.plan.budget)), style="bold")
    ahead = progress.forecast(now)
    if ahead is not None:
        line.append("   " + texts("live.forecast", p50=minutes(ahead.p50), p90=minutes(ahead.p90)))
    if progress.late(now):
        line.append("   " + texts("live.over"), style="bold red")
    return line


def _table(progress: Progress, language: Language) -> Table:
    table = Table.grid(padding=(0, 2))
    for item in progress.plan.items:
        state = progress.word(item.id)
        mark = _MARKS.get(state, "✘")
        at = f"{progress.finished[item.id]:6.1f} s" if item.id in progress.finished else ""
        style = _COLOURS.get(state, "dim")
        table.add_row(
            Text(mark, style=style),
            Text(item.id, style=style),
            Text(checklist.item(item.id).title(language), style=style, overflow="ellipsis", no_wrap=True),
            Text(at, style=style),
        )
    return table


def _wait_line(texts: Texts, progress: Progress, now: float, deadline: float) -> str:
    line = texts(
        "live.waits",
        task=progress.task,
        hosts=", ".join(progress.hosts),
        seconds=now - progress.task_since,
        until=progress.latest_end(now, deadline),
    )
    return f"{line}, {texts('live.retry', attempt=progress.attempt)}" if progress.attempt else line
