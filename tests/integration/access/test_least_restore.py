"""A restore of IDC, with its accounts, works with the privileges that docs/permissions.md adds for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import least_acts
import pytest
import scratch_mysql
from failback.access import mysql_look, mysql_needs
from idc_side import run_action
from tiny_dump import END, TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from failback.access.model import MysqlPermission

STAGES = ("schema", "data", "indexes", "foreign_keys", "programs", "finish")
PROGRAMS = """/*!50003 SET @saved_sql_mode = @@sql_mode */ ;
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=`planner`@`%`*/ /*!50003 TRIGGER `noted` BEFORE INSERT ON `a` FOR EACH ROW SET NEW.name = NEW.name */;;
DELIMITER ;
DELIMITER ;;
/*!50106 CREATE*/ /*!50117 DEFINER=`planner`@`%`*/ /*!50106 EVENT `nightly` ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' ON COMPLETION NOT PRESERVE ENABLE DO DO 0 */ ;;
DELIMITER ;
DELIMITER ;;
CREATE DEFINER=`planner`@`%` PROCEDURE `count_a`()
SELECT COUNT(*) FROM a ;;
DELIMITER ;
/*!50001 CREATE ALGORITHM=UNDEFINED */
/*!50013 DEFINER=`planner`@`%` SQL SECURITY DEFINER */
/*!50001 VIEW `cheap` AS select `a`.`id` AS `id` from `a` */;
"""  # noqa: E501 - as mysqldump writes it


@pytest.fixture(name="server", scope="module")
def _server() -> Iterator[scratch_mysql.TestServer]:
    with scratch_mysql.running("access-restore", ["--log-bin-trust-function-creators=ON"]) as started:
        yield started


def restore(
    server: scratch_mysql.TestServer, work: Path, needs: Sequence[MysqlPermission]
) -> dict[str, dict[str, Any]]:
    """Empty the server, restore into it as the least account, and put an account back."""
    least_acts.as_root(
        server,
        "SET GLOBAL super_read_only=0; DROP DATABASE IF EXISTS tiny; DROP DATABASE IF EXISTS rollback_runner_restore;"
        " DROP USER IF EXISTS clerk@'%'; CREATE USER IF NOT EXISTS planner@'%' ACCOUNT LOCK;"
        " CREATE USER clerk@'%' IDENTIFIED BY 'clerk-password-1'; GRANT SELECT, INSERT ON tiny.* TO clerk@'%'",
    )
    statements = mysql_look.least(least_acts.ACCOUNT, needs, [], least_acts.version(server), foreign=True)
    least_acts.give(server, least_acts.TOOL, statements)
    least_acts.as_root(server, "SET GLOBAL super_read_only=1")
    dump = work / "tiny.sql"
    dump.write_text(TABLES + PROGRAMS + END)
    login = server.login_dict(least_acts.TOOL)
    done = {}
    for stage in STAGES:
        done[stage] = run_action("mysql_restore", {"idc": login, "stage": stage, "backup": str(dump)})
        assert "failed" not in done[stage], f"{stage}: {done[stage]['msg']}"
    return done


def test_a_restore_works_with_the_least_privileges(server: scratch_mysql.TestServer, tmp_path: Path) -> None:
    restore(server, tmp_path, [*mysql_needs.IDC, *mysql_needs.IDC_RESTORE])
    seen = least_acts.as_root(
        server,
        "SELECT GROUP_CONCAT(name ORDER BY id) AS v FROM tiny.a; SELECT COUNT(*) AS v FROM information_schema.views"
        " WHERE table_schema='tiny';"
        " SELECT COUNT(*) AS v FROM information_schema.triggers WHERE trigger_schema='tiny';"
        " SELECT COUNT(*) AS v FROM information_schema.events WHERE event_schema='tiny';"
        " SELECT COUNT(*) AS v FROM information_schema.routines WHERE routine_schema='tiny'",
    )
    assert [row[0]["v"] for row in seen] == ["it's,),(", 1, 1, 1, 1]
    record = tmp_path / "accounts.json"
    login = server.login_dict(least_acts.TOOL)
    made = run_action("mysql_accounts", {"state": "recorded", "idc": login, "record": str(record)})
    assert "failed" not in made, made["msg"]
    least_acts.as_root(
        server,
        "SET GLOBAL super_read_only=0; DROP USER planner@'%'; DROP USER clerk@'%'; SET GLOBAL super_read_only=1",
    )
    back = run_action("mysql_accounts", {"state": "restored", "idc": login, "record": str(record)})
    assert "failed" not in back, json.dumps(back)
    assert least_acts.as_root(server, "SELECT COUNT(*) AS v FROM mysql.user WHERE user='planner'")[0][0]["v"] == 1
    grants = least_acts.as_root(server, "SHOW GRANTS FOR clerk@'%'")[0]
    assert any("SELECT, INSERT ON `tiny`" in str(row) for row in grants)
