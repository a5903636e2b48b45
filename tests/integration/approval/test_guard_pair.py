"""The guard in the real plugins, on two real servers: taken back between fence and promotion, IDC stays closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from guarded import Run
from idc_side import app, durable, follow, fresh, salvage, write_rows
from promote_side import STATE
from rds_side import account_states, fence_args

if TYPE_CHECKING:
    from collections.abc import Iterator

    import mysql_pair
    from signed import Signed


@pytest.fixture(name="pair")
def _pair(mysql_servers: mysql_pair.Pair) -> Iterator[mysql_pair.Pair]:
    fresh(mysql_servers)
    durable(mysql_servers.idc)
    write_rows(mysql_servers, 5)
    yield mysql_servers
    mysql_servers.reset()
    fresh(mysql_servers)


def fence(run: Run, pair: mysql_pair.Pair, **more: Any) -> dict[str, Any]:
    return run.play("mysql_fence", fence_args(pair, drain_timeout=0.1, **more))


def promote(run: Run, pair: mysql_pair.Pair, final: dict[str, Any]) -> dict[str, Any]:
    given = fence_args(pair)
    kept = {name: given[name] for name in ("idc", "aws", "exempt_users", "required_proofs")}
    marker = {"table": "markers", "column": "token"}
    more = {"app_login": app(pair), "final": final, "cutover_gtid": pair.cutover, "schemas": ["shop"], "marker": marker}
    return run.play("mysql_promote", kept | more)


def test_taken_back_between_fence_and_promotion(
    granted: Signed, pair: mysql_pair.Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(granted, monkeypatch)
    follow(pair)
    fenced = fence(run, pair)
    assert "failed" not in fenced, fenced["msg"]
    assert fenced["evidence"]["approved"]["by"] == {"technical_lead": "lee", "operations_manager": "park"}
    final = fenced["evidence"]["final"]
    salvage(pair, final["gtid"])
    granted.revoke("operations_manager", "park", reason="the payment provider is not ready")

    refused = promote(run, pair, final)
    assert refused["refused"]
    assert "park took back the approval of park as the operations manager" in refused["msg"]
    assert "the payment provider is not ready" in refused["msg"]
    assert pair.idc.root(STATE) == "1\t1"
    assert [line["plugin"] for line in run.lines("intent") if line["plugin"] == "mysql_promote"] == []

    # Going back needs nobody's signature, and ends what had begun.
    opened = fence(run, pair, state="open")
    assert "failed" not in opened, opened["msg"]
    assert run.record()[-1] == "went_back"

    # Signed again, it goes through; after the promotion nothing stops the way forward.
    granted.sign("operations_manager", "park")
    follow(pair)
    final = fence(run, pair)["evidence"]["final"]
    assert "failed" not in salvage(pair, final["gtid"])
    promoted = promote(run, pair, final)
    assert "failed" not in promoted, promoted["msg"]
    assert pair.idc.root(STATE) == "0\t0"
    assert run.record()[-1] == "promoted"
    granted.revoke("technical_lead", "lee")
    pair.rds.root("SET sql_log_bin=0; ALTER USER shop_batch@'%' ACCOUNT UNLOCK")
    closed = fence(run, pair)
    assert "failed" not in closed, closed["msg"]
    assert closed["changed"]


def test_an_unapproved_fence_touches_nothing(
    site: Signed, pair: mysql_pair.Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(site, monkeypatch)
    before = account_states(pair)
    refused = fence(run, pair)
    assert refused["refused"]
    assert "the technical lead has not signed this plan" in refused["msg"]
    assert account_states(pair) == before
    assert run.lines("intent") == []
