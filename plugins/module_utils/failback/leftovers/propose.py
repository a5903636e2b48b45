"""Propose what becomes of each resource, and until when it stays. Pure.

Nothing is proposed to go that is not the site's alone. What goes waits for its hold date: the way back to AWS, and what
RDS still has, may be wanted once more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from failback.errors import ConfigError
from failback.leftovers.model import KEPT, KINDS, STOPS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.leftovers.model import Action, Found, Resource

HOLD_DAYS = 14
# A snapshot is the last copy: it stays longer than what it was made of.
_HOLD_DAYS = {"rds_snapshot": 90, "ebs_snapshot": 90}


@dataclass(frozen=True)
class Proposal:
    """One resource's end. ``hold_until`` is the first day on which it may be carried out; "" for what is kept."""

    resource: Resource
    action: Action
    hold_until: str
    why: str

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON would hold it."""
        return {
            "key": self.resource.key,
            "action": self.action,
            "hold_until": self.hold_until,
            "why": self.why,
            "owner": self.resource.owner,
            "because": self.resource.because,
            "state": self.resource.state,
            "name": self.resource.name,
        }


@dataclass(frozen=True)
class Rule:
    """How long each kind is held, in days after the proposal."""

    days: Mapping[str, int]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Rule:
        """Build from ``site_cleanup.hold_days``. Raises ConfigError."""
        given: dict[str, int] = dict(data.get("hold_days") or {})
        unknown = sorted(set(given) - {*KINDS, "default"})
        if unknown:
            raise ConfigError(f"site_cleanup.hold_days: {', '.join(unknown)} is no kind: known are {', '.join(KINDS)}")
        for kind, value in given.items():
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise ConfigError(f"site_cleanup.hold_days.{kind}: {value!r} is no number of days")
        default = int(given.pop("default", HOLD_DAYS))
        return cls({**dict.fromkeys(KINDS, default), **_longer(default), **given})

    def until(self, kind: str, today: date) -> str:
        """Return the first day on which a resource of this kind may go."""
        return (today + timedelta(days=self.days[kind])).isoformat()


def _longer(default: int) -> dict[str, int]:
    return {kind: max(days, default) for kind, days in _HOLD_DAYS.items()}


def propose(found: Found, rule: Rule, today: date, wishes: Mapping[str, Action] | None = None) -> list[Proposal]:
    """Propose for each resource; ``wishes`` are people's own, by key.

    Raises:
        ConfigError: a wish names nothing that was found, or wants what is never done.

    """
    said = dict(wishes or {})
    strangers = [key for key in said if found.get(key) is None]
    if strangers:
        known = ", ".join(one.key for one in found.resources)
        raise ConfigError(f"{', '.join(strangers)} was not found among what is the site's: {known or 'nothing'}")
    made = [_one(resource, rule, today, said.get(resource.key)) for resource in found.resources]
    disks = {one.resource.key: one for one in made}
    return [_with_disks(one, disks, said.get(one.resource.key)) for one in made]


def _with_disks(one: Proposal, disks: Mapping[str, Proposal], wish: Action | None) -> Proposal:
    """Hold a machine as long as the disks that AWS deletes with it; one that is kept keeps its machine."""
    names = [f"ebs_volume:{name}" for name in one.resource.facts.get("volumes_that_go_with_it", ())]
    if one.action != "delete" or not names:
        return one
    kept = next((name for name in names if name not in disks or disks[name].action != "delete"), "")
    if kept:
        why = f"AWS deletes {kept} with it, and that disk is not to go: turn its DeleteOnTermination off first"
        if wish == "delete":
            raise ConfigError(f"{one.resource.key}: {why}")
        return replace(one, action="keep", hold_until="", why=why)
    return replace(one, hold_until=max(one.hold_until, *(disks[name].hold_until for name in names)))


def _one(resource: Resource, rule: Rule, today: date, wish: Action | None) -> Proposal:
    if never := _never(resource):
        if wish in {"stop", "delete"}:
            raise ConfigError(f"{resource.key}: {never}; it is never touched")
        return Proposal(resource, "keep", "", never)
    subnets = [name.partition(":")[2] for name in resource.used_by if name.startswith("subnet:")]
    if subnets and wish != "delete":
        return Proposal(resource, "keep", "", f"it guards {', '.join(subnets)}: AWS deletes no network ACL in use")
    if wish == "keep":
        return Proposal(resource, "keep", "", "somebody wants to keep it")
    if wish == "stop":
        if resource.kind not in STOPS:
            raise ConfigError(f"{resource.key}: a {resource.kind} cannot be stopped, only kept or deleted")
        return Proposal(resource, "stop", today.isoformat(), _why_stop(resource))
    why = "the service runs on IDC; nothing uses it once what stands before it in this list is gone"
    if resource.kind == "rds_instance":
        why = "RDS is fenced; a last snapshot is made before it goes"
    if resource.facts.get("deletion_protection"):
        why += "; AWS refuses while its deletion protection is on, and this tool does not turn it off"
    return Proposal(resource, "delete", rule.until(resource.kind, today), why)


def _never(resource: Resource) -> str:
    """Say why nothing may ever become of it here; "" when something may."""
    if resource.owner != "site":
        return f"{resource.owner}, not the site's alone: {resource.because}"
    return "the service's names live there" if resource.kind in KEPT else ""


def _why_stop(resource: Resource) -> str:
    if resource.kind == "rds_instance":
        return "stopped it costs its storage only; AWS starts it again by itself after seven days"
    return "stopped it costs its disks only"
