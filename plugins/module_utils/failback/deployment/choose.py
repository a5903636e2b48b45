"""Which deployment production goes to. Pure.

By rule: ready, production, once promoted, sound, not the live one, and of those the one that served last before the
live one. Never "the second row". Where the provider does not say enough of one that comes first, the rule stops and a
person chooses. A person can pick any that can serve; what that skips is spelled out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from failback.deployment import marks, said
from failback.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.deployment.model import Deployment, Project
    from failback.deployment.said import Said

Kind = Literal["rollback", "promote"]
_SKIPPED = ("no", "left", "unknown")


@dataclass(frozen=True)
class Skip:
    """One that lies between the live one and the target, or that the choice passes over, and why."""

    id: str
    why: Said


@dataclass(frozen=True)
class Chosen:
    """The target. ``warnings``: what a person's pick leaves out, or what nobody knows of it."""

    target: Deployment
    by: Literal["rule", "person"]
    why: Said
    skips: tuple[Skip, ...] = ()
    warnings: tuple[Said, ...] = ()
    live: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON would hold it: the record of DEPLOY-02."""
        return {
            "to": self.target.as_dict(),
            "by": self.by,
            "why": self.why.en,
            "why_ko": self.why.ko,
            "skips": [{"id": one.id, "why": one.why.en, "why_ko": one.why.ko} for one in self.skips],
            "warnings": [one.en for one in self.warnings],
            "warnings_ko": [one.ko for one in self.warnings],
            "already_live": self.live,
        }


def choose(
    deployments: Sequence[Deployment], project: Project, kind: Kind = "rollback", picked: Deployment | None = None
) -> Chosen:
    """Choose the target. ``picked`` is a person's pick. Raises RefusedError, naming what a person must decide."""
    known = {one.id: one for one in deployments}
    if not project.live or project.live not in known:
        raise RefusedError(
            f"it is not known which deployment of {project.name} serves production: look at the provider's own page,"
            " then try again"
        )
    if picked is not None:
        return _by_person(deployments, project, kind, picked)
    return _by_rule(deployments, project) if kind == "rollback" else _newest(deployments, project)


def _by_rule(deployments: Sequence[Deployment], project: Project) -> Chosen:
    seen = marks.of_all(deployments, project)
    skips = [Skip(one.id, seen[one.id].why) for one in _between(deployments, project) if seen[one.id].why]
    for one in marks.before_live(deployments, project):
        found = seen[one.id]
        if found.word in {"previous", "candidate"}:
            return Chosen(one, "rule", said.LAST_BEFORE.filled(live=project.live), _once(skips, one.id))
        if found.word == "unknown":
            raise RefusedError(
                f"{one.id} would be next, but {found.why}: look at it, then name the one to go back to (--to ID)",
                {"unknown": one.id},
            )
        skips.append(Skip(one.id, found.why))
    told = said.listed([(one.id, one.why) for one in _once(skips, "")])
    raise RefusedError(
        f"no deployment of {project.name} that served before {project.live} can be gone back to"
        f"{f' ({told})' if told else ''}: name one (--to ID), or repair the live one and deploy it"
    )


def _newest(deployments: Sequence[Deployment], project: Project) -> Chosen:
    """Choose what production goes forward to: the newest that can serve and that nobody went back from."""
    live = next(one for one in deployments if one.id == project.live)
    gone_back = marks.left(deployments, project)
    skips: list[Skip] = []
    for one in sorted(deployments, key=lambda each: each.created, reverse=True):
        if one.created <= live.created:
            break
        why = marks.unfit(one) or said.as_it_is(one.unsound) or (said.LEFT if one.id in gone_back else said.NOTHING)
        if not why:
            return Chosen(one, "rule", said.NEWEST.filled(live=live.id), tuple(skips))
        skips.append(Skip(one.id, why))
    told = said.listed([(one.id, one.why) for one in skips])
    raise RefusedError(
        f"nothing newer than {live.id} can be promoted{f' ({told})' if told else ''}: name one (--to ID)"
    )


def _by_person(deployments: Sequence[Deployment], project: Project, kind: Kind, picked: Deployment) -> Chosen:
    if picked.id == project.live:
        return Chosen(picked, "person", said.PICKED_LIVE, live=True)
    if why := marks.unfit(picked):
        raise RefusedError(f"{picked.id} cannot be put into production: {why}")
    # A plan names its target; where that is the rule's own, the rule's reason is the one to keep.
    if (ruled := _ruled(deployments, project, kind)) is not None and ruled.target.id == picked.id:
        return ruled
    everyone = list(deployments) if any(one.id == picked.id for one in deployments) else [*deployments, picked]
    found = marks.of_all(everyone, project)
    judged = found[picked.id]
    warnings = [said.listed([(picked.id, judged.why)])] if judged.word in _SKIPPED else []
    skips = [Skip(one.id, found[one.id].why or said.COULD_SERVE) for one in _between(everyone, project, picked)]
    if kind == "rollback":
        warnings += _instead(deployments, project, picked)
    return Chosen(picked, "person", said.PICKED, tuple(skips), tuple(warnings))


def _ruled(deployments: Sequence[Deployment], project: Project, kind: Kind) -> Chosen | None:
    try:
        return _by_rule(deployments, project) if kind == "rollback" else _newest(deployments, project)
    except RefusedError:
        return None


def _instead(deployments: Sequence[Deployment], project: Project, picked: Deployment) -> list[Said]:
    """Say which one the rule would take, where a person takes another."""
    try:
        other = _by_rule(deployments, project).target.id
    except RefusedError as error:
        return [said.NO_RULE.filled(why=str(error))]
    return [said.OTHER.filled(other=other, picked=picked.id)]


def _between(deployments: Sequence[Deployment], project: Project, picked: Deployment | None = None) -> list[Deployment]:
    """Give what was made between the live one and the target, the newest first."""
    live = next(one for one in deployments if one.id == project.live)
    ends = [live.created, picked.created if picked else _oldest_of_interest(deployments, project)]
    inside = [one for one in deployments if min(ends) < one.created < max(ends)]
    return sorted(inside, key=lambda one: one.created, reverse=True)


def _oldest_of_interest(deployments: Sequence[Deployment], project: Project) -> str:
    found = marks.of_all(deployments, project)
    return next((one.created for one in deployments if found[one.id].word == "previous"), "")


def _once(skips: Sequence[Skip], target: str) -> tuple[Skip, ...]:
    """Name each one once."""
    return tuple({one.id: one for one in skips if one.id != target}.values())
