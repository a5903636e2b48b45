"""Quarantine on two real servers: everything is kept, judged, and applied as RDS did it, or set aside by name."""

from __future__ import annotations

import json
import random
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import history
import idc_side
import pytest
import scratch_mysql
from failback.quarantine import store

from lab.shop import data, delta

if TYPE_CHECKING:
    from collections.abc import Iterator
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
    idc: TestServer
    rds: TestServer


@pytest.fixture(scope="module")
def servers() -> Iterator[Pair]:
    with (
        scratch_mysql.running("quar-idc", history.OPTIONS) as idc,
        scratch_mysql.running("quar-rds", (*history.OPTIONS, "--server-id=2")) as rds,
    ):
        yield Pair(idc, rds)


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


def test_a_shop_that_went_on_is_brought_over_whole(servers: Pair, tmp_path: Path) -> None:
    clear(servers)
    link = history.connection(servers.idc)
    data.load(link, 1_500)
    link.close()
    cutover = part(servers, "shop")
    link = history.connection(servers.rds)
    delta.trade(link, 150, 41)
    delta.give_ids_out_and_roll_back(link, link.cursor(), random.Random(1))  # noqa: S311 - test data
    link.close()
    rehearsed = collect(servers, tmp_path, cutover, "shop", check=True)
    assert rehearsed["changed"], rehearsed.get("msg")
    assert list(tmp_path.iterdir()) == []
    result = collect(servers, tmp_path, cutover, "shop")
    assert result["changed"], result.get("msg")
    totals = result["evidence"]["totals"]
    assert set(totals) <= {"clean", "set aside"}, (tmp_path / "summary.md").read_text()
    assert not collect(servers, tmp_path, cutover, "shop")["changed"]
    before = picture(servers.idc, "shop")
    word = approve(tmp_path, result, cascades=True)
    predicted = apply(servers, tmp_path, "shop", check=True, approval=word)
    assert predicted["changed"], predicted.get("msg")
    assert picture(servers.idc, "shop") == before
    done = apply(servers, tmp_path, "shop", approval=word)
    assert done["changed"], done.get("msg")
    assert done["after"] == predicted["after"]
    assert done["evidence"]["rows"] == done["after"]["applied"]
    assert picture(servers.idc, "shop") == picture(servers.rds, "shop")
    again = apply(servers, tmp_path, "shop", approval=word)
    assert not again["changed"]
    assert again["after"]["already"] == done["evidence"]["rows"]


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


def test_each_class_is_told_with_its_reason(servers: Pair, tmp_path: Path) -> None:
    cutover = story(servers)
    result = collect(servers, tmp_path, cutover, "q")
    assert "msg" not in result, result["msg"]
    verdicts = [
        (item["table"], item["kind"], item["verdict"], item.get("why", ""))
        for item in lines(tmp_path / "verdicts.jsonl")
    ]
    assert verdicts == [
        ("q.things", "update", "clean", ""),
        ("q.notes", "insert", "clean", ""),
        ("q.things", "update", "conflict", "IDC's row differs in name"),
        ("q.notes", "insert", "set aside", "another row of its transaction conflicts"),
        ("q.things", "delete", "conflict", "IDC has no such row"),
        ("q.things", "insert", "conflict", "IDC already has a row with this key"),
        ("q.things", "insert", "clean", ""),
        ("q.things", "update", "clean", ""),
        ("q.notes", "insert", "clean", ""),
        ("q.words", "insert", "set aside", "another row of its transaction conflicts"),
        ("q.things", "update", "conflict", "IDC's row differs in name, price"),
        ("q.notes", "insert", "set aside", "another row of its transaction conflicts"),
        ("q.log", "delete", "clean", ""),
        ("q.log", "insert", "clean", ""),
        ("q.log", "delete", "conflict", "IDC has no such row"),
        ("q.children", "delete", "set aside", "another row of its transaction is set aside"),
        ("q.things", "delete", "set aside", "a foreign key would carry it on to rows of IDC: 1 of q.children"),
        ("q.children", "delete", "clean", ""),
        ("q.things", "delete", "clean", ""),
        ("q.parts", "insert", "clean", ""),
        ("q.parts", "insert", "clean", ""),
        ("q.words", "update", "clean", ""),
        ("q.parts", "insert", "set aside", "the table has another shape on IDC: column colour is on RDS only"),
    ]
    conflict = next(item for item in lines(tmp_path / "verdicts.jsonl") if item["verdict"] == "conflict")
    assert (conflict["idc"]["name"], conflict["before"]["name"], conflict["after"]["price"]) == ("다른", "둘", "20.00")
    statements = [item["statement"] for item in lines(tmp_path / "statements.jsonl")]
    assert statements == ["ALTER TABLE parts ADD COLUMN colour varchar(10)"]
    assert sum(result["evidence"]["totals"].values()) == len(verdicts)
    text = (tmp_path / "summary.md").read_text()
    assert "| q.notes |" in text
    assert "ALTER TABLE parts" in text
    assert {path.stat().st_mode & 0o077 for path in tmp_path.rglob("*") if path.is_file()} == {0}


