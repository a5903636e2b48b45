"""The incident: opened once, found again, closed, and what was found is read back whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from failback import incident
from failback.errors import FailbackError

if TYPE_CHECKING:
    from pathlib import Path


def test_one_is_open_at_a_time(tmp_path: Path) -> None:
    assert incident.current(tmp_path, "shop") is None
    first = incident.begin(tmp_path, "shop")
    assert incident.begin(tmp_path, "shop") == first == incident.current(tmp_path, "shop")
    assert incident.current(tmp_path, "other") is None


def test_a_closed_one_is_kept_and_the_next_is_another(tmp_path: Path) -> None:
    first = incident.begin(tmp_path, "shop")
    incident.keep(first, "stake.shop-db", {"rows": 3})
    incident.close(tmp_path, "shop")
    incident.close(tmp_path, "shop")
    assert incident.current(tmp_path, "shop") is None
    second = incident.begin(tmp_path, "shop")
    assert second != first
    assert incident.facts(first) == {"stake.shop-db": {"rows": 3}}
    assert incident.facts(second) == {}


def test_what_was_found_is_private_and_replaced_whole(tmp_path: Path) -> None:
    place = incident.begin(tmp_path, "shop")
    assert place.stat().st_mode & 0o077 == 0
    incident.keep(place, "stake.shop-db", {"rows": 3})
    incident.keep(place, "stake.shop-db", {"rows": 4, "title": "주문"})
    assert incident.facts(place) == {"stake.shop-db": {"rows": 4, "title": "주문"}}


def test_a_half_written_file_is_named(tmp_path: Path) -> None:
    place = incident.begin(tmp_path, "shop")
    (place / "facts" / "stake.shop-db.json").write_text('{"rows": ', encoding="utf-8")
    with pytest.raises(FailbackError, match=r"stake\.shop-db\.json cannot be read: .*look again"):
        incident.facts(place)


def test_no_room_is_an_error_with_the_place(tmp_path: Path) -> None:
    (tmp_path / "incidents").write_text("in the way", encoding="utf-8")
    with pytest.raises(FailbackError, match="the incident cannot be kept in"):
        incident.begin(tmp_path, "shop")
