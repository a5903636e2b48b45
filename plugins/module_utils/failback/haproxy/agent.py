"""What is done on a load balancer node, in one round trip: talks to HAProxy's admin socket and reports.

``remote`` sends this file and ``runtime`` to the node's Python (3.8 or newer, standard library only). Each public
function takes the request and returns a report, both JSON-able. A report with ``refused`` says why nothing was
touched; one with ``problem`` says what is wrong after the act. Times are seconds.
"""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any

from failback.haproxy import runtime

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Report = dict[str, Any]

ANSWER_TIMEOUT = 2.0
_POLL = 0.005
_SETTLE = 1.0  # states are set synchronously; this only covers a process that is very busy


def ask(path: str, command: str) -> str:
    """Send one command; return the answer. Raises OSError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(ANSWER_TIMEOUT)
        connection.connect(path)
        connection.sendall(command.encode() + b"\n")
        parts: list[bytes] = []
        while True:
            part = connection.recv(65536)
            if not part:
                return b"".join(parts).decode(errors="replace")
            parts.append(part)


def order(path: str, command: str) -> None:
    """Send one command that answers with nothing when it is obeyed. Raises AnswerError."""
    objection = runtime.refusal_in(ask(path, command))
    if objection:
        raise runtime.AnswerError(f"HAProxy refuses `{command}`: {objection}")


def view(request: Report) -> Report:
    """Read everything that the record wants to show of the running process."""
    path, backend = request["socket"], request["backend"]
    idc, aws = request["idc"], request["aws"]
    answer = ask(path, f"show servers state {backend}")
    if runtime.unknown_backend(answer):
        names = ", ".join(runtime.parse_backends(ask(path, "show backend")))
        raise runtime.AnswerError(f"HAProxy has no backend {backend}; it has {names}: correct lb_backend")
    states = runtime.parse_servers_state(answer, backend)
    loads = runtime.parse_stat(ask(path, f"show stat {backend} 6 -1"), backend)
    info = runtime.parse_info(ask(path, "show info"))
    return {
        "states": runtime.words(states),
        "serving": runtime.serving_side(states, idc, aws),
        "unknown": sorted(set(states) - set(idc) - set(aws)),
        "missing": sorted((set(idc) | set(aws)) - set(states)),
        "in_flight": {"idc": runtime.in_flight(loads, idc), "aws": runtime.in_flight(loads, aws)},
        "totals": {name: load.total for name, load in loads.items()},
        "hold_until": runtime.parse_variable(ask(path, f"get var {runtime.HOLD}")),
        "hold_limit": runtime.parse_variable(ask(path, f"get var {runtime.HOLD_LIMIT}")),
        "version": info.get("Version", ""),
        "pid": int(info.get("Pid", 0)),
        "started": int(info.get("Start_time_sec", 0)),
        "now": time.time(),
    }


def look(request: Report) -> Report:
    """Read the state, and over ``window`` seconds which side was given how many requests."""
    seen = view(request)
    if request.get("window"):
        path, backend = request["socket"], request["backend"]
        begun = runtime.parse_stat(ask(path, f"show stat {backend} 6 -1"), backend)
        time.sleep(request["window"])
        ended = runtime.parse_stat(ask(path, f"show stat {backend} 6 -1"), backend)
        seen["share"] = runtime.shares(begun, ended, {"idc": request["idc"], "aws": request["aws"]})
    return {"before": seen, "after": seen}


def hold(request: Report) -> Report:
    """Keep new requests waiting, then wait until the leaving side has none in flight."""
    path, leaving = request["socket"], request["leaving"]
    before = view(request)
    if before["hold_until"] is None:
        return {"before": before, "refused": f"its configuration does not know {runtime.HOLD}, so nothing would wait"}
    if before["serving"] == request["side"]:
        # The writer has moved already: a second run must not keep anybody waiting.
        return {"before": before, "after": before, "drain": {"first": 0, "most": 0, "left": 0, "waited": 0.0}}
    # The node's own clock: it is the one that HAProxy compares with.
    until = int(time.time()) + int(request["expiry"])
    order(path, runtime.variable_command(runtime.HOLD_LIMIT, request["limit"]))
    order(path, runtime.variable_command(runtime.HOLD, until))
    if runtime.parse_variable(ask(path, f"get var {runtime.HOLD}")) != until:
        return {"before": before, "problem": f"{runtime.HOLD} did not take the value {until}"}
    begun = time.monotonic()
    counts = _drain(request, leaving, begun + request["drain_timeout"])
    return {
        "before": before,
        "after": view(request),
        "drain": {"first": counts[0], "most": max(counts), "left": counts[-1], "waited": _since(begun)},
    }


def switch(request: Report) -> Report:
    """Leaving servers down and cut, arriving ones up, the state read again, and only then the hold ended."""
    path, backend = request["socket"], request["backend"]
    arriving, leaving = request["arriving"], request["leaving"]
    before = view(request)
    absent = [name for name in [*arriving, *leaving] if name not in before["states"]]
    if absent:
        return {"before": before, "refused": f"backend {backend} has no server {', '.join(absent)}"}
    sent = _set_servers(request, before)
    problems = _settled(request)
    if not problems and request.get("release") and before["hold_until"]:
        sent += _orders(path, [runtime.variable_command(runtime.HOLD, 0)])
        if runtime.parse_variable(ask(path, f"get var {runtime.HOLD}")) != 0:
            problems = [f"{runtime.HOLD} is not 0 after it was set to 0"]
    report: Report = {"before": before, "after": view(request), "sent": sent}
    if problems:
        report["problem"] = f"backend {backend} in {path}: {'; '.join(problems)}"
    return report


def release(request: Report) -> Report:
    """End the hold without touching any server."""
    path = request["socket"]
    before = view(request)
    sent = _orders(path, [runtime.variable_command(runtime.HOLD, 0)]) if before["hold_until"] else []
    report: Report = {"before": before, "after": view(request), "sent": sent}
    if report["after"]["hold_until"]:
        report["problem"] = f"{runtime.HOLD} is not 0 after it was set to 0"
    return report


def serve(request: Report, operations: dict[str, Callable[[Report], Report]] | None = None) -> Report:
    """Run the operation that the request names; an error becomes part of the report."""
    known = {"look": look, "hold": hold, "switch": switch, "release": release}
    known.update(operations or {})
    begun = time.monotonic()
    try:
        report = known[request["operation"]](request)
    except runtime.AnswerError as error:
        report = {"problem": str(error)}
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        report = {"problem": f"{getattr(error, 'filename', None) or request['socket']}: {reason}", "broken": True}
    report["seconds"] = _since(begun)
    return report


def _set_servers(request: Report, before: Report) -> list[str]:
    """Send only what is needed; say what was sent."""
    path, backend, states = request["socket"], request["backend"], before["states"]
    commands = [runtime.state_command(backend, name, "maint") for name in request["leaving"] if states[name] != "maint"]
    # Maintenance leaves sessions alive: those to the leaving side are cut even where it was in maintenance before.
    if commands or before["in_flight"][request["leaving_side"]]:
        commands += [runtime.shutdown_command(backend, name) for name in request["leaving"]]
    for name in request["arriving"]:
        if states[name] != "ready":
            commands.append(runtime.state_command(backend, name, "ready"))
            commands.append(runtime.healthy_command(backend, name))
    return _orders(path, commands)


def _settled(request: Report) -> list[str]:
    """Wait shortly until the states are as wanted; return what is not."""
    path, backend = request["socket"], request["backend"]
    deadline = time.monotonic() + _SETTLE
    while True:
        states = runtime.parse_servers_state(ask(path, f"show servers state {backend}"), backend)
        problems = runtime.not_as_wanted(states, request["arriving"], request["leaving"])
        if not problems or time.monotonic() >= deadline:
            return problems
        time.sleep(_POLL)


def _drain(request: Report, leaving: Sequence[str], deadline: float) -> list[int]:
    """Count requests in flight until two readings in a row are zero, or the deadline."""
    path, backend = request["socket"], request["backend"]
    counts: list[int] = []
    while True:
        loads = runtime.parse_stat(ask(path, f"show stat {backend} 6 -1"), backend)
        counts.append(runtime.in_flight(loads, leaving))
        # Twice: a request that passed the gate just before the hold needs a moment to reach its server.
        if (len(counts) > 1 and counts[-1] == counts[-2] == 0) or time.monotonic() >= deadline:
            return counts
        time.sleep(_POLL)


def _orders(path: str, commands: Sequence[str]) -> list[str]:
    for command in commands:
        order(path, command)
    return list(commands)


def _since(begun: float) -> float:
    return round(time.monotonic() - begun, 4)
