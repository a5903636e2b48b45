"""The role in a play, as the phase runs it; and what a reader that is killed leaves on RDS."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from run_tasks import ROOT, local_host, play
from stake_side import NAMES, Ledger, counts, stake

if TYPE_CHECKING:
    from pathlib import Path

    import mysql_pair
    import pytest

ROLE = [{"name": "SIT-04", "ansible.builtin.import_role": {"name": "stake", "tasks_from": "measure"}}]
_SLOW = """
import sys, time
sys.path[:0] = sys.argv[1].split(":")
from failback.binlog import stream
from failback.gtid import GtidSet
from failback.mysql import Login
import json
for event in stream.since(Login.from_dict(json.loads(sys.argv[2])), GtidSet.parse(sys.argv[3])):
    print("reading", flush=True)
    time.sleep(60)
"""


def site(pair: mysql_pair.Pair, **more: Any) -> dict[str, Any]:
    return local_host(
        db_idc=pair.idc.login_dict(),
        db_aws=pair.rds.login_dict(),
        db_cutover_gtid=pair.cutover,
        db_schemas=["shop"],
        site_tables=NAMES,
        **more,
    )


def test_the_phase_goes_on_and_the_fact_is_kept(
    pair: mysql_pair.Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair.rds.root("INSERT INTO shop.orders (number) VALUES ('N')")
    incident = tmp_path / "incident"
    (incident / "facts").mkdir(parents=True)
    monkeypatch.setenv("RR_INCIDENT", str(incident))
    lost = site(pair) | {"db_aws": pair.rds.login_dict() | {"host": "127.0.0.1", "port": 1}}
    played = play(tmp_path / "play", ROLE, {"shop-db": site(pair), "lost-db": lost})
    assert played.rc == 0, played.stdout
    well, silent = played.of("SIT-04", "shop-db"), played.of("SIT-04", "lost-db")
    assert [item["key"] for item in silent["findings"] if item["severity"] == "blocker"] == ["rds:silent"]
    assert silent["ansible_facts"]["rr_open"][0]["severity"] == "blocker"
    assert "ansible_facts" not in well or not well["ansible_facts"].get("rr_open")
    kept = json.loads((incident / "facts" / "stake.shop-db.json").read_text())
    assert kept["sentence"] == {"en": "1 order", "ko": "주문 1건"}
    secret = (pair.rds.secrets / "rr_admin").read_text().strip()
    assert secret not in played.stdout + json.dumps(played.results, default=str) + json.dumps(kept)


def test_a_rehearsal_finds_the_same_and_keeps_nothing(
    pair: mysql_pair.Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "facts").mkdir()
    monkeypatch.setenv("RR_INCIDENT", str(tmp_path))
    played = play(tmp_path / "play", ROLE, {"shop-db": site(pair)}, check=True)
    assert played.rc == 0, played.stdout
    assert played.of("SIT-04")["evidence"]["verdict"]["saved"] == "all"
    assert list((tmp_path / "facts").iterdir()) == []


def test_the_strategy_of_the_run_is_what_is_judged(pair: mysql_pair.Pair, tmp_path: Path) -> None:
    pair.rds.root("SET GLOBAL binlog_row_image=MINIMAL")
    try:
        stopped = site(pair, site_strategy="restore-first", rr_strategy="stop-first")
        played = play(tmp_path / "play", ROLE, {"stopped": stopped, "other": site(pair, site_strategy="restore-first")})
    finally:
        pair.rds.root("SET GLOBAL binlog_row_image=FULL")
    said = {
        host: next(one["severity"] for one in played.of("SIT-04", host)["findings"] if "row_image" in one["key"])
        for host in ("stopped", "other")
    }
    assert said == {"stopped": "warning", "other": "blocker"}


def test_a_reader_that_is_killed_leaves_no_thread_on_rds(pair: mysql_pair.Pair) -> None:
    ledger = Ledger(pair)
    with ledger.transaction():
        for _ in range(4):
            ledger.do("insert", "orders", "INSERT INTO orders (memo) VALUES (repeat('x', 9000000))")
    ledger.close()
    path = f"{ROOT / 'plugins' / 'module_utils'}"
    argv = [sys.executable, "-c", _SLOW, path, json.dumps(pair.rds.login_dict()), pair.cutover.replace("\\n", "")]
    reader = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert reader.stdout is not None
    assert reader.stdout.readline() == "reading\n"
    assert dumps(pair) == 1
    os.kill(reader.pid, signal.SIGKILL)
    reader.wait()
    reader.stdout.close()
    limit = time.monotonic() + 90
    while dumps(pair) and time.monotonic() < limit:
        time.sleep(0.1)
    assert dumps(pair) == 0
    assert counts(stake(pair)) == {"shop.orders": (4, 0, 0)}


def dumps(pair: mysql_pair.Pair) -> int:
    sql = "SELECT COUNT(*) FROM performance_schema.processlist WHERE COMMAND LIKE 'Binlog Dump%'"
    return int(pair.rds.root(sql))
