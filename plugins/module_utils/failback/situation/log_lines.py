"""What a container's log says of errors: which kinds, how often, since when, on which endpoints. Pure.

This file also runs on the host (see ``host_agent``), so it keeps to what Python 3.8 can run. A line reaches us with
docker's own time in front: UTC, RFC 3339. Lines stay on the host but for one example of each kind, masked.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    Report = dict[str, Any]

_MOST_KINDS = 8
_MOST_ENDPOINTS = 10
_LINE = 240  # characters of an example that leave the host
_SIGNATURE = 100

_TIME = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|[+-]\d\d:\d\d) (.*)$", re.DOTALL)
_BAD = re.compile(
    r"\b(?:error|exception|fatal|panic|critical|traceback|refused|timed? ?out|unreachable|denied|is DOWN|"
    r"no server available|too many connections|deadlock|read[- ]only|out of memory|no space left|segfault)\b"
    r"|(?<![\w.:/-])0 of \d+ sessions open",
    re.IGNORECASE,
)
# Said of what went well, of a file, of a client that went away, or as the head of what follows: no error.
_GOOD = re.compile(
    r"\b(?:0|no|without) errors?\b|errorfile|error[-_]log|errors?=0\b|Exception (?:occurred|happened) during processing"
    r"|reset by peer|broken pipe",
    re.IGNORECASE,
)
_TRACE = re.compile(r"Traceback \(most recent call last\)|^\s+(?:File \"|at [\w.$]+\()")
_RAISED = re.compile(r"^(?:[\w.]*\.)?\w*(?:Error|Exception)\b")
_GONE = re.compile(r"^(?:ConnectionResetError|BrokenPipeError|ConnectionAbortedError)\b")
_REQUEST = re.compile(r"\b(GET|HEAD|POST|PUT|PATCH|DELETE) (/[^\s\"'?#]*)")
_QUERY = re.compile(r"^[^\s\"']*")  # what is left of the path
# The first number of three digits behind the request; a size may follow. HAProxy writes it before, behind its timers.
_STATUS = re.compile(r"(?<![\d.:/\[-])(\d{3})(?![\d.:/\]-])")
_STATUS_BEFORE = re.compile(r"(?:(?:[+-]?\d+/){3,}\+?-?\d+ |\bstatus[=: ]+)(\d{3})\b")
_PART = re.compile(r"^(?:\d+|[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}|[0-9a-fA-F]{16,})$")
_LEVEL = re.compile(r"^\[\w+\]\s+\(\d+\)\s*:\s*")  # HAProxy says some things twice, once with its level in front
_VARIABLE = re.compile(r"[0-9a-fA-F]{8,}(?:-[0-9a-fA-F]{4,})*|\d+")
# What is secret by its name, however it is joined to others: DB_PASSWORD=, "access_token":, client-secret =>.
_NAME = (
    r"(?<![\w.-])[\w.-]*(?:pass(?:word|wd|phrase)|pass(?![a-z])|pwd|secret|token|credential|signature"
    r"|(?:api|access|private|account|auth|encryption)[-_]?key)[\w-]*"
)
_SEPARATED = r"(?:\\*[\"']?\]?\s*(?:=>|:=|[=:])\s*)"
# A quoted value ends at the quote that began it, which may itself be escaped; any other ends at white space.
_QUOTED = r"(?P<quote>\\*[\"'])(?:(?!(?P=quote))(?:\\.|[^\\]))*"
_SECRET = re.compile(
    rf"(?i)(?P<name>{_NAME}{_SEPARATED}|(?<!\S)--?(?:[\w-]*-)?(?:password|passwd|secret|token)\s+(?!-)"
    r"|\bidentified (?:with \S+ )?(?:by|as) (?:password )?)(?!(?:YES|NO)\))(?:" + _QUOTED + r"|\S+)"
)
# These hold several words, all of them secret.
_HEADER = re.compile(
    rf"(?i)(?P<name>(?<![\w.-])[\w.-]*(?:authorization|cookie){_SEPARATED})(?:{_QUOTED}|[^\"']+(?:\"[^\"]*\"[^\"']*)*)"
)
_BEARER = re.compile(r"(?i)\b(bearer\s+)[\w.~+/=-]{8,}")
# Up to the last @: a password may hold / and @. The second is how Go names a database, without a scheme.
_USERINFO = re.compile(r"(://[^\s:@/]*:)\S+@|(://)[^\s/@:]+@")
_GO_DSN = re.compile(r"((?<![\w.-])[\w.-]+:)\S+@(?=(?:tcp|unix)\()")


def masked(line: str) -> str:
    """Take out of a line what looks like a secret; rather too much than too little."""
    if "@" in line:
        line = _USERINFO.sub(lambda found: f"{found[1] or found[2]}***@", line)
        line = _GO_DSN.sub(r"\1***@", line)
    for pattern in (_HEADER, _SECRET):
        line = pattern.sub(lambda found: f"{found['name']}{found['quote'] or ''}***", line)
    return _BEARER.sub(r"\1***", line)


def split_time(line: str) -> tuple[str, str]:
    """Part docker's time (UTC, to the second, with Z) from the line; "" where there is none."""
    match = _TIME.match(line)
    return (match.group(1) + "Z", match.group(2)) if match else ("", line)


