"""What the world says after a run, asked without any code of the product: plain SQL, the admin socket, plain DNS."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import dns.exception
import dns.message
import dns.query
import pymysql
import pymysql.cursors

from lab import keys
from lab.paths import LabPaths

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
_SILENT = "no answer"


def connected(home: Path, host: str) -> pymysql.Connection[pymysql.cursors.DictCursor]:
    """Connect as the administrator of that side. Raises pymysql.MySQLError."""
    paths = LabPaths(home / ".lab")
    return pymysql.connect(
        host=host,
        user="rr_admin",
        password=keys.read(paths, "idc-rr_admin" if host == IDC else "aws-rr_admin"),
        ssl={"ca": str(paths.ca / "ca.pem"), "check_hostname": False},
        cursorclass=pymysql.cursors.DictCursor,
        connect_timeout=5,
    )


def ask(home: Path, host: str, sql: str) -> list[dict[str, Any]]:
    """Run one query as the administrator of that side. Raises pymysql.MySQLError."""
    with connected(home, host) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def state(home: Path) -> dict[str, Any]:
    """Draw the state that decides who serves: equal after any number of interruptions. What is silent says so."""
    return {**_idc(home), **_rds(home)} | {
        "balancers": {node: _servers(node) for node in NODES},
        "names": {name: answer(name) for name in ("www.shop.example.org", "db.shop.example.org")},
        "name_route53": answer("m.shop.example.net", "172.30.77.82"),
        "ttls": {name: ttl(name) for name in TTLS} | {"m.shop.example.net": ttl("m.shop.example.net", "172.30.77.82")},
    }


def problems(observed: dict[str, Any], serving: str, *, rds_dead: bool = False) -> list[str]:
    """Say what is not as it must be when this side serves ("idc", "rds" or "nobody"); empty when all is."""
    if serving == "nobody":
        # The one thing that matters while nobody serves: nobody can write.
        return _differences(observed, {"idc_read_only": True, "rds_open": False})
    wrong = gone_home(observed) if serving == "idc" else still_on_aws(observed)
    # Of a dead RDS nothing more is asked; one that answers after all must be closed.
    excused = tuple(f"{key}: {_SILENT!r}" for key in ("rds_read_only", "rds_locked")) if rds_dead else ()
    return [one for one in wrong if not one.startswith(excused)]


def gone_home(observed: dict[str, Any]) -> list[str]:
    """Say what is not as it must be after a finished rollback; empty when all is."""
    return _differences(
        observed,
        {
            "idc_read_only": False,
            "idc_event_scheduler": "ON",
            "idc_channels": [],
            "rds_read_only": True,
            "rds_locked": dict.fromkeys(APP_ACCOUNTS, True),
            "balancers": {node: {"aws-app1": "maint", "idc-app1": "ready", "idc-app2": "ready"} for node in NODES},
            "names": {"www.shop.example.org": "172.30.77.31", "db.shop.example.org": IDC},
            "name_route53": "172.30.77.31",
            "ttls": TTLS | {"m.shop.example.net": 30},
        },
    )


def still_on_aws(observed: dict[str, Any]) -> list[str]:
    """Say what is not as it must be when the rollback was given up; empty when all is."""
    return _differences(
        observed,
        {
            "idc_read_only": True,
            "rds_read_only": False,
            "rds_locked": dict.fromkeys(APP_ACCOUNTS, False),
            "balancers": {node: {"aws-app1": "ready", "idc-app1": "maint", "idc-app2": "maint"} for node in NODES},
            "names": {"www.shop.example.org": "172.30.77.71", "db.shop.example.org": RDS},
            "ttls": TTLS | {"m.shop.example.net": 30},
        },
    )


def answer(name: str, server: str = "172.30.77.41") -> str:
    """Ask an authoritative server for the address it gives; "no answer" where it is silent."""
    reply = _question(name, server)
    return _SILENT if reply is None else str(reply.answer[0][0]) if reply.answer else ""


def ttl(name: str, server: str = "172.30.77.41") -> int:
    """Ask an authoritative server for the TTL it gives out; -1 where it is silent."""
    reply = _question(name, server)
    return -1 if reply is None else int(reply.answer[0].ttl) if reply.answer else 0


def _differences(observed: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    return [f"{key}: {observed[key]!r}, not {value!r}" for key, value in expected.items() if observed[key] != value]


def _idc(home: Path) -> dict[str, Any]:
    try:
        idc = ask(home, IDC, "SELECT @@read_only r, @@super_read_only s, @@event_scheduler e")[0]
        channels = ask(home, IDC, "SELECT channel_name FROM performance_schema.replication_connection_configuration")
        events = ask(home, IDC, "SELECT event_name, status FROM information_schema.events WHERE event_schema='shop'")
    except (pymysql.MySQLError, OSError):
        return dict.fromkeys(("idc_read_only", "idc_event_scheduler", "idc_channels", "idc_events"), _SILENT)
    return {
        "idc_read_only": bool(idc["r"] or idc["s"]),
        "idc_event_scheduler": str(idc["e"]),
        "idc_channels": sorted(row["channel_name"] for row in channels),
        "idc_events": {row["EVENT_NAME"]: row["STATUS"] for row in events},
    }


def _rds(home: Path) -> dict[str, Any]:
    """Tell whether RDS is closed. `rds_open`: it runs, takes writes, and an account of the application gets in."""
    try:
        locked = _locked(home)
        read_only = bool(ask(home, RDS, "SELECT @@read_only r")[0]["r"])
    except (pymysql.MySQLError, OSError):
        return {"rds_locked": _SILENT, "rds_read_only": _SILENT, "rds_open": False}
    return {
        "rds_locked": locked,
        "rds_read_only": read_only,
        "rds_open": not read_only and not all(locked.values()),
    }


def _question(name: str, server: str) -> dns.message.Message | None:
    try:
        return dns.query.udp(dns.message.make_query(name, "A"), server, timeout=3)
    except (OSError, dns.exception.DNSException):
        return None


def _locked(home: Path) -> dict[str, bool]:
    rows = ask(home, RDS, "SELECT user, account_locked FROM mysql.user WHERE host='%'")
    return {row["user"]: row["account_locked"] == "Y" for row in rows if row["user"] in APP_ACCOUNTS}


def _servers(node: str) -> dict[str, str]:
    argv = ["docker", "exec", node, "python3", "-c", _SOCKET]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return {node: _SILENT}
    lines = [line.split() for line in done.stdout.splitlines()]
    head = next(line for line in lines if line[:1] == ["#"])[1:]
    rows = [dict(zip(head, line, strict=False)) for line in lines if len(line) == len(head)]
    return {row["srv_name"]: "maint" if int(row["srv_admin_state"]) & _MAINTENANCE else "ready" for row in rows}
