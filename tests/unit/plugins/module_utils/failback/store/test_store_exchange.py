"""Two machines and one store: what changed travels, what changed twice is told, a second time changes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from failback import incident, journal
from failback.store import open_store
from failback.store.exchange import Exchanged, Wish, exchange
from store_doubles import settings

RUN = "runs/20260101T000000Z-lab-emergency"


@pytest.fixture
def homes(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    return tmp_path / "a", tmp_path / "b"


def go(home: Path, wish: Wish | None = None) -> Exchanged:
    return exchange(open_store(settings(home.parent)), home, "lab", wish)


def write(home: Path, key: str, text: str) -> None:
    (home / key).parent.mkdir(parents=True, exist_ok=True)
    (home / key).write_text(text)


def a_run(home: Path) -> None:
    write(home, f"{RUN}/secret-files", "/etc/secret\n")
    write(home, f"{RUN}/report.json", "{}")
    journal.append(home / RUN / "journal.jsonl", "begin", site="lab", options={})
    (home / RUN / "journal.reserve").write_text("x")


def tree(home: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(home)): path.read_bytes()
        for path in sorted(home.rglob("*"))
        if path.is_file() and not path.is_symlink() and ".store" not in path.parts
    }


def test_what_one_machine_has_another_gets(homes: tuple[Path, Path]) -> None:
    a, b = homes
    a_run(a)
    place = incident.begin(a, "lab")
    incident.keep(place, "stake.shop-db", {"left": 3})
    write(a, "war-room/lab/tokens.json", "secret")
    assert len(go(a).pushed) == 5
    got = go(b)
    assert len(got.pulled) == 5
    assert incident.current(b, "lab") == (b / "incidents/lab" / place.name).resolve()
    assert tree(b).keys() == {key for key in tree(a) if not key.endswith(("reserve", "tokens.json"))}
    assert (b / RUN / "report.json").stat().st_mode & 0o777 == 0o600


def test_a_second_time_changes_nothing(homes: tuple[Path, Path]) -> None:
    a, b = homes
    a_run(a)
    go(a)
    go(b)
    for home in (a, b, a):
        done = go(home)
        assert (done.pushed, done.pulled, done.clashes, done.waiting) == ([], [], [], [])


def test_a_file_that_changed_on_both_machines_is_told_and_left(homes: tuple[Path, Path]) -> None:
    a, b = homes
    write(a, "baseline/lab/shop.json", "1")
    go(a)
    go(b)
    write(a, "baseline/lab/shop.json", "of a")
    write(b, "baseline/lab/shop.json", "of b!")
    go(a)
    done = go(b)
    assert done.clashes == ["baseline/lab/shop.json"]
    assert (b / "baseline/lab/shop.json").read_text() == "of b!"
    assert go(a).pulled == []
    assert (a / "baseline/lab/shop.json").read_text() == "of a"
    # A person decides.
    go(b, Wish(pull=False, only=("baseline/lab/shop.json",)))
    assert go(a).pulled == ["baseline/lab/shop.json"]
    assert (a / "baseline/lab/shop.json").read_text() == "of b!"


def test_the_same_change_on_both_is_no_clash(homes: tuple[Path, Path]) -> None:
    a, b = homes
    for home in homes:
        write(home, "baseline/lab/shop.json", "the same")
    go(a)
    assert go(b).clashes == []
    assert go(b).pushed == []


def test_journals_are_continued_either_way(homes: tuple[Path, Path]) -> None:
    a, b = homes
    path = "incidents/lab/i1/people.jsonl"
    (a / path).parent.mkdir(parents=True)
    journal.append(a / path, "word", by="kim")
    go(a)
    go(b)
    journal.append(b / path, "word", by="lee")
    assert go(b).pushed == [path]
    assert go(a).pulled == [path]
    journal.append(a / path, "word", by="park")
    go(a)
    go(b)
    assert [entry["by"] for entry in journal.read(b / path)] == ["kim", "lee", "park"]
    assert journal.verify(b / path) == []


def test_a_journal_that_went_two_ways_is_told_and_left(homes: tuple[Path, Path]) -> None:
    a, b = homes
    path = "incidents/lab/i1/messages.jsonl"
    (a / path).parent.mkdir(parents=True)
    journal.append(a / path, "word", by="kim")
    go(a)
    go(b)
    journal.append(a / path, "word", by="lee")
    journal.append(b / path, "word", by="park")
    go(a)
    before = (b / path).read_bytes()
    assert go(b).clashes == [path]
    assert (b / path).read_bytes() == before
    go(b, Wish(push=False, only=(path,)))
    assert (b / path).read_bytes() == (a / path).read_bytes()


def test_closing_an_incident_travels_too(homes: tuple[Path, Path]) -> None:
    a, b = homes
    incident.keep(incident.begin(a, "lab"), "x", {})
    go(a)
    go(b)
    incident.close(b, "lab")
    go(b)
    go(a)
    assert incident.current(a, "lab") is None
    assert go(a).pushed == go(b).pulled == []


def test_what_is_removed_here_stays_at_the_store(homes: tuple[Path, Path]) -> None:
    a, _ = homes
    write(a, "proofs/lab/p.json", "1")
    go(a)
    (a / "proofs/lab/p.json").unlink()
    assert go(a).pulled == []
    assert (a.parent / "there/lab/proofs/lab/p.json").exists()


def test_big_files_are_left_there_until_they_are_asked_for(homes: tuple[Path, Path]) -> None:
    a, b = homes
    write(a, "quarantine/lab/binlog.000001", "x" * 100_000)
    assert go(a).pushed == ["quarantine/lab/binlog.000001"]
    assert go(b).left == ["quarantine/lab/binlog.000001"]
    assert not (b / "quarantine").exists()
    assert go(b, Wish(push=False, big=True)).pulled == ["quarantine/lab/binlog.000001"]
    assert go(b).left == []


def test_a_lost_index_costs_a_comparison_and_no_file(homes: tuple[Path, Path]) -> None:
    a, _ = homes
    a_run(a)
    write(a, "baseline/lab/shop.json", "1")
    go(a)
    before = tree(a)
    (a / ".store/lab.json").write_text("{ torn")
    done = go(a)
    assert done.clashes == []
    assert tree(a) == before


def test_sites_do_not_mix(homes: tuple[Path, Path]) -> None:
    a, b = homes
    a_run(a)
    write(a, "runs/20260101T000000Z-lab-b-emergency/secret-files", "")
    journal.append(a / "runs/20260101T000000Z-lab-b-emergency/journal.jsonl", "begin", site="lab-b", options={})
    write(a, "baseline/shop/shop.json", "1")
    go(a)
    go(b)
    assert not (b / "baseline/shop").exists()
    assert [path.name for path in (b / "runs").iterdir()] == [Path(RUN).name]


def test_only_looking_changes_nothing(homes: tuple[Path, Path]) -> None:
    a, b = homes
    a_run(a)
    assert len(go(a, Wish(push=False, pull=False)).waiting) == 3
    assert not (a.parent / "there/lab").exists() or not list((a.parent / "there/lab").rglob("*.json"))
    go(a)
    assert len(go(b, Wish(push=False, pull=False)).waiting) == 3
    assert tree(b) == {}


def test_the_index_holds_names_and_digests_alone(homes: tuple[Path, Path]) -> None:
    a, _ = homes
    write(a, "baseline/lab/shop.json", "hunter2")
    go(a)
    text = (a / ".store/lab.json").read_text()
    assert "hunter2" not in text
    assert set(next(iter(json.loads(text).values()))) == {"digest", "version", "size", "stamp"}