def test_what_was_approved_is_applied_and_every_row_accounted_for(servers: Pair, tmp_path: Path) -> None:
    cutover = story(servers)
    result = collect(servers, tmp_path, cutover, "q")
    done = apply(servers, tmp_path, "q", approval=approve(tmp_path, result))
    assert done["changed"], done.get("msg")
    # The unique key and the missing parent, which IDC itself refuses, are conflicts now.
    outcome = lines(next(tmp_path.glob("outcomes-*.jsonl")))
    assert done["after"] == {"applied": 10, "already": 0, "conflict": 7, "set aside": 6}
    refused = [item["why"] for item in outcome if item["verdict"] == "conflict" and "refuses" in item["why"]]
    assert len(refused) == 2
    assert any("taken" in why for why in refused)
    assert any("parts_thing" in why or "foreign key" in why for why in refused)
    idc = servers.idc
    assert idc.root("SELECT price FROM q.things WHERE id = 1") == "11.00"
    # Two updates of a clean row: RDS's trigger made two notes, IDC's own must not add to them.
    assert idc.root("SET NAMES utf8mb4; SELECT GROUP_CONCAT(text) FROM q.notes") == "하나,하나"
    assert idc.root("SELECT COUNT(*) FROM q.log") == "2"
    assert idc.root("SELECT word FROM q.words") == "APPLE"
    assert idc.root("SELECT GROUP_CONCAT(id) FROM q.children") == "1,3"
    again = apply(servers, tmp_path, "q", approval=approve(tmp_path, result))
    assert not again["changed"]
    assert again["after"] == {"applied": 0, "already": 10, "conflict": 7, "set aside": 6}


def test_tables_and_classes_are_a_choice(servers: Pair, tmp_path: Path) -> None:
    cutover = story(servers)
    servers.rds.root("INSERT INTO q.notes (text) VALUES ('only')")
    result = collect(servers, tmp_path, cutover, "q")
    done = apply(servers, tmp_path, "q", approval=approve(tmp_path, result, tables=["q.words"]))
    assert done["after"] == {"applied": 2, "already": 0, "conflict": 0, "set aside": 22}
    word = approve(tmp_path, result, classes=["insert_only"], tables=["q.words", "q.log"])
    assert apply(servers, tmp_path, "q", approval=word)["after"]["applied"] == 0


def test_without_the_right_word_nothing_is_applied(servers: Pair, tmp_path: Path) -> None:
    cutover = story(servers)
    result = collect(servers, tmp_path, cutover, "q")
    before = picture(servers.idc, "q")
    for words, word in {
        "without an approval": "",
        "cannot be read": str(tmp_path / "nowhere"),
        "another change set": approve(tmp_path, result, digest="0" * 64),
    }.items():
        refused = apply(servers, tmp_path, "q", approval=word)
        assert refused["refused"]
        assert words in refused["msg"]
    for more, words in (
        ({"run": "other"}, "is for run other"),
        ({"approved_by": " "}, "lacks approved_by"),
        ({"tables": ["q.nothing"]}, "did not change"),
        ({"classes": ["conflict"]}, "classes other than"),
        ({"cascades": "yes"}, "true or false"),
        ({"extra": 1}, "means nothing"),
    ):
        refused = apply(servers, tmp_path, "q", approval=approve(tmp_path, result, **more))
        assert words in refused["msg"]
    changed = tmp_path / "changes.jsonl"
    changed.write_text(changed.read_text().replace("하나", "둘"))
    assert "changed since" in apply(servers, tmp_path, "q", approval=approve(tmp_path, result))["msg"]
    raw = next((tmp_path / "raw").glob("binlog.*"))
    raw.write_bytes(raw.read_bytes()[:-40])
    assert collect(servers, tmp_path, cutover, "q")["failed"]
    assert picture(servers.idc, "q") == before


def test_a_run_killed_in_the_middle_is_finished_by_the_next(
    servers: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cutover = story(servers)
    result = collect(servers, tmp_path, cutover, "q")
    word = approve(tmp_path, result)
    whole = store.Writer._once
    calls: list[str] = []

    def torn(self: store.Writer, transaction: Any, before: Any) -> Any:
        calls.append(transaction.gtid)
        if len(calls) == 6:
            # The server ends the connection with the transaction open.
            servers.idc.root(f"KILL {self.server.thread_id}")
        return whole(self, transaction, before)

    monkeypatch.setattr(store.Writer, "_once", torn)
    assert apply(servers, tmp_path, "q", approval=word)["failed"]
    monkeypatch.undo()
    done = apply(servers, tmp_path, "q", approval=word)
    assert done["after"]["already"] > 0
    assert done["after"]["applied"] + done["after"]["already"] == 10
    assert servers.idc.root("SET NAMES utf8mb4; SELECT GROUP_CONCAT(text) FROM q.notes") == "하나,하나"


def test_a_closed_idc_is_left_alone(servers: Pair, tmp_path: Path) -> None:
    cutover = story(servers)
    result = collect(servers, tmp_path, cutover, "q")
    servers.idc.root("SET GLOBAL super_read_only = 1")
    refused = apply(servers, tmp_path, "q", approval=approve(tmp_path, result))
    servers.idc.root("SET GLOBAL super_read_only = 0; SET GLOBAL read_only = 0")
    assert refused["refused"]
    assert "closed for writes" in refused["msg"]


def test_logs_that_rds_purged_are_missed_at_once(servers: Pair, tmp_path: Path) -> None:
    cutover = story(servers)
    servers.rds.root("FLUSH BINARY LOGS")
    newest = servers.rds.root("SHOW BINARY LOG STATUS").split()[0]
    servers.rds.root(f"PURGE BINARY LOGS TO '{newest}'")
    refused = collect(servers, tmp_path, cutover, "q")
    assert refused["refused"]
    assert "purged" in refused["msg"]
