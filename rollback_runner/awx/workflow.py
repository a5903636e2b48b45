"""The workflow: its nodes, where each goes on, and the proof that no failure can end green. Pure.

AWX calls a workflow successful when each failed node has a path on from it, so every failure path here ends in a node
that fails on purpose and has none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rollback_runner.plan import ways

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rollback_runner.plan.ways import Leg

FAILED = "failed"
ABORT = "abort"
# The legs somebody has to say "go on" before, when another leg has acted already: from here on less can be undone.
_ASKED_BEFORE = frozenset({"emergency", "emergency:open", "full"})


@dataclass(frozen=True)
class Node:
    """`leg` is the template's leg, or "" for an approval. `role` is whose approval the plan needs, or ""."""

    identifier: str
    leg: str = ""
    role: str = ""
    converge: bool = False
    success: tuple[str, ...] = ()
    failure: tuple[str, ...] = ()
    always: tuple[str, ...] = ()

    @property
    def approval(self) -> bool:
        """Tell whether a person answers here."""
        return not self.leg


@dataclass
class _Making:
    nodes: dict[str, Node] = field(default_factory=dict)
    last: tuple[str, ...] = ()

    def then(self, *nodes: Node) -> None:
        """Let these follow on the success of what came last."""
        for name in self.last:
            before = self.nodes[name]
            self.nodes[name] = _with(before, success=tuple(node.identifier for node in nodes))
        self.nodes |= {node.identifier: node for node in nodes}
        self.last = tuple(node.identifier for node in nodes)


def of(strategy: str, roles: Sequence[str]) -> tuple[Node, ...]:
    """Make the nodes of a strategy: prepare, the approvals of the plan, then leg by leg. `roles` must approve."""
    making = _Making()
    acted = False
    for leg in ways.way(strategy).legs:
        name = identifier(leg)
        if leg.phase == "approve" and roles:
            making.then(*(Node(f"approve-{role}", role=role, failure=(FAILED,)) for role in roles))
        if acted and leg.name in _ASKED_BEFORE:
            making.then(Node(f"go-on-{name}", failure=(FAILED,)))
        back = (f"{ABORT}-{name}",) if leg.goes_back else (FAILED,)
        converge = len(making.last) > 1
        making.then(Node(name, leg=leg.name, converge=converge, failure=back))
        if leg.goes_back:
            making.nodes[back[0]] = Node(back[0], leg=ABORT, always=(FAILED,))
        acted = acted or leg.destroys
    making.nodes[FAILED] = Node(FAILED, leg=FAILED)
    return tuple(making.nodes.values())


def identifier(leg: Leg) -> str:
    """Name the node of a leg."""
    return leg.name.replace(":", "-")


def problems(nodes: Sequence[Node]) -> list[str]:
    """Say what is wrong with a workflow, one sentence each; an empty list is a sound one."""
    by_name = {node.identifier: node for node in nodes}
    wrong = [
        f"{node.identifier} goes on to {to}, which is no node"
        for node in nodes
        for to in _on(node)
        if to not in by_name
    ]
    if len(by_name) != len(nodes):
        wrong.append("two nodes have the same identifier")
    if wrong:
        return wrong
    for node in nodes:
        if node.identifier == FAILED:
            if _on(node):
                wrong.append(f"{FAILED} goes on, so AWX would call the workflow successful")
        elif not (node.failure or node.always):
            wrong.append(f"a failure of {node.identifier} is not reported")
        elif any(not _ends_failed(by_name, to, frozenset()) for to in (*node.failure, *node.always)):
            wrong.append(f"a failure of {node.identifier} could end green")
    starts = {node.identifier for node in nodes} - {to for node in nodes for to in _on(node)}
    if len(starts) != 1:
        wrong.append(f"it begins at {len(starts)} places")
    return wrong


def expected(nodes: Sequence[Node]) -> tuple[str, ...]:
    """Return what must have run and ended well: every node that is on the way when nothing fails."""
    by_name = {node.identifier: node for node in nodes}
    follows = {to for node in nodes for to in _on(node)}
    left = [node.identifier for node in nodes if node.identifier not in follows]
    found: dict[str, None] = {}
    while left:
        name = left.pop(0)
        if name not in found:
            found[name] = None
            left += by_name[name].success
    return tuple(found)


def _ends_failed(nodes: Mapping[str, Node], name: str, seen: frozenset[str]) -> bool:
    """Tell whether every way on from a node leads to the one that fails."""
    if name == FAILED:
        return True
    ways_on = _on(nodes[name])
    # A success path beside a failure path alone would leave one outcome unreported.
    whole = bool(nodes[name].always) or (bool(nodes[name].success) and bool(nodes[name].failure))
    return whole and name not in seen and all(_ends_failed(nodes, to, seen | {name}) for to in ways_on)


def _on(node: Node) -> tuple[str, ...]:
    return (*node.success, *node.failure, *node.always)


def _with(node: Node, *, success: tuple[str, ...]) -> Node:
    return Node(node.identifier, node.leg, node.role, node.converge, success, node.failure, node.always)


def edges(nodes: Sequence[Node]) -> Iterator[tuple[str, str, str]]:
    """List every path: from, on what, to."""
    for node in nodes:
        for kind, members in (("success", node.success), ("failure", node.failure), ("always", node.always)):
            yield from ((node.identifier, kind, to) for to in members)
