"""The running lab keeps its promises. Needs `lab up`; sets the lab back first."""

from __future__ import annotations

import http.client
import socket
import subprocess
import threading
import time
from typing import TYPE_CHECKING

import dns.query
import dns.rcode
import dns.tsigkeyring
import dns.update
import pymysql
import pytest
from daemons import wait_until

from lab import keys, lifecycle, options, status
from lab.paths import LabPaths
from lab.topology import ADDRESS, IDC_ZONE, RDS_UUID

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.lab
LB = "idc-lb1"
HOLD_SECONDS = 2
CLIENTS = 8


@pytest.fixture(name="paths", scope="module")
def _paths() -> LabPaths:
    paths = LabPaths.from_environment()
    lifecycle.back(paths, options.settle(paths))  # a drill before may have left it in another state
    return paths


@pytest.fixture(name="master")
def _master(paths: LabPaths) -> Iterator[pymysql.Connection[pymysql.cursors.Cursor]]:
    with pymysql.connect(
        host=ADDRESS["aws-rds"],
        user="rr_admin",
        password=keys.read(paths, "aws-rr_admin"),
        ssl={"ca": str(paths.ca / "ca.pem")},
        autocommit=True,
    ) as connection:
        yield connection


def runtime(paths: LabPaths, command: str) -> str:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(paths.host(LB, "run-haproxy") / "admin.sock"))
        connection.sendall(f"experimental-mode on; {command}\n".encode())
        answer = b""
        while part := connection.recv(4096):
            answer += part
    return answer.decode()


def test_every_part_answers(paths: LabPaths) -> None:
    assert [part for part in status.read(paths) if not part.well] == []


def test_second_up_changes_nothing(paths: LabPaths) -> None:
    ids = ["docker", "ps", "--quiet", "--no-trunc", "--filter", "label=rr.lab=1"]
    before = subprocess.run(ids, capture_output=True, text=True, check=True).stdout
    lifecycle.up(paths, options.settle(paths))
    assert subprocess.run(ids, capture_output=True, text=True, check=True).stdout == before


@pytest.mark.parametrize(
    "statement",
    [
        "SET GLOBAL read_only = 1",
        "SET GLOBAL event_scheduler = OFF",
        "SET SESSION sql_log_bin = 0",
        "UPDATE mysql.user SET account_locked = 'Y'",
        "ALTER USER rdsadmin@localhost ACCOUNT LOCK",
        "GRANT SUPER ON *.* TO rr_admin",
        "CALL mysql.rds_set_configuration('binlog retention hours', 169)",
    ],
)
def test_rds_master_account_may_not(master: pymysql.Connection[pymysql.cursors.Cursor], statement: str) -> None:
    with master.cursor() as cursor, pytest.raises(pymysql.MySQLError):
        cursor.execute(statement)


def test_rds_kill_ends_a_session_that_kill_may_not(
    paths: LabPaths, master: pymysql.Connection[pymysql.cursors.Cursor]
) -> None:
    application = pymysql.connect(host=ADDRESS["aws-rds"], user="shop_app", password=keys.read(paths, "shop_app"))
    with application.cursor() as cursor:
        cursor.execute("SELECT connection_id()")
        session = cursor.fetchone()
    with master.cursor() as cursor:
        with pytest.raises(pymysql.MySQLError):
            cursor.execute("KILL %s", session)
        cursor.execute("CALL mysql.rds_kill(%s)", session)
    with pytest.raises(pymysql.MySQLError):
        application.ping(reconnect=False)


def test_certificate_of_the_database_is_checked_against_the_lab_authority(paths: LabPaths) -> None:
    with pytest.raises(pymysql.MySQLError, match="CERTIFICATE_VERIFY_FAILED"):
        pymysql.connect(
            host=ADDRESS["aws-rds"],
            user="shop_app",
            password=keys.read(paths, "shop_app"),
            # Some other authority: the machine's own list.
            ssl={"check_hostname": True, "verify_mode": True},
        )


def test_unknown_host_key_is_refused(paths: LabPaths) -> None:
    base = ["ssh", "-F", str(paths.ssh / "config"), "-o", "ConnectTimeout=5"]
    good = subprocess.run([*base, "idc-db1", "true"], capture_output=True, check=False)
    bad = subprocess.run(
        [*base, "-o", "UserKnownHostsFile=/dev/null", "idc-db1", "true"], capture_output=True, text=True, check=False
    )
    assert (good.returncode, bad.returncode) == (0, 255)
    assert "Host key verification failed" in bad.stderr


def test_name_server_takes_signed_updates_with_the_right_old_value_only(paths: LabPaths) -> None:
    ring = dns.tsigkeyring.from_text({"rr-idc": keys.read(paths, "tsig-idc")})
    signed = dns.update.Update(IDC_ZONE, keyring=ring, keyalgorithm="hmac-sha256")
    signed.present("www", "A", "192.0.2.1")
    signed.replace("www", 30, "A", "192.0.2.2")
    unsigned = dns.update.Update(IDC_ZONE)
    unsigned.add("extra", 30, "A", "192.0.2.2")
    codes = [dns.query.tcp(update, ADDRESS["idc-dns1"], timeout=5).rcode() for update in (signed, unsigned)]
    assert codes == [dns.rcode.NXRRSET, dns.rcode.REFUSED]


def ask_until(enough: threading.Event, seen: list[tuple[int, float]], opened: list[int]) -> None:
    connection = http.client.HTTPConnection(ADDRESS[LB], timeout=60)
    opened.append(1)
    while not enough.is_set():
        started = time.monotonic()
        connection.request("GET", "/api/whoami")
        answer = connection.getresponse()
        body = answer.read().decode()
        assert answer.status != http.client.OK or RDS_UUID in body
        seen.append((answer.status, time.monotonic() - started))
        time.sleep(0.02)
    connection.close()


def test_hold_keeps_requests_waiting_and_ends_by_itself(paths: LabPaths) -> None:
    seen: list[tuple[int, float]] = []
    opened: list[int] = []
    enough = threading.Event()
    threads = [threading.Thread(target=ask_until, args=(enough, seen, opened), daemon=True) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(seen) > CLIENTS, lambda: "nobody is served")
    end = int(time.time()) + HOLD_SECONDS + 1
    runtime(paths, f"set var proc.rr_hold int({end})")
    wait_until(lambda: time.time() > end, lambda: "the clock stands still")
    held = len(seen)
    # Nobody ends the hold: that all are served again is its own end.
    wait_until(lambda: len(seen) > held + CLIENTS, lambda: "the hold did not end by itself")
    enough.set()
    for thread in threads:
        thread.join(60)
    assert {code for code, _ in seen} == {http.client.OK}
    assert max(seconds for _, seconds in seen) > HOLD_SECONDS / 2, "nobody was held"
    assert len(opened) == CLIENTS
