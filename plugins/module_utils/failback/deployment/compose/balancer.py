"""The application's servers on every load balancer node: out of the pool, back in, or closed behind a hold.

The work on a node is that of ``failback.haproxy.agent`` and ``failback.environment.pool_agent``; here it is done on all
nodes, or undone. A node that the site says may be missing is left out when it does not answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from failback.deployment.compose.remote import each
from failback.errors import FailbackError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from failback.deployment.compose.remote import Remote
    from failback.deployment.compose.settings import Node

_OUT = ("maint", "drain")
_UP = 15.0  # seconds until HAProxy's own checks must have a server up again


@dataclass
class Balancer:
    """All nodes. ``absent``: why a node was left out, filled as they are met."""

    remote: Remote
    nodes: Sequence[Node]
    servers: Sequence[str]
    absent: dict[str, str] = field(default_factory=dict)

    def look(self) -> dict[str, dict[str, Any]]:
        """Read every node's process."""
        found = self._all(lambda node: self.remote.node(node, {"operation": "look", "idc": [], "aws": [*self.servers]}))
        return {name: report["before"] for name, report in found.items()}

    def take(self, servers: Sequence[str]) -> dict[str, Any]:
        """Drain servers on all nodes: requests under way end, new ones go elsewhere.

        Raises FailbackError. What some nodes did then stays done: who calls has noted what to give back.
        """
        request = {"operation": "take", "servers": [*servers]}
        found = self._all(lambda node: self.remote.pool(node, {**request, "timeout": node.drain_timeout}))
        return {name: {"sent": one["sent"], "requests_left": one["requests_left"]} for name, one in found.items()}

    def give(self, servers: Mapping[str, Sequence[str]]) -> None:
        """Give drained servers back, by node, and wait until HAProxy's checks have them up. Raises FailbackError."""
        request = {"operation": "give", "timeout": _UP}
        self._all(lambda node: self.remote.pool(node, {**request, "servers": [*servers.get(node.name, ())]}))

    def hold(self) -> dict[str, Any]:
        """Keep new requests waiting on every node or on none, and let those under way end. Raises FailbackError."""
        try:
            found = self._all(self._hold)
        except FailbackError as error:
            request = {"operation": "release", "idc": [], "aws": [*self.servers]}
            each(self.nodes, lambda node: self.remote.node(node, request))
            raise FailbackError(f"not every load balancer can hold requests, so none does: {error}") from error
        return {name: {"until": one["after"]["hold_until"], "drain": one["drain"]} for name, one in found.items()}

    def close(self, servers: Sequence[str]) -> None:
        """Take servers off altogether: a hold that runs out leads to the node's 503, not to the wrong release."""
        request = {"operation": "switch", "arriving": [], "leaving": [*servers], "leaving_side": "aws"}
        self._all(lambda node: self.remote.node(node, {**request, "idc": [], "aws": [*self.servers]}))

    def open(self, servers: Sequence[str]) -> dict[str, Any]:
        """Have servers up again, and then let the requests go that waited."""
        request = {"operation": "switch", "arriving": [*servers], "leaving": [], "leaving_side": "aws", "release": True}
        found = self._all(lambda node: self.remote.node(node, {**request, "idc": [*self.servers], "aws": []}))
        return {name: one["after"]["states"] for name, one in found.items()}

    def _hold(self, node: Node) -> dict[str, Any]:
        request = {"operation": "hold", "side": "idc", "idc": [], "aws": [*self.servers], "leaving": [*self.servers]}
        times = {"limit": node.hold_limit, "expiry": node.hold_expiry, "drain_timeout": node.drain_timeout}
        return self.remote.node(node, {**request, **times}, 30 + node.drain_timeout)

    def _all(self, work: Callable[[Node], dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """Do it on every node. Raises FailbackError with what each one said that could not."""
        done: dict[str, dict[str, Any]] = {}
        problems = []
        for node, found in zip(self.nodes, each(self.nodes, work), strict=True):
            if isinstance(found, UnreachableError) and node.absent_ok:
                self.absent[node.name] = f"left out ({node.absent_ok}): {found}"
            elif isinstance(found, FailbackError):
                problems.append(str(found))
            elif said := found.get("refused") or found.get("problem"):
                problems.append(f"load balancer {node.name}: {said}")
            else:
                done[node.name] = found
        if problems:
            raise FailbackError("; ".join(problems))
        if not done:
            raise FailbackError("no load balancer node answers: " + "; ".join(self.absent.values()))
        return done


def serving(views: Mapping[str, Mapping[str, Any]], servers: Sequence[str]) -> list[str]:
    """Give the servers that every node would give a request."""
    return [one for one in servers if all(view["states"].get(one) == "ready" for view in views.values())]


def ours(views: Mapping[str, Mapping[str, Any]], servers: Sequence[str]) -> dict[str, list[str]]:
    """Give by node the servers that nobody took out: those are ours to take out and to give back."""
    return {name: [one for one in servers if view["states"].get(one) not in _OUT] for name, view in views.items()}


def problems(views: Mapping[str, Mapping[str, Any]], servers: Sequence[str], *, closed: bool) -> list[str]:
    """Say why releases cannot change over behind these nodes. ``closed``: by us, so none is in service."""
    found = []
    for name, view in views.items():
        missing = [one for one in servers if one not in view["states"]]
        if missing:
            found.append(f"load balancer {name} has no server {', '.join(missing)}: correct compose_backend")
        elif not closed and not any(view["states"][one] == "ready" for one in servers):
            found.append(f"load balancer {name} has none of {', '.join(servers)} in service: {view['states']}")
    return found
