"""Those outside the response team who must be reachable: the ladder's people, experts, and whoever speaks to the press.

Pure: what the site says in, contacts and findings out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from failback.findings import Finding
from failback.people import catalogue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.people.team import Rung, Team

_OF_EXPERT = {"contact": "how they are called", "hours": "when they answer", "contract": "under which contract"}


def emergency(team: Team, rungs: Sequence[Rung], experts: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    """Return key and name of everybody who must have answered (REVIEW-05): who stands on the ladder, and experts."""
    found: dict[str, str] = {}
    for rung in rungs:
        role = team.roles.get(rung.role)
        if role is not None and role.person:
            found.setdefault(role.person, team.name(role.person))
    for expert in experts:
        name = str(expert.get("name") or "")
        if name:
            found.setdefault(name, name)
    return tuple(found.items())


def experts(entries: Sequence[Mapping[str, Any]]) -> tuple[Finding, ...]:
    """Find what is not known of the outside experts (CONT-04)."""
    if not entries:
        return (
            Finding("warning", "experts:none", "no outside expert is named who could be called", "set site_experts"),
        )
    return tuple(
        Finding(
            "warning",
            f"expert:{entry.get('name')}:{key}",
            f"the site does not say {what} for {entry.get('name')}",
            f"set {key} in site_experts",
        )
        for entry in entries
        for key, what in _OF_EXPERT.items()
        if not entry.get(key)
    )


def press(entry: Mapping[str, Any], team: Team) -> tuple[Finding, ...]:
    """Find what is missing of the press line (CONT-05): a draft in both languages, and who owns it."""
    if not entry:
        return (Finding("warning", "press:none", "there is no press line for a grave outage", "set site_press"),)
    found = []
    draft = entry.get("draft") or {}
    for language, name in (("en", "English"), ("ko", "Korean")):
        if not draft.get(language):
            said = f"the press line has no {name} text"
            found.append(Finding("warning", f"press:draft:{language}", said, f"set site_press.draft.{language}"))
    owner = str(entry.get("owner") or "")
    if owner not in team.people:
        near = catalogue.nearest(owner, team.people)
        said = (
            f"the press line's owner {owner!r} is not in site_people{near}" if owner else "the press line has no owner"
        )
        found.append(Finding("warning", "press:owner", said, "set site_press.owner to a key of site_people"))
    return tuple(found)
