"""The stake of the lab, against the ledger its own traffic keeps and against what IDC lacks, key by key."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from failback.mysql import Login, Server
from idc_side import run_action
from stake_side import blockers, counts, found

from lab import lifecycle, options
from lab.paths import LabPaths
from lab.shop import delta
from lab.traffic.records import read_ledger
from rollback_runner.drill import clients
from rollback_runner.site import site

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pytestmark = pytest.mark.lab
NAME = "stake-test"
TRAFFIC = 6.0  # seconds
_KEYS = (
    "SELECT TABLE_NAME AS t, GROUP_CONCAT(COLUMN_NAME ORDER BY SEQ_IN_INDEX) AS k FROM information_schema.STATISTICS"
    " WHERE TABLE_SCHEMA = 'shop' AND INDEX_NAME = 'PRIMARY' GROUP BY 1"
)


@pytest.fixture(scope="module", name="variables")
def _variables() -> Mapping[str, Any]:
    paths = LabPaths.from_environment()
    lifecycle.back(paths, options.settle(paths))
    loaded = site.load("inventories/lab")
    return loaded.variables[loaded.hosts("databases")[0]]


def measure(variables: Mapping[str, Any]) -> dict[str, Any]:
    result = run_action(
        "data_at_stake",
        {
            "aws": variables["db_aws"],
            "idc": variables["db_idc"],
            "cutover_gtid": variables["db_cutover_gtid"],
            "schemas": variables["db_schemas"],
            "tables": variables["site_tables"],
        },
    )
    assert "failed" not in result, result["msg"]
    return result


def keys(login: Mapping[str, Any]) -> dict[str, set[str]]:
    """Every key of every table that has one; a column more or less changes nothing about it."""
    with Server.connect(Login.from_dict(login), read_timeout=60.0) as server:
        read = {}
        for row in server.rows(_KEYS):
            columns = ", ".join(f"`{name}`" for name in str(row["k"]).split(","))
            rows = server.rows(f"SELECT HEX(CONCAT_WS('#', {columns})) AS k FROM shop.`{row['t']}`")
            read[f"shop.{row['t']}"] = {str(item["k"]) for item in rows}
        return read


class _Clients:
    """Clients that write until they are closed; then their last answers are on record."""

    def __init__(self, home: Path) -> None:
        self._process = clients.start(home, NAME)

    def close(self) -> None:
        clients.stop(NAME)
        self._process.wait()


def test_the_stake_is_what_the_ledger_says_and_what_idc_lacks(variables: Mapping[str, Any]) -> None:
    paths = LabPaths.from_environment()
    shutil.rmtree(paths.root / "ledger" / NAME, ignore_errors=True)  # else an earlier run's writes are read with it
    before = counts(measure(variables))
    with contextlib.closing(_Clients(paths.root.parent)):
        time.sleep(TRAFFIC)
    result = measure(variables)
    evidence = result["evidence"]
    after = counts(result)

    writes = list(read_ledger(paths.root / "ledger" / NAME).writes)
    rds_uuid = variables["db_aws"]["server_uuid"]
    told = Counter((item.kind, str(item.outcome)) for item in writes if item.server_uuid == rds_uuid)
    acknowledged = sum(count for (_, outcome), count in told.items() if outcome == "acknowledged")
    http = told["http", "acknowledged"]
    assert http > 0
    assert not any(str(item.outcome) == "unknown" for item in writes), "the clients ended in order"
    assert grown(before, after, "shop.write_ledger") == (acknowledged, 0, 0)
    assert grown(before, after, "shop.orders") == (http, 0, 0)

    idc, rds = keys(variables["db_idc"]), keys(variables["db_aws"])
    for item in evidence["tables"]:
        label = item["table"]
        if item["service"] and label in rds:
            have = idc.get(label, set())
            assert item["rows"] is not None, item["rows_unknown_because"]
            seen = item["rows"]["new"], item["rows"]["removed"]
            assert seen == (len(rds[label] - have), len(have - rds[label])), label
    untouched = set(rds) - {item["table"] for item in evidence["tables"]}
    assert all(rds[label] == idc.get(label) for label in untouched)

    statements = " ".join(item["statement"] for item in evidence["ddl"])
    assert all(
        word in statements for word in (delta.NEW_COLUMN[1], delta.NEW_TABLE, delta.NEW_EVENT, delta.NEW_ACCOUNT)
    )
    assert evidence["counted"]["undecoded_transactions"] == 0
    assert evidence["verdict"]["way"] == "switch-first"
    assert blockers(result) == []
    assert "accounts:changed" in found(result)
    assert any(" orders (" in line["en"] and "주문 " in line["ko"] for line in evidence["lines"])


def grown(before: dict[str, Any], after: dict[str, Any], label: str) -> tuple[int, ...]:
    zero = (0, 0, 0)
    return tuple(now - then for now, then in zip(after.get(label, zero), before.get(label, zero), strict=True))


def test_the_lab_inventory_names_real_tables(variables: Mapping[str, Any]) -> None:
    known = set(keys(variables["db_aws"])) | {"shop.page_views"}
    assert set(variables["site_tables"]) <= known