def digest(lines: Iterable[str], limit: int) -> Report:
    """Reduce a log, oldest line first; ``limit`` is how many lines were asked for."""
    kinds: dict[str, Report] = {}
    endpoints: dict[str, Report] = {}
    count, first = 0, ""
    for raw in lines:
        count += 1
        at, text = split_time(raw.rstrip("\n"))
        first = first or at
        endpoint, status = failed_request(text)
        if status:
            _count(endpoints, endpoint, at).setdefault("statuses", {}).setdefault(str(status), 0)
            endpoints[endpoint]["statuses"][str(status)] += 1
        if status or is_error(text):
            name = f"{endpoint} {status}" if status else signature(text)
            entry = _count(kinds, name, at)
            entry.setdefault("line", masked(_LEVEL.sub("", text.strip()))[:_LINE])
    return {
        "lines": count,
        "begins": first,
        "cut": count >= limit,  # older lines were not read: the first error may lie before
        "errors": sum(entry["count"] for entry in kinds.values()),
        "kinds": _most(kinds, _MOST_KINDS),
        "endpoints": _most(endpoints, _MOST_ENDPOINTS),
    }


def is_error(text: str) -> bool:
    """Whether a line tells of an error. Of a stack trace only the line that names what was raised counts."""
    if _TRACE.search(text) or _GOOD.search(text) or _GONE.match(text):
        return False
    return bool(_BAD.search(text) or _RAISED.match(text))


def failed_request(text: str) -> tuple[str, int]:
    """Find a request that was answered with 5xx: its endpoint and the status; ("", 0) when the line is no such thing.

    Understands JSON with method, path and status, and lines that hold the request and, outside of it, the status
    (HAProxy, nginx, Apache, and most applications).
    """
    found = _of_json(text)
    if found is not None:
        return found
    request = _REQUEST.search(text)
    if request is None:
        return "", 0
    status = _STATUS.search(_QUERY.sub("", text[request.end() :])) or _STATUS_BEFORE.search(text[: request.start()])
    if status is None or not status.group(1).startswith("5"):
        return "", 0
    return endpoint(request.group(1), request.group(2)), int(status.group(1))


def endpoint(method: str, path: str) -> str:
    """Name an endpoint: the path without its query, and {id} for what differs from request to request."""
    parts = ["{id}" if _PART.match(part) else part for part in path.split("?", 1)[0].split("/")]
    return f"{method} {'/'.join(parts)}"[:_SIGNATURE]


def signature(text: str) -> str:
    """Reduce a line to what is the same in all lines of its kind."""
    _, rest = split_time(text)
    rest = _LEVEL.sub("", masked(rest)).replace("'", "").replace("!", "")
    return " ".join(_VARIABLE.sub("#", rest).split())[:_SIGNATURE]


def _of_json(text: str) -> tuple[str, int] | None:
    text = text.strip()
    if not text.startswith("{"):
        return None
    try:
        data = json.loads(text)
    except ValueError:
        return None
    status = str(data.get("status") or data.get("status_code") or "")
    path = str(data.get("path") or data.get("uri") or data.get("url") or "")
    if not path or not re.match(r"^5\d\d$", status):
        return "", 0
    return endpoint(str(data.get("method") or "GET").upper(), path), int(status)


def _count(table: dict[str, Report], name: str, at: str) -> Report:
    entry = table.setdefault(name, {"name": name, "count": 0, "first": at, "last": at})
    entry["count"] += 1
    entry["first"] = min(entry["first"], at) if at else entry["first"]
    entry["last"] = max(entry["last"], at)
    return entry


def _most(table: dict[str, Report], limit: int) -> list[Report]:
    return sorted(table.values(), key=lambda entry: (-entry["count"], entry["first"]))[:limit]
