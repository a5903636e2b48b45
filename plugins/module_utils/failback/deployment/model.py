"""What is known of deployments, whoever hosts them: one form for every provider. Pure data.

Times are ISO 8601 in UTC. An id is the provider's own; nothing here is ever made up: what a provider cannot tell is
``None`` or "", and whoever decides treats that as the dangerous case.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from failback.deployment.said import NOTHING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.deployment.said import Said

Target = Literal["production", "preview"]
# `ready` alone can serve. `deleted`: the provider still lists it, or removed it meanwhile.
State = Literal["ready", "building", "queued", "error", "canceled", "blocked", "deleted", "unknown"]
# How a request to move production ended. `superseded`: another person's request took its place.
Stays = Literal["environment", "cron", "domain", "cache", "configuration", "other"]
Ended = Literal["pending", "succeeded", "failed", "skipped", "superseded", "unknown"]


@dataclass(frozen=True)
class Deployment:
    """One immutable build. ``address`` is its own, which never moves; ``build`` is what its answers must carry."""

    id: str
    target: Target
    state: State
    created: str
    commit: str = ""
    ref: str = ""
    message: str = ""
    author: str = ""
    address: str = ""
    build: str = ""
    # Once served production; None: the provider does not say.
    promoted: bool | None = None
    # The provider lets production go back to it; None: it does not say.
    candidate: bool | None = None
    # Why it is not sound (failed checks, an image that is missing on a host); "": nothing is known against it.
    unsound: str = ""
    # When it began to serve production, the newest first.
    served: tuple[str, ...] = ()
    # Images by service, each pinned by digest (provider compose).
    images: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON would hold it."""
        return asdict(self)


@dataclass(frozen=True)
class Request:
    """A request to move production, as the provider keeps it: ours is told by id, kind and time."""

    kind: Literal["rollback", "promote", "switch"]
    to: str
    requested: str
    ended: Ended
    since: str = ""  # the deployment it moved away from
    by: str = ""
    problem: str = ""
    problem_ko: str = ""


@dataclass(frozen=True)
class Project:
    """An application's production as it is now.

    ``auto_assign``: new pushes to the production branch serve production by themselves; None: unknown, which counts as
    yes. ``limits`` are sentences on what the account's plan does not allow. ``moving``: a release is rolling just now.
    """

    id: str
    name: str
    live: str
    domains: tuple[str, ...]
    auto_assign: bool | None = None
    last_request: Request | None = None
    moving: str = ""
    limits: tuple[str, ...] = ()
    # Deployments that serve production beside ``live``: a rolling release, or hosts that differ.
    beside: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON would hold it."""
        return asdict(self)


@dataclass(frozen=True)
class Named:
    """Something that does not go back with the code: what, how it is now, and what to do about it."""

    kind: Stays
    name: str
    told: str
    next_step: str = ""
    told_ko: str = ""
    next_step_ko: str = ""

    @classmethod
    def of(cls, kind: Stays, name: str, told: Said, next_step: Said = NOTHING) -> Named:
        """Name it in both languages."""
        return cls(kind, name, told.en, next_step.en, told.ko, next_step.ko)
