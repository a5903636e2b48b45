"""HAProxy's own figures, as `show stat` gives them, and what happened between two readings. Pure.

Facts: HAProxy 2.6 management guide, section 9.1 (CSV format). Times of HAProxy are averages over the last 1024
requests: it keeps no percentiles. This file also runs on the node, so it keeps to what Python 3.8 can run.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Row = dict[str, Any]

_NUMBERS = (
    "scur", "smax", "slim", "stot", "qcur", "econ", "eresp", "wretr", "wredis", "hrsp_1xx", "hrsp_2xx", "hrsp_3xx",
    "hrsp_4xx", "hrsp_5xx", "hrsp_other", "cli_abrt", "srv_abrt", "weight", "lastchg", "downtime", "chkdown",
    "rtime", "ttime", "qtime", "req_tot", "type",
)  # fmt: skip
_TEXTS = ("pxname", "svname", "status", "check_status", "last_chk", "addr")
_ANSWERS = ("hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other")
FRONTEND, BACKEND, SERVER = 0, 1, 2


def parse(text: str) -> list[Row]:
    """Read the answer to ``show stat``. Raises ValueError when it is none."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines or not lines[0].startswith("# pxname,"):
        raise ValueError(f"show stat: {' '.join(text.split())[:100] or 'no answer'}")
    header = lines[0].lstrip("# ").split(",")
    found = []
    for cells in csv.reader(lines[1:]):
        row = dict(zip(header, cells))  # noqa: B905 - Python 3.8 has no strict
        kept: Row = {key: row.get(key, "") for key in _TEXTS}
        kept.update({key: _number(row.get(key)) for key in _NUMBERS})
        found.append(kept)
    return found


def of(rows: list[Row], proxy: str, kind: int) -> list[Row]:
    """Pick the rows of one kind of one proxy."""
    return [row for row in rows if row["pxname"] == proxy and row["type"] == kind]


def between(before: list[Row], after: list[Row], backend: str, seconds: float) -> Row:
    """Say what passed through a backend between two readings ``seconds`` apart, and since the process started.

    A server's ``requests`` are those it was given. ``error_rate`` is the share of answers with 5xx; None: no answer at
    all in between. Counters that went down (a restart in between) count from 0.
    """
    then = _first(of(before, backend, BACKEND))
    now = _first(of(after, backend, BACKEND))
    answers = {key: _passed(then.get(key), now.get(key)) for key in _ANSWERS}
    total = sum(answers.values())
    whole = sum(now.get(key) or 0 for key in _ANSWERS)
    return {
        "seconds": round(seconds, 2),
        "requests": total,
        "rate": round(total / seconds, 1) if seconds else 0.0,
        "errors": answers["hrsp_5xx"],
        "error_rate": round(answers["hrsp_5xx"] / total, 5) if total else None,
        "failed_connections": _passed(then.get("econ"), now.get("econ")),
        "aborted": _passed(then.get("srv_abrt"), now.get("srv_abrt")),
        "in_flight": now.get("scur") or 0,
        "waiting": now.get("qcur") or 0,
        "clients": sum(row["scur"] or 0 for row in after if row["type"] == FRONTEND),
        "average_seconds": round((now.get("ttime") or 0) / 1000, 4),
        "since_start": {"answers": whole, "errors": now.get("hrsp_5xx") or 0},
        "servers": {row["svname"]: _server(row, before, backend) for row in of(after, backend, SERVER)},
    }


def _server(row: Row, before: list[Row], backend: str) -> Row:
    then = next((one for one in of(before, backend, SERVER) if one["svname"] == row["svname"]), {})
    return {
        "status": row["status"],
        "weight": row["weight"],
        "requests": _passed(then.get("stot"), row["stot"]),
        "errors": _passed(then.get("hrsp_5xx"), row["hrsp_5xx"]),
        "since_change": row["lastchg"],
        "check": row["check_status"],
        "said": row["last_chk"][:100],
        "address": row["addr"],
    }


def _first(rows: list[Row]) -> Row:
    return rows[0] if rows else {}


def _passed(before: Any, after: Any) -> int:
    first, last = before or 0, after or 0
    return last - first if last >= first else last


def _number(text: Any) -> Any:
    try:
        return int(text)
    except (TypeError, ValueError):
        return None
