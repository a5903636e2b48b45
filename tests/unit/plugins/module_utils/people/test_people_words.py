"""What people say is kept in order, is read back whole, and cannot be changed unseen."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from failback import journal
from failback.errors import ConfigError, RefusedError
from failback.people import attachments, moments, words
from failback.people.words import Word

if TYPE_CHECKING:
    from pathlib import Path


def test_the_last_word_wins_and_all_are_kept(tmp_path: Path) -> None:
    words.say(tmp_path, Word("confirm", "SIT-01", "lee", "first"))
    words.say(tmp_path, Word("decline", "SIT-01", "kim", "not so"))
    words.say(tmp_path, Word("confirm", "SIT-01", "lee", "second"))
    said = words.read(tmp_path)
    standing = said.standing("SIT-01")
    assert standing is not None
    assert (standing.by, standing.note) == ("lee", "second")
    assert [word.note for word in said.of("SIT-01")] == ["first", "not so", "second"]
    assert journal.verify(tmp_path / words.FILE) == []


def test_each_person_has_a_last_word_of_their_own(tmp_path: Path) -> None:
    words.say(tmp_path, Word("acknowledge", "TEAM-01", "kim"))
    words.say(tmp_path, Word("acknowledge", "TEAM-01", "lee"))
    words.say(tmp_path, Word("decline", "TEAM-01", "kim", "fell ill"))
    found = words.read(tmp_path).each("TEAM-01", "acknowledge", "decline")
    assert {by: word.kind for by, word in found.items()} == {"kim": "decline", "lee": "acknowledge"}


def test_a_word_about_another_plan_does_not_stand_for_this_one(tmp_path: Path) -> None:
    words.say(tmp_path, Word("confirm", "APPROVE-04", "kim", about="aaa"))
    said = words.read(tmp_path)
    assert said.standing("APPROVE-04", "bbb") is None
    assert said.standing("APPROVE-04", "aaa") is not None


@pytest.mark.parametrize("change", ["edit", "remove", "swap"])
def test_a_file_changed_by_hand_is_refused(tmp_path: Path, change: str) -> None:
    for note in ("one", "two", "three"):
        words.say(tmp_path, Word("confirm", "SIT-01", "lee", note))
    path = tmp_path / words.FILE
    lines = path.read_text(encoding="utf-8").splitlines()
    if change == "edit":
        lines[0] = lines[0].replace("one", "ONE")
    elif change == "remove":
        del lines[1]
    else:
        lines[0], lines[1] = lines[1], lines[0]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(RefusedError, match="is not what people said: line"):
        words.read(tmp_path)


def test_a_torn_last_line_is_no_word_and_no_fault(tmp_path: Path) -> None:
    words.say(tmp_path, Word("confirm", "SIT-01", "lee", "whole"))
    with (tmp_path / words.FILE).open("a", encoding="utf-8") as stream:
        stream.write('{"seq": 2, "kind": "conf')
    assert [word.note for word in words.read(tmp_path).said] == ["whole"]
    words.say(tmp_path, Word("confirm", "SIT-01", "lee", "after"))
    assert [word.note for word in words.read(tmp_path).said] == ["whole", "after"]


def test_lines_of_other_kinds_are_not_words(tmp_path: Path) -> None:
    journal.append(tmp_path / words.FILE, "close", by="lee", note="over")
    assert words.read(tmp_path).said == ()


def test_nothing_was_said_outside_of_an_incident() -> None:
    assert words.read(None).said == ()
    assert words.plan_digest(None) == ""


def test_the_plan_is_known_by_its_digest(tmp_path: Path) -> None:
    assert words.plan_digest(tmp_path) == ""
    (tmp_path / "plan.json").write_text(json.dumps({"digest": "abc"}), encoding="utf-8")
    assert words.plan_digest(tmp_path) == "abc"


def test_an_attachment_is_copied_once_and_known_by_its_digest(tmp_path: Path) -> None:
    source = tmp_path / "alarm photo.png"
    source.write_bytes(b"pixels")
    kept = attachments.take(tmp_path, source)
    assert attachments.take(tmp_path, source) == kept
    copies = list((tmp_path / attachments.FOLDER).iterdir())
    assert [path.name for path in copies] == [kept["file"]]
    assert copies[0].stat().st_mode & 0o077 == 0
    assert attachments.missing(tmp_path, kept) == ""
    copies[0].write_bytes(b"others")
    assert "is not the file that was attached" in attachments.missing(tmp_path, kept)
    copies[0].unlink()
    assert "is gone" in attachments.missing(tmp_path, kept)


def test_what_is_no_file_cannot_be_attached(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is no file that could be attached"):
        attachments.take(tmp_path, tmp_path)


NOW = datetime(2026, 3, 1, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "utc", "local"),
    [
        ("2026-03-01T04:05:06+09:00", "2026-02-28T19:05:06Z", "2026-03-01T04:05:06+09:00"),
        ("2026-03-01 04:05", "2026-02-28T19:05:00Z", "2026-03-01T04:05:00+09:00"),
        ("2026-02-28T19:05:06Z", "2026-02-28T19:05:06Z", "2026-03-01T04:05:06+09:00"),
        ("now-10m", "2026-02-28T23:50:00Z", "2026-03-01T08:50:00+09:00"),
        ("now + 1h", "2026-03-01T01:00:00Z", "2026-03-01T10:00:00+09:00"),
        ("now", "2026-03-01T00:00:00Z", "2026-03-01T09:00:00+09:00"),
    ],
)
def test_a_moment_is_kept_in_utc_and_local_time(text: str, utc: str, local: str) -> None:
    found = moments.parse(text, "Asia/Seoul", NOW)
    assert (found.utc, found.local, found.zone) == (utc, local, "Asia/Seoul")


@pytest.mark.parametrize(
    ("text", "zone", "says"),
    [
        ("yesterday", "Asia/Seoul", "is no moment"),
        ("2026-13-01", "Asia/Seoul", "is no moment"),
        ("2026-11-01 01:30", "America/New_York", "came twice"),
        ("2026-03-08 02:30", "America/New_York", "never came"),
        ("now", "Asia/Soul", "is no time zone"),
    ],
)
def test_a_moment_that_is_none_or_two_is_refused(text: str, zone: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        moments.parse(text, zone, NOW)


def test_what_is_to_come_is_told_from_what_was() -> None:
    assert moments.after(moments.parse("now+5m", "UTC", NOW), NOW)
    assert not moments.after(moments.parse("now+30s", "UTC", NOW), NOW)
    assert not moments.after(moments.parse("now-5m", "UTC", NOW), NOW)
