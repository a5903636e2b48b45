"""The lab's backups as they are taken: by real tools from a real server, each at a position its manifest tells."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import stat
from typing import TYPE_CHECKING

import pymysql
import pytest
import scratch_mysql
from failback.binlog import archive
from failback.gtid import GtidSet
from failback.restore.source import open_source

from lab import backups, images
from lab.shop import data

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OPTIONS = ("--log-bin=binlog", "--binlog-row-metadata=FULL", "--log-bin-trust-function-creators=ON")
OWNER = 1000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """All backups of a small shop, and the position of the cut-over."""
    if os.geteuid() != 0:
        pytest.fail("the backups are given to another user, so this must run as root")
    if not images.exists(images.TOOLS):
        pytest.fail("no image with mydumper: build the lab's images first (rollback-runner lab up)")
    folder, datadir = tmp_path_factory.mktemp("backups"), tmp_path_factory.mktemp("data")
    mounts = (f"{folder}:{backups.INSIDE}", f"{datadir}:{scratch_mysql.DATA}")
    options = (*OPTIONS, f"--secure-file-priv={backups.INSIDE}")
    with scratch_mysql.running("lab-backups", options, tmpfs=False, mounts=mounts) as server:
        password = (server.secrets / scratch_mysql.ADMIN).read_text().strip()
        link = pymysql.connect(
            host=server.host,
            user=scratch_mysql.ADMIN,
            password=password,
            ssl={"check_hostname": False},
            autocommit=True,
        )
        data.load(link, 1_500)
        origin = backups.Origin(
            *(server.container, scratch_mysql.SOCKET, "bridge", server.host, scratch_mysql.ADMIN, password),
            *(folder, datadir, images.TOOLS.tag),
        )
        origin.sql("FLUSH BINARY LOGS")
        backups.make(origin, link, OWNER)
        cutover = backups.position(origin)
        link.close()
    yield folder, cutover
    shutil.rmtree(folder)


def told(folder: Path, name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / name / "manifest.json").read_text())
    return found


def test_the_nightly_set_is_of_one_position_and_the_weekly_one_older(made: tuple[Path, str]) -> None:
    folder, cutover = made
    nightly = {str(told(folder, f"nightly/{tool}")["gtid"]) for tool in ("dump", "tab", "mydumper")}
    assert len(nightly) == 1
    weekly = GtidSet.parse(str(told(folder, "weekly")["gtid"]))
    assert weekly <= GtidSet.parse(nightly.pop()) <= GtidSet.parse(cutover)
    assert (GtidSet.parse(cutover) - weekly).count() > 300


def test_the_archive_leads_from_the_oldest_backup_to_the_cut_over(made: tuple[Path, str]) -> None:
    folder, cutover = made
    weekly = GtidSet.parse(str(told(folder, "weekly")["gtid"]))
    found = archive.verify(open_source(str(folder / "binlogs")), weekly, GtidSet.parse(cutover))
    assert len(found.parts) >= 3
    assert found.digest_checked
    assert any("ALTER TABLE" in text for text in found.statements)


def test_the_dumps_are_whole_and_the_damaged_one_is_not(made: tuple[Path, str]) -> None:
    folder, _ = made
    for name in ("weekly", "nightly/dump"):
        assert b"-- Dump completed" in gzip.decompress((folder / name / "shop.sql.gz").read_bytes())[-100:]
    assert b"-- Dump completed" not in gzip.decompress((folder / "damaged" / "shop.sql.gz").read_bytes())
    assert (folder / "nightly" / "tab" / "orders.txt").stat().st_size > 0
    assert (folder / "nightly" / "mydumper" / "metadata").exists()
    assert not (folder / "mydumper.cnf").exists()


def test_one_user_owns_them_and_nobody_else_reads_the_accounts(made: tuple[Path, str]) -> None:
    folder, _ = made
    assert {path.stat().st_uid for path in folder.rglob("*")} == {OWNER}
    accounts = folder / "accounts.sql"
    assert stat.S_IMODE(accounts.stat().st_mode) == 0o600
    text = accounts.read_text()
    assert "CREATE USER `rr_admin`@`%`" in text
    assert "GRANT" in text
