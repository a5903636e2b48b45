"""What people say on two machines of one site: no word is lost, a no reaches whoever acts, nothing is half done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from failback import incident as incidents
from failback import journal
from failback.approval import record
from failback.errors import FailbackError
from failback.people import decision, words
from failback.people.words import Word
from failback.store import open_store, said
from failback.store.errors import StoreError
from failback.store.exchange import Exchanged, Wish, exchange
from store_doubles import Fault, KilledError, lock_of, run_of, settings, unsteady

if TYPE_CHECKING:
    from pathlib import Path

APPROVALS, PEOPLE = (f"incidents/lab/i1/{name}" for name in said.NAMES)
PUSH, PULL = Wish(pull=False), Wish(push=False)


@pytest.fixture
def homes(tmp_path: Path) -> tuple[Path, Path]:
    """Two machines with the same incident; neither knows the store by a marker yet."""
    for name in ("a", "b"):
        (tmp_path / name / "incidents/lab/i1").mkdir(parents=True)
    return tmp_path / "a", tmp_path / "b"


def of(home: Path) -> Path:
    return home / "incidents/lab/i1"


def go(home: Path, wish: Wish) -> Exchanged:
    return exchange(open_store(settings(home.parent)), home, "lab", wish)


def who(home: Path) -> list[str]:
    assert journal.verify(home / APPROVALS) == []
    return [line["who"] for line in journal.read(home / APPROVALS)]


def at_store(home: Path) -> bytes:
    found = home.parent / "there/lab" / APPROVALS
    return found.read_bytes() if found.exists() else b""


def test_two_who_approve_at_the_same_time_are_both_on_record_everywhere(homes: tuple[Path, Path]) -> None:
    a, b = homes
    record.add(of(a), "begun", who="zero")
    go(a, PUSH)
    go(b, PULL)
    record.add(of(a), "begun", who="lead")
    record.add(of(b), "begun", who="manager")
    assert go(a, PUSH).pushed == [APPROVALS]
    done = go(b, PUSH)
    assert (done.clashes, done.pushed) == ([], [APPROVALS])
    assert go(a, PULL).pulled == [APPROVALS]
    assert who(a) == who(b) == ["zero", "lead", "manager"]
    assert [line.get("late", False) for line in journal.read(a / APPROVALS)] == [False, False, True]
    assert (a / APPROVALS).read_bytes() == at_store(a)
    for home in homes:
        done = go(home, Wish())
        assert (done.pushed, done.pulled, done.clashes) == ([], [], [])


def test_a_revocation_reaches_a_run_that_only_brings_things_there(homes: tuple[Path, Path]) -> None:
    a, b = homes
    record.add(of(a), "begun", who="lead")
    go(a, PUSH)
    go(b, PULL)
    record.add(of(a), "begun", who="the run")
    record.add(of(b), "begun", who="revoked")
    go(b, PUSH)
    assert go(a, PUSH).pulled == [APPROVALS]
    assert who(a) == ["lead", "revoked", "the run"]


def test_only_looking_joins_nothing(homes: tuple[Path, Path]) -> None:
    a, b = homes
    for home, name in ((a, "lead"), (b, "manager")):
        record.add(of(home), "begun", who=name)
    go(a, PUSH)
    assert go(b, Wish(push=False, pull=False)).clashes == [APPROVALS]
    assert who(b) == ["manager"]


@pytest.mark.parametrize("changed", ["here", "there"])
def test_what_does_not_hold_together_is_left_for_a_person(homes: tuple[Path, Path], changed: str) -> None:
    a, b = homes
    for home, names in ((a, ("lead", "second")), (b, ("manager", "other"))):
        for name in names:
            record.add(of(home), "begun", who=name)
    spoilt = (b if changed == "here" else a) / APPROVALS
    spoilt.write_bytes(spoilt.read_bytes().replace(b'"lead"', b'"evil"').replace(b'"manager"', b'"evil"'))
    before = (b / APPROVALS).read_bytes()
    go(a, PUSH)
    assert go(b, Wish()).clashes == [APPROVALS]
    assert (b / APPROVALS).read_bytes() == before
    assert at_store(b) == (a / APPROVALS).read_bytes()


def test_a_torn_last_line_of_ours_is_left_out_and_one_of_theirs_is_sealed(tmp_path: Path) -> None:
    for name in ("ours", "theirs"):
        journal.append(tmp_path / name, "word", who=name)
        with (tmp_path / name).open("ab") as stream:
            stream.write(b'{"torn')
    content = said.joined((tmp_path / "theirs").read_bytes(), (tmp_path / "ours").read_bytes())
    assert content.startswith((tmp_path / "theirs").read_bytes())
    (tmp_path / "both").write_bytes(content)
    assert journal.verify(tmp_path / "both") == []
    assert said.joined(content, b'{"no": "line of a journal"}\n') == content
    assert [line["kind"] for line in journal.read(tmp_path / "both")] == ["word", "seal", "word"]


@pytest.mark.parametrize(
    ("ours", "stands"), [("confirm", "decline"), ("waive", "decline"), ("decline", "decline"), ("", "decline")]
)
def test_a_yes_that_comes_late_takes_no_no_back(homes: tuple[Path, Path], ours: Any, stands: str) -> None:
    a, b = homes
    words.say(of(a), Word("confirm", decision.GO, "kim", about="p"))
    go(a, PUSH)
    go(b, PULL)
    words.say(of(a), Word("decline", decision.GO, "lee", "the sale began", about="p"))
    if ours:
        words.say(of(b), Word(ours, decision.GO, "kim", "go", about="p"))
    go(a, PUSH)
    assert go(b, PUSH).clashes == []
    found = words.read(of(b)).standing(decision.GO, "p")
    assert found is not None
    assert found.kind == stands
    # Who knows of the no may take it back.
    words.say(of(b), Word("confirm", decision.GO, "kim", about="p"))
    assert decision.refusal(of(b), "p") == ""


@pytest.mark.parametrize("kind", ["approval", "revocation", "decline"])
@pytest.mark.parametrize("fault", ["gone", "lost before", "lost after", "killed after"])
def test_what_must_reach_the_store_reaches_it_or_is_not_said(
    homes: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, kind: Any, fault: Fault | str
) -> None:
    a, b = homes
    key = PEOPLE if kind == "decline" else APPROVALS
    lock_of(a)
    assert incidents.store_marker(of(a)).exists()
    store = unsteady(a.parent, monkeypatch)
    journal.append(a / key, "word", who="before")
    go(a, PUSH)
    before = (a / key).read_bytes()

    def say() -> None:
        if kind == "decline":
            words.say(of(a), Word(kind, decision.GO, "lee", "no", about="p"))
        else:
            record.add(of(a), kind, statement="s", signature="x")

    store.gone = fault == "gone"
    store.faults = [] if fault == "gone" else [fault]  # type: ignore[list-item] - the kinds of this test
    if fault == "lost after":
        say()  # asked again, the store has it
    elif fault == "killed after":
        with pytest.raises(KilledError):
            say()
        assert said.bring(store, a, key).pulled
    else:
        with pytest.raises(FailbackError, match="counts once it is at the site's store"):
            say()
        store.gone = False
        assert (a / key).read_bytes() == before
        assert said.bring(store, b, key).content == before
        say()
    assert said.bring(store, b, key).content == (a / key).read_bytes()
    assert [line["kind"] for line in journal.read(b / key)] == ["word", kind]
    assert journal.verify(b / key) == []


def test_a_word_whose_arrival_is_not_known_says_so(homes: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    a, _ = homes
    lock_of(a)
    store = unsteady(a.parent, monkeypatch)
    store.faults = ["lost after"]
    real = store.real.extend
    monkeypatch.setattr(
        store.real, "extend", lambda *args, **kwargs: (real(*args, **kwargs), setattr(store, "gone", True))[0]
    )
    with pytest.raises(FailbackError, match="whether it arrived there is not known"):
        record.add(of(a), "approval", statement="s", signature="x")
    assert not (a / APPROVALS).exists() or (a / APPROVALS).read_bytes() == b""


def test_a_yes_waits_for_no_store(homes: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    a, _ = homes
    lock_of(a)
    unsteady(a.parent, monkeypatch).gone = True
    assert words.say(of(a), Word("confirm", "WATCH-03", "kim", "all is well")).by == "kim"


def test_two_who_sign_between_each_other(homes: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = homes
    for home in homes:
        lock_of(home)
    store = unsteady(a.parent, monkeypatch)
    real, first = store.real.extend, [True]

    def slow(*args: Any, **kwargs: Any) -> Any:
        if first and first.pop():
            record.add(of(b), "approval", who="manager")
        return real(*args, **kwargs)

    monkeypatch.setattr(store.real, "extend", slow)
    record.add(of(a), "approval", who="lead")
    assert who(a) == ["manager", "lead"]
    assert not any(line.get("late") for line in journal.read(a / APPROVALS))
    assert at_store(a) == (a / APPROVALS).read_bytes()


@pytest.mark.parametrize("opened", [False, True])
def test_a_silent_store_is_a_no_until_stopping_does_harm(
    homes: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, *, opened: bool
) -> None:
    a, _ = homes
    lock_of(a)
    store = unsteady(a.parent, monkeypatch)
    path = run_of(a)
    journal.append(path, "begin", site="lab", options={})
    if opened:
        journal.append(path, "intent", act="open IDC for writes")
    store.gone = True
    if not opened:
        with pytest.raises(StoreError, match="does not answer"):
            said.hear(of(a), str(path.parent))
        with pytest.raises(StoreError):
            said.hear(of(a), "")
        return
    said.hear(of(a), str(path.parent))
    asked = len(store.asked)
    said.hear(of(a), str(path.parent))
    assert len(store.asked) == asked  # no act waits for its silence again


def test_a_write_in_between_is_not_lost(homes: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = homes
    record.add(of(b), "begun", who="there")
    go(b, PUSH)
    record.add(of(a), "begun", who="here")
    store = open_store(settings(a.parent))
    real, first = store.extend, [True]

    def written_meanwhile(*args: Any, **kwargs: Any) -> Any:
        if first and first.pop():
            record.add(of(a), "begun", who="meanwhile")
        return real(*args, **kwargs)

    monkeypatch.setattr(store, "extend", written_meanwhile)
    said.bring(store, a, APPROVALS)
    assert who(a) == ["there", "here", "meanwhile"]
    assert at_store(a) == (a / APPROVALS).read_bytes()


def test_what_decides_on_acts() -> None:
    assert said.is_said(APPROVALS)
    assert not said.is_said("runs/r1/people.jsonl")
    assert said.judged("incidents/lab/i1/plan.json.sig", "lab", "i1")
    assert not said.judged("incidents/lab/i0/plan.json", "lab", "i1")
    assert not said.judged("incidents/lab/i1/facts/stake.json", "lab", "i1")
