"""Ways to a deployment that do not go through production: its own address, and each host that serves.

Vercel gives every deployment an address that never moves. Our own hosts run the target beside what serves, for as long
as it is tried. What a provider offers beyond the common part is asked for by name here, and nowhere else.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from failback.http import Door

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from failback.deployment.model import Deployment
    from failback.deployment.provider import Provider


@dataclass(frozen=True)
class Own:
    """The way to one deployment alone. ``headers`` may hold a secret: never on record. ``why_not``: there is none."""

    door: Door | None
    headers: Mapping[str, str] = field(default_factory=dict)
    why_not: str = ""


@contextmanager
def address_of(provider: Provider, target: Deployment, *, rehearsal: bool, answers_at: str = "") -> Iterator[Own]:
    """Give the way to the target by itself, for as long as the block lasts. ``rehearsal``: nothing is started for it.

    ``answers_at``: where it is started, the path that must answer; "": the one that says that it is ready.

    Raises FailbackError when it cannot be brought up to be tried.
    """
    known: Any = provider
    if hasattr(known, "trial"):
        if rehearsal:
            yield Own(None, why_not="a rehearsal does not start it beside what serves")
            return
        with known.trial(target, answers_at) as address:
            yield _at(address, "the site offers no port to try it beside what serves (compose_trial_port)")
    elif hasattr(known, "door"):
        yield Own(known.door(target), dict(known.headers()))
    else:
        yield _at(target.address, "the provider gives it no address of its own")


@contextmanager
def each_host(provider: Provider) -> Iterator[list[Door]]:
    """Give the way to each host that serves, for as long as the block lasts; nothing where there are no such hosts.

    It goes through the host's own SSH: the application's port need not be open here. Raises UnreachableError.
    """
    known: Any = provider
    with ExitStack() as tunnels:
        doors = []
        if hasattr(known, "remote"):
            for host in known.settings.hosts:
                address = tunnels.enter_context(known.remote.tunnel(host, known.settings.port))
                doors.append(Door(host.name, address))
        yield doors


def way_in(provider: Provider, domain: str) -> Door:
    """Give the way to a production domain that only the provider knows: by its name, or as the provider says."""
    known: Any = provider
    return known.way_in(domain) if hasattr(known, "way_in") else Door(domain, f"https://{domain}")


def _at(address: str, why_not: str) -> Own:
    if not address:
        return Own(None, why_not=why_not)
    url = address if "://" in address else f"https://{address}"
    return Own(Door(urlsplit(url).netloc, url.rstrip("/")))
