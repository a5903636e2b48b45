"""Take servers out of a load balancer's pool and give them back, on the node itself, in one round trip.

Sent with ``failback.haproxy.runtime`` and ``failback.haproxy.agent`` to the node's Python (3.8 or newer). Taking out
is draining: requests under way end, new ones go elsewhere. A server in maintenance was put there by the switch and
stays as it is. Times are seconds.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from failback.haproxy import agent, runtime

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Report = dict[str, Any]

_POLL = 0.02
_OUT = ("maint", "drain")


def serve(request: Report) -> Report:
    """Run ``take`` or ``give`` as the request names it; an error becomes part of the report."""
    try:
        return take(request) if request["operation"] == "take" else give(request)
    except runtime.AnswerError as error:
        return {"problem": str(error)}
    except OSError as error:
        return {"problem": f"{request['socket']}: {error.strerror or error}"}


def states(request: Report) -> Mapping[str, runtime.ServerState]:
    """Read the states of the backend's servers."""
    path, backend = request["socket"], request["backend"]
    return runtime.parse_servers_state(agent.ask(path, f"show servers state {backend}"), backend)


def take(request: Report) -> Report:
    """Drain the servers that serve, unless nobody would be left, and wait until they have no request."""
    seen = states(request)
    servers: Sequence[str] = request["servers"]
    report: Report = {"before": runtime.words(seen)}
    absent = [name for name in servers if name not in seen]
    if absent:
        return {**report, "refused": f"backend {request['backend']} has no server {', '.join(absent)}"}
    leaving = [name for name in servers if seen[name].word not in _OUT]
    others = [name for name, state in seen.items() if state.serving and name not in servers]
    if any(seen[name].serving for name in leaving) and not others:
        return {**report, "refused": f"without {', '.join(leaving)} no server of {request['backend']} would serve"}
    report["others"] = others
    if request["check"]:
        return {**report, "sent": leaving, "after": {**report["before"], **dict.fromkeys(leaving, "drain")}}
    for name in leaving:
        agent.order(request["socket"], runtime.state_command(request["backend"], name, "drain"))
    left = _wait_for_none(request, servers)
    report.update(sent=leaving, after=runtime.words(states(request)), requests_left=left)
    return report


def give(request: Report) -> Report:
    """Set the drained servers ready again and wait until HAProxy's own health check has them up."""
    seen = states(request)
    servers: Sequence[str] = request["servers"]
    report: Report = {"before": runtime.words(seen)}
    back = [name for name in servers if name in seen and seen[name].word == "drain"]
    if request["check"]:
        return {**report, "sent": back, "after": {**report["before"], **dict.fromkeys(back, "ready")}}
    for name in back:
        agent.order(request["socket"], runtime.state_command(request["backend"], name, "ready"))
    deadline = time.monotonic() + request["timeout"]
    while True:
        now = states(request)
        # In maintenance: the switch has not come to this side yet, so nobody waits for it.
        missing = [name for name in servers if not now[name].maintenance and not now[name].serving]
        if not missing or time.monotonic() >= deadline:
            break
        time.sleep(_POLL)
    report.update(sent=back, after=runtime.words(now))
    if missing:
        report["problem"] = (
            f"{', '.join(missing)} of {request['backend']} did not come up within {request['timeout']} s"
        )
    return report


def _wait_for_none(request: Report, servers: Sequence[str]) -> int:
    """Wait until two readings in a row show no request, or the deadline; return how many are left."""
    path, backend = request["socket"], request["backend"]
    deadline = time.monotonic() + request["timeout"]
    quiet = 0
    while True:
        loads = runtime.parse_stat(agent.ask(path, f"show stat {backend} 6 -1"), backend)
        left = runtime.in_flight(loads, servers)
        quiet = quiet + 1 if left == 0 else 0
        if quiet > 1 or time.monotonic() >= deadline:
            return left
        time.sleep(_POLL)
