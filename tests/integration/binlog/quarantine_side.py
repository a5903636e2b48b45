"""Two servers that parted at a cut-over, and the quarantine of what RDS did since: collected, approved, applied."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import history
import idc_side
from failback.quarantine import store

if TYPE_CHECKING:
    from pathlib import Path

    from scratch_mysql import TestServer

AREA = """
SET NAMES utf8mb4;
CREATE DATABASE IF NOT EXISTS q CHARACTER SET utf8mb4;
CREATE TABLE q.things (id int PRIMARY KEY, name varchar(40), price decimal(10,2), f float, tag varchar(20) UNIQUE);
CREATE TABLE q.parts (id int PRIMARY KEY, thing int NOT NULL,
 CONSTRAINT parts_thing FOREIGN KEY (thing) REFERENCES q.things (id));
CREATE TABLE q.notes (id int AUTO_INCREMENT PRIMARY KEY, text varchar(50));
CREATE TABLE q.words (word varchar(20) COLLATE utf8mb4_0900_ai_ci PRIMARY KEY, n int);
CREATE TABLE q.log (at datetime(6), what varchar(20), f float);
CREATE TABLE q.children (id int PRIMARY KEY, thing int,
 CONSTRAINT children_thing FOREIGN KEY (thing) REFERENCES q.things (id) ON DELETE CASCADE);
CREATE TRIGGER q.things_note AFTER UPDATE ON q.things FOR EACH ROW INSERT INTO q.notes (text) VALUES (NEW.name);
INSERT INTO q.things VALUES (1,'하나',1.00,0.1,'a'),(2,'둘',2.00,0.2,'b'),(3,'셋',3.00,0.3,'c'),(4,'넷',4,0.4,'d'),
 (5,'다섯',5,0.5,'e'),(6,'여섯',6,0.6,'f'),(7,'일곱',7,0.7,'g');
INSERT INTO q.parts VALUES (1,1),(2,2);
INSERT INTO q.words VALUES ('Apple',1);
INSERT INTO q.log VALUES ('2026-01-01','x',0.1),('2026-01-01','x',0.1),('2026-01-02','y',0.2);
INSERT INTO q.children VALUES (1,5),(2,6);
"""


@dataclass(frozen=True)
class Pair:
    """IDC and RDS."""

    idc: TestServer
    rds: TestServer


def dumped(server: TestServer, schema: str, options: str) -> bytes:
    script = f"mysqldump {history.CLIENT} --single-transaction --routines --triggers {options} --databases {schema}"
    argv = ["docker", "exec", server.container, "sh", "-c", script]
    return subprocess.run(argv, capture_output=True, check=True, timeout=120).stdout


def picture(server: TestServer, schema: str) -> str:
    text = dumped(
        server,
        schema,
        "--set-gtid-purged=OFF --skip-dump-date --skip-comments --order-by-primary --skip-extended-insert --hex-blob",
    ).decode()
    return re.sub(r" AUTO_INCREMENT=\d+", "", text)


def part(pair: Pair, schema: str) -> str:
    """Both servers hold the same ``schema``, with the same history: the moment of the cut-over."""
    dump = dumped(pair.idc, schema, "--set-gtid-purged=OFF")
    for server in (pair.idc, pair.rds):
        history.pour(server, dump)
    # Twice through the client: what a dump makes of the data is the same on both.
    history.pour(pair.idc, dumped(pair.rds, schema, "--set-gtid-purged=OFF"))
    cutover = history.executed(pair.idc)
    pair.rds.root(f"RESET BINARY LOGS AND GTIDS; SET GLOBAL gtid_purged='{cutover}'")
    return cutover


def clear(pair: Pair) -> None:
    for server in (pair.idc, pair.rds):
        server.root(
            f"DROP DATABASE IF EXISTS q; DROP DATABASE IF EXISTS shop; DROP DATABASE IF EXISTS {store.SCHEMA};"
            " RESET BINARY LOGS AND GTIDS"
        )


def collect(pair: Pair, folder: Path, cutover: str, schema: str, *, check: bool = False, **more: Any) -> dict[str, Any]:
    args = {
        "idc": pair.idc.login_dict(),
        "aws": pair.rds.login_dict(),
        "directory": str(folder),
        "schemas": [schema],
        "cutover_gtid": cutover,
        "final": history.executed(pair.rds),
        **more,
    }
    return idc_side.run_action("mysql_quarantine", args, check=check)


def apply(pair: Pair, folder: Path, schema: str, *, check: bool = False, **more: Any) -> dict[str, Any]:
    args = {"state": "applied", "idc": pair.idc.login_dict(), "directory": str(folder), "schemas": [schema], **more}
    return idc_side.run_action("mysql_quarantine", args, check=check)


def approve(folder: Path, result: dict[str, Any], **more: Any) -> str:
    evidence = result["evidence"]
    word = {
        "run": evidence["run"],
        "digest": evidence["digest"],
        "approved_by": "Kim",
        "reason": "looked at it",
        "tables": sorted(evidence["tables"]),
        "classes": ["clean"],
        **more,
    }
    path = folder / "approval.json"
    path.write_text(json.dumps(word))
    return str(path)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def story(servers: Pair) -> str:
    clear(servers)
    servers.idc.root(AREA)
    cutover = part(servers, "q")
    servers.rds.root(
        "SET NAMES utf8mb4; USE q; UPDATE things SET price = 10 WHERE id = 1;"  # clean; its trigger adds a note
        "UPDATE things SET price = 20 WHERE id = 2;"  # IDC's row differs
        "DELETE FROM things WHERE id = 3;"  # IDC has no such row
        "INSERT INTO things VALUES (8, '여덟', 8, 0.8, 'h');"  # IDC took the key
        "INSERT INTO things VALUES (9, '아홉', 9, 0.9, 'taken');"  # IDC took the unique key: only IDC itself can tell
        "UPDATE things SET price = 11 WHERE id = 1;"  # clean on top of the first
        "BEGIN; INSERT INTO words VALUES ('new', 1); UPDATE things SET f = 9.25 WHERE id = 2; COMMIT;"
        "DELETE FROM log WHERE what = 'x' LIMIT 1; INSERT INTO log VALUES ('2026-02-01', 'z', 0.3);"
        "DELETE FROM log WHERE what = 'y';"  # IDC lost it
        "DELETE FROM things WHERE id = 5;"  # a child that only IDC has would go with it
        "BEGIN; DELETE FROM children WHERE thing = 6; DELETE FROM things WHERE id = 6; COMMIT;"  # nothing left to carry
        "INSERT INTO parts VALUES (3, 4); INSERT INTO parts VALUES (4, 1);"  # IDC has no thing 4 any more
        "UPDATE words SET word = 'APPLE' WHERE word = 'Apple';"
        "ALTER TABLE parts ADD COLUMN colour varchar(10); INSERT INTO parts VALUES (5, 1, 'red');"
    )
    servers.idc.root(
        "SET NAMES utf8mb4; USE q; UPDATE things SET name = '다른' WHERE id = 2; DELETE FROM things WHERE id IN (3, 4);"
        "INSERT INTO things VALUES (8, 'mine', 1, 1, 'mine'), (10, 'mine', 1, 1, 'taken');"
        "DELETE FROM log WHERE what = 'y'; DELETE FROM notes; INSERT INTO children VALUES (3, 5);"
    )
    return cutover
