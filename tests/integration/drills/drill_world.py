"""What the world says after a run, asked without any code of the product: plain SQL, the admin socket, plain DNS."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import dns.message
import dns.query
import pymysql
import pymysql.cursors

if TYPE_CHECKING:
    from pathlib import Path

IDC, RDS = "172.30.77.11", "172.30.77.51"
APP_ACCOUNTS = ("shop_app", "shop_batch", "report")
TTLS = {"www.shop.example.org": 30, "db.shop.example.org": 5}  # as the site wants them
NODES = ("idc-lb1-haproxy", "aws-lb1-haproxy")
_SOCKET = (
    "import socket,sys;s=socket.socket(socket.AF_UNIX);s.connect('/run/haproxy/admin.sock');"
    "s.sendall(b'show servers state shop\\n');sys.stdout.write(s.makefile().read())"
)
_MAINTENANCE = 0x01  # srv_admin_state, HAProxy management guide: forced maintenance


def ask(home: Path, host: str, sql: str) -> list[dict[str, Any]]:
    """Run one query as the administrator of that side."""
    secret = "idc-rr_admin" if host == IDC else "aws-rr_admin"
    password = (home / ".lab" / "secrets" / secret).read_text().strip()
    with (
        pymysql.connect(
            host=host,
            user="rr_admin",
            password=password,
            ssl={"ca": str(home / ".lab/ca/ca.pem"), "check_hostname": False},
            cursorclass=pymysql.cursors.DictCursor,
            connect_timeout=5,
        ) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
        return list(cursor.fetchall())


def state(home: Path) -> dict[str, Any]:
    """Draw the state that decides who serves: equal after any number of interruptions."""
    idc = ask(home, IDC, "SELECT @@read_only r, @@super_read_only s, @@event_scheduler e")[0]
    channels = ask(home, IDC, "SELECT channel_name FROM performance_schema.replication_connection_configuration")
    events = ask(home, IDC, "SELECT event_name, status FROM information_schema.events WHERE event_schema='shop'")
    return {
        "idc_read_only": bool(idc["r"] or idc["s"]),
        "idc_event_scheduler": str(idc["e"]),
        "idc_channels": sorted(row["channel_name"] for row in channels),
        "idc_events": {row["EVENT_NAME"]: row["STATUS"] for row in events},
        "rds_locked": _locked(home),
        "rds_read_only": bool(ask(home, RDS, "SELECT @@read_only r")[0]["r"]),
        "balancers": {node: _servers(node) for node in NODES},
        "names": {name: answer(name) for name in ("www.shop.example.org", "db.shop.example.org")},
        "name_route53": answer("m.shop.example.net", "172.30.77.82"),
        "ttls": {name: ttl(name) for name in TTLS} | {"m.shop.example.net": ttl("m.shop.example.net", "172.30.77.82")},
    }


def gone_home(observed: dict[str, Any]) -> list[str]:
    """Say what is not as it must be after a finished rollback; empty when all is."""
    expected = {
        "idc_read_only": False,
        "idc_event_scheduler": "ON",
        "idc_channels": [],
        "rds_read_only": True,
        "rds_locked": dict.fromkeys(APP_ACCOUNTS, True),
        "balancers": {node: {"aws-app1": "maint", "idc-app1": "ready", "idc-app2": "ready"} for node in NODES},
        "names": {"www.shop.example.org": "172.30.77.31", "db.shop.example.org": IDC},
        "name_route53": "172.30.77.31",
        "ttls": TTLS | {"m.shop.example.net": 30},
    }
    return [f"{key}: {observed[key]!r}, not {value!r}" for key, value in expected.items() if observed[key] != value]


def still_on_aws(observed: dict[str, Any]) -> list[str]:
    """Say what is not as it must be when the rollback was given up; empty when all is."""
    expected = {
        "idc_read_only": True,
        "rds_read_only": False,
        "rds_locked": dict.fromkeys(APP_ACCOUNTS, False),
        "balancers": {node: {"aws-app1": "ready", "idc-app1": "maint", "idc-app2": "maint"} for node in NODES},
        "names": {"www.shop.example.org": "172.30.77.71", "db.shop.example.org": RDS},
        "ttls": TTLS | {"m.shop.example.net": 30},
    }
    return [f"{key}: {observed[key]!r}, not {value!r}" for key, value in expected.items() if observed[key] != value]


def answer(name: str, server: str = "172.30.77.41") -> str:
    """The address an authoritative server gives."""
    reply = dns.query.udp(dns.message.make_query(name, "A"), server, timeout=3)
    return str(reply.answer[0][0]) if reply.answer else ""


def ttl(name: str, server: str = "172.30.77.41") -> int:
    """The TTL an authoritative server gives out."""
    reply = dns.query.udp(dns.message.make_query(name, "A"), server, timeout=3)
    return int(reply.answer[0].ttl) if reply.answer else 0


def _locked(home: Path) -> dict[str, bool]:
    rows = ask(home, RDS, "SELECT user, account_locked FROM mysql.user WHERE host='%'")
    return {row["user"]: row["account_locked"] == "Y" for row in rows if row["user"] in APP_ACCOUNTS}


def _servers(node: str) -> dict[str, str]:
    shown = subprocess.run(
        ["docker", "exec", node, "python3", "-c", _SOCKET], capture_output=True, text=True, check=True
    ).stdout
    lines = [line.split() for line in shown.splitlines()]
    head = next(line for line in lines if line[:1] == ["#"])[1:]
    rows = [dict(zip(head, line, strict=False)) for line in lines if len(line) == len(head)]
    return {row["srv_name"]: "maint" if int(row["srv_admin_state"]) & _MAINTENANCE else "ready" for row in rows}
