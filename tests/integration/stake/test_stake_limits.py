"""A deadline, a server that goes on, a replica that follows: the counts stay what they say they are."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

from failback.binlog import stream
from idc_side import follow
from rds_side import Writers
from stake_side import Ledger, blockers, counts, executed, found, stake
from test_stake_exact import trade

if TYPE_CHECKING:
    from collections.abc import Iterator

    import mysql_pair
    import pytest


def test_the_deadline_passes(pair: mysql_pair.Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        pair.rds.root(
            "SET SESSION cte_max_recursion_depth=100000; INSERT INTO shop.stock_moves WITH RECURSIVE n(i) AS"
            " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000) SELECT left(uuid(), 20), i, 1, 'x' FROM n"
        )
    whole = stake(pair)["evidence"]["counted"]
    assert whole["rows"]["inserted"] == 24000
    slow = stream.since

    def slowly(*args: Any, **more: Any) -> Iterator[Any]:
        for number, event in enumerate(slow(*args, **more)):
            if number % 4 == 0:
                time.sleep(0.04)
            yield event

    monkeypatch.setattr(stream, "since", slowly)
    result = stake(pair, deadline=0.3)
    counted = result["evidence"]["counted"]
    assert found(result)["stake:deadline"]["severity"] == "warning"
    assert not counted["complete"]
    assert counted["rows"]["inserted"] < 24000
    assert abs(counted["extrapolated_row_changes"] - 24000) < 24000 * 0.3
    assert "extrapolated" in result["evidence"]["sentence"]["en"]
    assert counted["not_counted_transactions"] > 0
    verdict = result["evidence"]["verdict"]
    assert (verdict["saved"], verdict["way"], verdict["lost"]) == ("unknown", "switch-first", [])
    assert verdict["sentence"]["en"].startswith("Not known whether all of it can be saved: 0.3 s were not enough")


def test_the_deadline_passes_inside_of_one_compressed_transaction(pair: mysql_pair.Pair) -> None:
    pair.rds.root(
        "SET SESSION binlog_transaction_compression=ON; SET SESSION cte_max_recursion_depth=100000;"
        " INSERT INTO shop.stock_moves WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)"
        " SELECT left(uuid(), 20), i, 1, 'x' FROM n"
    )
    assert stake(pair)["evidence"]["counted"]["rows"]["inserted"] == 60000
    result = stake(pair, deadline=0.05)
    assert found(result)["stake:deadline"]["severity"] == "warning"
    assert result["evidence"]["counted"]["seconds"] < 2
    assert not result["evidence"]["counted"]["complete"]


def test_rds_goes_on_writing_while_it_is_read(pair: mysql_pair.Pair) -> None:
    ledger = Ledger(pair)
    trade(ledger, random.Random(7), 40)  # noqa: S311 - test data
    result = stake(pair)
    end = executed(pair.rds)
    trade(ledger, random.Random(8), 5)  # noqa: S311 - test data
    again = stake(pair)
    ledger.close()
    assert result["evidence"]["rds"]["executed"] == end
    assert again["evidence"]["counted"]["transactions"] > result["evidence"]["counted"]["transactions"]
    assert counts(again) == ledger.counts()


def test_idc_that_follows_meanwhile_is_never_ahead_of_rds(pair: mysql_pair.Pair) -> None:
    assert "failed" not in follow(pair)
    with Writers(pair, 6):
        results = [stake(pair) for _ in range(6)]
    for result in results:
        assert blockers(result) == []
        assert result["evidence"]["gtid"]["idc_has_rds_lacks"]["transactions"] == 0
    assert results[-1]["evidence"]["counted"]["transactions"] > results[0]["evidence"]["counted"]["transactions"]
    last = results[-1]["evidence"]["counted"]
    assert sum(last["rows_not_on_idc"].values()) < sum(last["rows"].values())
