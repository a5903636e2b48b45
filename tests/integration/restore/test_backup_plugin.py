"""The role's entry point as the playbook calls it: the first sound source is chosen, the reasons are on record."""

from __future__ import annotations

import gzip
import hashlib
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from failback.backup.proof import Proof, save
from run_tasks import local_host, play

TASKS = [
    {"ansible.builtin.import_role": {"name": "backup", "tasks_from": "verify"}},
    {"name": "Show it", "ansible.builtin.debug": {"var": "backup_chosen"}},
]
DUMP = b"""-- MySQL dump 10.13  Distrib 9.7.4, for Linux (x86_64)
--
-- Host: localhost    Database: shop
-- ------------------------------------------------------
-- Server version\t9.7.4

/*!50503 SET NAMES utf8mb4 */;
/*!40103 SET TIME_ZONE='+00:00' */;
CREATE TABLE `items` (
  `id` int NOT NULL,
  `name` varchar(9) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
--
-- Dumping data for table `items`
--

INSERT INTO `items` VALUES (1,'a'),(2,'b');
-- Dump completed on 2026-01-02  3:04:05
"""

KNOWN = {"site_name": "shop", "backup_proofs": "/nowhere/proofs"}
IDC, OTHER = (f"{digit * 8}-{digit * 4}-4{digit * 3}-8{digit * 3}-{digit * 12}" for digit in "19")


def site(sources: list[dict[str, Any]], **more: Any) -> dict[str, dict[str, Any]]:
    return {
        "shop-db": local_host(backup_sources=sources, db_schemas=["shop"], site_timezone="Asia/Seoul", **KNOWN | more)
    }


@pytest.mark.parametrize("check", [False, True])
def test_the_first_sound_source_is_chosen(tmp_path: Path, *, check: bool) -> None:
    (tmp_path / "new.sql.gz").write_bytes(gzip.compress(DUMP)[:-12])
    (tmp_path / "old.sql.gz").write_bytes(gzip.compress(DUMP))
    sources = [
        {"name": "newest", "url": str(tmp_path / "new.sql.gz")},
        {"name": "gone", "url": str(tmp_path / "gone")},
        {"name": "older", "url": str(tmp_path / "old.sql.gz")},
        {"name": "oldest", "url": str(tmp_path / "never-looked-at")},
    ]
    played = play(tmp_path / "play", TASKS, site(sources), check=check)
    assert played.rc == 0, played.messages
    result = played.of("DATA-01")
    assert result["changed"] is False
    assert result["after"]["name"] == "older"
    assert len(result["after"]["digest"]) == 64
    reasons = {one["name"]: one["reason"] for one in result["evidence"]["sources"]}
    assert "cut short" in reasons["newest"]
    assert "there is no backup" in reasons["gone"]
    assert reasons["oldest"] == "older is sound"
    assert played.of("Show it")["backup_chosen"]["url"] == sources[2]["url"]
    findings = result["evidence"]["sources"][2]["findings"]
    assert any("are meant to be lost" in one["text"] for one in findings)


def test_no_sound_source_is_refused_with_every_reason(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_bytes(b"")
    (tmp_path / "b.sql").write_bytes(DUMP.replace(b"Database: shop", b"Database: hr"))
    sources = [{"name": "a", "url": str(tmp_path / "a.sql")}, {"name": "b", "url": str(tmp_path / "b.sql")}]
    played = play(tmp_path / "play", TASKS, site(sources))
    assert played.rc != 0
    result = played.of("DATA-01")
    assert result["refused"] is True
    assert "nothing was touched" in result["msg"]
    assert "a.sql is empty" in result["msg"]
    assert "no table of the database shop" in result["msg"]


def at(position: str) -> bytes:
    """A dump that says where it was taken."""
    line = f"SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '{position}';\n".encode()
    return DUMP.replace(b"CREATE TABLE", line + b"CREATE TABLE", 1)


def broke_off(proofs: Path, backup: Path) -> None:
    """Keep the proof that a backup could not be restored."""
    digest = hashlib.sha256(backup.read_bytes()).hexdigest()
    at = "2026-01-03T00:00:00+00:00"
    made = Proof(
        "shop-db", "broke", str(backup), digest, "mysqldump", 1, "", "", at, "r", "me", "here", "", passed=False
    )
    save(proofs, replace(made, problem="table shop.items: no such engine"))


@pytest.mark.parametrize("check", [False, True])
def test_what_the_phase_prepare_ruled_out_is_not_taken(tmp_path: Path, *, check: bool) -> None:
    """Sound files all, and a restore from any but the last would be refused hours later by the replay."""
    dumps = {
        "staging": at(f"{OTHER}:1-9"),
        "nowhere": DUMP,
        "broke": at(f"{IDC}:1-7"),
        "own": at(f"{IDC}:1-8"),
    }
    for name, text in dumps.items():
        (tmp_path / f"{name}.sql").write_bytes(text)
    broke_off(tmp_path / "proofs", tmp_path / "broke.sql")
    sources = [{"name": name, "url": str(tmp_path / f"{name}.sql")} for name in dumps]
    more = {"db_cutover_gtid": f"{IDC}:1-10", "backup_proofs": str(tmp_path / "proofs")}
    memory = str(tmp_path / "memory.json")
    for known in (more, {**more, "backup_memory": memory}):
        result = play(tmp_path / "play", TASKS, site(sources, **known), check=check).of("DATA-01")
        assert result["after"]["name"] == "own", result
        reasons = {one["name"]: one["reason"] for one in result["evidence"]["sources"]}
        assert "was made by another server" in reasons["staging"]
        assert "does not say at which position" in reasons["nowhere"]
        assert "no such engine" in reasons["broke"]
    refused = play(tmp_path / "play", TASKS, site(sources[:3], **more), check=check).of("DATA-01")
    assert refused["refused"] is True
    assert "was made by another server" in refused["msg"]


def test_an_unchanged_backup_is_remembered_and_a_changed_one_is_read_again(tmp_path: Path) -> None:
    backup, memory = tmp_path / "b.sql", tmp_path / "memory.json"
    backup.write_bytes(DUMP)
    hosts = site([{"name": "b", "url": str(backup)}], backup_memory=str(memory))
    assert play(tmp_path / "play", TASKS, hosts, check=True).rc == 0
    assert not memory.exists()
    first = play(tmp_path / "play", TASKS, hosts).of("DATA-01")
    second = play(tmp_path / "play", TASKS, hosts).of("DATA-01")
    assert "unchanged since" in second["evidence"]["sources"][0]["reason"]
    assert second["after"] == first["after"]
    backup.write_bytes(DUMP[:-60])
    assert play(tmp_path / "play", TASKS, hosts).of("DATA-01")["refused"] is True


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        ([], "backup_sources is empty"),
        ([{"name": "x"}], "must have name and url"),
        ([{"name": "x", "url": "/a", "path": "/b"}], "must have name and url"),
        ([{"name": "x", "url": "/a"}, {"name": "x", "url": "/b"}], "same name"),
        ([{"name": "x", "url": "ftp://a/b"}], "no such kind of source"),
        ([{"name": "x", "url": "/a", "manifest": "/missing"}], "manifest /missing is not there"),
    ],
)
def test_bad_input_ends_in_one_sentence(tmp_path: Path, sources: list[dict[str, Any]], words: str) -> None:
    played = play(tmp_path / "play", TASKS, site(sources))
    assert played.rc != 0
    assert words in played.messages
