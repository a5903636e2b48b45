"""A look at both sites as they are now: reads only, takes no lock, and keeps what was seen beside the runs."""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollback_runner.content import ROOT
from rollback_runner.errors import RecordError
from rollback_runner.record import store, verdict
from rollback_runner.run import ansible_run, interrupts
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rollback_runner.record.seen import TaskSeen
    from rollback_runner.record.verdict import Failure

_DEADLINE = 120.0  # seconds; a look takes about five, and every question in it has a deadline of its own
_SHELF = "looks"
_KEPT = 30  # looks that stay
_NAME = re.compile(r"\d{8}T\d{6}Z-.*-situation(-\d+)?")


@dataclass(frozen=True)
class Looked:
    """What was seen, {} when the look did not get to its end; ``where`` is empty when it could not be kept."""

    fact: dict[str, Any]
    failures: tuple[Failure, ...]
    last_words: str
    seconds: float
    where: str


@dataclass
class _Taken:
    """Events of the play, and the drawing among them."""

    seen: list[TaskSeen] = field(default_factory=list)
    fact: dict[str, Any] = field(default_factory=dict)


def look(site_name: str, home: Path, say: Callable[[str], None]) -> Looked:
    """Look at a site. ``say`` gets one line per host and part. Raises `SiteError`, `UsageError`."""
    site = sites.load(site_name)
    taken = _Taken()

    def take(event: TaskSeen) -> None:
        taken.seen.append(event)
        if event.kind != "result" or event.outcome == "skipped" or not event.ids:
            return
        found = event.evidence.get("evidence") or {}
        taken.fact = found.get("situation") or taken.fact
        silent = found.get("answers") is False and found.get("error")
        say(f"{event.host}: {event.sentence}{f': {silent}' if silent else ''}")

    with _place(home, site.name, site.secret_files) as (directory, kept):
        order = ansible_run.Order(
            playbook=ROOT / "playbooks" / "prepare" / "situation.yml",
            inventory=site.directory,
            directory=directory,
            variables={"RR_RUN_DIR": str(directory), "RR_HOME": str(home)},
            secret_files=site.secret_files,
            deadline=_DEADLINE,
        )
        cancel = threading.Event()
        with interrupts.watched(cancel, lambda: None):
            ended = ansible_run.run(order, take, cancel, lambda: None)
    where = str(directory) if kept else ""
    return Looked(taken.fact, tuple(_broken(taken.seen)), ended.last_words, ended.seconds, where)


def _broken(seen: list[TaskSeen]) -> list[Failure]:
    """Leave out what the look made a sentence of: a blocker of the situation is no failure of the look."""
    drawn = {(event.host, event.sentence) for event in seen if event.findings}
    return [failure for failure in verdict.failures(seen) if (failure.host, failure.task) not in drawn]


@contextmanager
def _place(home: Path, site: str, secret_files: tuple[str, ...]) -> Iterator[tuple[Path, bool]]:
    """Give a directory to record in. A full or read-only disk must not keep anybody from looking."""
    try:
        run = store.create_aside(home, _SHELF, _fresh_id(home, site), secret_files)
    except RecordError:
        with tempfile.TemporaryDirectory(prefix="rollback-runner-look-") as scratch:
            yield Path(scratch), False
        return
    try:
        yield run.directory, True
    finally:
        store.give_back_reserve(run)
        _forget(home / _SHELF)


def _fresh_id(home: Path, site: str) -> str:
    stem = store.new_id(home, site, "situation")
    number, name = 1, stem
    while (home / _SHELF / name).exists():
        number, name = number + 1, f"{stem}-{number + 1}"
    return name


def _forget(shelf: Path) -> None:
    """Remove the oldest looks; only directories that this file has made."""
    looks = sorted(path for path in shelf.iterdir() if path.is_dir() and _NAME.fullmatch(path.name))
    for path in looks[:-_KEPT]:
        shutil.rmtree(path, ignore_errors=True)
