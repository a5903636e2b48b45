"""Which releases of a host may go. Pure. Never the live one, never one that a rollback could want next."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.deployment.compose.standing import Standing

LEAST = 2  # the live one and the one before it


def removable(standing: Standing, keep: int) -> list[str]:
    """Give the releases beyond the ``keep`` newest, the oldest first.

    Kept beside those: what runs, what ``current`` names, and the last ``keep`` different ones that served beside the
    live one: the one it goes back to is among them even after a rollback. With a problem on the host nothing goes.
    """
    keep = max(keep, LEAST)
    if standing.problem or not standing.live or standing.lock is not None:
        return []
    newest = sorted(standing.releases.values(), key=lambda one: (one.created, one.id), reverse=True)
    lines = sorted(standing.served, key=lambda line: line.time, reverse=True)
    # `from` counts too: a release from before the history began is known only by what followed it.
    served = dict.fromkeys(name for line in lines for name in (line.id, line.since) if name and name != standing.live)
    kept = {standing.live, standing.current, *(one.id for one in newest[:keep]), *list(served)[:keep]}
    return [one.id for one in reversed(newest) if one.id not in kept]


def across(fleet: Sequence[Standing], keep: int) -> Mapping[str, list[str]]:
    """Give for each host what may go: only what may go on every host, so that all keep the same."""
    each = [set(removable(one, keep)) | _without(one, fleet) for one in fleet]
    common = set.intersection(*each) if each else set()
    return {one.host: [name for name in removable(one, keep) if name in common] for one in fleet}


def _without(one: Standing, fleet: Sequence[Standing]) -> set[str]:
    """Give the releases that this host does not have but another has."""
    return {name for other in fleet for name in other.releases} - set(one.releases)
