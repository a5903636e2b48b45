"""How each step is taken back, and until when (item CONT-01). Reads the roles' contracts and what `explain` says.

Until IDC is opened, `abort` puts everything back that the run did to RDS, load balancers and names. From then on there
is no way back: going to AWS again is a new cut-over. So every step is either before that point, the point itself, or
after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from rollback_runner import checklist, our_yaml
from rollback_runner.content import ROOT
from rollback_runner.plan.leg import acts
from rollback_runner.record.seen import split_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rollback_runner.checklist import Language
    from rollback_runner.plan.leg import Plan
    from rollback_runner.record.seen import Step

Moment = Literal["before", "point", "after"]


@dataclass(frozen=True)
class Taken:
    """A step as the plan shows it. `role` is where it comes from, empty for a task of the playbook itself."""

    leg: str
    step: Step
    moment: Moment
    acts: bool
    role: str

    def touches(self, language: Language) -> tuple[str, ...]:
        """Say what it touches: its items' words, else those of its role."""
        return self._told("touches", language)

    def undo(self, language: Language) -> tuple[str, ...]:
        """Say how it is undone."""
        return self._told("undo", language)

    def _told(self, what: Literal["touches", "undo"], language: Language) -> tuple[str, ...]:
        if not self.acts:
            return ()
        known = [found for name in self.step.ids if (found := checklist.explanation(name, language)) is not None]
        if known:
            return tuple(getattr(one, what) for one in known)
        found = _contracts().get(self.role, {}).get(what, "")
        return tuple(found) if isinstance(found, list) else (str(found),) if found else ()


def steps(plans: Sequence[Plan]) -> Iterator[Taken]:
    """Walk all steps of all legs in order."""
    passed = False
    for plan in plans:
        for step in plan.steps:
            point = not passed and bool(plan.point_of_no_return) and step.name == plan.point_of_no_return
            moment: Moment = "point" if point else "after" if passed else "before"
            passed = passed or point
            yield Taken(plan.leg.name, step, moment, acts(step), _roles().get(step.name, ""))


def without_undo(plans: Sequence[Plan], language: Language = "en") -> tuple[Taken, ...]:
    """List the steps that act before the point of no return and of which nobody wrote how they are taken back."""
    return tuple(one for one in steps(plans) if one.acts and one.moment == "before" and not one.undo(language))


@cache
def _contracts() -> dict[str, Mapping[str, Any]]:
    return {path.parts[-3]: our_yaml.read(path) or {} for path in ROOT.glob("roles/*/meta/contract.yml")}


@cache
def _roles() -> dict[str, str]:
    """Map the sentence of a task to the role it stands in."""
    found: dict[str, str] = {}
    for path in sorted(ROOT.glob("roles/*/tasks/**/*.yml")):
        role = path.relative_to(ROOT / "roles").parts[0]
        for name in _names(our_yaml.read(path)):
            found.setdefault(split_name(name)[1], role)
    return found


def _names(node: object) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _names(item)
    elif isinstance(node, dict):
        if isinstance(node.get("name"), str):
            yield node["name"]
        for key in ("block", "rescue", "always"):
            yield from _names(node.get(key))
