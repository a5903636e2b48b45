"""Killed, throttled, cut off, or without the right to look: it goes on, waits, or fails; it never says equal."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pymysql
import pytest
from daemons import wait_until
from failback.binlog.changes import changed_keys
from failback.compare.options import Options
from failback.compare.progress import Progress
from failback.compare.run import compare
from failback.compare.sides import Side
from failback.errors import FailbackError, MySQLError, RefusedError, UnreachableError
from idc_side import run_action

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Sides

SMALL = {"chunk_rows": 200}
LIVE = """SET NAMES utf8mb4; USE kinds;
UPDATE many SET v = 'new' WHERE seq % 10 = 0; UPDATE many SET v = 'newer' WHERE seq = 10;
DELETE FROM many WHERE seq = 99; INSERT INTO many VALUES (1, 99999, 'x');
UPDATE words SET w = 'moved' WHERE n = 7;
UPDATE types SET f = f + 1, g = 2e-300, j = '{"z": 1.5}', d = 1, b = b'1', s = 'y', e = 'c#', l = 'ü', ko = '다',
 w = '라', bi = 0x01, geo = ST_GeomFromText('POINT(3 4)'), vec = TO_VECTOR('[9,2,3]'), ti = '01:02:03.45', y = 2001,
 ts = '2030-01-01 10:00:00', dt = NOW(6) WHERE i = -1;
