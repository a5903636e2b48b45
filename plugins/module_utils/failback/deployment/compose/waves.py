"""In which order the hosts change over. Pure.

Hosts that do not serve go first: what is wrong with the target shows where nobody is hurt. A wave never takes the last
server that serves; where it would (one host, or a wave as large as the pool), requests are held instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from failback.deployment.compose.settings import WebHost


@dataclass(frozen=True)
class Wave:
    """Some hosts at once. ``held``: nobody would be left to serve, so requests wait while these change over."""

    hosts: tuple[WebHost, ...]
    held: bool = False

    @property
    def names(self) -> str:
        """Name its hosts."""
        return ", ".join(one.name for one in self.hosts)

    @property
    def servers(self) -> list[str]:
        """Name its servers behind the load balancers."""
        return [one.server for one in self.hosts]


def plan(hosts: Sequence[WebHost], done: Collection[str], serving: Collection[str], size: int) -> list[Wave]:
    """Divide the hosts that are not done yet into waves.

    ``done``: names of hosts that run the target already; ``serving``: servers that every node would give a request.
    """
    left = [one for one in hosts if one.name not in done]
    idle = [one for one in left if one.server not in serving]
    busy = [one for one in left if one.server in serving]
    waves = [Wave(tuple(idle))] if idle else []
    # Servers that changed over before their turn come back before the next wave leaves, so they count as serving.
    for start in range(0, len(busy), size):
        hosts_now = tuple(busy[start : start + size])
        others = set(serving) - {one.server for one in hosts_now}
        waves.append(Wave(hosts_now, held=not others))
    return waves
