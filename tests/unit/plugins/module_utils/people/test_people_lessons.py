"""Lessons: listed once, never changed, and each with an owner and a date."""

from __future__ import annotations

import threading
from datetime import date
from typing import TYPE_CHECKING

import pytest
from failback.errors import ConfigError, RefusedError
from failback.people import lessons
from failback.people.lessons import Lesson

if TYPE_CHECKING:
    from pathlib import Path


def one(text: str = "Ask sooner", kind: lessons.Kind = "lesson") -> Lesson:
    return Lesson("", kind, text, "kim", "2027-01-01", "lee", rests_on="budget:full runs/x")


def test_a_lesson_is_listed_once_and_has_a_number(tmp_path: Path) -> None:
    first = lessons.add(tmp_path, one())
    assert (first.id, first.at != "") == ("L1", True)
    assert lessons.add(tmp_path, one("  Ask   sooner ")) == first
    assert lessons.add(tmp_path, one(kind="process")).id == "L2"
    assert [(found.id, found.kind, found.rests_on) for found in lessons.read(tmp_path)] == [
        ("L1", "lesson", "budget:full runs/x"),
        ("L2", "process", "budget:full runs/x"),
    ]


def test_what_is_moved_and_closed_keeps_its_words(tmp_path: Path) -> None:
    lessons.add(tmp_path, one())
    assert lessons.move(tmp_path, "l1", by="lee", owner="park").owner == "park"
    assert lessons.move(tmp_path, "L1", by="lee", due="2027-02-02").due == "2027-02-02"
    closed = lessons.close(tmp_path, "L1", by="park", outcome="the load test runs weekly")
    assert (closed.text, closed.owner, closed.outcome) == ("Ask sooner", "park", "the load test runs weekly")
    assert closed.done.endswith(" park")
    with pytest.raises(ConfigError, match="closed before"):
        lessons.close(tmp_path, "L1", by="park", outcome="again")
    with pytest.raises(ConfigError, match="no lesson L9; known are L1"):
        lessons.move(tmp_path, "L9", by="lee", owner="kim")


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001])
def test_a_lesson_that_says_nothing_or_too_much_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="1 to 2000 characters"):
        lessons.add(tmp_path, one(text))


def test_a_file_that_was_changed_by_hand_is_refused(tmp_path: Path) -> None:
    for text in ("a", "b"):
        lessons.add(tmp_path, one(text))
    path = tmp_path / lessons.FILE
    path.write_text(path.read_text().replace('"text":"a"', '"text":"c"'))
    with pytest.raises(RefusedError, match="line 2 does not follow the line before it"):
        lessons.read(tmp_path)


def test_many_at_once_get_numbers_of_their_own(tmp_path: Path) -> None:
    threads = [threading.Thread(target=lessons.add, args=(tmp_path, one(f"lesson {n}"))) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found.id for found in lessons.read(tmp_path)) == [f"L{n}" for n in range(1, 9)]


def test_a_date_is_a_date_and_still_to_come() -> None:
    today = date(2026, 11, 22)
    assert lessons.day("2026-12-01", today) == "2026-12-01"
    assert lessons.day("now+14d", today) == "2026-12-06"
    assert lessons.day("2026-11-21", today) == "2026-11-21"  # it may still be yesterday somewhere
    with pytest.raises(ConfigError, match="is over"):
        lessons.day("2026-11-20", today)
    for wrong in ("soon", "2026-13-01", "now+d", "now+99999999999d", ""):
        with pytest.raises(ConfigError, match="is no date"):
            lessons.day(wrong, today)
