"""A line that announces an act is at the store before it is here, whatever is lost or killed on the way."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from failback import journal
from hypothesis import given, settings
from hypothesis import strategies as st
from store_doubles import Fault, KilledError, run_of, there, unsteady

from rollback_runner.record import acts

FAULTS = st.sampled_from(["none", "none", "lost before", "lost after", "killed before", "killed after"])
KINDS = st.sampled_from(["task", "intent", "outcome", "note", "item"])


def kinds(path: Path) -> list[str]:
    return [entry["kind"] for entry in journal.read(path)]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_a_line_is_at_the_store_when_append_returns(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    unsteady(home.parent, monkeypatch)
    path = run_of(home)
    journal.append(path, "begin", site="lab", options={})
    journal.append(path, "intent", act="lock")
    assert there(home.parent, path) == path.read_bytes()


def test_notes_go_along_with_the_next_line_that_counts(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    store = unsteady(home.parent, monkeypatch)
    path = run_of(home)
    journal.append(path, "begin", site="lab", options={})
    asked = len(store.asked)
    journal.append(path, "task", task="SWITCH-01 | Open")
    assert len(store.asked) == asked
    journal.append(path, "intent", act="lock")
    assert there(home.parent, path) == path.read_bytes()


def test_an_act_is_refused_when_the_store_is_gone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    store = unsteady(home.parent, monkeypatch)
    path = run_of(home)
    journal.append(path, "begin", site="lab", options={})
    store.gone = True
    with pytest.raises(journal.JournalError, match="does not answer"):
        journal.append(path, "intent", act="lock", plugin="p", host="h", task="t")
    assert kinds(path) == ["begin", "intent", "store_lost", "outcome"]
    assert acts.unfinished(journal.read(path)) == []
    assert "not begun" in journal.read(path)[-1]["error"]
    assert journal.verify(path) == []


def test_a_run_does_not_begin_without_the_store(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    unsteady(home.parent, monkeypatch).gone = True
    path = run_of(home)
    with pytest.raises(journal.JournalError):
        journal.append(path, "begin", site="lab", options={})
    assert path.read_bytes() == b""


def test_an_outcome_is_kept_here_and_the_loss_is_told_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    store = unsteady(home.parent, monkeypatch)
    path = run_of(home)
    journal.append(path, "begin", site="lab", options={})
    journal.append(path, "intent", act="open IDC for writes")
    store.gone = True
    journal.append(path, "outcome", act="open IDC for writes", ok=True)
    asked = len(store.asked)
    journal.append(path, "intent", act="send traffic to idc")
    journal.append(path, "outcome", act="send traffic to idc", ok=True)
    assert len(store.asked) == asked  # no act waits for its silence again
    assert kinds(path) == ["begin", "intent", "outcome", "store_lost", "intent", "outcome"]

    store.gone = False
    (path.parent / "store.lost").unlink()
    journal.append(path, "end", outcome="proven")
    assert there(home.parent, path) == path.read_bytes()
    assert journal.verify(path) == []


def test_what_the_store_missed_is_brought_when_it_is_back(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    store = unsteady(home.parent, monkeypatch)
    monkeypatch.setattr("failback.store.seam._PAUSE", 0.0)
    path = run_of(home)
    journal.append(path, "begin", site="lab", options={})
    journal.append(path, "abort", reason="failed")
    store.gone = True
    journal.append(path, "intent", act="unlock the accounts")
    store.gone = False
    journal.append(path, "outcome", act="unlock the accounts", ok=True)
    assert kinds(path)[-1] == "store_back"
    assert there(home.parent, path) + path.read_bytes().splitlines(keepends=True)[-1] == path.read_bytes()


def test_a_line_whose_answer_was_lost_is_there_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    store = unsteady(home.parent, monkeypatch)
    path = run_of(home)
    journal.append(path, "begin", site="lab", options={})
    store.faults = ["lost after"]
    with pytest.raises(journal.JournalError):
        journal.append(path, "intent", act="lock")
    journal.append(path, "intent", act="lock")
    assert kinds(path) == ["begin", "intent", "store_lost", "outcome", "intent", "store_back"]
    assert path.read_bytes().startswith(there(home.parent, path))
    assert there(home.parent, path).count(b'"kind":"intent"') == 2
    assert journal.verify(path) == []


def test_killed_before_the_store_heard_of_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    store = unsteady(home.parent, monkeypatch)
    path = run_of(home)
    journal.append(path, "begin", site="lab", options={})
    store.faults = ["killed before"]
    with pytest.raises(KilledError):
        journal.append(path, "intent", act="lock")
    assert b"intent" not in there(home.parent, path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])  # and the cut came while it was written here
    journal.append(path, "outcome", act="lock", ok=True)
    assert kinds(path) == ["begin", "seal", "outcome"]
    assert there(home.parent, path) == path.read_bytes()
    assert journal.verify(path) == []


def test_a_journal_that_went_another_way_stops_the_act(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    unsteady(home.parent, monkeypatch)
    path = run_of(home)
    journal.append(path, "begin", site="lab", options={})
    (home.parent / "there/lab" / "/".join(path.parts[-3:])).write_bytes(b'{"somebody":"else"}\n' * 9)
    with pytest.raises(journal.JournalError, match="two ways"):
        journal.append(path, "intent", act="lock")


@settings(max_examples=60)
@given(st.lists(st.tuples(KINDS, FAULTS), max_size=14))
def test_whatever_is_lost_the_chain_holds_and_no_act_is_ahead_of_the_store(steps: list[tuple[str, Fault]]) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        base = Path(folder)
        (base / "home").mkdir()
        store = unsteady(base, patch)
        patch.setattr("failback.store.seam._PAUSE", 0.0)
        path = run_of(base / "home")
        journal.append(path, "begin", site="lab", options={})
        for number, (kind, fault) in enumerate(steps):
            store.faults = [fault]
            try:
                entry = journal.append(path, kind, act=f"act {number}")
            except (journal.JournalError, KilledError):
                continue  # refused, or killed: nothing was done
            if kind == "intent":
                assert f'"act":"{entry["act"]}"'.encode() in there(base, path)
        assert journal.verify(path) == []
        ours, theirs = path.read_bytes(), there(base, path)
        assert ours.startswith(theirs)
        store.faults = []
        journal.append(path, "end", outcome="proven")
        assert path.read_bytes().startswith(there(base, path))
        assert b'"kind":"end"' in there(base, path)
        assert journal.verify(path) == []
