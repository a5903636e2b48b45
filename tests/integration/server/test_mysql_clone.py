"""A standby is copied whole into the empty IDC server, which stays itself, closed and without its replication."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import box as boxes
import pytest
import scratch_mysql
from driver import Here, run_action
from failback import clone
from failback.mysql import Login, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    NewBox = Callable[..., boxes.Box]

UUID = "33333333-3333-4333-8333-333333333333"
ROWS = 50_000
_SET_UP = f"""
SET sql_log_bin = 0;
ALTER USER rr_admin@'%' IDENTIFIED BY '{boxes.PASSWORD.replace(chr(92), chr(92) * 2).replace("'", "''")}';
CREATE USER shop_app@'%' IDENTIFIED BY 'shop-password-1';
SET sql_log_bin = 1;
CREATE DATABASE shop;
CREATE TABLE shop.items (id bigint AUTO_INCREMENT PRIMARY KEY, note varchar(400), KEY (note));
SET SESSION cte_max_recursion_depth = {ROWS};
INSERT INTO shop.items (note) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})
 SELECT CONCAT(i, REPEAT('x', 200)) FROM n;
CHANGE REPLICATION SOURCE TO SOURCE_HOST = '192.0.2.1', SOURCE_AUTO_POSITION = 1 FOR CHANNEL 'from_rds';
START REPLICA FOR CHANNEL 'from_rds';
SET GLOBAL super_read_only = ON;
"""


@pytest.fixture(scope="module")
def donor() -> Iterator[scratch_mysql.TestServer]:
    """Give a standby that replicates from a server which is not there."""
    made = scratch_mysql.start("donor", ("--server-id=77", "--skip-name-resolve"), uuid=UUID)
    made.root(_SET_UP)
    yield made
    scratch_mysql.stop(made)


@pytest.fixture(name="box")
def _box(new_box: NewBox) -> boxes.Box:
    """Give an empty IDC server, as a rebuild leaves it."""
    box = new_box()
    box.start()
    with box.connect() as server:
        server.execute("SET GLOBAL super_read_only = OFF")
        server.execute("DROP DATABASE shop")
        server.execute("RESET BINARY LOGS AND GTIDS")
        server.execute("SET GLOBAL super_read_only = ON")
    return box


def arguments(box: boxes.Box, donor: scratch_mysql.TestServer, **wrong: Any) -> dict[str, Any]:
    login = donor.login_dict() | {"password_file": box.login["password_file"], **wrong}
    return {"name": box.name, "mysql": box.login, "donor": login, "schemas": ["shop"], "timeout": 40.0}


def shows(server: Server) -> tuple[str, ...]:
    """Tell what must be equal on both."""
    data = server.row("SELECT COUNT(*) AS n, BIT_XOR(CRC32(CONCAT(id, note))) AS digest FROM shop.items")
    gtid = server.text("SELECT @@GLOBAL.gtid_executed").replace("\n", "")
    return (*(str(value) for value in data.values()), gtid)


def proven(box: boxes.Box, donor: scratch_mysql.TestServer) -> None:
    with box.connect() as idc, Server.connect(Login.from_dict(arguments(box, donor)["donor"])) as standby:
        assert shows(idc) == shows(standby)
        assert shows(idc)[0] == str(ROWS)
        assert idc.text("SELECT @@GLOBAL.server_uuid") == boxes.UUID
        assert idc.row("SELECT @@super_read_only AS a, @@event_scheduler AS b") == {"a": 1, "b": "OFF"}
        assert not idc.rows("SHOW REPLICA STATUS")
        assert not idc.rows("SELECT 1 FROM performance_schema.persisted_variables WHERE variable_name LIKE 'clone%'")
        for server in (idc, standby):
            # A donor that still waits for a recipient that was killed lets go of the plugin later: "DELETED" till then.
            left = server.rows("SELECT plugin_status AS s FROM information_schema.plugins WHERE plugin_name = 'clone'")
            assert left in ([], [{"s": "DELETED"}]), (server.name, left)
        # The standby goes on as it did.
        assert standby.text("SELECT @@GLOBAL.super_read_only") == "1"
        assert len(standby.rows("SHOW REPLICA STATUS")) == 1


def test_a_standby_is_copied(box: boxes.Box, donor: scratch_mysql.TestServer) -> None:
    args = arguments(box, donor)
    foreseen = run_action("mysql_clone", args, check=True)
    assert (foreseen["changed"], foreseen["after"]) == (True, {"would": "clone"}), foreseen
    here = Here()
    result = run_action("mysql_clone", args, here=here)
    assert result.get("changed"), result
    assert result["evidence"]["channels_removed"] == ["from_rds"]
    assert result["evidence"]["clone_status"]["gtid_executed"] == result["after"]["gtid_executed"]
    proven(box, donor)
    again = run_action("mysql_clone", args)
    assert again["changed"] is False, again
    # The password is in no argument, result or log.
    kept = json.dumps(result) + boxes.docker("logs", box.name) + boxes.docker("logs", donor.container)
    assert "rr_admin-pass" not in kept + " ".join(part for argv in here.argv for part in argv)
    # Data is never cloned over.
    with box.connect() as idc:
        idc.execute("SET GLOBAL super_read_only = OFF")
        idc.execute("CREATE DATABASE other")
        idc.execute("CREATE TABLE other.t (id int PRIMARY KEY)")
    refused = run_action("mysql_clone", args)
    assert refused["refused"]
    assert "IDC holds data" in refused["msg"]


def test_a_donor_that_does_not_fit_is_refused(box: boxes.Box, donor: scratch_mysql.TestServer, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("wrong-password-1\n", encoding="utf-8")
    cases: list[tuple[dict[str, Any], dict[str, Any], str]] = [
        ({"password_file": str(tmp_path / "wrong")}, {}, "refuses the login"),
        ({"host": "127.0.0.9", "port": 3999}, {}, "does not answer"),
        ({"server_uuid": boxes.UUID}, {}, "is meant"),
        ({}, {"schemas": ["nothing"]}, "does not hold nothing"),
        ({}, {"cutover_gtid": f"{UUID}:1"}, "that must not come to IDC"),
    ]
    for wrong, more, words in cases:
        result = run_action("mysql_clone", arguments(box, donor, **wrong) | more)
        assert result["refused"], result
        assert words in result["msg"]
        assert "wrong-password" not in json.dumps(result)
    with box.connect() as idc:
        assert idc.row("SELECT @@super_read_only AS a, @@gtid_executed AS b") == {"a": 1, "b": ""}
    found = clone.inspect(Login.from_dict(arguments(box, donor)["donor"]), admin=Login.from_dict(box.login))
    assert (found.usable, found.findings) == (True, ())


def slow(box: boxes.Box) -> None:
    """Keep the copy busy for some seconds: 50,000 rows are 15 MiB, the rest of a server some 80."""
    box.stop()
    conf = box.root / "my.cnf"
    conf.write_text(conf.read_text() + "loose_clone_max_data_bandwidth=12\nloose_clone_autotune_concurrency=OFF\n")
    box.start()


def begin(box: boxes.Box, donor: scratch_mysql.TestServer, tmp_path: Path) -> subprocess.Popen[bytes]:
    """Start a clone in a process of its own; return once it copies."""
    (tmp_path / "args.json").write_text(json.dumps(arguments(box, donor)), encoding="utf-8")
    driver = Path(__file__).parent / "driver.py"
    process = subprocess.Popen([sys.executable, str(driver), "mysql_clone", str(tmp_path / "args.json"), ""])
    limit = time.monotonic() + 90
    while time.monotonic() < limit:
        with box.connect() as idc:
            running = idc.rows("SELECT 1 FROM information_schema.plugins WHERE plugin_name = 'clone'") and idc.rows(
                "SELECT 1 FROM performance_schema.clone_progress WHERE state = 'In Progress' AND data > 1000000"
            )
        if running:
            return process
        time.sleep(0.05)
    process.kill()
    pytest.fail("the clone did not begin")


@pytest.mark.long
@pytest.mark.parametrize("victim", ["runner", "recipient", "both"])
def test_killed_in_the_middle_and_resumed(
    box: boxes.Box, donor: scratch_mysql.TestServer, tmp_path: Path, victim: str
) -> None:
    slow(box)
    process = begin(box, donor, tmp_path)
    if victim != "recipient":
        process.kill()
    if victim != "runner":
        box.kill()
    process.wait(90)
    result = run_action("mysql_clone", arguments(box, donor))
    assert "failed" not in result, result
    proven(box, donor)
