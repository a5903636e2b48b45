"""Create the schema `shop` and fill it, the same way every time.

About 300,000 rows by default; the number scales to millions. Names and words are in `words`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lab.shop.fill import Sizes, fills, statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pymysql
    from pymysql.cursors import Cursor

DEFAULT_ROWS = 300_000
_HERE = Path(__file__).resolve().parent
_SETTINGS = (
    "SET SESSION time_zone = '+00:00'",
    "SET SESSION cte_max_recursion_depth = 1000000",
    "SET SESSION foreign_key_checks = 0",
    "SET SESSION unique_checks = 0",
)
_RESTORE = ("SET SESSION foreign_key_checks = 1", "SET SESSION unique_checks = 1")


def sql_statements(text: str) -> Iterator[str]:
    """Yield the statements of a file whose statements end with `$$`, without its comment lines."""
    code = "\n".join(line for line in text.splitlines() if not line.startswith(("--", "DELIMITER")))
    yield from filter(None, (part.strip() for part in code.split("$$")))


def run_file(cursor: Cursor, name: str) -> None:
    """Run all statements of a file beside this module. Raises pymysql.MySQLError on the first that fails."""
    for statement in sql_statements((_HERE / name).read_text(encoding="utf-8")):
        cursor.execute(statement)


def load(connection: pymysql.Connection[Cursor], rows: int = DEFAULT_ROWS) -> None:
    """Create `shop` anew with about `rows` rows. A schema of that name that is there is dropped.

    The connection needs the rights to create triggers and routines (with the binary log on: SUPER or
    log_bin_trust_function_creators). Raises pymysql.MySQLError.
    """
    sizes = Sizes(rows)
    connection.autocommit(value=True)
    with connection.cursor() as cursor:
        for setting in _SETTINGS:
            cursor.execute(setting)
        cursor.execute("DROP DATABASE IF EXISTS shop")
        run_file(cursor, "schema.sql")
        for fill in fills(sizes):
            for statement in statements(fill):
                cursor.execute(statement)
        _settle_totals(cursor, sizes.orders)
        cursor.execute(
            "INSERT INTO shop.daily_sales SELECT date(placed_at), count(*), sum(total), max(placed_at) "
            "FROM shop.orders WHERE status <> 'cancelled' GROUP BY date(placed_at)",
        )
        run_file(cursor, "programs.sql")
        for setting in _RESTORE:
            cursor.execute(setting)


def _settle_totals(cursor: Cursor, orders: int, chunk: int = 20_000) -> None:
    """Make each order's total the sum of its lines."""
    for first in range(1, orders + 1, chunk):
        cursor.execute(
            "UPDATE shop.orders AS o JOIN (SELECT order_id, sum(amount) AS total FROM shop.order_items "
            "WHERE order_id BETWEEN %s AND %s GROUP BY order_id) AS t ON t.order_id = o.id SET o.total = t.total",
            (first, first + chunk - 1),
        )


def count_rows(connection: pymysql.Connection[Cursor]) -> dict[str, int]:
    """Return the exact number of rows of each table of the shop."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables "
            "WHERE table_schema = 'shop' AND table_type = 'BASE TABLE'",
        )
        names = sorted(row[0] for row in cursor.fetchall())
        counts = {}
        for name in names:
            cursor.execute(f"SELECT count(*) FROM shop.`{name}`")
            counts[name] = int(cursor.fetchall()[0][0])
    return counts
