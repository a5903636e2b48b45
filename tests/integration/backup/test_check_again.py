"""REVIEW-04: the same look later, against what the plan was made with; and what is remembered in between."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chains import Past
    from look_at import Looked

    Check = Callable[..., Looked]

SHOP = {"db_schemas": ["shop"]}


@pytest.fixture
def incident(tmp_path: Path) -> Path:
    (tmp_path / "incident" / "facts").mkdir(parents=True)
    return tmp_path / "incident"


def fact(incident: Path, name: str = "backup") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((incident / "facts" / f"{name}.shop-db.json").read_text())
    return found


def test_the_fact_is_what_a_plan_can_quote(past: Past, check: Check, incident: Path) -> None:
    sources = [{"name": "new", "url": str(past.new)}]
    more = {"db_cutover_gtid": past.cutover, "backup_binlogs": {"url": str(past.binlogs)}, "backup_proof_age": 604800}
    check(sources, incident=incident, played=True, **more, **SHOP)
    kept = fact(incident)
    assert kept["verdict"] == "usable"
    assert kept["chosen"]["name"] == "new"
    assert kept["sentence"]["en"].startswith("1 of 1 backups can be restored from; new comes first: 6,010 rows")
    assert "백업 1개 중 1개" in kept["sentence"]["ko"]
    source = kept["sources"][0]
    assert source["rows_by_table"] == {"shop.orders": 4010, "shop.stock": 2000}
    assert source["position"].startswith(past.uuid)
    assert source["forecast"] is None
    assert [one["key"] for one in source["findings"]] == ["backup:new:no_proof", "backup:new:no_manifest"]


def test_a_rehearsal_keeps_nothing(past: Past, check: Check, incident: Path, tmp_path: Path) -> None:
    found = check([{"name": "new", "url": str(past.new)}], incident=incident, rehearse=True, **SHOP)
    assert found.keys("blocker") == set()
    assert list((incident / "facts").iterdir()) == []
    assert not (tmp_path / "proofs").exists()


def test_the_second_look_says_what_became_of_the_first(
    past: Past, check: Check, incident: Path, tmp_path: Path
) -> None:
    mine, other = tmp_path / "mine.sql", tmp_path / "other.sql"
    shutil.copyfile(past.old, mine)
    shutil.copyfile(past.new, other)
    sources = [{"name": "mine", "url": str(mine)}, {"name": "other", "url": str(other)}]
    check(sources, incident=incident, **SHOP)
    before = fact(incident)
    found = check(sources, incident=incident, again=True, played=True, **SHOP)
    assert found.keys("blocker", "warning") == set()
    assert fact(incident, "backup_again")["checked_at"] >= before["checked_at"]
    assert fact(incident) == before  # the plan's own fact stays
    shutil.copyfile(past.new, mine)
    found = check(sources, incident=incident, again=True, **SHOP)
    assert found.keys("warning") == {"backup:mine:replaced"}
    mine.write_bytes(past.old.read_bytes()[:-500])
    found = check(sources, incident=incident, again=True, **SHOP)
    assert found.keys("blocker") == {"backup:mine:damaged"}  # though the other one is well
    found = check(sources[1:], incident=incident, again=True, **SHOP)
    assert found.keys("blocker") == {"backup:mine:gone"}


def test_memory_serves_the_first_look_and_never_the_second(past: Past, check: Check, tmp_path: Path) -> None:
    memory = str(tmp_path / "memory.json")
    sources = [{"name": "new", "url": str(past.new)}]
    first = check(sources, backup_memory=memory, **SHOP)
    second = check(sources, backup_memory=memory, **SHOP)
    assert second.source("new")["read_before"]
    assert second.source("new")["rows"] == first.source("new")["rows"] == 6010
    again = check(sources, backup_memory=memory, again=True, **SHOP)
    assert not again.source("new")["read_before"]


def test_the_release_is_asked_of_idc_where_it_answers(past: Past, check: Check, tmp_path: Path) -> None:
    newer = tmp_path / "newer.sql"
    newer.write_bytes(past.new.read_bytes().replace(b"-- Server version\t9.7", b"-- Server version\t10.1"))
    sources = [{"name": "newer", "url": str(newer)}]
    found = check(sources, backup_server_version="", db_idc=past.server.login_dict(), **SHOP)
    assert "was made on MySQL 10.1" in found.of("backup:newer:damaged")["sentence"]
    found = check(sources, backup_server_version="", **SHOP)
    assert found.of("backup:server_version_unknown")["severity"] == "note"


def test_without_an_archive_rds_is_asked_for_the_binary_logs_it_still_has(past: Past, check: Check) -> None:
    """The replay asks the same: where RDS reaches back, a restore needs no archive."""
    known = {**SHOP, "db_cutover_gtid": past.cutover}
    found = check([{"name": "old", "url": str(past.old)}], db_aws=past.server.login_dict(), **known)
    assert found.keys("blocker") == set()
    assert found.of("backup:old:binlogs_of_rds")["severity"] == "warning"
    assert found.source("old")["binlogs"]["from_rds"] is True
    silent = {**past.server.login_dict(), "host": "127.0.0.1", "port": 1}
    found = check([{"name": "old", "url": str(past.old)}], db_aws=silent, **known)
    assert found.keys("blocker") == {"backup:old:binlogs_missing"}
    assert found.of("backup:rds_not_asked")["severity"] == "note"


def test_a_way_that_restores_nothing_is_not_held_up_by_backups(check: Check, tmp_path: Path) -> None:
    gone = [{"name": "gone", "url": str(tmp_path / "gone")}]
    assert check(gone, **SHOP).keys("blocker") == {"backup:gone:missing"}
    found = check(gone, site_strategy="switch-first", **SHOP)
    assert (found.keys("blocker"), found.keys("warning")) == (set(), {"backup:gone:missing"})
