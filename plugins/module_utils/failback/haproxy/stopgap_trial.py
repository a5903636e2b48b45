"""Prove through a front door, and for one request alone, that a stop-gap could be put up.

While the mode is off, a request with the header ``X-Stopgap-Trial`` is answered as if the stop-gap were up, itself
alone. So the very lines that would answer everybody are asked, at any moment. The write that is tried names a path that
no application has: should the lines not work, it changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from failback import http

if TYPE_CHECKING:
    from failback.http import Door, Reply

HEADER = "X-Stopgap-Trial"
TOLD_BY = "x-stopgap"
PATH = "/rollback-runner/stopgap-trial"
_UNAVAILABLE = 503


@dataclass(frozen=True)
class Tried:
    """What a door answered: replies by what was tried, and what is wrong, one sentence each."""

    evidence: dict[str, object]
    problems: tuple[str, ...]


def door(way: Door, read_path: str, timeout: float) -> Tried:
    """Ask a door four times: the page, a read and a write while reading only, and as everybody else does."""
    replies = {
        "page": http.ask(way, read_path, timeout=timeout, headers={HEADER: "page"}),
        "read": http.ask(way, read_path, timeout=timeout, headers={HEADER: "read-only"}),
        "write": http.ask(way, PATH, timeout=timeout, body={}, headers={HEADER: "read-only"}),
        "others": http.ask(way, read_path, timeout=timeout),
    }
    evidence: dict[str, object] = {
        name: reply.as_evidence() | {"stopgap": reply.headers.get(TOLD_BY, "")} for name, reply in replies.items()
    }
    up = replies["others"].headers.get(TOLD_BY, "")
    if up:
        # It is up already: what everybody gets is the proof.
        evidence["up"] = up
        return Tried(evidence, ())
    return Tried(evidence, tuple(problems(way.name, replies)))


def problems(name: str, replies: dict[str, Reply]) -> list[str]:
    """Say what does not hold."""
    found: list[str] = []
    for what, mode in (("page", "page"), ("write", "read-only")):
        reply = replies[what]
        told = reply.headers.get(TOLD_BY, "")
        if reply.error:
            found.append(f"{name} does not answer the trial of {mode}: {reply.error}")
        elif reply.status != _UNAVAILABLE or told != mode:
            found.append(f"{name} answers {reply.status}, not 503 with X-Stopgap: {mode}, when {mode} is tried")
        elif "retry-after" not in reply.headers:
            found.append(f"{name} does not say Retry-After when {mode} is tried: clients would come back at once")
        elif not reply.text.strip():
            found.append(f"{name} answers without a word when {mode} is tried")
    read, others = replies["read"], replies["others"]
    if read.status != others.status:
        found.append(
            f"{name} answers a read with {read.status} while reading only is tried, and with {others.status} else"
        )
    return found
