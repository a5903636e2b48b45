from __future__ import annotations

import subprocess
import threading
from typing import TYPE_CHECKING

import mysql_pair
import pytest
from failback import channel, journal, observe
from failback.errors import FailbackError
from failback.journeys.model import Invariant
from failback.mysql import quote_account
from mysql_pair import APP_ACCOUNTS
from watched_site import wait_for

from rollback_runner.watching.final import Finals
from rollback_runner.watching.readers import Readers
from rollback_runner.watching.source import SourceError
from rollback_runner.watching.sources import invariants, mysql, rds_frozen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mysql_pair import Pair, TestServer

EXEMPT = ["rdsadmin", "rr_admin", "repl", "event_scheduler", "system user", "root"]


@pytest.fixture(name="incident")
def _incident(tmp_path: Path) -> Path:
    path = tmp_path / "incidents" / "shop" / "20260101T000000Z"
    path.mkdir(parents=True)
    return path


def promoted(home: Path, incident: Path, pair: Pair, *, check: bool = False) -> None:
    """Leave the record of a run that opened IDC at RDS's present position."""
    with pair.rds.connect() as server:
        at = observe.position(server)
    path = home / "runs" / "20260101T000100Z-shop-emergency" / "journal.jsonl"
    path.parent.mkdir(parents=True)
    final = {"gtid": str(at.gtid), "log_file": at.log_file, "log_position": at.log_position}
    journal.append(path, "begin", options={"incident": str(incident), "check": check})
    journal.append(path, "final", host="shop-db", final=final)
    journal.append(path, "promoted", host="shop-db", final=str(at.gtid))


def frozen(home: Path, incident: Path, pair: Pair) -> rds_frozen.Frozen:
    variables = {"aws_db_instance": "shop-prod", "db_aws": pair.rds.login_dict(), "db_exempt_users": EXEMPT}
    return rds_frozen.Frozen("shop-db", variables, Finals(home, incident), 1.0)


def values(source: rds_frozen.Frozen | mysql.Database | invariants.Data) -> dict[str, float]:
    return {point.figure: point.value for point in source.read().points}


def own_sessions(server: TestServer) -> int:
    sql = "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'rr_admin'"
    return int(server.root(sql))


@pytest.fixture(name="followed")
def _followed(mysql_servers: Pair) -> Iterator[mysql.Database]:
    source = mysql.Database("shop-prod", mysql_servers.rds.login())
    yield source
    source.close()


def test_a_server_is_followed_over_one_session(followed: mysql.Database, mysql_servers: Pair) -> None:
    first = values(followed)
    assert first["mysql_connections"] >= 0
    assert "mysql_queries" not in first  # a rate needs two readings
    mysql_servers.rds.root("INSERT INTO shop.items (name, price) VALUES ('c', 3), ('d', 4)")
    second = values(followed)
    assert second["mysql_queries"] > 0
    assert second["mysql_rows_written"] > 0
    assert second["mysql_deadlocks"] == 0
    for _ in range(5):
        followed.read()
    assert own_sessions(mysql_servers.rds) == 1
    followed.close()
    wait_for(lambda: own_sessions(mysql_servers.rds) == 0)


def test_a_session_that_was_killed_is_a_lost_source_once(followed: mysql.Database, mysql_servers: Pair) -> None:
    followed.read()
    for thread in mysql_servers.rds.root("SELECT id FROM information_schema.processlist WHERE user='rr_admin'").split():
        mysql_servers.rds.root(f"KILL {thread}")
    with pytest.raises(FailbackError, match="does not answer"):
        followed.read()
    assert "mysql_connections" in values(followed)


def test_the_end_waits_for_no_answer_and_closes_nothing_under_its_reader(
    mysql_servers: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mysql, "_PATIENCE", 600.0)
    source = mysql.Database("shop-prod", mysql_servers.rds.login())
    source.read()
    closed_by: list[threading.Thread] = []
    close = source.close
    monkeypatch.setattr(source, "close", lambda: (closed_by.append(threading.current_thread()), close()))
    work = Readers([source], 0.05)
    docker = ["docker", "pause", mysql_servers.rds.container]
    subprocess.run(docker, check=True, capture_output=True)
    try:
        work.begin()
        reader = next(thread for thread in threading.enumerate() if thread.name == "mysql")
        assert work.take(1.0) == []  # it waits for its answer
        work.end(patience=60.0)
        assert not reader.is_alive()
    finally:
        subprocess.run(["docker", "unpause", mysql_servers.rds.container], check=True, capture_output=True)
    assert set(closed_by) == {reader}


def test_another_server_at_this_address_is_not_followed(mysql_servers: Pair) -> None:
    login = mysql_servers.idc.login()
    other = type(login)(**{**vars(login), "server_uuid": mysql_servers.rds.uuid})
    with pytest.raises(SourceError, match="the inventory means"):
        mysql.Database("idc-db1", other).read()
    wait_for(lambda: own_sessions(mysql_servers.idc) == 0)


@pytest.fixture
def twins(tmp_path: Path) -> Iterator[Pair]:
    """Two servers with one history: what others wrote to the shared ones would stop a channel between them."""
    pair = mysql_pair.start(tmp_path, mysql_pair.image())
    yield pair
    mysql_pair.stop(pair)


