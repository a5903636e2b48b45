"""What a front door's answers prove. Pure: replies in, problems out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.http import Door, Reply

_OK = range(200, 300)
_ELSEWHERE = range(300, 400)


def problem_of(door: Door, reply: Reply, status: int | None = None) -> str:
    """Say why a reply does not count, "" when it does. ``status`` is the one wanted; None takes any 2xx."""
    where = f"{door.name} {reply.path}"
    if reply.error:
        return f"{where}: {reply.error}"
    if reply.status in _ELSEWHERE and status not in _ELSEWHERE:
        return f"{where} sends elsewhere ({reply.status} to {reply.headers.get('location', 'nowhere')})"
    if (reply.status not in _OK) if status is None else (reply.status != status):
        return f"{where} answers {reply.status}, not {status or 'success'}"
    if reply.from_cache:
        return f"{where} answers from a cache ({reply.from_cache}), which says nothing about who serves"
    return ""


def identity_problem(door: Door, reply: Reply, wanted: str, known: Mapping[str, str]) -> str:
    """Say why a whoami reply does not prove that the wanted server serves; ``known`` names server_uuids for people."""
    problem = problem_of(door, reply)
    if problem:
        return problem
    seen = str(reply.json().get("server_uuid") or "").lower()
    if not seen:
        return f"{door.name} {reply.path} does not say which database serves (no server_uuid in its answer)"
    if seen != wanted.lower():
        return f"{door.name} {reply.path} is served by {known.get(seen, 'an unknown database')} ({seen}), not by IDC"
    return ""


def summary(replies: Sequence[Reply]) -> dict[str, object]:
    """Count and time a door's replies, for the record."""
    bodies = [reply.json() for reply in replies]
    return {
        "asked": len(replies),
        "statuses": sorted({reply.status for reply in replies}),
        "slowest_seconds": max((reply.seconds for reply in replies), default=0.0),
        "hostnames": sorted({str(body["hostname"]) for body in bodies if body.get("hostname")}),
        "server_uuids": sorted({str(body["server_uuid"]) for body in bodies if body.get("server_uuid")}),
    }