UPDATE odd_keys SET v = 5 WHERE e = 'm'; UPDATE codes SET code = 'B' WHERE code = 'b';
INSERT INTO visits VALUES ('home', '2026-01-01', NULL), ('new', NULL, 0x00);
DELETE FROM visits WHERE page IS NULL LIMIT 1; UPDATE log SET n = -1 WHERE n = 5
"""


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("failback.compare.chunks.MINIMUM_ROWS", 1)


class Acting(Progress):
    """Does something once, after some chunks."""

    def __init__(self, act: Any, after: int = 4) -> None:
        super().__init__()
        self.act, self.left = act, after

    def add(self, rows: int, *, earlier: bool = False) -> None:
        super().add(rows, earlier=earlier)
        self.left -= 1
        if self.left == 0:
            self.act()


def test_killed_in_the_middle_it_goes_on_after_the_last_proven_chunk(
    sides: Sides, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("failback.compare.chunks.MINIMUM_ROWS", 512)  # as in the killed process
    ledger = tmp_path / "ledger.jsonl"
    script = Path(__file__).with_name("slow_compare.py")
    secret = sides.idc.login().password_file
    argv = [sys.executable, str(script), sides.idc.host, sides.rds.host, secret, str(ledger)]
    with subprocess.Popen(argv) as running:
        limit = time.monotonic() + 90
        while not ledger.exists() or len(ledger.read_text().splitlines()) < 8:
            assert time.monotonic() < limit
            assert running.poll() is None
            time.sleep(0.02)
        running.send_signal(signal.SIGKILL)
    found = sides.compare(chunk_rows=200, ledger=ledger)
    assert found.equal, found.problems()
    assert sum(table.resumed for table in found.tables) >= 3
    again = sides.compare(chunk_rows=200, ledger=ledger)
    assert sum(table.resumed for table in again.tables) == sum(table.chunks for table in again.tables)
    assert again.rows == found.rows
    # What is written after the first run is seen: the ledger belongs to positions and definitions.
    sides.idc.root("UPDATE kinds.many SET v = 'late' WHERE seq = 5")
    sides.planted = True
    assert not sides.compare(chunk_rows=200, ledger=ledger).equal


def test_a_server_that_goes_away_is_an_error(sides: Sides) -> None:
    with pytest.raises(UnreachableError, match="RDS"):
        compare(sides.idc.login(), sides.rds.login(), ["kinds"], Options(**SMALL), Acting(sides.rds.crash))
    assert sides.compare().equal


def test_an_error_in_the_middle_ends_what_is_asked_on_the_server_before_a_connection_is_closed(
    sides: Sides, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[pymysql.Connection[Any]] = []
    closed_in_use: list[int] = []
    query, close = pymysql.Connection.query, pymysql.Connection.close

    def tracked_query(connection: pymysql.Connection[Any], *given: Any, **named: Any) -> int:
        used.append(connection)
        try:
            return query(connection, *given, **named)
        finally:
            used.remove(connection)

    def tracked_close(connection: pymysql.Connection[Any]) -> None:
        # Two threads in one TLS session crash the interpreter now and then; what leads there is looked for.
        if connection in used:
            closed_in_use.append(connection.thread_id())
        close(connection)

    monkeypatch.setattr(pymysql.Connection, "query", tracked_query)
    monkeypatch.setattr(pymysql.Connection, "close", tracked_close)
    asked = "FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(600)%'"
    with suppress(MySQLError), Side.open(sides.idc.login(), "IDC", 4, 60.0) as side:
        questions = [side.submit(lambda server: server.text("SELECT SLEEP(600)")) for _ in range(6)]
        wait_until(lambda: sides.idc.root(f"SELECT COUNT(*) {asked}") == "4", lambda: "nothing is asked", 60)
        side.control.text("SELECT no_such_column")
    assert closed_in_use == []
    assert [question.cancelled() for question in questions] == [False] * 4 + [True] * 2
    wait_until(lambda: sides.idc.root(f"SELECT COUNT(*) {asked}") == "0", lambda: "the server goes on", 60)


def test_a_query_that_fails_on_both_sides_alike_is_an_error(sides: Sides, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("failback.compare.digests.row_bytes", lambda *_, **__: "UNHEX(MD5('x'))")
    with pytest.raises(MySQLError):
        sides.compare()


def test_a_row_that_cannot_be_digested_is_an_error(sides: Sides) -> None:
    columns = ", ".join(f"t{number} text" for number in range(20))
    values = ", ".join(["REPEAT('x', 65000)"] * 20)
    for server in (sides.idc, sides.rds):
        server.root(
            f"SET sql_log_bin = 0; CREATE TABLE kinds.wide (id int PRIMARY KEY, {columns});"
            f" INSERT INTO kinds.wide VALUES (1, {values}); SET GLOBAL max_allowed_packet = 1048576"
        )
    try:
        with pytest.raises(FailbackError, match=r"no usable digest|3513"):
            sides.compare(tables=frozenset({"kinds.wide"}))
        for server in (sides.idc, sides.rds):
            server.root("SET GLOBAL max_allowed_packet = 67108864")
        assert sides.compare(tables=frozenset({"kinds.wide"})).tables[0].equal
    finally:
        for server in (sides.idc, sides.rds):
            server.root("SET GLOBAL max_allowed_packet = 67108864; SET sql_log_bin = 0; DROP TABLE kinds.wide")


def test_an_account_that_does_not_see_everything_is_refused(sides: Sides) -> None:
    (sides.idc.secrets / "half").write_text("half-password-1")
    for server in (sides.idc, sides.rds):
        server.root(
            "SET sql_log_bin = 0; DROP USER IF EXISTS half@'%'; CREATE USER half@'%' IDENTIFIED BY 'half-password-1';"
            " GRANT SELECT ON kinds.many TO half@'%'; GRANT SELECT ON performance_schema.* TO half@'%'"
        )
    (sides.rds.secrets / "half").write_text("half-password-1")
    with pytest.raises(RefusedError, match="may not read all of kinds"):
        compare(sides.idc.login("half"), sides.rds.login("half"), ["kinds"])


def test_it_holds_back_while_the_server_is_busy(sides: Sides) -> None:
    def load(_: int) -> None:
        with pytest.raises(AssertionError, match="interrupted"):
            sides.rds.root("SELECT 'busy' FROM (SELECT SLEEP(600)) AS work")

    busy = "FROM performance_schema.processlist WHERE info LIKE \"SELECT 'busy'%\""
    with ThreadPoolExecutor(4) as pool:
        pending = pool.map(load, range(4))
        try:
            wait_until(lambda: int(sides.rds.root(f"SELECT COUNT(*) {busy}")) == 4, lambda: "no load", 60)
            found = sides.compare(max_running=2, patience=0.5, chunk_rows=500)
        finally:
            for number in sides.rds.root(f"SELECT id {busy}").split():
                sides.rds.root(f"KILL QUERY {number}")
        list(pending)
    # It waited as long as it may, and then went on all the same: the load never ended by itself.
    assert found.throttled_seconds >= 0.5
    assert found.equal
    quiet = sides.compare(max_running=5000)
    assert quiet.throttled_seconds < found.throttled_seconds, "nobody is above that limit, so nobody is waited for"


def test_the_same_server_twice_and_nothing_at_all_are_refused(sides: Sides) -> None:
    with pytest.raises(RefusedError, match="one and the same server"):
        compare(sides.idc.login(), sides.idc.login(), ["kinds"])
    with pytest.raises(FailbackError, match="has no schema nowhere"):
        compare(sides.idc.login(), sides.rds.login(), ["nowhere"])


@pytest.fixture(name="final")
def _final(sides: Sides) -> Iterator[str]:
    """A position at which both are equal; IDC then moves on."""
    sides.idc.root("CREATE TABLE kinds.mark (id int PRIMARY KEY); DROP TABLE kinds.mark")
    yield "".join(sides.idc.root("SELECT @@GLOBAL.gtid_executed").split("\\n"))
    sides.planted = True


def explained(sides: Sides, final: str) -> Any:
    def changes(since: str, until: str) -> Any:
        return changed_keys(sides.idc.login(), since, until, ["kinds"], name="IDC")

    return sides.compare(mode="explained", final=final, changes=changes, chunk_rows=500)


def test_a_live_idc_is_explained_by_its_own_binary_log(sides: Sides, final: str) -> None:
    sides.idc.root(LIVE)
    found = explained(sides, final)
    assert found.equal, found.problems()
    assert sum(table.explained for table in found.tables) >= 600
    # Nobody's transaction explains this.
    sides.plant("UPDATE many SET v = 'bad' WHERE seq = 123; DELETE FROM words WHERE n = 8")
    sides.plant("DELETE FROM visits WHERE page = 'cart'")
    told = "\n".join(explained(sides, final).problems())
    assert "kinds.many tenant=4, seq=123: v: IDC 'bad' | RDS 'v123' - IDC's binary log since FINAL does not me" in told
    assert "kinds.words: 3 rows differ (1 only on IDC, 2 only on RDS); 2 of them explained" in told
    assert "kinds.words w='I8': only on RDS (w='I8', n=8) - IDC's binary log since FINAL does not mention" in told
    assert "accounts for +0 of this row, the difference is -1" in told


def test_a_row_that_was_wrong_at_final_and_changed_later_is_not_explained(sides: Sides, final: str) -> None:
    sides.plant("UPDATE many SET v = 'wrong' WHERE seq = 50")
    sides.idc.root("UPDATE kinds.many SET v = 'right' WHERE seq = 50")
    told = "\n".join(explained(sides, final).problems())
    assert "seq=50: v: IDC 'right' | RDS 'v50' - what IDC had at FINAL is not what RDS has" in told


def plugin(sides: Sides, **more: Any) -> dict[str, Any]:
    args = {"idc": sides.idc.login_dict(), "aws": sides.rds.login_dict(), "schemas": ["kinds"]}
    check = bool(more.pop("check", False))
    return run_action("mysql_compare", args | more, check=check)


def test_the_plugin_passes_refuses_and_rehearses(
    sides: Sides, final: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = plugin(sides, final=final, mode="strict")
    assert passed["after"] == {"equal": True}, passed["msg"]
    assert not passed["changed"]
    assert passed["evidence"]["tables"]["kinds.many"]["rows_aws"] == 6000
    rehearsed = plugin(sides, check=True)
    assert rehearsed["after"] == {"equal": True}
    assert rehearsed["evidence"]["compared"] is False
    assert "FINAL" in plugin(sides)["msg"]
    manifest = tmp_path / "manifest.json"
    recorded = plugin(sides, record=str(manifest))
    assert recorded["changed"]
    assert plugin(sides, manifest=str(manifest))["after"] == {"equal": True}
    sides.plant("DELETE FROM many WHERE seq = 1")
    # The run before has proven these chunks at this very position, and would not read them again; the next one does.
    (tmp_path / "next").mkdir()
    monkeypatch.setenv("RR_RUN_DIR", str(tmp_path / "next"))
    for result in (plugin(sides, final=final, mode="strict"), plugin(sides, manifest=str(manifest))):
        assert result.get("refused"), result
        assert "kinds.many" in result["msg"]
    assert "salvage first" in plugin(sides, final=f"{sides.rds.uuid}:1-99")["msg"]
    auto = plugin(sides, final=final)
    assert auto["evidence"]["mode"] == "explained"
    assert "does not mention this row" in " ".join(auto["evidence"]["differences"])