def test_the_lag_of_a_channel_that_works(twins: Pair) -> None:
    source = mysql.Database("idc-db1", twins.idc.login())
    login = twins.rds.login("repl")
    with twins.idc.connect() as idc:
        for statement in channel.build_statements(login, ""):
            idc.execute(statement)
        try:
            idc.execute(channel.start_statement(login))
            wait_for(lambda: values(source).get("mysql_replication_lag") == 0.0)
            idc.execute("LOCK TABLES shop.items READ")
            twins.rds.root("INSERT INTO shop.items (name, price) VALUES ('late', 1)")
            wait_for(lambda: values(source).get("mysql_replication_lag", 0.0) > 0.5)
            idc.execute("UNLOCK TABLES")
            wait_for(lambda: values(source).get("mysql_replication_lag") == 0.0)
            idc.execute("STOP REPLICA SQL_THREAD FOR CHANNEL 'rollback_runner'")
            assert "mysql_replication_lag" not in values(source)  # what is stopped has no lag that could be known
        finally:
            idc.execute("UNLOCK TABLES")
            for statement in channel.remove_statements():
                idc.execute(statement)
            source.close()


def test_before_the_promotion_there_is_nothing_to_prove(mysql_servers: Pair, tmp_path: Path, incident: Path) -> None:
    assert frozen(tmp_path, incident, mysql_servers).read().points == []
    promoted(tmp_path, incident, mysql_servers, check=True)  # a rehearsal opened nothing
    assert frozen(tmp_path, incident, mysql_servers).read().points == []


def test_a_run_of_another_incident_says_nothing(mysql_servers: Pair, tmp_path: Path, incident: Path) -> None:
    promoted(tmp_path, incident.with_name("20260102T000000Z"), mysql_servers)
    assert frozen(tmp_path, incident, mysql_servers).read().points == []


def test_rds_is_proven_frozen_but_for_amazons_own_writes(mysql_pair: Pair, tmp_path: Path, incident: Path) -> None:
    locked = ",".join(quote_account(name, "%") for name in APP_ACCOUNTS)
    mysql_pair.rds.root(f"SET sql_log_bin=0; ALTER USER {locked} ACCOUNT LOCK")
    promoted(tmp_path, incident, mysql_pair)
    source = frozen(tmp_path, incident, mysql_pair)
    try:
        assert values(source) == {"rds_writes_after_final": 0.0, "rds_ways_in": 0.0}
        for beat in range(3):
            mysql_pair.rds.root(f"REPLACE INTO mysql.rds_heartbeat2 VALUES (1, {beat})")
            assert values(source)["rds_writes_after_final"] == 0.0
        mysql_pair.rds.root("INSERT INTO shop.items (name, price) VALUES ('after FINAL', 1)")
        assert values(source)["rds_writes_after_final"] == 1.0
        mysql_pair.rds.root("REPLACE INTO mysql.rds_heartbeat2 VALUES (1, 99)")
        assert values(source)["rds_writes_after_final"] == 1.0
        # One that was started again, and knows nothing, finds the same.
        again = frozen(tmp_path, incident, mysql_pair)
        assert values(again)["rds_writes_after_final"] == 1.0
        again.close()
        assert own_sessions(mysql_pair.rds) == 1
    finally:
        source.close()


def test_an_account_that_was_unlocked_behind_the_fence_is_a_way_in(
    mysql_pair: Pair, tmp_path: Path, incident: Path
) -> None:
    locked = ",".join(quote_account(name, "%") for name in APP_ACCOUNTS)
    mysql_pair.rds.root(f"SET sql_log_bin=0; ALTER USER {locked} ACCOUNT LOCK")
    promoted(tmp_path, incident, mysql_pair)
    source = frozen(tmp_path, incident, mysql_pair)
    try:
        assert values(source)["rds_ways_in"] == 0.0
        mysql_pair.rds.root("SET sql_log_bin=0; ALTER USER report@'%' ACCOUNT UNLOCK")
        assert values(source)["rds_ways_in"] == 1.0
        with mysql_pair.rds.connect("report"):
            assert values(source)["rds_ways_in"] == 2.0
    finally:
        source.close()


def test_an_invariant_that_stops_to_hold_is_counted(mysql_servers: Pair, tmp_path: Path, incident: Path) -> None:
    asked = [
        Invariant("no free items", "SELECT COUNT(*) FROM shop.items WHERE price < 0", 0, "", "shop.yml"),
        Invariant("asks nonsense", "SELECT COUNT(*) FROM shop.nothing", 0, "", "shop.yml"),
    ]
    variables = {"db_idc_host": "idc-db1", "db_idc": mysql_servers.idc.login_dict()}
    source = invariants.Data("shop-db", variables, asked[:1], Finals(tmp_path, incident), 1.0)
    assert source.read().points == []
    promoted(tmp_path, incident, mysql_servers)
    assert values(source) == {"data_problems": 0.0}
    broken = invariants.Data("shop-db", variables, asked, Finals(tmp_path, incident), 1.0)
    assert values(broken) == {"data_problems": 1.0}
    assert own_sessions(mysql_servers.idc) == 0
