"""The stop-gap service of a site: put up, taken off, looked at, and put on record.

Not a run of a phase: it takes no lock of the site, because it is wanted while a run takes long. What it may do beside a
run is decided here and on the node itself (``failback.haproxy.stopgap``).
"""

from __future__ import annotations

import fcntl
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from failback import incident as incidents
from failback import journal, lock

from rollback_runner.content import ROOT
from rollback_runner.errors import LockedError, RecordError, RefusedError
from rollback_runner.record import store, verdict
from rollback_runner.run import ansible_run, interrupts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rollback_runner.record.seen import TaskSeen
    from rollback_runner.record.verdict import Failure
    from rollback_runner.site.site import Site

Mode = Literal["off", "page", "read-only"]
_SHELF = "stopgaps"
_DEADLINE = 120.0  # seconds; a node takes about one
_PUT = ROOT / "playbooks" / "stopgap.yml"
_LOOK = ROOT / "playbooks" / "prepare" / "stopgap.yml"


@dataclass(frozen=True)
class Standing:
    """How the nodes stand: the mode of each that answered, those that were changed now, and what went wrong."""

    modes: dict[str, str]
    changed: tuple[str, ...]
    problems: tuple[str, ...]
    failures: tuple[Failure, ...]
    passed: bool
    interrupted: bool


def put(  # noqa: PLR0913 - a wish has these parts
    site: Site, home: Path, mode: Mode, *, reason: str, during_run: str, say: Callable[[str], None]
) -> Standing:
    """Set the mode on every node.

    Raises:
        RefusedError: the site has no stop-gap service, or a run is going on and nobody said why it does not matter.
        LockedError: the same command is under way elsewhere.
        RecordError: it cannot be put on record; nothing was done.

    """
    _wanted(site)
    if mode != "off":
        _beside_a_run(site, home, during_run)
    with _alone(home, site.name):
        found = _play(site, home, _PUT, mode, say)
        if mode != "off" or found.changed or found.failures:
            _tell(site, home, mode, reason or during_run, found)
    return found


def look(site: Site, home: Path, say: Callable[[str], None]) -> Standing:
    """Look at every node and through every front door. Raises `RefusedError` and `RecordError` as `put` does."""
    _wanted(site)
    return _play(site, home, _LOOK, "", say)


def _wanted(site: Site) -> None:
    said = {str(variables.get("site_stopgap", "haproxy")) for variables in site.variables.values()}
    if said == {"none"}:
        raise RefusedError(
            f"The site {site.name} has no stop-gap service (site_stopgap is none).",
            next_step="add the lines of docs/inventory.md to HAProxy's configuration, then set site_stopgap: haproxy",
        )


def _beside_a_run(site: Site, home: Path, during_run: str) -> None:
    """Refuse while a run holds the site: it proves itself through the front doors, which would answer with the page."""
    try:
        held = lock.read(store.lock_path(home, site.name))
    except lock.LockError as error:
        raise RefusedError(f"{error}; nothing was put up.", next_step="rollback-runner status") from error
    if held is not None and held.held and not held.stale and not during_run.strip():
        raise RefusedError(
            f"A run is going on ({lock.describe(held)}), and it proves itself through the front doors.",
            next_step='wait for it, or say why it does not matter: the same command with --during-run "why"',
        )


def _play(site: Site, home: Path, playbook: Path, mode: str, say: Callable[[str], None]) -> Standing:
    run = store.create_aside(home, _SHELF, _name(home, site.name, mode or "look"), site.secret_files)
    journal.append(run.journal, "begin", phase="stopgap", site=site.name, holder=store.holder(), options={"mode": mode})
    order = ansible_run.Order(
        playbook=playbook,
        inventory=site.directory,
        directory=run.directory,
        variables={"RR_RUN_DIR": str(run.directory), "RR_HOME": str(home)},
        secret_files=site.secret_files,
        deadline=_DEADLINE,
        extra={"stopgap_mode": mode} if mode else None,
    )
    seen: list[TaskSeen] = []

    def take(event: TaskSeen) -> None:
        seen.append(event)
        if event.kind == "result" and event.host and event.ids:
            say(f"{event.host}: {event.sentence}: {event.outcome}{': ' + event.message if event.message else ''}")

    cancel = threading.Event()
    with interrupts.watched(cancel, lambda: None):
        ended = ansible_run.run(order, take, cancel, lambda: None)
    failures = verdict.failures(seen)
    results = [event for event in seen if event.kind == "result"]
    passed = ended.status == "successful" and not failures
    journal.append(run.journal, "end", outcome="proven" if passed else "unproven", status=ended.status)
    store.give_back_reserve(run)
    return Standing(
        modes={event.host: str(found["mode"]) for event in results if "mode" in (found := _evidence(event))},
        changed=tuple(dict.fromkeys(event.host for event in results if event.outcome == "changed")),
        problems=tuple(one["sentence"] for event in results for one in event.findings),
        failures=failures,
        passed=passed,
        interrupted=cancel.is_set(),
    )


def _evidence(event: TaskSeen) -> dict[str, object]:
    found = event.evidence.get("evidence")
    return found if isinstance(found, dict) else {}


def _tell(site: Site, home: Path, mode: str, reason: str, found: Standing) -> None:
    """Put it on the open incident's record, beside what people said; outside of one only its own record has it."""
    place = incidents.current(home, site.name)
    if place is None:
        return
    nodes = {"changed": list(found.changed), "failed": [failure.host for failure in found.failures]}
    try:
        journal.append(place / "people.jsonl", "stopgap", by=store.holder(), mode=mode, note=reason, nodes=nodes)
    except journal.JournalError as error:
        raise RecordError(
            f"{error}; the mode was set all the same.", next_step="rollback-runner stopgap status"
        ) from error


def _name(home: Path, site: str, word: str) -> str:
    stem = store.new_id(home, site, f"stopgap-{word}")
    number, name = 1, stem
    while (home / _SHELF / name).exists():
        number, name = number + 1, f"{stem}-{number + 1}"
    return name


@contextmanager
def _alone(home: Path, site: str) -> Iterator[None]:
    """Let one command at a time set the mode of a site; the kernel lets go when the command is killed."""
    path = home / _SHELF / f"{site}.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise LockedError(
                    "Somebody else is setting the stop-gap service at this moment; nothing was done.",
                    next_step="rollback-runner stopgap status",
                ) from error
            yield
    except OSError as error:
        raise RecordError(f"{path} cannot be written: {error.strerror}; nothing was done.") from error
