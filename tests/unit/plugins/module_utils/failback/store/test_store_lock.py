"""One holder among all machines; a sign of life is shown, and nothing is taken without a person's word."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from failback import journal, lock
from store_doubles import lock_of, run_of, unsteady

if TYPE_CHECKING:
    from pathlib import Path


def take(path: Path, run: str = "r1", takeover: str | None = None) -> lock.Lock:
    return lock.acquire(path, site="lab", reason="test", run=run, takeover=takeover)


@pytest.fixture
def homes(tmp_path: Path) -> tuple[Path, Path]:
    """The same lock, as two machines see it."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    return lock_of(tmp_path / "a"), lock_of(tmp_path / "b")


def test_the_epoch_grows_over_all_machines(homes: tuple[Path, Path]) -> None:
    epochs = []
    for path in (*homes, *homes):
        held = take(path)
        epochs.append(held.epoch)
        assert lock.release(path, held.epoch)
    assert epochs == [1, 2, 3, 4]


def test_another_machines_lock_is_shown_and_never_stale(homes: tuple[Path, Path]) -> None:
    take(homes[0])
    with pytest.raises(lock.LockHeldError, match="last sign of life at the store: none") as caught:
        take(homes[1])
    assert caught.value.lock.foreign
    assert not replace(caught.value.lock, started="another boot:1").stale
    with pytest.raises(lock.LockHeldError) as own:
        take(homes[0])
    assert not own.value.lock.foreign


def test_who_was_taken_over_may_not_act(homes: tuple[Path, Path]) -> None:
    first = take(homes[0])
    lock.verify(homes[0], first.epoch)
    second = take(homes[1], takeover="machine A burnt down")
    assert second.epoch == first.epoch + 1
    with pytest.raises(lock.StaleEpochError, match=f"epoch {second.epoch}"):
        lock.verify(homes[0], first.epoch)
    lock.verify(homes[1], second.epoch)
    assert not lock.release(homes[0], first.epoch) or lock.read(homes[1]) is not None
    lock.verify(homes[1], second.epoch)


def test_a_copy_of_the_stores_lock_is_what_others_read(homes: tuple[Path, Path]) -> None:
    take(homes[0])
    found = lock.mirror(homes[1])
    assert found is not None
    assert found.foreign
    assert lock.read(homes[1]) == found


