"""Reads what AWX has of a site: everything that is named as ours are, in the words of the collection."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from rollback_runner.awx import content, names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rollback_runner.awx.client import Awx
    from rollback_runner.awx.content import Content

Object = dict[str, Any]
ASSOCIATED = ("credentials", *(f"notification_templates_{event}" for event in ("started", "success", "error")))
APPROVALS = "notification_templates_approvals"
MEMBER = "member"
_TEXTS = ("extra_vars", "variables")
_POINTERS = (
    *("organization", "project", "inventory", "execution_environment", "default_environment", "credential"),
    *("credential_type", "source_project"),
)


@dataclass(frozen=True)
class Observed:
    """`objects` by kind, each as the collection would write it, with its `id`.

    `grants` are (team, role, kind/name), of teams named as ours are, on objects named so. `numbers` are those that AWX
    takes each grant away by, and each (team, "member", person): the role's, and whose it is to be no more.
    """

    objects: Mapping[str, list[Object]]
    grants: frozenset[tuple[str, str, str]] = frozenset()
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    users: frozenset[str] = frozenset()
    numbers: Mapping[tuple[str, str, str], tuple[int, int]] = field(default_factory=dict)

    def find(self, kind: str, name: str) -> Object | None:
        """Find an object by its name."""
        return next((one for one in self.objects[kind] if one["name"] == name), None)


def read(awx: Awx, wanted: Content) -> Observed:
    """Read it. Raises `RunnerError` when AWX does not answer, `RefusedError` when it does not let us look."""
    prefix = names.whole(wanted.site)
    objects = {kind: [_object(one) for one in awx.all(f"{kind}/", name__startswith=prefix)] for kind in content.ORDER}
    organization = wanted.objects["projects"][0]["organization"]
    if organization != prefix:
        objects["organizations"] += [_object(one) for one in awx.all("organizations/", name=organization)]
    objects = {kind: [one for one in found if _is_there(kind, one, organization)] for kind, found in objects.items()}
    for kind in ("job_templates", "workflow_job_templates"):
        for one in objects[kind]:
            _more(awx, kind, one)
    people = sorted({person for members in wanted.members.values() for person in members})
    users = {str(one["username"]) for one in awx.all("users/", username__in=",".join(people))} if people else set()
    members: dict[str, tuple[str, ...]] = {}
    numbers: dict[tuple[str, str, str], tuple[int, int]] = {}
    for team in objects["teams"]:
        name, role = str(team["name"]), int((team["object_roles"].get("member_role") or {}).get("id", 0))
        inside = {str(user["username"]): int(user["id"]) for user in awx.all(f"teams/{team['id']}/users/")}
        members[name] = tuple(inside)
        numbers |= {(name, MEMBER, person): (role, number) for person, number in inside.items()}
    grants = dict(_grants(awx, objects))
    return Observed(objects, frozenset(grants), members, frozenset(users), {**numbers, **grants})


def nodes(found: Sequence[Object]) -> dict[str, Object]:
    """Turn a workflow's nodes, as AWX or as the collection writes them, into one form that can be compared."""
    by_id = {node.get("id"): node["identifier"] for node in found}
    made = {}
    for node in found:
        given = node.get("unified_job_template")
        template = (
            given if isinstance(given, dict) else node.get("summary_fields", {}).get("unified_job_template") or {}
        )
        kind = str(template.get("type") or template.get("unified_job_type") or "")
        made[node["identifier"]] = {
            "template": template.get("name", ""),
            "approval": kind == "workflow_approval",
            **(
                {"timeout": template.get("timeout"), "told": template.get("description")}
                if kind == "workflow_approval"
                else {}
            ),
            "converge": bool(node.get("all_parents_must_converge")),
            **{edge: _edge(node, edge, by_id) for edge in ("success_nodes", "failure_nodes", "always_nodes")},
        }
    return made


def _edge(node: Object, edge: str, by_id: Mapping[Any, str]) -> list[str]:
    if edge in node.get("related", {}) and isinstance(node["related"][edge], list):
        return sorted(entry["identifier"] for entry in node["related"][edge])
    return sorted(by_id[number] for number in node.get(edge, ()))


def _object(one: Object) -> Object:
    summary = one.get("summary_fields") or {}
    found = {name: value for name, value in one.items() if name not in {"summary_fields", "related"}}
    for name in _POINTERS:
        if name in found:
            found[name] = (summary.get(name) or {}).get("name", "")
    for name in _TEXTS:
        if name in found:
            found[name] = _variables(found[name])
    found["object_roles"] = summary.get("object_roles") or {}
    return found


def _variables(text: object) -> object:
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text or "{}")
    except ValueError:
        return yaml.safe_load(text)


def _is_there(kind: str, one: Object, organization: str) -> bool:
    """Leave out what stands in another organization: the same name there is another object."""
    if kind in {"organizations", "credential_types", "inventory_sources", "execution_environments"}:
        return True
    return one.get("organization", "") in {organization, ""}


def _more(awx: Awx, kind: str, one: Object) -> None:
    one["survey_spec"] = awx.get(f"{kind}/{one['id']}/survey_spec/")
    lists = ASSOCIATED if kind == "job_templates" else (*ASSOCIATED[1:], APPROVALS)
    for name in lists:
        one[name] = [str(entry["name"]) for entry in awx.all(f"{kind}/{one['id']}/{name}/")]
    if kind == "workflow_job_templates":
        one["workflow_nodes"] = awx.all(f"{kind}/{one['id']}/workflow_nodes/")


def _grants(awx: Awx, objects: Mapping[str, list[Object]]) -> Iterator[tuple[tuple[str, str, str], tuple[int, int]]]:
    """Read what each team may do with any of these objects; what it may elsewhere is not ours to know."""
    roles = {
        held["id"]: (word.removesuffix("_role"), f"{kind}/{one['name']}")
        for kind, found in objects.items()
        for one in found
        for word, held in one["object_roles"].items()
    }
    for team in objects["teams"]:
        for role in awx.all(f"teams/{team['id']}/roles/"):
            if role["id"] in roles:
                yield (str(team["name"]), *roles[role["id"]]), (int(role["id"]), int(team["id"]))
