"""What is read on a load balancer node, in one round trip: states, hold, and two readings of its figures.

``failback.remote`` sends this file with HAProxy's ``runtime`` and ``agent`` and our ``stats`` to the node's Python
(3.8 or newer). It changes nothing.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from failback.haproxy import agent, runtime
from failback.situation import stats

if TYPE_CHECKING:
    Report = dict[str, Any]


def look(request: Report) -> Report:
    """Read the state, and over ``window`` seconds what passed through."""
    path, backend = request["socket"], request["backend"]
    begun = time.monotonic()
    before = _stats(path)
    seen = agent.view(request)
    time.sleep(max(0.0, request["window"] - (time.monotonic() - begun)))
    after = _stats(path)
    seen["flow"] = stats.between(before, after, backend, time.monotonic() - begun)
    return seen


def serve(request: Report) -> Report:
    """Look; an error becomes part of the report."""
    return agent.serve(dict(request, operation="situation"), {"situation": look})


def _stats(path: str) -> list[dict[str, Any]]:
    try:
        return stats.parse(agent.ask(path, "show stat"))
    except ValueError as error:
        raise runtime.AnswerError(str(error)) from error
