"""What a backup is against what the site needs, without any backup."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from failback.restore.formats.dump_state import DumpState
from failback.restore.formats.mydumper_metadata import read_metadata
from failback.restore.formats.scan import Comment, Statement
from failback.restore.model import Backup, Position, Table
from failback.restore.verify_facts import Expected, judge_facts, series
from failback.restore.verify_text import TextJudge

TABLE = Table("shop", "t", "CREATE TABLE `t` (`a` varchar(9)) DEFAULT CHARSET=utf8mb4")


def backup(version: str = "8.4.7", tool: str = "MySQL dump 10.13 Distrib 8.4.7", taken: str = "") -> Backup:
    return Backup("mysqldump", "u", 1, {"shop": ""}, (TABLE,), (), Position(), version, tool, taken)


def judged(found: Backup, expected: Expected) -> list[str]:
    return [f"{one.severity} {one.text}" for one in judge_facts(found, TextJudge(), expected)]


@pytest.mark.parametrize(
    ("made", "target", "refused"),
    [
        ("8.4.7", "8.0.44", True),
        ("8.0.44", "8.4.7", False),
        ("9.7.4-2", "9.1.0", False),
        ("9.0.1", "8.4.7", True),
        ("10.11.6-MariaDB", "8.4.7", True),
        ("", "8.4.7", False),
    ],
)
def test_a_newer_release_is_refused(made: str, target: str, *, refused: bool) -> None:
    found = judged(backup(made, tool=""), Expected(server_version=target))
    assert any(line.startswith("fatal") for line in found) is refused


def test_an_old_tool_is_named() -> None:
    assert (
        "warning was made by mysqldump 5.7.44" in judged(backup(tool="MySQL dump 10.13 Distrib 5.7.44"), Expected())[0]
    )
    assert series("garbage") == (0, 0)


def test_the_zone_of_the_dumping_host_counts() -> None:
    now = datetime(2026, 1, 2, 0, 0, tzinfo=UTC)
    young = Expected(max_age=3600, time_zone="Asia/Seoul", now=now)
    assert judged(backup(taken="2026-01-02T08:30:00"), young) == []
    assert "are meant to be lost" in judged(backup(taken="2026-01-02T07:30:00"), young)[0]
    assert "in the future" in judged(backup(taken="2026-01-02T10:30:00"), young)[0]


STATE = """-- CHANGE REPLICATION SOURCE TO SOURCE_LOG_FILE='binlog.000007', SOURCE_LOG_POS=157;
SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ 'aaaaaaaa-e641-11f1-9fd6-0242ac110004:1-52,
bbbbbbbb-e641-11f1-9fd6-0242ac110004:1-7'
-- Server version\t9.7.4
/*!40103 SET TIME_ZONE='+00:00' */
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */"""


def test_settings_and_position_are_read() -> None:
    state = DumpState()
    for part in STATE.replace(",\nbbbb", ",\\nbbbb").split("\n"):
        text = part.replace(",\\nbbbb", ",\nbbbb").encode()
        if text.startswith(b"--"):
            state.comment(Comment(0, text))
        else:
            state.statement(Statement(0, text, b";"))
    assert state.position.log_position == 157
    assert state.gtid.count(",") == 1
    assert "\n" not in state.gtid
    assert state.time_zone == "+00:00"
    assert state.base["sql_mode"] == "NO_AUTO_VALUE_ON_ZERO"


def test_a_trigger_knows_its_session() -> None:
    state = DumpState(schema="shop")
    for text in (
        b"/*!50003 SET character_set_client  = utf8mb4 */",
        b"/*!50003 SET collation_connection  = utf8mb4_unicode_ci */",
        b"/*!50003 SET sql_mode              = 'ANSI_QUOTES' */",
        b"/*!50003 CREATE*/ /*!50017 DEFINER=`a b`@`%`*/ /*!50003 TRIGGER tr BEFORE INSERT ON t FOR EACH ROW DO 1*/",
        b"/*!50003 SET sql_mode              = @saved_sql_mode */",
    ):
        state.statement(Statement(0, text, b";"))
    found = state.programs["trigger", "shop", "tr"]
    assert (found.definer, found.sql_mode, found.collation) == ("a b@%", "ANSI_QUOTES", "utf8mb4_unicode_ci")


def test_both_forms_of_mydumpers_metadata() -> None:
    old = b"Started dump at: 2026-01-02 03:04:05\nSHOW MASTER STATUS:\n\tLog: b.3\n\tPos: 9\n\tGTID:u:1-3\n\n"
    old += b"Finished dump at: 2026-01-02 03:04:06\n"
    found = read_metadata(old)
    assert (found.started_at, found.position) == ("2026-01-02T03:04:05", Position("u:1-3", "b.3", 9))
    assert found.finished_at
    new = b'# Started dump at: 2026-01-02 03:04:05\n[source]\n# executed_gtid_set = "u:1-3"\n'
    new += b'# SOURCE_LOG_FILE = "b.3"\n# SOURCE_LOG_POS = 9\n'
    new += b"[`a``b`.`t`]\nreal_table_name=t.x\nrows = 4\n\n[`a``b`.`v`]\nreal_table_name=v\nrows = 0\nis_view = 1\n"
    known = read_metadata(new)
    assert known.position == Position("u:1-3", "b.3", 9)
    assert known.rows == {("a`b", "t.x"): 4}
    assert known.views == {("a`b", "v")}
    assert not known.finished_at
