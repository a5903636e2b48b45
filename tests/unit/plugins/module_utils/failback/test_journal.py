"""The journal keeps what it was given, and says where somebody touched it."""

from __future__ import annotations

import json
import os
import subprocess
from multiprocessing import Process
from typing import TYPE_CHECKING

import pytest
from failback import journal, scrub
from hypothesis import given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def written(path: Path, count: int = 5) -> list[bytes]:
    for number in range(count):
        journal.append(path, "note", number=number, text="한국어")
    return path.read_bytes().splitlines(keepends=True)


def test_lines_are_chained_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    written(path)
    entries = journal.read(path)
    assert [entry["number"] for entry in entries] == [0, 1, 2, 3, 4]
    assert entries[0]["prev"] == journal.GENESIS
    assert journal.verify(path) == []
    assert journal.verify(path, journal.head(path)) == []
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_changed_line_is_found(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    lines = written(path)
    lines[2] = lines[2].replace(b'"number":2', b'"number":7')
    path.write_bytes(b"".join(lines))
    assert any("line 4 does not follow" in problem for problem in journal.verify(path))


def test_a_changed_last_line_is_found_by_the_head(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    lines = written(path)
    head = journal.head(path)
    lines[4] = lines[4].replace(b'"number":4', b'"number":7')
    path.write_bytes(b"".join(lines))
    assert journal.verify(path) == []
    assert len(journal.verify(path, head)) == 1


@pytest.mark.parametrize("gone", [0, 2, 3])
def test_a_missing_line_is_found(tmp_path: Path, gone: int) -> None:
    path = tmp_path / "journal.jsonl"
    lines = written(path)
    del lines[gone]
    path.write_bytes(b"".join(lines))
    assert journal.verify(path) != []


def test_lines_cut_off_at_the_end_are_found_by_the_head(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    lines = written(path)
    head = journal.head(path)
    path.write_bytes(b"".join(lines[:3]))
    assert journal.verify(path) == []
    assert "cut off" in journal.verify(path, head)[0]


def test_swapped_lines_are_found(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    lines = written(path)
    lines[1], lines[2] = lines[2], lines[1]
    path.write_bytes(b"".join(lines))
    assert journal.verify(path) != []


@settings(max_examples=60)
@given(cut=st.integers(min_value=1, max_value=400))
def test_a_torn_last_line_is_sealed_and_loses_nothing(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path = tmp_path_factory.mktemp("torn") / "journal.jsonl"
    lines = written(path)
    torn = lines[-1][: max(1, len(lines[-1]) - cut)]
    path.write_bytes(b"".join(lines[:-1]) + torn)
    assert journal.verify(path) == []
    journal.append(path, "note", number="after")
    numbers = [entry.get("number") for entry in journal.read(path) if entry["kind"] == "note"]
    whole = [0, 1, 2, 3, 4] if torn == lines[-1].rstrip(b"\n") else [0, 1, 2, 3]
    assert numbers == [*whole, "after"]
    assert journal.verify(path) == []


def test_a_torn_line_in_the_middle_that_nobody_sealed_is_found(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    lines = written(path)
    lines[2] = lines[2][:20] + b"\n"
    path.write_bytes(b"".join(lines))
    assert any("was not sealed" in problem for problem in journal.verify(path))


def test_a_first_line_torn_is_sealed(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b'{"seq":1,"ti')
    journal.append(path, "note", number=1)
    assert [entry["kind"] for entry in journal.read(path)] == ["seal", "note"]
    assert journal.verify(path) == []


def test_long_lines_are_found_again(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    for size in (10, 100_000, 10, 8192, 8191):
        journal.append(path, "note", text="x" * size)
    assert journal.verify(path) == []


def test_two_processes_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    writers = [Process(target=written, args=(path, 50)) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(journal.read(path)) == 200
    assert journal.verify(path) == []


def test_own_keys_cannot_be_given(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="prev"):
        journal.append(tmp_path / "journal.jsonl", "note", prev="x")


def test_secrets_of_the_run_are_taken_out(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("hunter2hunter2\n", encoding="utf-8")
    (tmp_path / scrub.LIST).write_text(f"{tmp_path / 'pw'}\n", encoding="utf-8")
    journal.append(tmp_path / "journal.jsonl", "note", said={"deep": ["using hunter2hunter2"]})
    text = (tmp_path / "journal.jsonl").read_text(encoding="utf-8")
    assert "hunter2" not in text
    assert json.loads(text)["said"] == {"deep": [f"using {scrub.MARK}"]}
    assert journal.verify(tmp_path / "journal.jsonl") == []


def test_a_directory_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(journal.JournalError, match="cannot be opened"):
        journal.append(tmp_path / "nowhere" / "journal.jsonl", "note")


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 512 KiB; needs root."""
    place = tmp_path / "tiny"
    place.mkdir()
    argv = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(place)]
    if subprocess.run(argv, check=False, capture_output=True).returncode != 0:
        pytest.skip("mounting a tmpfs needs root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_refuses_the_intent_and_still_takes_the_outcome(tiny: Path) -> None:
    path = tiny / "journal.jsonl"
    journal.reserve(tiny)
    journal.append(path, "intent", act="first")
    free = os.statvfs(tiny).f_bavail * os.statvfs(tiny).f_frsize
    (tiny / "filler").write_bytes(b"x" * free)
    before = path.read_bytes()
    with pytest.raises(journal.JournalError, match="No space left"):
        journal.append(path, "intent", act="second", text="y" * 8192)
    assert path.read_bytes() == before
    journal.append(path, "outcome", act="first", text="y" * 8192)
    assert [entry["kind"] for entry in journal.read(path)] == ["intent", "outcome"]
    assert journal.verify(path) == []


def test_no_room_for_the_reserve_is_one_error_and_leaves_nothing(tiny: Path) -> None:
    (tiny / "filler").write_bytes(b"x" * 400 * 1024)
    with pytest.raises(journal.JournalError, match="no room for the record"):
        journal.reserve(tiny)
    assert sorted(path.name for path in tiny.iterdir()) == ["filler"]
