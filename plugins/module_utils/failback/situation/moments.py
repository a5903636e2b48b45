"""Proposals for SIT-02: when it may have failed, each moment with its source and the line that says so. Pure.

In order of time. The clocks are those of whoever wrote the line; docker, MySQL and AWS give UTC.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from failback.situation import times
from failback.situation.on_databases import GRAVE
from failback.situation.on_hosts import since

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from failback.situation.looks import Looks

Moment = tuple[str, str, str]  # at (UTC), source, line

_MOST = 15
_MOST_LINES = 2  # of one source
_MOMENTS_OF_A_CHANNEL = {
    "receiver_failed": "the receiver failed: {receiver_error}",
    "applier_failed": "the applier failed: {applier_error}",
}


def propose(looks: Looks, now: datetime, where: tzinfo | None) -> list[dict[str, str]]:
    """Return the candidates: ``at`` in UTC, ``at_local`` in the site's time, ``source``, ``line``."""
    found = {
        *_databases(looks),
        *_clouds(looks),
        *_containers(looks),
        *_balancers(looks, now),
    }
    kept = []
    for at, source, line in sorted(found):
        moment = times.parse(at)
        if moment is not None and moment <= now + timedelta(minutes=5):
            local = times.local(moment, where) if where else ""
            kept.append({"at": times.utc(moment), "at_local": local, "source": source, "line": line[:240]})
    return kept[-_MOST:] if len(kept) > _MOST else kept


def _databases(looks: Looks) -> Iterator[Moment]:
    for name, seen in looks.databases.items():
        begun = (seen.get("cut_over") or {}).get("at")
        if begun:
            yield begun, f"{name}: RDS binary log", "first transaction after the cut-over"
        for side, label in (("idc", "IDC"), ("aws", "RDS")):
            for error in (seen[side].get("errors") or [])[:_MOST_LINES]:
                yield error["at"], f"{name}: {label} MySQL error log", f"{error['code']} {error['text']}"
            for channel in seen[side].get("channels") or []:
                yield from _channel(f"{name}: {label} replication channel {channel['channel']}", channel)


def _channel(source: str, channel: dict[str, Any]) -> Iterator[Moment]:
    for key, text in _MOMENTS_OF_A_CHANNEL.items():
        if channel.get(key):
            yield channel[key], source, text.format(**channel)
    if not channel["running"]:
        last = max((channel[key] for key in ("heartbeat", "queued", "applied") if channel.get(key)), default="")
        if last:
            yield last, source, "its last sign of life: it does not run now"


def _clouds(looks: Looks) -> Iterator[Moment]:
    for cloud in looks.clouds.values():
        for event in cloud.get("events") or []:
            if GRAVE & set(event["categories"]):
                yield event["at"], f"RDS event of {cloud['name']}", event["text"]


def _containers(looks: Looks) -> Iterator[Moment]:
    for host, name, container in looks.containers():
        if container["state"] in {"exited", "dead"} and since(container):
            yield since(container), f"{host}: docker inspect {name}", f"{container['state']}"
        log = container.get("log") or {}
        cut = " (older lines were not read)" if log.get("cut") else ""
        for kind in (log.get("kinds") or [])[:_MOST_LINES]:
            if kind["first"]:
                times_seen = f"{kind['count']} times until {kind['last']}: " if kind["count"] > 1 else ""
                yield kind["first"], f"{host}: docker logs {name}{cut}", times_seen + kind["line"]


def _balancers(looks: Looks, now: datetime) -> Iterator[Moment]:
    """Take a server's last change of state, where it is down: HAProxy counts the seconds since then."""
    for node, seen in looks.answering_balancers().items():
        for server, state in seen["states"].items():
            figures = seen["flow"]["servers"].get(server) or {}
            if state == "down" and figures.get("since_change"):
                at = times.utc(now - timedelta(seconds=figures["since_change"]))
                yield at, f"{node}: HAProxy show stat", f"server {server} is down since then: {figures['said']}"
