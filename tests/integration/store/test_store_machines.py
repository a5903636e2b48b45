"""Machines that race, die and come back: real processes against each kind of store."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from failback import journal, lock
from failback.store import seam
from failback.store.exchange import exchange

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Site

ROUNDS = 50
FEW = 8  # of a kind whose every question starts processes; the long test has all of them


def lock_at(home: Path, site: Site) -> Path:
    path = home / "runs" / "locks" / f"{site.settings.site}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    seam.mark(lock.seam_marker(path), site.settings)
    return path


def journal_at(home: Path, site: Site, run: str = "r1") -> Path:
    (home / "runs" / run).mkdir(parents=True, exist_ok=True)
    (home / "runs" / run / "secret-files").write_text("")
    seam.mark(home / "runs" / run / journal.MARKER, site.settings)
    return home / "runs" / run / "journal.jsonl"


def race(path: Path, name: str, rounds: int, go: Any, won: Any) -> None:
    """One machine: take the lock in each round if nobody else was faster, give it back when the round is over."""
    for number in range(rounds):
        go.wait(120)
        held = None
        with suppress(lock.LockHeldError):
            held = lock.acquire(path, site=name, reason="race", run=f"{name}-{number}")
        go.wait(120)
        won.put((number, name, held.epoch if held else 0))
        if held is not None:
            lock.release(path, held.epoch)


def winners(site: Site, base: Path, rounds: int) -> list[list[int]]:
    """Let two machines race for the lock; the epochs that were won in each round."""
    context = multiprocessing.get_context("fork")
    go, won = context.Barrier(2), context.Queue()
    machines = [
        context.Process(target=race, args=(lock_at(base / name, site), name, rounds, go, won)) for name in ("a", "b")
    ]
    for one in machines:
        one.start()
    said = [won.get(timeout=300) for _ in range(2 * rounds)]
    for one in machines:
        one.join(60)
        assert one.exitcode == 0
    return [[epoch for round_, _, epoch in said if round_ == number and epoch] for number in range(rounds)]


def test_of_two_machines_exactly_one_gets_the_lock(site: Site, tmp_path: Path) -> None:
    rounds = ROUNDS if site.settings.kind == "s3" else FEW
    assert winners(site, tmp_path, rounds) == [[epoch] for epoch in range(1, rounds + 1)]


@pytest.mark.long
@pytest.mark.parametrize("site", ["directory", "ssh"], indirect=True)
def test_of_two_machines_exactly_one_gets_the_lock_every_time(site: Site, tmp_path: Path) -> None:
    assert winners(site, tmp_path, ROUNDS) == [[epoch] for epoch in range(1, ROUNDS + 1)]


def test_a_machine_that_was_taken_over_may_not_act(site: Site, tmp_path: Path) -> None:
    first, second = (lock_at(tmp_path / name, site) for name in "ab")
    held = lock.acquire(first, site="lab", reason="a", run="r1")
    lock.verify(first, held.epoch)
    with pytest.raises(lock.LockHeldError) as caught:
        lock.acquire(second, site="lab", reason="b", run="r2")
    assert caught.value.lock.foreign
    assert not caught.value.lock.stale
    taken = lock.acquire(second, site="lab", reason="b", run="r2", takeover="machine a is lost")
    with pytest.raises(lock.StaleEpochError):
        lock.verify(first, held.epoch)
    lock.verify(second, taken.epoch)


# A whole machine in one process: it takes the lock, begins, announces acts and dies at a moment it is told.
MACHINE = """
import json, os, signal, sys
from pathlib import Path
sys.path[:0] = json.loads(sys.argv[1])
from failback import journal, lock
from failback.store import seam
home, site, moment, kind = Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), sys.argv[5]
path = home / "runs/r1/journal.jsonl"
lock.acquire(home / "runs/locks" / f"{site}.lock", site=site, reason="dies", run="r1")
journal.append(path, "begin", site=site, options={})
def die(*_args, **_kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
real = seam.store_of
class Dying:
    def __init__(self, store): self.store = store
    def extend(self, *args, **kwargs):
        if kind == "before":
            die()
        found = self.store.extend(*args, **kwargs)
        die()
for number in range(moment):
    journal.append(path, "intent", act=f"act {number}")
    journal.append(path, "outcome", act=f"act {number}", ok=True)
seam.store_of = lambda marker: Dying(real(marker))
journal.append(path, "intent", act="the last")
"""


@pytest.mark.parametrize("kind", ["before", "after"])
def test_killed_between_here_and_there_another_machine_knows_all_that_was_begun(
    site: Site, tmp_path: Path, kind: str
) -> None:
    lost, other = tmp_path / "lost", tmp_path / "other"
    lock_at(lost, site)
    path = journal_at(lost, site)
    argv = [sys.executable, "-c", MACHINE, json.dumps(sys.path), str(lost), site.settings.site, "2", kind]
    died = subprocess.run(argv, check=False, capture_output=True, text=True, timeout=60)
    assert died.returncode == -signal.SIGKILL, died.stderr

    # The machine is lost with its disk; another one opens the store from nothing.
    exchange(site.open(), other, site.settings.site)
    entries = journal.read(other / "runs/r1/journal.jsonl")
    said = [entry["act"] for entry in entries if entry["kind"] == "intent"]
    assert said == ["act 0", "act 1"] + (["the last"] if kind == "after" else [])
    assert journal.verify(other / "runs/r1/journal.jsonl") == []
    mine = lock_at(other, site)
    with pytest.raises(lock.LockHeldError):
        lock.acquire(mine, site="lab", reason="resume", run="r2")
    assert lock.acquire(mine, site="lab", reason="resume", run="r2", takeover="it is lost").epoch == 2

    # Had it come back instead: its next line brings what the store lacks, and the chain holds on both sides.
    assert path.read_bytes().startswith((other / "runs/r1/journal.jsonl").read_bytes())
    journal.append(path, "outcome", act="the last", ok=False)
    exchange(site.open(), other, site.settings.site)
    assert (other / "runs/r1/journal.jsonl").read_bytes() == path.read_bytes()
    assert journal.verify(path) == []


def test_a_store_that_goes_in_the_middle(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("failback.store.seam._PAUSE", 0.0)
    mine = lock_at(tmp_path, site)
    path = journal_at(tmp_path, site)
    held = lock.acquire(mine, site="lab", reason="test", run="r1")
    journal.append(path, "begin", site=site.settings.site, options={})
    journal.append(path, "intent", act="lock the accounts")
    site.cut()
    with pytest.raises(lock.LockError, match="cannot be known"):
        lock.verify(mine, held.epoch)
    with pytest.raises(journal.JournalError):
        journal.append(path, "intent", act="end the sessions")
    journal.append(path, "abort", reason="failed")
    lock.verify(mine, held.epoch)  # going back is not held up
    journal.append(path, "intent", act="unlock the accounts")
    site.back()
    journal.append(path, "outcome", act="unlock the accounts", ok=True)
    found, _ = site.open().read("runs/r1/journal.jsonl")
    assert path.read_bytes().startswith(found)
    assert found.count(b'"kind":"intent"') == 3
    assert journal.verify(path) == []


def test_many_workers_append_to_one_journal(site: Site, tmp_path: Path) -> None:
    path = journal_at(tmp_path, site)
    journal.append(path, "begin", site=site.settings.site, options={})
    context = multiprocessing.get_context("fork")

    def work(number: int) -> None:
        for step in range(3):
            journal.append(path, "intent", act=f"{number}.{step}")
        os._exit(0)

    workers = [context.Process(target=work, args=(number,)) for number in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(60)
        assert one.exitcode == 0
    found, _ = site.open().read("runs/r1/journal.jsonl")
    assert found == path.read_bytes()
    assert journal.verify(path) == []
    assert len(journal.read(path)) == 13
