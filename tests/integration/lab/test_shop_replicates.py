"""The shop's data and what RDS got since the cut-over travel by row events both ways and stay equal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mysql_pair
import pymysql
import pytest
from daemons import wait_until

from lab.shop import data, delta

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymysql.cursors import Cursor

ROWS, TRANSACTIONS = 4_000, 300


@pytest.fixture(scope="module", name="moved")
def _moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mysql_pair.Pair]:
    """Load on IDC, move to RDS by replication, cut over, and let RDS go on alone."""
    image = mysql_pair.image()
    if not image:
        pytest.fail("no MySQL image: build the lab's images first (rollback-runner lab up)")
    pair = mysql_pair.start(tmp_path_factory.mktemp("shop"), image)
    pair.idc.root("SET GLOBAL super_read_only=0; SET GLOBAL read_only=0")
    with connect(pair.idc) as connection:
        data.load(connection, ROWS)
    copy(pair.idc, pair.rds)
    pair.idc.root("SET GLOBAL super_read_only=1")
    with connect(pair.rds) as connection:
        delta.run(connection, TRANSACTIONS)
    yield pair
    mysql_pair.stop(pair)


def connect(server: mysql_pair.TestServer) -> pymysql.Connection[Cursor]:
    password = (server.secrets / "rr_admin").read_text().strip()
    return pymysql.connect(host=server.host, user="rr_admin", password=password, charset="utf8mb4")


def copy(source: mysql_pair.TestServer, target: mysql_pair.TestServer) -> None:
    """Bring the target to where the source is now, leaving account statements out, and remove the channel."""
    password = (source.secrets / "repl").read_text().strip()
    target.root(
        f"CHANGE REPLICATION SOURCE TO SOURCE_HOST='{source.host}', SOURCE_USER='repl', SOURCE_PASSWORD='{password}', "
        "SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1 FOR CHANNEL 'test';"
        "CHANGE REPLICATION FILTER REPLICATE_WILD_IGNORE_TABLE=('mysql.%') FOR CHANNEL 'test'; START REPLICA;",
    )
    wanted = source.root("SELECT @@GLOBAL.gtid_executed").replace("\\n", "").replace("\n", "")
    waited = target.root(f"SELECT WAIT_FOR_EXECUTED_GTID_SET('{wanted}', 60)")
    problem = target.root("SELECT LAST_ERROR_MESSAGE FROM performance_schema.replication_applier_status_by_worker")
    assert waited == "0", problem
    target.root("STOP REPLICA; RESET REPLICA ALL")


def digests(server: mysql_pair.TestServer) -> dict[str, str]:
    tables = server.root(
        "SELECT table_name FROM information_schema.tables WHERE table_schema='shop' AND table_type='BASE TABLE'",
    ).split()
    lines = server.root("CHECKSUM TABLE " + ", ".join(f"shop.{table}" for table in tables)).splitlines()
    return dict(line.split("\t") for line in lines)


def test_what_rds_got_reaches_idc_with_its_shape(moved: mysql_pair.Pair) -> None:
    moved.rds.root("SET GLOBAL event_scheduler=OFF")
    running = "SELECT COUNT(*) FROM performance_schema.processlist WHERE user='event_scheduler'"
    wait_until(lambda: moved.rds.root(running) == "0", lambda: "an event still runs")
    assert digests(moved.idc) != digests(moved.rds)
    copy(moved.rds, moved.idc)
    assert digests(moved.idc) == digests(moved.rds)
    assert delta.NEW_TABLE in moved.idc.root("SHOW TABLES FROM shop")
    assert delta.NEW_COLUMN[1] in moved.idc.root("SHOW COLUMNS FROM shop.products")
    assert delta.NEW_EVENT in moved.idc.root("SELECT event_name FROM information_schema.events")


def test_ids_were_given_out_that_no_row_carries(moved: mysql_pair.Pair) -> None:
    highest = int(moved.rds.root("SELECT max(id) FROM shop.orders"))
    created = moved.rds.root("SHOW CREATE TABLE shop.orders")
    next_id = int(created.split("AUTO_INCREMENT=")[1].split()[0])
    assert next_id >= highest + delta.GAP_ROWS


def test_an_account_made_on_rds_stays_there_under_the_filter(moved: mysql_pair.Pair) -> None:
    find = f"SELECT count(*) FROM mysql.user WHERE user='{delta.NEW_ACCOUNT}'"
    assert moved.rds.root(find) == "1"
    assert moved.idc.root(find) == "0"


def test_totals_and_korean_text_hold(moved: mysql_pair.Pair) -> None:
    wrong = moved.rds.root(
        "SELECT count(*) FROM shop.orders o JOIN (SELECT order_id, sum(amount) s FROM shop.order_items GROUP BY 1) i "
        "ON i.order_id = o.id WHERE o.total <> i.s",
    )
    assert wrong == "0"
    with connect(moved.rds) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT name, grade FROM shop.customers ORDER BY id LIMIT 1")
        row = cursor.fetchone()
    assert row is not None
    assert "가" <= row[0][0] <= "힣"
