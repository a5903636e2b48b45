"""One holder among all machines; a sign of life is shown, and nothing is taken without a person's word."""

from __future__ import annotations

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


def test_a_site_without_a_store_knows_nothing_of_it(tmp_path: Path) -> None:
    held = take(tmp_path / "lab.lock")
    assert "foreign" not in (tmp_path / "lab.lock").read_text()
    assert lock.mirror(tmp_path / "lab.lock") is None
    lock.verify(tmp_path / "lab.lock", held.epoch)
