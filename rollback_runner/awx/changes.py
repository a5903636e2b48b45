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
    """One change. `act` is create, update, remove, grant, revoke, join or leave; `fields` are (field, before, after).

    `number` is AWX's of the object; of the team or the person, where the role of number `role` is taken away.
    """

    act: str
    kind: str
    name: str
    fields: tuple[tuple[str, Any, Any], ...] = ()
    team: str = ""
    number: int = 0
    role: int = 0

    def sentence(self, texts: Texts) -> str:
        """Say it for people."""
        told = ", ".join(_field(*one) for one in self.fields)
        words = {"kind": names.singular(self.kind), "name": self.name, "fields": told}
        return texts(f"awx.change.{self.act}", **words, team=self.team, role=self.kind, person=self.name)


@dataclass(frozen=True)
class Difference:
    """`strangers` have a name of ours and are not ours; `copies` have our mark and no name that we give.

    `fresh` asks for the workflow's nodes to be made anew.
    """

    changes: tuple[Change, ...]
    strangers: tuple[str, ...] = ()
    missing_users: tuple[tuple[str, str], ...] = ()
    empty: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fresh: bool = False
    copies: tuple[str, ...] = ()


def between(wanted: Content, found: Observed) -> Difference:
    """Compare. Objects that AWX has and we neither made nor want are left out of account."""
    made: list[Change] = []
    strangers: list[str] = []
    for kind, entry in wanted.each():
        there = found.find(kind, entry["name"])
        if there is None:
            made.append(Change("create", kind, entry["name"]))
        elif not names.is_ours(wanted.site, there.get("description")):
            strangers.append(_told(kind, there))
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
        copies=copies(wanted.site, found),
    )


def stale(wanted: Content, found: Observed) -> Iterator[Change]:
    """Find what we made for this site once, and what it no longer needs. The last made comes first."""
    for kind in reversed(content.ORDER):
        needed = {entry["name"] for entry in wanted.objects[kind]}
        for one in found.objects[kind]:
            if one["name"] not in needed and names.made(wanted.site, kind, one):
                yield Change("remove", kind, one["name"], number=one["id"])


def everything(site: str, found: Observed) -> tuple[Change, ...]:
    """Name all that is ours for a site, in the order in which it can be taken away."""
    return tuple(
        Change("remove", kind, one["name"], number=one["id"])
        for kind in reversed(content.ORDER)
        for one in found.objects[kind]
        if names.made(site, kind, one)
    )


def copies(site: str, found: Observed) -> tuple[str, ...]:
    """Name what has our mark and we never made: AWX's Copy takes the mark along."""
    return tuple(
        _told(kind, one)
        for kind in content.ORDER
        for one in found.objects[kind]
        if names.is_ours(site, one.get("description")) and not names.made(site, kind, one)
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
    needed = [
        (str(entry["team"]), str(entry["role"]), f"{kind}/{name}")
        for entry in wanted.roles
        for kind, key in (("job_templates", "job_templates"), ("workflow_job_templates", "workflows"))
        for name in entry[key]
    ]
    people = {names.of(wanted.site, team): told for team, told in wanted.members.items()}
    for team, role, where in needed:
        if (team, role, where) not in found.grants:
            yield Change("grant", role, where.partition("/")[2], team=team)
    for team, told in people.items():
        for person in told:
            if person in found.users and person not in found.members.get(team, ()):
                yield Change("join", observed.MEMBER, person, team=team)
    # Who left the site's roles must not keep what they gave. Teams that are not ours stay as they are.
    ours = {kind: set(_ours(wanted, found, kind)) for kind in content.ORDER}
    for grant in sorted(found.grants - set(needed)):
        team, role, (kind, _, name) = grant[0], grant[1], grant[2].partition("/")
        if team in ours["teams"] and name in ours.get(kind, ()):
            yield _less("revoke", found, grant, f"{names.singular(kind)} {name}")
    # A team for which the site names nobody is filled in AWX: with `source: awx` the roles may be left out.
    for team in sorted(one for one in ours["teams"] if people[one]):
        for person in sorted({*found.members.get(team, ())} - {*people[team]}):
            yield _less("leave", found, (team, observed.MEMBER, person), person)


def _less(act: str, found: Observed, held: tuple[str, str, str], name: str) -> Change:
    role, number = found.numbers.get(held, (0, 0))
    return Change(act, held[1], name, team=held[0], role=role, number=number)


def _ours(wanted: Content, found: Observed, kind: str) -> Iterator[str]:
    for entry in wanted.objects[kind]:
        there = found.find(kind, entry["name"])
        if there is not None and names.is_ours(wanted.site, there.get("description")):
            yield str(entry["name"])


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


def _told(kind: str, there: Mapping[str, Any]) -> str:
    return f"{names.singular(kind)} {there['name']} ({there['id']})"


def _field(name: str, before: Any, after: Any) -> str:
    def short(value: Any) -> str:
        text = str(value)
        return text if len(text) <= _WIDEST else f"{text[:_WIDEST]}..."

    return f"{name} ({short(before)} -> {short(after)})"
