"""Proposals for SIT-01: what may be the cause, each with its category, a sentence and its source. Pure.

They are drawn from what is wrong now and from logs; a person decides. The order is by how directly each speaks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from failback.people.catalogue import CATEGORIES
from failback.situation import times
from failback.situation.looks import takes_writes
from failback.situation.on_databases import GRAVE
from failback.situation.on_hosts import why
from failback.situation.said import seconds, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from failback.situation.looks import Looks

_MOST = 8
_LEAST_LINES = 3
_SLOW_TIMES, _SLOW_SECONDS = 3.0, 0.2

# What a line of an application's log speaks of; the first that fits.
_OF_A_LINE = (
    ("data", r"corrupt|checksum mismatch"),
    ("capacity", r"out of memory|too many connections|no space left|disk full|pool (?:is )?exhausted|QueuePool"),
    ("configuration", r"access denied|unknown column|unknown database|read[- ]only|certificate|permission denied"),
    ("network", r"unreachable|no route|name or service not known|timed? ?out|\btls\b|\bssl\b"),
    ("performance", r"deadlock|lock wait"),
    ("availability", r"refused|sessions open|is DOWN|no server available|mysql|\bsql\b|database"),
)
_OF_AN_EVENT = {"low storage": "capacity"}


def propose(looks: Looks) -> list[dict[str, Any]]:
    """Return proposals, the most direct first; [] when nothing points at a cause."""
    found = [*_databases(looks), *_clouds(looks), *_ways(looks), *_containers(looks), *_endpoints(looks), *_logs(looks)]
    return [*found, *_slow(looks)][:_MOST]


def category_of(line: str) -> str:
    """Tell what a log line speaks of."""
    return next((name for name, pattern in _OF_A_LINE if re.search(pattern, line, re.IGNORECASE)), "application")


def _proposal(category: str, statement: dict[str, str], source: str) -> dict[str, Any]:
    assert category in CATEGORIES
    return {"category": category, "statement": statement, "source": source}


def _databases(looks: Looks) -> Iterator[dict[str, Any]]:
    for name, seen in looks.databases.items():
        aws = seen["aws"]
        opened = takes_writes("idc", seen["idc"]) and not takes_writes("aws", aws)
        if seen.get("only_idc") and not opened:
            yield _proposal("data", words("cause.split", extra=seen["only_idc"]), f"{name}: GTID sets of both sides")
        if not aws["answers"]:
            yield _proposal(
                "availability", words("cause.rds_silent", error=aws["error"]), f"{name}: login on {aws['address']}"
            )


def _clouds(looks: Looks) -> Iterator[dict[str, Any]]:
    for cloud in looks.clouds.values():
        instance = cloud.get("instance") or {}
        if instance and instance["status"] != "available":
            told = words("cause.rds_status", name=cloud["name"], status=instance["status"])
            yield _proposal("availability", told, "AWS API, DescribeDBInstances")
        for event in cloud.get("events") or []:
            grave = sorted(GRAVE & set(event["categories"]))
            if grave:
                told = words("cause.rds_event", at=times.shown(event["at"]), text=event["text"])
                yield _proposal(_OF_AN_EVENT.get(grave[0], "availability"), told, "AWS API, DescribeEvents")


def _ways(looks: Looks) -> Iterator[dict[str, Any]]:
    for node, seen in looks.answering_balancers().items():
        for server, state in seen["states"].items():
            if state == "down":
                said = str((seen["flow"]["servers"].get(server) or {}).get("said") or "")
                reason = {"en": f" ({said})", "ko": f"({said})"} if said else words("nothing")
                told = words("cause.down", node=node, server=server, why=reason)
                yield _proposal("availability", told, f"{node}: HAProxy's health checks")
    for name in looks.names():
        if len({one["side"] for one in name["answers"] if one["values"] and one["role"] == "authoritative"}) > 1:
            yield _proposal("configuration", words("cause.dns", name=name["name"]), "answers of the name servers")


def _containers(looks: Looks) -> Iterator[dict[str, Any]]:
    for host, name, container in looks.containers():
        if container["state"] in {"exited", "dead", "restarting"}:
            told = words("cause.container", host=host, container=name, state=container["state"], why=why(container))
            category = "capacity" if container.get("out_of_memory") else "availability"
            yield _proposal(category, told, f"{host}: docker inspect {name}")


def _endpoints(looks: Looks) -> Iterator[dict[str, Any]]:
    for host, name, container in looks.containers():
        for one in ((container.get("log") or {}).get("endpoints") or [])[:1]:
            if one["count"] >= _LEAST_LINES:
                here = {"host": host, "container": name}
                told = words(
                    "cause.endpoint", **here, endpoint=one["name"], count=one["count"], first=times.shown(one["first"])
                )
                yield _proposal("application", told, f"{host}: docker logs {name}")


def _logs(looks: Looks) -> Iterator[dict[str, Any]]:
    """Propose what each container's log says most often, where it is not a request that failed."""
    for host, name, container in looks.containers():
        endpoints = {one["name"] for one in (container.get("log") or {}).get("endpoints") or []}
        kinds = [
            one
            for one in (container.get("log") or {}).get("kinds") or []
            if one["count"] >= _LEAST_LINES and one["name"].rpartition(" ")[0] not in endpoints
        ]
        for one in kinds[:1]:
            here = {"host": host, "container": name}
            told = words(
                "cause.log", **here, count=one["count"], first=times.shown(one["first"]), line=one["line"][:120]
            )
            yield _proposal(category_of(one["line"]), told, f"{host}: docker logs {name}")


def _slow(looks: Looks) -> Iterator[dict[str, Any]]:
    for door, seen in looks.doors().items():
        now, then = (seen.get("figures") or {}).get("p95"), looks.latency_before(door).get("p95")
        if now and then and now > max(then * _SLOW_TIMES, _SLOW_SECONDS):
            told = words("cause.slow", door=door, now=seconds(now), then=seconds(then))
            yield _proposal("performance", told, "front door, measured now and at the baseline")