def test_a_release_the_store_did_not_hear_is_remembered_here(
    homes: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = unsteady(homes[0].parents[3], monkeypatch)
    held = take(homes[0])
    store.gone = True
    assert lock.release(homes[0], held.epoch)
    store.gone = False
    assert take(homes[0], "r2").epoch == held.epoch + 1


def test_no_lock_without_the_store(homes: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    store = unsteady(homes[0].parents[3], monkeypatch)
    store.gone = True
    with pytest.raises(lock.LockError, match="does not answer"):
        take(homes[0])
    assert lock.read(homes[0]) is None


@pytest.mark.parametrize("opened", [False, True])
def test_a_silent_store_stops_acts_before_the_promotion_only(
    homes: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, *, opened: bool
) -> None:
    store = unsteady(homes[0].parents[3], monkeypatch)
    path = run_of(homes[0].parents[2], "r1")
    held = take(homes[0], "r1")
    journal.append(path, "begin", site="lab", options={})
    if opened:
        journal.append(path, "intent", act="open IDC for writes")
    store.gone = True
    if opened:
        lock.verify(homes[0], held.epoch)
        with pytest.raises(lock.StaleEpochError):
            lock.verify(homes[0], held.epoch + 1)
    else:
        with pytest.raises(lock.LockError, match="cannot be known"):
            lock.verify(homes[0], held.epoch)


def test_a_run_without_the_store_is_newer_than_what_the_store_has(homes: tuple[Path, Path]) -> None:
    held = take(homes[0])
    lock.release(homes[0], held.epoch)
    lock.seam_marker(homes[0]).unlink()
    alone = take(homes[0], "r2")
    lock_of(homes[0].parents[2])
    assert lock.mirror(homes[0]) == alone
    with pytest.raises(lock.LockHeldError):
        take(homes[0], "r3")
    lock.release(homes[0], alone.epoch)
    assert take(homes[0], "r3").epoch == alone.epoch + 1


def without(path: Path) -> None:
    """A person goes on without the store here."""
    lock.seam_marker(path).unlink()


def with_it(path: Path) -> None:
    lock_of(path.parents[2])


def test_a_lock_that_is_held_elsewhere_is_not_taken_after_runs_without_the_store(homes: tuple[Path, Path]) -> None:
    a, b = homes
    lock.release(a, take(a).epoch)
    without(a)
    for run in ("r2", "r3"):
        lock.release(a, take(a, run).epoch)
    theirs = take(b, "rb")
    assert theirs.epoch == 2
    with_it(a)
    shown = lock.mirror(a)
    assert shown is not None
    assert (shown.held, shown.foreign, shown.run) == (True, True, "rb")
    with pytest.raises(lock.LockHeldError, match="run rb, epoch 2"):
        take(a, "r4")
    lock.verify(b, theirs.epoch)
    # A larger epoch from without the store raises the next number, and that alone.
    lock.release(b, theirs.epoch)
    assert take(a, "r4").epoch == 4


def test_of_a_run_without_the_store_that_was_cut_off_the_held_lock_of_others_counts(homes: tuple[Path, Path]) -> None:
    a, b = homes
    without(a)
    take(a, "r1")
    dead = replace(lock.read(a) or take(a), pid=2**22 + 1)
    a.write_text(json.dumps(lock.as_dict(dead)))
    theirs = take(b, "rb")
    with_it(a)
    # What resumes by itself looks at this copy: the other's lock is never stale.
    assert not (lock.mirror(a) or dead).stale
    with pytest.raises(lock.LockHeldError, match="run rb"):
        take(a, "r2")
    lock.release(b, theirs.epoch)


def test_the_same_epoch_of_another_run_is_another_holder(homes: tuple[Path, Path]) -> None:
    a, b = homes
    without(a)
    ours = take(a, "ra")
    theirs = take(b, "rb")
    assert ours.epoch == theirs.epoch == 1
    with_it(a)
    with pytest.raises(lock.StaleEpochError, match="run rb"):
        lock.verify(a, ours.epoch)
    lock.verify(b, theirs.epoch)
    lock.release(a, ours.epoch)
    lock.verify(b, theirs.epoch)
    # Nor does a copy of the other's lock make it ours.
    lock.mirror(a)
    with pytest.raises(lock.StaleEpochError):
        lock.verify(a, ours.epoch)
    assert not lock.release(a, ours.epoch)
    lock.verify(b, theirs.epoch)


@pytest.mark.parametrize("rounds", [1, 2])
def test_a_live_run_without_the_store_holds_the_site_though_the_store_is_free(
    homes: tuple[Path, Path], rounds: int
) -> None:
    a, b = homes
    without(a)
    alone = take(a, "ra")
    for number in range(rounds):
        lock.release(b, take(b, f"rb{number}").epoch)
    with_it(a)
    with pytest.raises(lock.LockHeldError, match="run ra"):
        take(a, "r2")
    lock.release(a, alone.epoch)
    assert take(a, "r2").epoch == rounds + 1


def test_while_a_run_goes_on_its_lock_stays_where_it_was_taken(homes: tuple[Path, Path]) -> None:
    a, _ = homes
    named = lock.seam_marker(a).read_bytes()
    without(a)
    alone = take(a, "ra")
    assert not lock.keep_at(a, named)
    assert not lock.seam_marker(a).exists()
    with pytest.raises(lock.LockHeldError):
        lock.acquire(a, site="lab", reason="test", run="r2", marker=named)
    assert not lock.seam_marker(a).exists()
    lock.verify(a, alone.epoch)
    lock.release(a, alone.epoch)
    # Whoever comes after it is at the store, also one that began to look while that run went on.
    there = lock.acquire(a, site="lab", reason="test", run="r3", marker=named)
    assert lock.seam_marker(a).exists()
    assert not lock.keep_at(a, b"")
    assert lock.seam_marker(a).exists()
    with pytest.raises(lock.LockHeldError):
        lock.acquire(a, site="lab", reason="test", run="r4", marker=b"")
    lock.verify(a, there.epoch)
    lock.release(a, there.epoch)
    lock.acquire(a, site="lab", reason="test", run="r5", marker=b"")
    assert not lock.seam_marker(a).exists()


def test_a_site_without_a_store_knows_nothing_of_it(tmp_path: Path) -> None:
    held = take(tmp_path / "lab.lock")
    assert "foreign" not in (tmp_path / "lab.lock").read_text()
    assert lock.mirror(tmp_path / "lab.lock") is None
    lock.verify(tmp_path / "lab.lock", held.epoch)
