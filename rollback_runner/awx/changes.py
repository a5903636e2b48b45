"""What would have to change in AWX, and what stands in the way. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rollback_runner.awx import content, names, observed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rollback_runner.awx.content import Content
    from rollback_runner.awx.observed import Observed
    from rollback_runner.messages import Texts

# Sent, and not to be compared: what the secrets are AWX does not say.
_ASIDE = frozenset({"files", "update_secrets"})
_LISTS = frozenset({*observed.ASSOCIATED, observed.APPROVALS})
_WIDEST = 60


@dataclass(frozen=True)
class Change:
    """One change. `act` is create, update, remove, grant or join; `fields` are (field, before, after)."""

    act: str
    kind: str
    name: str
    fields: tuple[tuple[str, Any, Any], ...] = ()
    team: str = ""
    number: int = 0

    def sentence(self, texts: Texts) -> str:
        """Say it for people."""
        told = ", ".join(_field(*one) for one in self.fields)
        words = {"kind": self.kind.removesuffix("s").replace("_", " "), "name": self.name, "fields": told}
        return texts(f"awx.change.{self.act}", **words, team=self.team, role=self.kind, person=self.name)


@dataclass(frozen=True)
class Difference:
    """`strangers` have a name of ours and are not ours. `fresh` asks for the workflow's nodes to be made anew."""

    changes: tuple[Change, ...]
    strangers: tuple[str, ...] = ()
    missing_users: tuple[tuple[str, str], ...] = ()
    empty: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fresh: bool = False


def between(wanted: Content, found: Observed) -> Difference:
    """Compare. Objects that AWX has and we neither made nor want are left out of account."""
    made: list[Change] = []
    strangers: list[str] = []
    for kind, entry in wanted.each():
        there = found.find(kind, entry["name"])
        if there is None:
            made.append(Change("create", kind, entry["name"]))
        elif not names.is_ours(wanted.site, there.get("description")):
            strangers.append(f"{kind.removesuffix('s').replace('_', ' ')} {entry['name']} ({there['id']})")
        else:
            fields = tuple(_different(entry, there))
            made += [Change("update", kind, entry["name"], fields, number=there["id"])] if fields else []
    made += _rights(wanted, found)
    made += list(stale(wanted, found))
    return Difference(
        tuple(made),
        tuple(strangers),
        tuple(
            sorted(
                {
                    (p, names.of(wanted.site, t))
                    for t, people in wanted.members.items()
                    for p in people
                    if p not in found.users
                }
            )
        ),
        _empty(wanted, found),
        fresh=_fresh(wanted, found),
    )


def stale(wanted: Content, found: Observed) -> Iterator[Change]:
    """Find what we made for this site once, and what it no longer needs. The last made comes first."""
    for kind in reversed(content.ORDER):
        needed = {entry["name"] for entry in wanted.objects[kind]}
        for one in found.objects[kind]:
            if one["name"] not in needed and names.is_ours(wanted.site, one.get("description")):
                yield Change("remove", kind, one["name"], number=one["id"])


def everything(site: str, found: Observed) -> tuple[Change, ...]:
    """Name all that is ours for a site, in the order in which it can be taken away."""
    return tuple(
        Change("remove", kind, one["name"], number=one["id"])
        for kind in reversed(content.ORDER)
        for one in found.objects[kind]
        if names.is_ours(site, one.get("description"))
    )


def _different(entry: Mapping[str, Any], there: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for name, value in entry.items():
        before = there.get(name)
        if name in _ASIDE or name == "name":
            continue
        if name == "workflow_nodes":
            yield from _nodes(value, before or [])
        elif name in _LISTS:
            if sorted(value) != sorted(before or []):
                yield name, before, value
        elif value != before and not (value in ("", {}) and before in (None, "", {})):
            yield name, before, value


def _nodes(wanted: list[dict[str, Any]], found: list[dict[str, Any]]) -> Iterator[tuple[str, Any, Any]]:
    ours, theirs = observed.nodes(wanted), observed.nodes(found)
    for name in (*ours, *(name for name in theirs if name not in ours)):
        if ours.get(name) != theirs.get(name):
            yield f"node {name}", theirs.get(name), ours.get(name)


def _fresh(wanted: Content, found: Observed) -> bool:
    """Tell whether AWX's workflow has nodes or paths too many: the collection only adds, so it has to begin anew."""
    for entry in wanted.objects["workflow_job_templates"]:
        there = found.find("workflow_job_templates", entry["name"])
        ours = observed.nodes(entry["workflow_nodes"])
        for name, node in observed.nodes(there["workflow_nodes"] if there else []).items():
            edges = ("success_nodes", "failure_nodes", "always_nodes")
            if name not in ours or any(set(node[edge]) - set(ours[name][edge]) for edge in edges):
                return True
            # A flag that is false is not sent by the collection, so it could not be taken back.
            if node["converge"] and not ours[name]["converge"]:
                return True
    return False


def _rights(wanted: Content, found: Observed) -> Iterator[Change]:
    for entry in wanted.roles:
        for kind, key in (("job_templates", "job_templates"), ("workflow_job_templates", "workflows")):
            for name in entry[key]:
                if (entry["team"], entry["role"], f"{kind}/{name}") not in found.grants:
                    yield Change("grant", entry["role"], name, team=entry["team"])
    for team, people in wanted.members.items():
        name = names.of(wanted.site, team)
        for person in people:
            if person in found.users and person not in found.members.get(name, ()):
                yield Change("join", "member", person, team=name)


def _empty(wanted: Content, found: Observed) -> dict[str, tuple[str, ...]]:
    """Say which fields of which credential still hold nothing; what may stay empty is left out."""
    may = {"store", "awx_ca", "known_hosts"}
    made = {}
    for entry in wanted.objects["credential_types"]:
        there = found.find("credentials", entry["name"])
        held = (there or {}).get("inputs") or {}
        lacking = tuple(
            one["id"] for one in entry["inputs"]["fields"] if not held.get(one["id"]) and one["id"] not in may
        )
        if there is not None and lacking:
            made[entry["name"]] = lacking
    return made


def _field(name: str, before: Any, after: Any) -> str:
    def short(value: Any) -> str:
        text = str(value)
        return text if len(text) <= _WIDEST else f"{text[:_WIDEST]}..."

    return f"{name} ({short(before)} -> {short(after)})"
