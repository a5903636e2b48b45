"""What the tests of the stake share: a shop on both servers, the plugin, and a ledger that a writer keeps of itself."""

from __future__ import annotations

from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pymysql
from idc_side import position, run_action

if TYPE_CHECKING:
    from collections.abc import Iterator

    import mysql_pair
    from pymysql.cursors import Cursor

NOWHERE = {"host": "127.0.0.1", "port": 1}
NAMES = {
    "shop.orders": {"en": "orders", "ko": "주문"},
    "shop.stock_moves": {"en": "stock movements", "ko": "재고 이동"},
    "shop.people": {"en": "people", "one": "person", "ko": "회원", "counter": "명"},
}
SHOP = """
CREATE TABLE shop.items (id bigint AUTO_INCREMENT PRIMARY KEY, name varchar(64), price decimal(10,2));
INSERT INTO shop.items (name, price) VALUES ('a', 1), ('b', 2);
CREATE TABLE shop.write_ledger (id bigint AUTO_INCREMENT PRIMARY KEY, token char(36) NOT NULL, client varchar(32),
 note varchar(64), created_at datetime(6) DEFAULT CURRENT_TIMESTAMP(6), KEY (token));
CREATE TABLE shop.orders (id bigint AUTO_INCREMENT PRIMARY KEY, number varchar(20), total decimal(12,2), memo longblob);
CREATE TABLE shop.order_items (id bigint AUTO_INCREMENT PRIMARY KEY, order_id bigint, sku varchar(20),
 FOREIGN KEY (order_id) REFERENCES shop.orders (id) ON DELETE CASCADE);
CREATE TABLE shop.stock_moves (sku varchar(20), move int, quantity int, note varchar(40), PRIMARY KEY (sku, move));
CREATE TABLE shop.people (email varchar(60) COLLATE utf8mb4_0900_ai_ci PRIMARY KEY, points int);
CREATE TABLE shop.clicks (page varchar(20), at datetime(6));
INSERT INTO shop.orders (number, total) VALUES ('A-1', 1), ('A-2', 2), ('A-3', 3), ('A-4', 4), ('A-5', 5), ('A-6', 6);
INSERT INTO shop.order_items (order_id, sku) SELECT id, 'x' FROM shop.orders UNION ALL SELECT id, 'y' FROM shop.orders;
INSERT INTO shop.stock_moves VALUES ('x', 1, 10, ''), ('x', 2, -1, ''), ('y', 1, 7, '');
INSERT INTO shop.people VALUES ('kim@example.org', 10), ('lee@example.org', 20);
"""


def fresh(pair: mysql_pair.Pair) -> None:
    """Both sides as right after the cut-over: the same shop, the same history, IDC closed. One script a server."""

    def put_back(server: mysql_pair.TestServer) -> None:
        closed = "ON" if server is pair.idc else "OFF"
        server.root(
            "SET GLOBAL super_read_only=OFF; SET GLOBAL read_only=OFF; STOP REPLICA; RESET REPLICA ALL;"
            "SET GLOBAL binlog_transaction_compression=OFF; SET GLOBAL binlog_row_metadata=FULL; SET sql_log_bin=0;"
            "DROP DATABASE IF EXISTS other; DROP DATABASE IF EXISTS shop; CREATE DATABASE shop; USE shop;"
            f"{SHOP} ANALYZE NO_WRITE_TO_BINLOG TABLE orders, order_items, people;"
            f"RESET BINARY LOGS AND GTIDS; SET GLOBAL gtid_purged='{pair.cutover}';"
            f"SET GLOBAL super_read_only={closed}"
        )

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(put_back, (pair.idc, pair.rds)))


def stake(pair: mysql_pair.Pair, *, check: bool = False, **more: Any) -> dict[str, Any]:
    """Run the plugin; it must never fail on what it finds, and change nothing."""
    args = {
        "aws": pair.rds.login_dict(),
        "idc": pair.idc.login_dict(),
        "cutover_gtid": pair.cutover,
        "schemas": ["shop"],
        "tables": NAMES,
        **more,
    }
    result = run_action("data_at_stake", args, check=check)
    assert "failed" not in result, result["msg"]
    assert result["changed"] is False
    return result


def found(result: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Findings by key."""
    return {item["key"]: item for item in result.get("findings", ())}


def blockers(result: dict[str, Any]) -> list[str]:
    """Keys of the findings that stop."""
    return [item["key"] for item in result.get("findings", ()) if item["severity"] == "blocker"]


def table(result: dict[str, Any], label: str) -> dict[str, Any]:
    """One table of the fact."""
    return next(item for item in result["evidence"]["tables"] if item["table"] == label)


def counts(result: dict[str, Any]) -> dict[str, tuple[int, int, int]]:
    """Changes by table, of the service."""
    return {
        item["table"]: (item["inserted"], item["updated"], item["deleted"])
        for item in result["evidence"]["tables"]
        if item["service"] and item["inserted"] + item["updated"] + item["deleted"]
    }


class Ledger:
    """A writer on RDS that notes what it did, and forgets what it rolled back. It never looks at a binary log."""

    def __init__(self, pair: mysql_pair.Pair) -> None:
        password = (pair.rds.secrets / "rr_admin").read_text().strip()
        self._link: pymysql.Connection[Cursor] = pymysql.connect(
            host=pair.rds.host, user="rr_admin", password=password, database="shop", autocommit=False
        )
        self._cursor = self._link.cursor()
        self._open: list[tuple[str, str, int]] = []
        self.changes: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.transactions = 0

    def close(self) -> None:
        self._link.close()

    def do(self, kind: str, table: str, sql: str, args: object = None) -> int:
        """Run one statement; as many rows as the server says count as changed."""
        rows = self._cursor.execute(sql, args)
        if rows:
            self._open.append((table, kind, rows))
        return rows

    @contextmanager
    def transaction(self, *, rollback: bool = False) -> Iterator[None]:
        """Everything inside commits together, or not at all."""
        self._link.begin()
        self._open = []
        yield
        if rollback:
            self._link.rollback()
            return
        self._link.commit()
        self.transactions += bool(self._open)
        for name, kind, rows in self._open:
            self.changes[name][kind] += rows

    @contextmanager
    def given_up(self) -> Iterator[None]:
        """Everything inside is rolled back to a savepoint."""
        before = list(self._open)
        self._cursor.execute("SAVEPOINT part")
        yield
        self._cursor.execute("ROLLBACK TO SAVEPOINT part")
        self._open = before

    def shape(self, sql: str) -> None:
        """Change a shape; commits by itself."""
        self._cursor.execute(sql)
        self.transactions += 1

    def counts(self) -> dict[str, tuple[int, int, int]]:
        return {
            f"shop.{name}": (done["insert"], done["update"], done["delete"])
            for name, done in self.changes.items()
            if sum(done.values())
        }


def keys(server: mysql_pair.TestServer, label: str, column: str) -> set[str]:
    """Every key of a table, as text."""
    return set(server.root(f"SELECT {column} FROM {label}").splitlines())


def executed(server: mysql_pair.TestServer) -> str:
    return position(server).replace("\n", "")
