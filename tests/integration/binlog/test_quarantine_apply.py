"""What a person approved is applied as RDS did it, once, or set aside by name."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import history
from failback.quarantine import store
from quarantine_side import apply, approve, clear, collect, lines, part, picture, story

from lab.shop import data, delta

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from quarantine_side import Pair


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
