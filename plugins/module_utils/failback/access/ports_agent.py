"""Try network paths from where this runs: here, or on a host whose Python reads it from standard input.

Runs with Python 3.8 and the standard library alone. Opens a connection, or asks a name server one question, and
closes; nothing is sent that could change anything. A port that drops what it gets and one that refuses are told apart:
the first says nothing until the time is up, the second answers at once.
"""

from __future__ import annotations

import errno
import random
import socket
import struct
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Report = dict[str, Any]

_TRIES = 3  # connections of which the quickest counts, so that one delayed packet is not taken for distance
_NO_WAY = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN, errno.EACCES, errno.EPERM})
_SOA = 6
_WORST_FIRST = ("no_name", "unreachable", "filtered", "refused", "silent", "open")


def serve(request: Report) -> Report:
    """Try every target at the same time; the answers in their order."""
    targets = request["targets"]
    answers: list[Report] = [{}] * len(targets)

    def one(place: int) -> None:
        answers[place] = attempt(targets[place], float(request["timeout"]))

    threads = [threading.Thread(target=one, args=(place,), daemon=True) for place in range(len(targets))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"answers": answers}


def attempt(target: Report, timeout: float) -> Report:
    """Try one target: {host, port, kind, zone}."""
    if target["kind"] == "dns":
        both = [_ask(target, timeout, kind) for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)]
        worst = min(both, key=lambda answer: _WORST_FIRST.index(answer["answer"]))
        # What the mean of both would hide: the slower of them is what a change waits for.
        return dict(worst, seconds=max(answer["seconds"] for answer in both))
    begun = time.monotonic()
    seconds = []
    for _ in range(_TRIES if target["kind"] == "tcp" else 1):
        started = time.monotonic()
        try:
            socket.create_connection((target["host"], target["port"]), timeout).close()
        except OSError as error:
            return _failed(error, begun)
        seconds.append(time.monotonic() - started)
    return {"answer": "open", "seconds": min(seconds), "said": ""}


def _failed(error: OSError, begun: float, word: str = "") -> Report:
    seconds = time.monotonic() - begun
    if isinstance(error, socket.gaierror):
        answer = "no_name"
    elif isinstance(error, socket.timeout) or error.errno == errno.ETIMEDOUT:
        answer = "filtered"
    elif error.errno == errno.ECONNREFUSED:
        answer = "refused"
    elif error.errno in _NO_WAY:
        answer = "unreachable"
    else:
        answer = "silent"
    said = error.strerror or str(error) or type(error).__name__
    return {"answer": answer, "seconds": seconds, "said": word + said}


def _ask(target: Report, timeout: float, kind: int) -> Report:
    """Ask a name server for the SOA of the zone; any answer at all shows that the way is open."""
    number = random.randrange(65536)  # noqa: S311 - tells answers apart, keeps no secret
    question = _question(number, target.get("zone") or "")
    stream = kind == socket.SOCK_STREAM
    word = "over TCP: " if stream else "over UDP: "
    begun = time.monotonic()
    try:
        family, _, _, _, address = socket.getaddrinfo(target["host"], target["port"], 0, kind)[0]
        with socket.socket(family, kind) as end:
            end.settimeout(timeout)
            end.connect(address)
            end.sendall(struct.pack("!H", len(question)) + question if stream else question)
            answer = end.recv(512)
    except OSError as error:
        return _failed(error, begun, word)
    here = answer[2:4] if stream else answer[:2]
    if here != struct.pack("!H", number):
        return {"answer": "silent", "seconds": time.monotonic() - begun, "said": word + "no DNS answer"}
    return {"answer": "open", "seconds": time.monotonic() - begun, "said": ""}


def _question(number: int, zone: str) -> bytes:
    labels = [label for label in zone.rstrip(".").split(".") if label]
    name = b"".join(bytes([len(label)]) + label.encode("idna") for label in labels) + b"\0"
    return struct.pack("!HHHHHH", number, 0, 1, 0, 0, 0) + name + struct.pack("!HH", _SOA, 1)


def local(targets: list[Report], timeout: float) -> list[Report]:
    """Try from this very process."""
    answers: list[Report] = serve({"targets": targets, "timeout": timeout})["answers"]
    return answers


__all__ = ["attempt", "local", "serve"]
