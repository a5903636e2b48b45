"""The same cut by a bare script: what a good operator would have ready, with every address at hand.

It holds, locks, kills, waits for the position, opens IDC, switches servers and DNS. It refuses nothing, proves nothing,
keeps no record, handles no failure: it is here to be compared with, not to be used.
"""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dns.query
import dns.tsigkeyring
import dns.update
import pymysql

if TYPE_CHECKING:
    from pathlib import Path

EXEMPT = ("rdsadmin", "rr_admin", "repl", "event_scheduler", "system user")
NODES = ("idc-lb1-haproxy", "aws-lb1-haproxy")
IDC, RDS = "172.30.77.11", "172.30.77.51"
CHANNEL = "bare"


@dataclass(frozen=True)
class Secrets:
    """Password files of the lab."""

    folder: Path

    def read(self, name: str) -> str:
        """One password, without its line end."""
        return (self.folder / name).read_text().rstrip("\n")


def connect(host: str, password: str) -> pymysql.Connection:
    """Log in as the administrator."""
    return pymysql.connect(
        host=host, user="rr_admin", password=password, ssl={"check_hostname": False}, autocommit=True
    )


def ask(connection: pymysql.Connection, sql: str) -> list[tuple[object, ...]]:
    """Run one statement and fetch what it returns."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def haproxy(commands: str) -> None:
    """Say the same to every node's admin socket."""
    talk = (
        "import socket,sys;s=socket.socket(socket.AF_UNIX);s.connect('/run/haproxy/admin.sock');"
        "s.sendall(sys.argv[1].encode());sys.stdout.write(s.makefile().read())"
    )
    for node in NODES:
        subprocess.run(
            ["docker", "exec", node, "python3", "-c", talk, commands + "\n"], check=True, capture_output=True
        )


def prepare(idc: pymysql.Connection, secrets: Secrets) -> None:
    """Have the applications on IDC, and IDC follow RDS, as close as it gets, before anything stops."""
    for host in ("idc-app1", "idc-app2"):
        edit = ["sed", "-i", f"s/{RDS}/{IDC}/", "/etc/shop/app.json"]
        subprocess.run(["docker", "exec", f"rr-{host}", *edit], check=True)
        subprocess.run(["docker", "kill", "--signal", "HUP", f"{host}-shop"], check=True, capture_output=True)
    ask(
        idc,
        f"CHANGE REPLICATION SOURCE TO SOURCE_HOST='{RDS}', SOURCE_PORT=3306, SOURCE_AUTO_POSITION=1, SOURCE_SSL=1"
        f" FOR CHANNEL '{CHANNEL}'",
    )
    ask(idc, f"CHANGE REPLICATION FILTER REPLICATE_WILD_IGNORE_TABLE=('mysql.%') FOR CHANNEL '{CHANNEL}'")
    ask(idc, f"START REPLICA USER='repl' PASSWORD='{secrets.read('repl')}' FOR CHANNEL '{CHANNEL}'")


def caught_up(rds: pymysql.Connection, idc: pymysql.Connection, seconds: float) -> None:
    """Wait until IDC has what RDS has now."""
    (position,) = ask(rds, "SELECT @@GLOBAL.gtid_executed")[0]
    (late,) = ask(idc, f"SELECT WAIT_FOR_EXECUTED_GTID_SET('{position}', {seconds})")[0]
    if late:
        raise SystemExit("IDC does not catch up")


def cut(rds: pymysql.Connection, idc: pymysql.Connection) -> None:
    """Hold, fence, catch up, open, switch, release."""
    haproxy(f"experimental-mode on; set var proc.rr_hold int({int(time.time()) + 90})")
    time.sleep(0.2)  # requests in flight
    for user, host in ask(
        rds, f"SELECT user, host FROM mysql.user WHERE user NOT IN {EXEMPT} AND user NOT LIKE 'mysql.%'"
    ):
        ask(rds, f"ALTER USER '{user}'@'{host}' ACCOUNT LOCK")
    for (thread,) in ask(rds, f"SELECT id FROM information_schema.processlist WHERE user NOT IN {EXEMPT}"):
        try:
            ask(rds, f"CALL mysql.rds_kill({thread})")
        except pymysql.err.MySQLError:
            continue  # gone by itself
    caught_up(rds, idc, 15)
    ask(idc, f"STOP REPLICA FOR CHANNEL '{CHANNEL}'")
    ask(idc, "SET GLOBAL super_read_only = OFF, GLOBAL read_only = OFF")
    haproxy(
        "set server shop/aws-app1 state maint;"
        " set server shop/idc-app1 state ready; set server shop/idc-app2 state ready;"
        " set server shop/idc-app1 health up; set server shop/idc-app2 health up;"
        " experimental-mode on; set var proc.rr_hold int(0)"
    )


def point_names(key: str) -> None:
    """Switch www and db to IDC."""
    update = dns.update.UpdateMessage(
        "shop.example.org", keyring=dns.tsigkeyring.from_text({"rr-idc": ("hmac-sha256", key)})
    )
    update.replace("www", 30, "A", "172.30.77.31")
    update.replace("db", 5, "A", IDC)
    dns.query.tcp(update, "172.30.77.41", timeout=3)


def main(secrets: Secrets) -> float:
    """Do it; return the seconds from hold to release."""
    rds, idc = connect(RDS, secrets.read("aws-rr_admin")), connect(IDC, secrets.read("idc-rr_admin"))
    prepare(idc, secrets)
    caught_up(rds, idc, 120)
    began = time.monotonic()
    cut(rds, idc)
    seconds = time.monotonic() - began
    point_names(secrets.read("tsig-idc"))
    return seconds
