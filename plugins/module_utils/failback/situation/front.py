"""How the front doors answer a user now: status, time, and which database they lead to. Asks only paths that look."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from failback import http
from failback.journeys import latency, pace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.http import Door


def sample(door: Door, paths: Sequence[str], *, rate: float, seconds: float, timeout: float) -> dict[str, Any]:
    """Ask at a fixed pace; p50 and p95 in seconds, and what went wrong by kind."""
    found = pace.ask(door, paths, rate=rate, seconds=seconds, timeout=timeout)
    return latency.figures([one for samples in found.values() for one in samples])


def health(door: Door, checks: Sequence[dict[str, Any]], whoami: str, timeout: float) -> dict[str, Any]:
    """Ask each health endpoint once, and who serves; ``server_uuid`` is "" where the door does not say."""
    paths = [str(check["path"]) for check in checks] + ([whoami] if whoami else [])
    with ThreadPoolExecutor(max(1, len(paths))) as pool:
        replies = list(pool.map(lambda path: http.ask(door, path, timeout=timeout), paths))
    seen = [
        reply.as_evidence() | {"well": not reply.error and reply.status == int(check.get("status") or 200)}
        for check, reply in zip(checks, replies, strict=False)
    ]
    uuid = str(replies[-1].json().get("server_uuid") or "").lower() if whoami else ""
    return {"checks": seen, "server_uuid": uuid}
