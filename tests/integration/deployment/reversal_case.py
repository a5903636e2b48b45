"""A small shop whose third migration breaks older code, as SQL files, rows of the tool's table and a reversal."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from failback.deployment.database import reversal, steps
from failback.deployment.database.rehearsal import File
from failback.deployment.migrations.gate import Gate, Judged, Migration, Row

if TYPE_CHECKING:
    from failback.deployment.database.model import Reversal
    from failback.deployment.database.steps import Script
    from failback.mysql import Server

SCHEMA = "shop"
TABLE = "__drizzle_migrations"
BREAK = "\n--> statement-breakpoint\n"
FILES = {
    "0000_first": """\
CREATE TABLE `customers` (
  `id` bigint AUTO_INCREMENT NOT NULL,
  `email` varchar(191) NOT NULL,
  CONSTRAINT `customers_id` PRIMARY KEY(`id`),
  CONSTRAINT `customers_email` UNIQUE(`email`)
);
--> statement-breakpoint
CREATE TABLE `orders` (
  `id` bigint AUTO_INCREMENT NOT NULL,
  `customer_id` bigint NOT NULL,
  `total` decimal(10,2) NOT NULL,
  `note` varchar(120),
  CONSTRAINT `orders_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
ALTER TABLE `orders` ADD CONSTRAINT `orders_customer` FOREIGN KEY (`customer_id`) REFERENCES `customers`(`id`);""",
    "0001_index": "CREATE INDEX `orders_total` ON `orders` (`total`);",
    "0002_bad": BREAK.join(
        (
            "ALTER TABLE `orders` RENAME COLUMN `note` TO `remark`;",
            "ALTER TABLE `orders` ADD `channel` varchar(16) NOT NULL;",
            "ALTER TABLE `orders` ADD `weight` int;",
        )
    ),
}
DOWN = BREAK.join(
    (
        "-- takes 0002_bad back\nALTER TABLE `orders` DROP COLUMN `weight`;",
        "UPDATE `orders` SET `remark` = 'none' WHERE `remark` IS NULL;",
        "ALTER TABLE `orders` DROP COLUMN `channel`;",
        "ALTER TABLE `orders` RENAME COLUMN `remark` TO `note`;",
    )
)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def install(server: Server, schema: str = SCHEMA) -> None:
    """Make the schema as all three migrations left it, with rows and the tool's table."""
    server.execute(f"DROP DATABASE IF EXISTS `{schema}`")
    server.execute(f"CREATE DATABASE `{schema}`")
    server.execute(f"USE `{schema}`")
    server.execute(f"CREATE TABLE `{TABLE}` (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint)")
    for number, (name, sql) in enumerate(FILES.items(), 1):
        for statement in sql.split(BREAK):
            server.execute(statement)
        server.execute(f"INSERT INTO `{TABLE}` (hash, created_at) VALUES (%s, %s)", (sha(sql), 1000 * number))
        if name == "0000_first":
            server.execute("INSERT INTO customers (email) VALUES ('a@example.org'), ('b@example.org')")
            server.execute("INSERT INTO orders (customer_id, total, note) VALUES (1, 10.50, 'early'), (2, 3, NULL)")
    server.execute("INSERT INTO orders (customer_id, total, remark, channel, weight) VALUES (1, 7, 'new', 'web', 4)")


def migration(name: str, kind: str = "breaking", number: int = 3) -> Migration:
    judged = Judged("ALTER ...", 1, kind, "rename-column", {"en": "a column is renamed", "ko": "열 이름이 바뀝니다"})  # type: ignore[arg-type]  # a kind
    row = Row({"id": number, "hash": sha(FILES[name])}, digest=sha(FILES[name]), when=1000 * number)
    return Migration(name, f"drizzle/{name}.sql", "c" * 40, sha(FILES[name]), row, (judged,), kind)  # type: ignore[arg-type]  # a kind


def gate(**more: object) -> Gate:
    told: dict[str, object] = {"verdict": "breaking", "why": (), "applied": 3, "ahead": (migration("0002_bad"),)}
    return Gate("drizzle", "mysql", SCHEMA, f"{SCHEMA}.{TABLE}", "b" * 40, "c" * 40, **(told | more))  # type: ignore[arg-type]  # fields


def review(sql: str = DOWN, name: str = "0002_bad", **more: object) -> bytes:
    told = {"sha256": sha(sql), "migration_sha256": sha(FILES[name]), "reviewed_by": "kim"}
    return json.dumps(told | {"reviewed_at": "2026-05-04T10:00:00Z"} | more).encode()


def judged(sql: str = DOWN, name: str = "0002_bad") -> Reversal:
    path, beside = reversal.names(f"drizzle/{name}.sql")
    return reversal.judge(migration(name), path, sql.encode(), review(sql, name), beside)


def script(sql: str = DOWN) -> Script:
    return steps.script_of(gate(), ("0002_bad",), [judged(sql)])


def files() -> list[File]:
    return [File(name, sql) for name, sql in FILES.items() if name != "0002_bad"]


def undone() -> list[File]:
    return [File("0002_bad", FILES["0002_bad"])]
