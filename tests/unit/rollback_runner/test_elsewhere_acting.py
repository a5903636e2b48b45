"""A look never stops a run; nobody acts on two versions of what people said; a lost record never ends well."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from failback import incident as incidents
from failback import journal, lock
from failback.store import Settings, open_store, place, seam

from rollback_runner.errors import LockedError, RecordError
from rollback_runner.record import elsewhere
from rollback_runner.record import store as records
from rollback_runner.run import holding

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> elsewhere.Place:
    """A machine of the site shop, whose store answers and knows nothing yet."""
    for name in ("RR_STORE", elsewhere.WITHOUT):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "there/shop").mkdir(parents=True)
    (tmp_path / "there/shop" / place.MARKER).touch()
    settings = Settings(kind="directory", site="shop", directory=str(tmp_path / "there"))
    found = elsewhere.Place("shop", tmp_path / "home", settings, open_store(settings))
    (tmp_path / "home").mkdir()
    monkeypatch.setattr(elsewhere, "_PLACES", {(found.home, "shop"): found})
    elsewhere.name_to_the_lock(found)
    return found


def lock_of(here: elsewhere.Place) -> Path:
    return records.lock_path(here.home, "shop")


def look(here: elsewhere.Place) -> list[str]:
    """What every command does with the store before it begins."""
    heard: list[str] = []
    elsewhere.name_to_the_lock(here)
    elsewhere.pull(here, heard.append)
    return heard


def act(here: elsewhere.Place, run: str, takeover: str | None = None) -> int:
    return holding.acquire(here.home, "shop", run, reason="test", takeover=takeover, swept=lambda _count, _run: None)


def test_a_look_leaves_a_run_without_the_store_alone(
    here: elsewhere.Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(here)
    lock.release(lock_of(here), act(here, "r0"))
    (tmp_path / "there").rename(tmp_path / "away")
    with monkeypatch.context() as without:
        without.setenv(elsewhere.WITHOUT, "ops1 burns")
        without.setattr(elsewhere, "_PLACES", {})
        epoch = act(here, "r1")
    run = here.home / "runs/r1/journal.jsonl"
    run.parent.mkdir()
    journal.append(run, "begin", phase="emergency", site="shop", options={})
    assert "is not there" in look(here)[0]
    lock.verify(lock_of(here), epoch)
    journal.append(run, "promoted", host="shop-db")
    (tmp_path / "away").rename(tmp_path / "there")
    look(here)
    lock.verify(lock_of(here), epoch)
    with pytest.raises(LockedError, match="run r1"):
        act(here, "r2")
    lock.verify(lock_of(here), epoch)
    lock.release(lock_of(here), epoch)
    # Whoever acts next is at the store again, also a command that looked while that run went on.
    assert act(here, "r2") == epoch + 1
    assert open_store(here.settings).read("lock.json")[0].count(b'"r2"') == 1


def test_a_run_at_the_store_is_not_taken_from_it_by_a_command_without(
    here: elsewhere.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(here)
    epoch = act(here, "r1")
    with monkeypatch.context() as without:
        without.setenv(elsewhere.WITHOUT, "I do not care")
        without.setattr(elsewhere, "_PLACES", {})
        with pytest.raises(LockedError, match="run r1"):
            act(here, "r2")
    assert lock.seam_marker(lock_of(here)).exists()
    lock.verify(lock_of(here), epoch)


@pytest.mark.parametrize("name", ["plan.json", "plan.json.sig", "approvals.jsonl"])
def test_nobody_acts_while_two_versions_of_what_was_approved_differ(here: elsewhere.Place, name: str) -> None:
    opened = incidents.begin(here.home, "shop")
    key = f"incidents/shop/{opened.name}/{name}"
    (opened / name).write_text("ours\n" if name != "approvals.jsonl" else _spoilt(opened / name))
    here.store.put(key, b'{"seq":1,"time":"t","kind":"approval","prev":"x"}\n', None)
    assert key in look(here)[0]
    with pytest.raises(RecordError, match="who approved which plan is not known") as refused:
        act(here, "r1")
    assert f"rollback-runner store pull {key}" in refused.value.next_step
    here.store.put(key, (opened / name).read_bytes(), None)
    look(here)
    assert act(here, "r1") == 1


def _spoilt(path: Path) -> str:
    journal.append(path, "approval", who="a")
    journal.append(path, "approval", who="b")
    return path.read_text().replace('"a"', '"c"')


def test_a_clash_of_something_else_is_told_and_stops_nothing(here: elsewhere.Place) -> None:
    (here.home / "baseline/shop").mkdir(parents=True)
    (here.home / "baseline/shop/x.json").write_text("ours")
    here.store.put("baseline/shop/x.json", b"theirs", None)
    assert "was changed here and at the store" in look(here)[0]
    assert act(here, "r1") == 1


@pytest.mark.parametrize("scratch", [False, True])
def test_a_record_that_vanishes_with_its_container_never_ends_well(
    here: elsewhere.Place, tmp_path: Path, *, scratch: bool
) -> None:
    look(here)
    here.scratch = scratch
    heard: list[str] = []
    with elsewhere.held(here.home, "shop", 1, heard.append):
        run = here.home / "runs/r1"
        run.mkdir(parents=True)
        journal.append(run / "journal.jsonl", "begin", site="shop", options={})
        (tmp_path / "there").rename(tmp_path / "away")
    if not scratch:
        elsewhere.end(here, heard.append)  # it lies here, and that was said
        assert len(heard) == 2
        return
    with pytest.raises(RecordError, match=r"is not there.*vanishes with its container"):
        elsewhere.end(here, heard.append)
    (tmp_path / "away").rename(tmp_path / "there")
    elsewhere.end(here, heard.append)
    assert here.store.read("runs/r1/journal.jsonl")[0]


def test_a_marker_says_the_same_of_a_store_wherever_it_is_written(here: elsewhere.Place) -> None:
    named = elsewhere.marker(here.home, "shop")
    assert named == lock.seam_marker(lock_of(here)).read_bytes()
    assert json.loads(named or b"") == here.settings.as_dict()
    other = replace(here.settings, directory="/srv/other")
    assert seam.marker(other) != named
