"""What the runbook says of MySQL is typed into a shell, against two real servers, and the world is asked afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import paper
import pytest
from failback import lock
from idc_side import replication, run_action
from rds_side import EXEMPT, Writers, account_states, fence_args

if TYPE_CHECKING:
    from pathlib import Path

    import mysql_pair

FENCE, FINAL, PROMOTE = "RDS takes no write any more", "IDC has everything", "IDC takes writes"
REFUSED = "ERROR 3118"


@pytest.fixture(name="page")
def _page(pair: mysql_pair.Pair, tmp_path: Path) -> paper.Paper:
    database = {
        "db_idc": pair.idc.login_dict(),
        "db_aws": pair.rds.login_dict(),
        "db_app_login": {"user": "shop_app", "password_file": str(pair.rds.secrets / "shop_app")},
        "db_replication": replication(pair),
        "db_schemas": ["shop"],
        "db_cutover_gtid": pair.cutover,
        "db_exempt_users": EXEMPT,
        "db_idc_host": "idc-db1",
        "db_container": pair.idc.container,
    }
    groups = {"databases": ["shop-db"], "database_hosts": ["idc-db1"]}
    printed = paper.printed(groups, {"shop-db": database, "idc-db1": {"ansible_host": pair.idc.host}}, tmp_path)
    return paper.with_mysql(printed, pair.idc)


def test_the_writer_moves_by_hand_and_no_acknowledged_write_is_lost(page: paper.Paper, pair: mysql_pair.Pair) -> None:
    pair.rds.root(
        "CREATE DEFINER=shop_app@'%' EVENT shop.nightly ON SCHEDULE EVERY 1 DAY DO DELETE FROM shop.visits;"
        "INSERT INTO shop.items (id, name) VALUES (500, 'rolled back'); DELETE FROM shop.items WHERE id = 500;"
    )
    pair.rds.root("START TRANSACTION; INSERT INTO shop.items (name) VALUES ('never seen'); ROLLBACK;")
    page.type(*page.blocks("IDC follows RDS"))
    with Writers(pair, 3, pause=0.01) as writers:
        page.type(*page.blocks(FENCE))
        seen = page.type(*page.blocks(FENCE, "It is done when"), ok=False)
        acknowledged = list(writers.acknowledged)
    assert REFUSED in seen
    assert seen.split()[-2:] == ["0", "0"], "no open account, no transaction"
    assert writers.acknowledged == acknowledged, "nothing was taken behind the fence"
    told = page.type(*page.blocks(FINAL), *page.blocks(FINAL, "It is done when"))
    assert "STANDS" in told
    # The wait is through; IDC has FINAL and nothing of its own; RDS has nothing after it; IDC is itself, and durable.
    assert told.splitlines()[-5:] == ["0", "1", "", "", f"{pair.idc.uuid}\t1\t1"]
    assert pair.idc.root("SELECT @@super_read_only") == "1", "IDC is closed until it is promoted"
    told = page.type(*page.blocks(PROMOTE), *page.blocks(PROMOTE, "It is done when"))
    assert "0\t0" in told
    assert f"shop_app@%\t{pair.idc.uuid}" in told
    tokens = set(pair.idc.root("SELECT token FROM shop.write_ledger").split())
    assert set(acknowledged) <= tokens
    counters = "SET SESSION information_schema_stats_expiry=0; SELECT auto_increment FROM information_schema.tables"
    wanted = f"{counters} WHERE table_schema='shop' AND table_name='items'"
    assert pair.idc.root(wanted) >= pair.rds.root(wanted), "no id is given out twice"
    page.type(*page.blocks("IDC stands alone"))
    assert pair.idc.root("SELECT status FROM information_schema.events WHERE event_name='nightly'") == "ENABLED"
    assert pair.idc.root("SELECT COUNT(*) FROM performance_schema.replication_connection_configuration") == "0"


@pytest.fixture(name="run")
def _run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tool acts only where a record is kept."""
    directory = tmp_path / "run"
    directory.mkdir()
    held = lock.acquire(tmp_path / "site.lock", site="lab", run="test", reason="test")
    monkeypatch.setenv("RR_RUN_DIR", str(directory))
    monkeypatch.setenv("RR_LOCK", str(tmp_path / "site.lock"))
    monkeypatch.setenv("RR_EPOCH", str(held.epoch))


@pytest.mark.usefixtures("run")
def test_a_fence_by_hand_is_one_for_the_tool_too(page: paper.Paper, pair: mysql_pair.Pair) -> None:
    page.type(*page.blocks(FENCE))
    verified = run_action("mysql_fence", fence_args(pair, state="verified"))
    assert "failed" not in verified, verified["msg"]
    opened = run_action("mysql_fence", fence_args(pair, state="open"))
    assert "failed" not in opened, opened["msg"]
    with pair.rds.connect("shop_app") as app:
        assert app.number("SELECT 1") == 1


def test_the_way_back_opens_what_was_closed_and_only_that(page: paper.Paper, pair: mysql_pair.Pair) -> None:
    pair.rds.root(
        "ALTER USER report@'%' ACCOUNT LOCK;"
        "CREATE DEFINER=shop_app@'%' EVENT shop.nightly ON SCHEDULE EVERY 1 DAY DO DELETE FROM shop.visits;"
    )
    page.type(*page.blocks(FENCE))
    assert pair.rds.root("SELECT status FROM information_schema.events WHERE event_name='nightly'") != "ENABLED"
    first, *rest = page.blocks("RDS serves again")
    assert page.type(first).split() == ["1"], "read_only, and nothing of IDC's own"
    page.type(*rest)
    assert pair.rds.root("SELECT status FROM information_schema.events WHERE event_name='nightly'") == "ENABLED"
    locked = pair.rds.root("SELECT user FROM mysql.user WHERE account_locked='Y' AND user NOT LIKE 'mysql.%'")
    assert locked.split() == ["report"], "it was locked before"
    assert "rollback_runner" not in account_states(pair)
    with pair.rds.connect("shop_app") as app:
        assert app.number("SELECT 1") == 1


def test_no_password_is_on_paper_or_in_a_list_of_processes(page: paper.Paper, pair: mysql_pair.Pair) -> None:
    for user in ("rr_admin", "shop_app", "repl"):
        assert (pair.rds.secrets / user).read_text().strip() not in page.text
    trace = page.type("set -x", *page.blocks("IDC follows RDS"))
    commands = [line for line in trace.splitlines() if line.lstrip("+").startswith((" mysql", " ssh", " docker"))]
    assert commands
    assert [line for line in commands if "-password-1" in line] == []
