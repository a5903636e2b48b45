"""The last look, judged: is the service where it belongs, and what is different from the first look? Pure.

Both looks are the fact ``situation`` (see ``draw``): SIT-03 drew the first, FINAL-01 the last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from failback.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_RUNNING = frozenset({"running"})
_LOOK = "rollback-runner situation shows both sites now"


def judge(now: Mapping[str, Any]) -> list[Finding]:
    """Say what is not as it must be at the end; nothing when IDC serves alone and all of it is well."""
    return [
        Finding("blocker", f"inspection:{key}", sentence, _LOOK) for key, sentence in [*_serving(now), *_databases(now)]
    ] + [Finding("blocker", f"inspection:{key}", sentence, _LOOK) for key, sentence in _parts(now)]


def _serving(now: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    idc, aws = now["sites"]["idc"], now["sites"]["aws"]
    nodes = [*idc["balancers"], *aws["balancers"]]
    if not nodes:
        yield "balancers", "no load balancer was looked at"
    for node in nodes:
        if not node["answers"]:
            yield f"balancer:{node['node']}", f"load balancer {node['node']} does not answer: {node.get('error', '')}"
        elif node["serving"] != "idc":
            yield f"balancer:{node['node']}", f"load balancer {node['node']} serves from {node['serving']}, not idc"
        elif node["held"]:
            yield f"balancer:{node['node']}", f"load balancer {node['node']} still holds requests"
    if aws["share"]:
        yield "share", f"{aws['share']:.1%} of the requests still went to AWS"
    for name in idc["names"]:
        if name["servers"] < name["of"] or not name["of"]:
            yield (
                f"name:{name['name']}",
                f"{name['name']} leads to IDC at {name['servers']} of {name['of']} name servers",
            )
    severity = (now.get("effect") or {}).get("severity")
    if severity in {"critical", "major"}:
        yield "effect", f"the effect on users is {severity}"


def _databases(now: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for one in now["sites"]["idc"]["databases"]:
        if not one["answers"]:
            yield f"idc:{one['name']}", f"IDC MySQL of {one['name']} does not answer: {one.get('error', '')}"
            continue
        if not one["takes_writes"]:
            yield f"idc:{one['name']}", f"IDC MySQL of {one['name']} takes no writes ({one['read_only']})"
        if one["channel"] and "rollback_runner" in str(one["channel"]["name"]):
            yield f"idc:{one['name']}:channel", f"IDC MySQL of {one['name']} still has the channel that followed RDS"
    for one in now["sites"]["aws"]["databases"]:
        # An RDS that was stopped, or does not answer, takes no write either.
        if one["answers"] and one["takes_writes"]:
            yield f"rds:{one['name']}", f"RDS of {one['name']} takes writes: two databases may be written"
        if one["answers"] and one["application_sessions"]:
            said = f"{one['application_sessions']} sessions of the application are open on RDS of {one['name']}"
            yield f"rds:{one['name']}:sessions", said


def _parts(now: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    idc = now["sites"]["idc"]
    for host in idc["hosts"]["silent"]:
        yield f"host:{host}", f"{host} does not answer"
    for one in idc["containers"]:
        if one["state"] not in _RUNNING or one["health"] == "unhealthy":
            state = one["health"] if one["state"] in _RUNNING else one["state"]
            yield f"container:{one['host']}:{one['name']}", f"the container {one['name']} on {one['host']} is {state}"


def compare(first: Mapping[str, Any] | None, now: Mapping[str, Any]) -> dict[str, Any]:
    """Put the first and the last look side by side, in a few lines, and say which sentences came and went."""
    before = {one["key"]: one for one in (first or {}).get("sentences", ())}
    after = {one["key"]: one for one in now.get("sentences", ())}
    rows = [{"what": what, "first": _pick(first, path), "now": _pick(now, path)} for what, path in _ROWS.items()]
    return {
        "first_at": (first or {}).get("at", ""),
        "at": now.get("at", ""),
        "headline": {"first": (first or {}).get("headline") or {}, "now": now.get("headline") or {}},
        "rows": rows,
        "new": [after[key] for key in after if key not in before],
        "gone": [before[key] for key in before if key not in after],
        "still": [after[key] for key in after if key in before],
    }


_ROWS: Mapping[str, tuple[str, ...]] = {
    "share_idc": ("sites", "idc", "share"),
    "share_aws": ("sites", "aws", "share"),
    "request_rate": ("effect", "request_rate"),
    "error_rate": ("effect", "error_rate"),
    "p50": ("effect", "p50"),
    "p95": ("effect", "p95"),
    "database_sessions": ("effect", "database_sessions"),
    "severity": ("effect", "severity"),
}


def _pick(fact: Mapping[str, Any] | None, path: tuple[str, ...]) -> Any:
    found: Any = fact or {}
    for part in path:
        found = found.get(part) if isinstance(found, dict) else None
    return found
