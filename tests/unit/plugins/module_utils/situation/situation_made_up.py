"""A site as the looks would have found it: well, served by AWS, IDC following nothing and lacking nothing."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from failback.situation.looks import Looks

NOW = 1_795_344_000.0  # 2026-11-22T10:40:00Z
NO_LOG: dict[str, Any] = {"lines": 0, "begins": "", "cut": False, "errors": 0, "kinds": [], "endpoints": []}


def container(**more: Any) -> dict[str, Any]:
    found = {"state": "running", "health": "", "image": "sha256:" + "a" * 64, "image_name": "shop:1", "restarts": 0}
    return found | {"exit_code": 0, "out_of_memory": False, "finished_at": "", "log": deepcopy(NO_LOG)} | more


def log(line: str, count: int = 5, *, last: str = "2026-11-22T10:39:00Z", endpoint: str = "") -> dict[str, Any]:
    kind = {"name": f"{endpoint} 503" if endpoint else line, "count": count, "first": "2026-11-22T10:02:31Z"}
    kind |= {"last": last, "line": line}
    ends = [{**kind, "name": endpoint, "statuses": {"503": count}}] if endpoint else []
    return NO_LOG | {"lines": count, "errors": count, "kinds": [kind], "endpoints": ends}


def server(side: str, **more: Any) -> dict[str, Any]:
    closed = side == "idc"
    found = {
        "answers": True,
        "error": "",
        "address": f"192.0.2.{11 if closed else 51}:3306",
        "server_uuid": side,
        "expected_uuid": side,
        "version": "8.4.5",
        "read_only": closed,
        "super_read_only": closed,
        "gtid_executed": "",
        "event_scheduler": "OFF",
        "sessions": {"shop_app": {"count": 16, "active": 1, "from": {}}} if not closed else {},
        "accounts": {"open": 3, "locked_by_us": 0},
        "channels": [],
        "errors": [],
        "unread": [],
        "writes": {"transactions": 0 if closed else 424, "seconds": 2.0, "rate": 0.0 if closed else 212.0},
    }
    return found | more


def channel(**more: Any) -> dict[str, Any]:
    found = {"channel": "rollback_runner", "source": "192.0.2.51:3306", "receiver": "ON", "applier": "ON"}
    return found | {"receiver_error": "", "applier_error": "", "running": True} | more


def database(**more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"idc": server("idc"), "aws": server("aws"), "cut_over": {"at": "", "error": ""}}
    return found | {"exempt_users": ["rr_admin"], "idc_lacks": 0, "only_idc": 0} | more


def flow(**more: Any) -> dict[str, Any]:
    given = {
        name: {
            "status": "UP",
            "weight": 1,
            "requests": requests,
            "errors": 0,
            "since_change": 300,
            "check": "",
            "said": "",
        }
        for name, requests in (("aws-app1", 200), ("idc-app1", 0))
    }
    found = {
        "seconds": 2.0,
        "requests": 200,
        "rate": 100.0,
        "errors": 0,
        "error_rate": 0.0,
        "in_flight": 1,
        "waiting": 0,
    }
    return found | {"clients": 8, "average_seconds": 0.01, "servers": given} | more


def node(**more: Any) -> dict[str, Any]:
    found = {"answers": True, "error": "", "absent_ok": "", "servers_idc": ["idc-app1"], "servers_aws": ["aws-app1"]}
    found |= {"states": {"aws-app1": "ready", "idc-app1": "maint"}, "serving": "aws", "unknown": [], "missing": []}
    return found | {"hold_until": 0, "now": NOW, "version": "2.6.12", "flow": flow()} | more


def door(**more: Any) -> dict[str, Any]:
    figures = {"requests": 20, "throughput": 10.0, "error_rate": 0.0, "errors": {}, "p50": 0.004, "p95": 0.012}
    return {"url": "http://192.0.2.31", "figures": figures, "error": "", "checks": [], "server_uuid": "aws"} | more


def answer(server_address: str, side: str = "aws", **more: Any) -> dict[str, Any]:
    value = {"idc": "192.0.2.31", "aws": "192.0.2.71"}.get(side, "203.0.113.9")
    found = {"server": server_address, "role": "authoritative", "values": [value], "ttl": 30, "side": side, "error": ""}
    return found | {"heard": True, "milliseconds": 1.0} | more


def name(*answers: dict[str, Any], called: str = "www.shop.example.org") -> dict[str, Any]:
    given = list(answers) or [answer("192.0.2.41"), answer("192.0.2.42"), answer("192.0.2.43")]
    return {"name": called, "idc": "192.0.2.31", "aws": "192.0.2.71", "ttl": 30, "answers": given}


def cloud(**more: Any) -> dict[str, Any]:
    instance = {
        "status": "available",
        "class": "db.r6g.large",
        "version": "8.4.5",
        "pending": {},
        "groups": {"g": "in-sync"},
    }
    instance |= {"backup_retention_days": 7, "security_groups": ["sg-1"]}
    group = {"name": "g", "attached": True, "value": ""}
    found = {
        "name": "shop-prod",
        "answers": True,
        "error": "",
        "wanted_groups": ["sg-1"],
        "port": 3306,
        "instance": instance,
    }
    return (
        found
        | {"parameter_group": group, "events": [], "security_groups": {"sg-1": ["10.0.0.0/8"]}, "unread": []}
        | more
    )


def host(*containers: tuple[str, dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"answers": True, "error": "", "address": "192.0.2.21", "now": NOW, "containers": dict(containers)} | more


def site(**more: Any) -> Looks:
    found: dict[str, Any] = {
        "hosts": {"idc-app1": host(("shop", container())), "idc-lb1": host()},
        "balancers": {"idc-lb1": node()},
        "databases": {"shop-db": database()},
        "clouds": {"shop-db": cloud()},
        "service": {"names": [name()], "doors": {"idc-lb1": door()}},
        "sides": {"idc-app1": "idc", "idc-lb1": "idc"},
        "baseline": {
            "idc-app1": {
                "recorded_at": "2026-01-02T03:04:05+00:00",
                "containers": {"shop": {"exists": True, "image": "sha256:" + "a" * 64, "restarts": 0}},
            },
            "shop": {"recorded_at": "2026-01-02T03:04:06+00:00", "latency": {"idc-lb1": {"p50": 0.003, "p95": 0.01}}},
        },
        "site": {"title": {"en": "Shop", "ko": "쇼핑몰"}, "timezone": "Asia/Seoul"},
    }
    return Looks(**(found | more))
