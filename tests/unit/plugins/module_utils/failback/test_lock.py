"""One holder at a time, an epoch that only grows, and nothing taken silently."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from multiprocessing import Process, Queue
from typing import TYPE_CHECKING

import pytest
from failback import journal, lock

if TYPE_CHECKING:
    from pathlib import Path


def take(path: Path, takeover: str | None = None) -> lock.Lock:
    return lock.acquire(path, site="lab", reason="test", run="r1", takeover=takeover)


def leave_stale(path: Path) -> int:
    """Have another process take the lock and die."""
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}; from failback import lock;"
        f" lock.acquire({str(path)!r}, site='lab', reason='dies', run='r0')"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    assert process.wait() == 0
    return process.pid


def test_the_epoch_grows_with_every_change_of_hands(tmp_path: Path) -> None:
    path = tmp_path / "lab.lock"
    epochs = []
    for _ in range(3):
        held = take(path)
        epochs.append(held.epoch)
        assert lock.release(path, held.epoch)
    assert epochs == [1, 2, 3]


def test_a_held_lock_is_refused_with_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "lab.lock"
    take(path)
    with pytest.raises(lock.LockHeldError, match=f"pid {os.getpid()}") as caught:
        take(path)
    assert not caught.value.lock.stale


def test_a_stale_lock_is_shown_and_taken_only_with_words(tmp_path: Path) -> None:
    path = tmp_path / "lab.lock"
    pid = leave_stale(path)
    with pytest.raises(lock.LockHeldError, match="that process is gone") as caught:
        take(path)
    assert caught.value.lock.stale
    assert caught.value.lock.pid == pid
    taken = take(path, takeover="resume")
    assert taken.epoch == 2
    last = journal.read(path.with_name("lab.lock.log.jsonl"))[-1]
    assert (last["takeover"], last["taken_from"]["run"]) == ("resume", "r0")


def test_another_process_with_the_same_pid_is_not_the_holder(tmp_path: Path) -> None:
    held = take(tmp_path / "lab.lock")
    assert not held.stale
    assert replace(held, started="another boot:1").stale
    assert not replace(held, started="another boot:1", host="elsewhere").stale
    assert not replace(held, started="another boot:1", held=False).stale


def test_a_stale_epoch_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lab.lock"
    first = take(path)
    lock.verify(path, first.epoch)
    take(path, takeover="the first hangs")
    with pytest.raises(lock.StaleEpochError, match=r"epoch 2 .* has taken over"):
        lock.verify(path, first.epoch)
    assert not lock.release(path, first.epoch)
    lock.verify(path, 2)


def test_a_released_or_missing_lock_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lab.lock"
    with pytest.raises(lock.StaleEpochError):
        lock.verify(path, 1)
    held = take(path)
    lock.release(path, held.epoch)
    with pytest.raises(lock.StaleEpochError):
        lock.verify(path, held.epoch)


def test_a_lock_that_is_not_readable_stops_everyone_but_the_one_with_words(tmp_path: Path) -> None:
    path = tmp_path / "lab.lock"
    take(path)
    path.write_text("{", encoding="utf-8")
    with pytest.raises(lock.LockError, match="not readable as a lock"):
        take(path)
    with pytest.raises(lock.LockError):
        lock.verify(path, 1)
    assert take(path, takeover="looked at it").epoch == 2


def test_the_epoch_survives_a_lost_lock_file(tmp_path: Path) -> None:
    path = tmp_path / "lab.lock"
    take(path)
    path.unlink()
    assert take(path).epoch == 2


def _race(path: Path, results: Queue[int]) -> None:
    try:
        results.put(take(path).epoch)
    except lock.LockHeldError:
        results.put(0)


def test_of_many_at_once_one_gets_it(tmp_path: Path) -> None:
    path, results = tmp_path / "lab.lock", Queue()  # type: ignore[var-annotated]
    racers = [Process(target=_race, args=(path, results)) for _ in range(8)]
    for racer in racers:
        racer.start()
    got = sorted(results.get(timeout=30) for _ in racers)
    for racer in racers:
        racer.join()
    assert got == [0] * 7 + [1]


def test_the_file_is_json_a_person_can_read(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "lab.lock"
    take(path)
    assert json.loads(path.read_text(encoding="utf-8"))["reason"] == "test"
    found = lock.read(path)
    assert found is not None
    assert "lab is locked by" in lock.describe(found)
