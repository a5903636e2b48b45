"""What a list says of each deployment: live, previous, candidate, or the reason why not. Pure.

Nobody counts rows: between two deployments that served stand errors, staged builds and previews. What a provider does
not say (``None``) is `unknown`: it may be chosen by a person and never by the rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from failback.deployment import said

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from failback.deployment.model import Deployment, Project
    from failback.deployment.said import Said

# `beside`: serves next to the live one. `left`: production went back from it.
Word = Literal["live", "beside", "previous", "candidate", "left", "no", "unknown"]


@dataclass(frozen=True)
class Mark:
    """One deployment's mark. ``why`` is for every mark but `live`, `previous` and `candidate`."""

    id: str
    word: Word
    why: Said = said.NOTHING

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON would hold it."""
        return {"id": self.id, "word": self.word, "why": self.why.en, "why_ko": self.why.ko}


def began(deployment: Deployment) -> str:
    """Give the moment it first served, or when it was made where the provider does not keep that."""
    return min(deployment.served, default=deployment.created)


def last_served(deployment: Deployment) -> str:
    """Give the moment it last began to serve, or when it was made where the provider does not keep that."""
    return max(deployment.served, default=deployment.created)


def left(deployments: Iterable[Deployment], project: Project) -> frozenset[str]:
    """Name those that production went back from: what served next was made before them, and they serve no more."""
    known = list(deployments)
    moments = sorted((moment, one.id, one.created) for one in known for moment in one.served)
    found: dict[str, bool] = {}
    for (_, before, made), (_, after, other) in pairwise(moments):
        if before != after:
            found[before] = other < made
    if (last := project.last_request) is not None and last.kind == "rollback" and last.ended == "succeeded":
        found[last.since] = True
    return frozenset(name for name, gone in found.items() if gone and name not in {project.live, ""})


def unfit(deployment: Deployment) -> Said:
    """Say why it cannot serve production, whoever asks for it; nothing: it can."""
    if deployment.state != "ready":
        return said.STATES[deployment.state]
    return said.PREVIEW if deployment.target != "production" else said.NOTHING


def mark(deployment: Deployment, project: Project, gone_back: frozenset[str] = frozenset()) -> Mark:
    """Judge one by itself; which candidate is the previous one is seen among all (`of_all`)."""
    # The first that holds counts: what is known against it stands before what nobody knows.
    one, name = deployment, deployment.id
    judged: tuple[tuple[bool, Word, Said], ...] = (
        (name == project.live, "live", said.NOTHING),
        (name in project.beside, "beside", said.BESIDE),
        (one.state == "unknown", "unknown", said.STATES["unknown"]),
        (bool(unfit(one)), "no", unfit(one)),
        (bool(one.unsound), "no", said.as_it_is(one.unsound)),
        (one.promoted is False, "no", said.NEVER_SERVED),
        (one.candidate is False, "no", said.NO_CANDIDATE),
        (name in gone_back, "left", said.LEFT),
        (one.promoted is None, "unknown", said.SERVED_UNKNOWN),
        (one.candidate is None, "unknown", said.CANDIDATE_UNKNOWN),
    )
    word, why = next(((word, why) for holds, word, why in judged if holds), ("candidate", said.NOTHING))
    return Mark(name, word, why)


def before_live(deployments: Sequence[Deployment], project: Project) -> list[Deployment]:
    """Give those that first served before the live one did, the one that served last at the front."""
    live = next((one for one in deployments if one.id == project.live), None)
    if live is None:
        return []
    earlier = [one for one in deployments if one.id != live.id and began(one) < began(live)]
    return sorted(earlier, key=last_served, reverse=True)


def of_all(deployments: Sequence[Deployment], project: Project) -> dict[str, Mark]:
    """Mark all of them. The `previous` one is the newest candidate that served before the live one."""
    gone_back = left(deployments, project)
    found = {one.id: mark(one, project, gone_back) for one in deployments}
    for one in before_live(deployments, project):
        if found[one.id].word == "candidate":
            found[one.id] = Mark(one.id, "previous")
            break
    return found
