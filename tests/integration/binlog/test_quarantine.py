"""What RDS did since the cut-over is kept, and judged row by row against IDC."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quarantine_side import collect, lines, story

if TYPE_CHECKING:
    from pathlib import Path

    from quarantine_side import Pair


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


def test_logs_that_rds_purged_are_missed_at_once(servers: Pair, tmp_path: Path) -> None:
    cutover = story(servers)
    servers.rds.root("FLUSH BINARY LOGS")
    newest = servers.rds.root("SHOW BINARY LOG STATUS").split()[0]
    servers.rds.root(f"PURGE BINARY LOGS TO '{newest}'")
    refused = collect(servers, tmp_path, cutover, "q")
    assert refused["refused"]
    assert "purged" in refused["msg"]
