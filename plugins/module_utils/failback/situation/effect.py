"""What users meet: rates, times, sessions, endpoints, and a severity by a stated rule. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from failback import limits
from failback.situation.said import percent, seconds, words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from failback.situation.looks import Looks

Severity = Literal["critical", "major", "minor", "none", "unknown"]

_MOST_ENDPOINTS = 5
_LEAST_SLOW = 0.2  # seconds: below it no user notices how many times slower it is


@dataclass(frozen=True)
class Rule:
    """From which share of failed answers on, and how many times slower than the baseline, it is how bad."""

    critical_errors: float = 0.5
    major_errors: float = 0.05
    minor_errors: float = 0.01
    major_slow: float = 10.0
    minor_slow: float = 3.0

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Rule:
        """Build from ``situation_severity``; what it does not name keeps its default. Raises ConfigError."""
        return cls(**limits.read("situation_severity", data, cls.__dataclass_fields__))

    def as_fact(self) -> dict[str, float]:
        """Return it as the incident keeps it."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def estimate(looks: Looks, rule: Rule) -> dict[str, Any]:
    """Estimate the effect on users. Rates are per second, times in seconds; None: not known."""
    flows = [seen["flow"] for seen in looks.answering_balancers().values()]
    requests = sum(flow["requests"] for flow in flows)
    errors = sum(flow["errors"] for flow in flows)
    figures = {name: door.get("figures") or {} for name, door in looks.doors().items()}
    sessions = [side for seen in looks.databases.values() for side in (seen["idc"], seen["aws"]) if side.get("answers")]
    found: dict[str, Any] = {
        "source": "HAProxy show stat, two readings" if flows else "front doors",
        "window_seconds": max((flow["seconds"] for flow in flows), default=0.0),
        "requests": requests if flows else sum(one.get("requests", 0) for one in figures.values()),
        "request_rate": round(sum(flow["rate"] for flow in flows), 1) if flows else None,
        "own_rate": round(sum(door.get("asked_rate", 0.0) for door in looks.doors().values()), 1),
        "errors": errors,
        "error_rate": _error_rate(requests, errors, figures) if flows or figures else None,
        "average_seconds": _average(flows),
        "doors": {
            name: {key: one.get(key) for key in ("p50", "p95", "error_rate", "requests")} | _before(looks, name)
            for name, one in figures.items()
        },
        "p50": max((one["p50"] for one in figures.values() if one.get("p50") is not None), default=None),
        "p95": max((one["p95"] for one in figures.values() if one.get("p95") is not None), default=None),
        "clients": sum(flow["clients"] for flow in flows) if flows else None,
        "database_sessions": sum(user["count"] for side in sessions for user in side["sessions"].values()),
        "endpoints": endpoints(looks),
        "rule": rule.as_fact(),
    }
    severity, because = judge(looks, found, rule)
    return found | {"severity": severity, "because": because}


def judge(looks: Looks, found: Mapping[str, Any], rule: Rule) -> tuple[Severity, dict[str, str]]:
    """Name the severity and the part of the rule that gave it: the first that holds, the gravest first."""
    doors = looks.doors()
    mute = [name for name, door in doors.items() if silent(door)]
    nodes = looks.answering_balancers()
    rate, slow = found["error_rate"], _slowest(found["doors"])

    def failing(limit: float) -> bool:
        return rate is not None and rate >= limit

    def slower(limit: float) -> bool:
        return slow is not None and slow[1] >= limit

    def errors(limit: float) -> dict[str, str]:
        return words("severity.errors", share=percent(rate), limit=percent(limit))

    def slowness(limit: float) -> dict[str, str]:
        assert slow is not None
        name, times, now = slow
        return words("severity.slow", door=name, now=seconds(now), times=f"{times:.0f}", limit=f"{limit:g}")

    parts: list[tuple[Severity, bool, Callable[[], dict[str, str]]]] = [
        ("critical", bool(doors) and len(mute) == len(doors), lambda: words("severity.doors")),
        ("critical", _no_server(nodes), lambda: words("severity.noserver")),
        ("critical", failing(rule.critical_errors), lambda: errors(rule.critical_errors)),
        ("major", failing(rule.major_errors), lambda: errors(rule.major_errors)),
        ("major", bool(mute), lambda: words("severity.door", door=", ".join(mute))),
        ("major", slower(rule.major_slow), lambda: slowness(rule.major_slow)),
        ("minor", failing(rule.minor_errors), lambda: errors(rule.minor_errors)),
        ("minor", slower(rule.minor_slow), lambda: slowness(rule.minor_slow)),
        ("unknown", rate is None, lambda: words("severity.unknown")),
    ]
    for severity, holds, because in parts:
        if holds:
            return severity, because()
    return "none", words("severity.none")


def _no_server(nodes: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether no node that answers has a server that takes requests."""
    return bool(nodes) and all(seen["serving"] == "none" for seen in nodes.values())


def endpoints(looks: Looks) -> list[dict[str, Any]]:
    """List the endpoints that answered with 5xx by the containers' logs, those with most first."""
    found = [
        {"endpoint": one["name"], "host": host, "container": name}
        | {key: one[key] for key in ("count", "first", "last", "statuses")}
        for host, name, container in looks.containers()
        for one in (container.get("log") or {}).get("endpoints", [])
    ]
    return sorted(found, key=lambda one: -one["count"])[:_MOST_ENDPOINTS]


def silent(door: Mapping[str, Any]) -> bool:
    """Whether a door gave not one answer, good or bad."""
    figures = door.get("figures")
    if not figures:
        return True
    answered = any(kind.startswith("status ") for kind in figures["errors"])
    return figures["error_rate"] >= 1 and not answered


def _error_rate(requests: int, errors: int, figures: Mapping[str, Mapping[str, Any]]) -> float | None:
    """Take the share from the load balancers; without traffic there, from what our own requests met."""
    if requests:
        return round(errors / requests, 5)
    asked = sum(one.get("requests", 0) for one in figures.values())
    failed = sum(one.get("requests", 0) * one.get("error_rate", 0) for one in figures.values())
    return round(failed / asked, 5) if asked else None


def _average(flows: list[dict[str, Any]]) -> float | None:
    """HAProxy's average of its last 1024 requests per node, weighed by what passed."""
    total = sum(flow["requests"] for flow in flows)
    return round(sum(flow["average_seconds"] * flow["requests"] for flow in flows) / total, 4) if total else None


def _before(looks: Looks, door: str) -> dict[str, Any]:
    before = looks.latency_before(door)
    return {f"{key}_before": before.get(key) for key in ("p50", "p95")}


def _slowest(doors: Mapping[str, Mapping[str, Any]]) -> tuple[str, float, float] | None:
    """Find the door whose p95 is most times its baseline: name, times, seconds now."""
    found = [
        (name, door["p95"] / door["p95_before"], door["p95"])
        for name, door in doors.items()
        if door.get("p95") and door.get("p95_before") and door["p95"] >= _LEAST_SLOW
    ]
    return max(found, key=lambda one: one[1], default=None)
