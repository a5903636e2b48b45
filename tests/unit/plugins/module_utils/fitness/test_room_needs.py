"""What each way through needs, added up by file system, against what is free."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from failback.fitness import room
from failback.fitness.room import Facts, Margin, Place, Sizes
from failback.fitness.room_facts import Logs, directories, here

if TYPE_CHECKING:
    from pathlib import Path

GIB = room.GIB
MARGIN = Margin(0.25, GIB, 24.0)
FACTS = Facts(
    idc=Sizes(10 * GIB, (6 * GIB, 3 * GIB, GIB), 0),
    rds=Sizes(12 * GIB, (7 * GIB, 4 * GIB, GIB), GIB),
    since_cutover=2 * GIB,
    backlog=GIB,
    archived=3 * GIB,
    redo_left=GIB,
    workers=2,
    record=GIB,
)


def place(name: str, *, free: int = 100 * GIB, system: str = "one", inodes_free: int = 10**6) -> Place:
    return Place(name, f"/{name}", "db1", system, free, 200 * GIB, 10**7, inodes_free)


def needed(facts: Facts, way: str, name: str) -> int:
    return sum(size for _, size in room.needs(facts, way)[name])


def test_switch_first_needs_what_idc_lacks() -> None:
    assert needed(FACTS, "switch-first", "datadir") == (12 - 10) * GIB + GIB + GIB
    assert needed(FACTS, "switch-first", "tmpdir") == 0
    assert needed(FACTS, "switch-first", "relay_log") == GIB
    assert needed(FACTS, "switch-first", "binlog") == GIB
    assert needed(FACTS, "switch-first", "quarantine") == 6 * GIB


@pytest.mark.parametrize("way", ["restore-first", "stop-first"])
def test_a_restore_needs_all_of_it_and_room_to_sort(way: str) -> None:
    assert needed(FACTS, way, "datadir") == 12 * GIB + GIB + GIB
    assert needed(FACTS, way, "tmpdir") == (7 + 4) * GIB, "the two largest tables at once"
    assert needed(FACTS, way, "relay_log") == (1 + 3) * GIB
    assert needed(FACTS, way, "binlog") == (1 + 3) * GIB


def test_limits_of_the_server_are_respected() -> None:
    limited = Facts(backlog=5 * GIB, relay_limit=GIB, own_logs=False)
    assert needed(limited, "switch-first", "relay_log") == GIB
    assert needed(limited, "switch-first", "binlog") == 0


def test_without_any_server_the_backup_tells_the_size() -> None:
    lost = Facts(backup_bytes=4 * GIB, backup_growth=2.5)
    assert lost.restored == 10 * GIB
    assert needed(lost, "restore-first", "tmpdir") == 10 * GIB, "nothing is known of single tables"


def test_directories_of_one_file_system_share_its_room() -> None:
    places = [place("datadir"), place("relay_log"), place("binlog"), place("tmpdir", system="two")]
    found = room.rooms(places, room.needs(FACTS, "switch-first"), FACTS)
    assert [one.names for one in found] == [("datadir", "relay_log", "binlog"), ("tmpdir",)]
    assert found[0].needed == 4 * GIB + GIB + GIB
    assert found[0].margin == 94 * GIB


@pytest.mark.parametrize(
    ("free", "way", "severity"),
    [
        (100, "switch-first", None),
        (7, "switch-first", "warning"),
        (3, "switch-first", "blocker"),
        (3, "stop-first", "warning"),
    ],
)
def test_what_does_not_fit_stops_on_the_chosen_way_only(free: int, way: str, severity: str | None) -> None:
    rooms = room.rooms(
        [place("datadir", free=free * GIB), place("relay_log", free=free * GIB)], room.needs(FACTS, way), FACTS
    )
    found = room.judge(rooms, MARGIN, way, "switch-first")
    assert [one.severity for one in found] == ([severity] if severity else [])
    if severity == "blocker":
        assert "does not fit on /datadir and /relay_log of db1: 5.0 GiB are needed" in found[0].sentence
        assert "3.0 GiB are free" in found[0].sentence
        assert "more, or grow" in found[0].next_step


def test_used_up_inodes_stop_and_a_file_system_without_them_does_not() -> None:
    few = room.rooms([place("datadir", inodes_free=50)], room.needs(FACTS, "switch-first"), FACTS)
    assert [one.key for one in room.judge(few, MARGIN, "switch-first", "switch-first")] == [
        "room:switch-first:db1:datadir:inodes"
    ]
    none = Place("datadir", "/d", "db1", "one", 100 * GIB, 200 * GIB, 0, 0)
    endless = room.rooms([none], room.needs(FACTS, "switch-first"), FACTS)
    assert room.judge(endless, MARGIN, "switch-first", "switch-first") == []


def test_the_forecast_says_how_long_the_rest_lasts() -> None:
    (one,) = room.rooms([place("datadir", free=100 * GIB)], room.needs(FACTS, "switch-first"), FACTS)
    logs = Logs(since_cutover=48 * GIB, hours=4.0)
    seen = room.forecast(one, room.growth(one, "switch-first", logs.per_hour))
    assert seen.hours_left == pytest.approx((100 - 4) / 12, abs=0.1)
    (told,) = room.judge([seen], MARGIN, "switch-first", "switch-first")
    assert told.key.endswith(":forecast")
    assert "lasts 8 hours" in told.sentence


def test_a_rate_over_a_short_time_is_none() -> None:
    assert Logs(since_cutover=GIB, hours=0.1).per_hour == 0.0
    assert Logs().per_hour == 0.0


def test_what_cannot_be_seen_is_no_room() -> None:
    (found,) = room.unseen([place("datadir"), Place("tmpdir", "/sort", "db1", error="no such container")])
    assert found.severity == "warning"
    assert "no such container" in found.sentence
    assert room.rooms([Place("tmpdir", "/sort", "db1", error="x")], {}, FACTS) == []


def test_the_directories_are_those_the_server_names() -> None:
    assert directories({}) == dict.fromkeys(("datadir", "relay_log", "binlog"), "/var/lib/mysql") | {
        "tmpdir": "/tmp"  # noqa: S108 - mysqld's own default
    }
    told = {"datadir": "/data/", "tmpdir": "/a:/b", "relay_log_basename": "/relay/r", "log_bin_basename": "/data/b"}
    assert directories(told) == {"datadir": "/data", "tmpdir": "/a", "relay_log": "/relay", "binlog": "/data"}
    assert directories({**told, "innodb_tmpdir": "/sort/"})["tmpdir"] == "/sort"


def test_a_directory_that_is_not_there_yet_counts_for_the_one_above(tmp_path: Path) -> None:
    path = tmp_path / "not" / "yet"
    seen = here("record", path, "this machine")
    assert seen.path == str(path)
    assert seen.free > 0
    assert not seen.error


@pytest.mark.parametrize(
    ("value", "text"), [(12, "12 bytes"), (2048, "2.0 KiB"), (3 << 20, "3.0 MiB"), (5 << 30, "5.0 GiB")]
)
def test_bytes_for_people(value: int, text: str) -> None:
    assert room.size(value) == text
