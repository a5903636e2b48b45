"""Puts the runbook together: whom to call, where things are, the steps, and which plan it was made from. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollback_runner.runbook import order, site_view, terminal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollback_runner.runbook.model import Step
    from rollback_runner.runbook.site_view import View


@dataclass(frozen=True)
class Origin:
    """The plan it was made from. `frozen_by` is "" where no plan was frozen; `place` is how the site is called."""

    digest: str
    made_at: str
    frozen_by: str
    software: str
    place: str


@dataclass(frozen=True)
class Rung:
    """One step of the ladder: after so many seconds, who is called, by which channel."""

    after: float
    role: str
    channel: str


@dataclass(frozen=True)
class Book:
    """All that is on paper, in no language yet. `people` maps a key to names by language."""

    site: str
    titles: Mapping[str, str]
    strategy: str
    origin: Origin
    view: View
    terminal: str
    legs: Sequence[Mapping[str, Any]]
    steps: tuple[Step, ...]
    back: Step
    without_rds: Step
    people: Mapping[str, Mapping[str, Any]]
    roles: Sequence[tuple[str, str, str]]
    ladder: Sequence[Rung]
    experts: Sequence[Mapping[str, Any]]
    signers: Mapping[str, Sequence[str]]


def make(
    content: Mapping[str, Any],
    shared: Mapping[str, Any],
    origin: Origin,
    places: Mapping[str, str],
) -> Book:
    """Make the book.

    Args:
        content: that of the plan (`plan.content.make`): legs, groups, variables with stand-ins for directories.
        shared: variables of the whole site: title, people, roles, ladder.
        origin: which plan, made when and by whom.
        places: what the stand-ins `RR_HOME`, `SITE` and `PROJECT` are on this machine.

    """
    view = site_view.view(content["groups"], content["variables"])
    strategy = str(content["strategy"])
    return Book(
        site=str(content["site"]),
        titles=shared.get("site_title") or {},
        strategy=strategy,
        origin=origin,
        view=view,
        terminal=terminal.preamble(view, places),
        legs=content["legs"],
        steps=order.steps(view, strategy),
        back=order.way_back(view),
        without_rds=order.without_rds(view),
        people=shared.get("site_people") or {},
        roles=[_role(name, found) for name, found in (shared.get("site_roles") or {}).items()],
        ladder=[_rung(one) for one in shared.get("site_ladder") or ()],
        experts=shared.get("site_experts") or (),
        signers=(shared.get("site_approvals") or {}).get("roles") or {},
    )


def _role(name: str, found: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(name), str(found.get("person") or ""), str(found.get("deputy") or "")


def _rung(found: Mapping[str, Any]) -> Rung:
    return Rung(float(found.get("after") or 0), str(found.get("role") or ""), str(found.get("channel") or ""))
