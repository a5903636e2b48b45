"""Faults at an item: done the moment a task of that name begins, as the journal of the run tells.

Each fault's process is started beforehand and waits for one line, so that nothing but the fault itself lies between.
"""

from __future__ import annotations

import json
import subprocess
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from rollback_runner.content import ROOT
from rollback_runner.drill.command import environment
from rollback_runner.errors import RunnerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rollback_runner.drill.scenarios import Moment

_LOOK = 0.005  # seconds between two looks at the journal: a task begins about three times a second
_DONE = 60.0  # seconds; a fault is done in less than one
_RUNS = "2*"  # a run's name begins with its year


class Fault:
    """One fault that stands ready."""

    def __init__(self, moment: Moment, home: Path, argv: Sequence[str]) -> None:
        self.moment = moment
        self.done = False
        self._process = subprocess.Popen(
            argv, cwd=ROOT, env=environment(home), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        stream = self._process.stdout
        if stream is None or stream.readline().strip() != "ready":
            raise RunnerError(
                f"The fault {moment.fault} cannot be made ready.", next_step=f"python -m lab fault {moment.fault}"
            )

    def do(self) -> None:
        """Let it happen."""
        self.done = True
        with suppress(BrokenPipeError):
            self._process.communicate("now\n", timeout=_DONE)

    def end(self) -> None:
        """End a fault that never came; raise RunnerError for one that failed."""
        if not self.done:
            with suppress(BrokenPipeError):
                self._process.communicate(timeout=_DONE)
        elif self._process.returncode != 0:
            raise RunnerError(f"The fault {self.moment.fault} could not be done at {self.moment.task!r}.")


@contextmanager
def watched(home: Path, moments: Sequence[Moment], lab: Sequence[str]) -> Iterator[list[Fault]]:
    """Do each fault at its moment in the run that begins now. Yields them; afterwards each says whether it was done.

    `lab` is the command line of the lab whose faults they are.
    """
    faults = [Fault(moment, home, [*lab, "fault", moment.fault, "--on-line"]) for moment in moments]
    known = set((home / "runs").glob(_RUNS))
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(home, known, faults, over), daemon=True)
    watcher.start()
    try:
        yield faults
    finally:
        over.set()
        watcher.join()
        for fault in faults:
            fault.end()


def _watch(home: Path, known: set[Path], faults: Sequence[Fault], over: threading.Event) -> None:
    """Follow the journal of the first run that was not there before."""
    place, read = None, 0
    while not over.wait(_LOOK) and not all(fault.done for fault in faults):
        if place is None:
            place = next((path for path in sorted((home / "runs").glob(_RUNS)) if path not in known), None)
            continue
        lines, read = _new_lines(place / "journal.jsonl", read)
        for line in lines:
            for fault in faults:
                if not fault.done and begins(line, fault.moment):
                    fault.do()


def _new_lines(journal: Path, read: int) -> tuple[list[str], int]:
    """Read the whole lines that came since; a line that is being written waits for its end."""
    try:
        with journal.open(encoding="utf-8") as stream:
            stream.seek(read)
            text = stream.read()
    except OSError:
        return [], read
    whole = text[: text.rfind("\n") + 1]
    return whole.splitlines(), read + len(whole.encode())


def begins(line: str, moment: Moment) -> bool:
    """Tell whether this line of a journal says that the moment's task begins."""
    try:
        entry = json.loads(line)
    except ValueError:
        return False
    return bool(entry.get("kind") == "task" and moment.task in entry.get("task", ""))
