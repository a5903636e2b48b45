"""How an object is shown: what it is related to, its roles, secrets that stay hidden; and how lists are filtered."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from lab.awx import shapes
from lab.awx.answers import RefusalError

if TYPE_CHECKING:
    from lab.awx.world import Object, World

_HIDDEN = "$encrypted$"
_MORE = {
    "job_templates": ("survey_spec", "launch", "credentials", "labels", "instance_groups"),
    "workflow_job_templates": ("survey_spec", "launch", "workflow_nodes"),
    "workflow_job_template_nodes": ("create_approval_template", *shapes.KINDS["workflow_job_template_nodes"].attached),
    "projects": ("update", "playbooks"),
    "inventory_sources": ("update",),
    "workflow_jobs": ("workflow_nodes", "cancel"),
    "jobs": ("job_events", "cancel"),
    "workflow_approvals": ("approve", "deny"),
}


def shown(world: World, found: Object) -> Object:
    """Return what a request gets to see of an object."""
    endpoint = shapes.ENDPOINTS[found["type"]]
    kind = shapes.KINDS.get(endpoint, shapes.Kind(found["type"], {}))
    whole = {name: deepcopy(value) for name, value in found.items() if name not in {"of", *kind.secret}}
    summary: Object = whole.setdefault("summary_fields", {})
    related: Object = {name: f"{found['url']}{name}/" for name in _MORE.get(endpoint, ())}
    for name, target in kind.refs.items():
        if found.get(name) is not None:
            other = world.get(target, found[name])
            related[name] = other["url"]
            summary[name] = {"id": other["id"], "name": other.get("name") or other.get("username", "")}
    if kind.roles:
        roles = [role for role in world.of("roles").values() if role["of"] == [endpoint, found["id"]]]
        summary["object_roles"] = {role["role_field"]: {"id": role["id"], "name": role["name"]} for role in roles}
    own = {"workflow_job_template_nodes": _node, "workflow_job_nodes": _job, "workflow_approvals": _approval}
    if endpoint in own:
        own[endpoint](world, found, whole, related)
    if endpoint == "credentials":
        _hide(world, found, whole)
    return {**whole, "related": related}


def _node(world: World, found: Object, whole: Object, related: Object) -> None:
    for edge in ("success_nodes", "failure_nodes", "always_nodes"):
        whole[edge] = list(world.members("workflow_job_template_nodes", found["id"], edge))
    _template(world, found, whole["summary_fields"], related)


def _template(world: World, found: Object, summary: Object, related: Object) -> None:
    for endpoint in shapes.TEMPLATES:
        if found["unified_job_template"] in world.of(endpoint):
            other = world.get(endpoint, found["unified_job_template"])
            kinds = {"job_template": "job", "workflow_approval_template": "workflow_approval"}
            related["unified_job_template"] = other["url"]
            summary["unified_job_template"] = {
                **{name: other[name] for name in ("id", "name", "description")},
                "unified_job_type": kinds.get(other["type"], other["type"]),
                **({"timeout": other["timeout"]} if "timeout" in other else {}),
            }


def _job(world: World, found: Object, whole: Object, related: Object) -> None:
    summary = whole["summary_fields"]
    _template(world, found, summary, related)
    for endpoint in ("jobs", "workflow_approvals"):
        if found["job"] in world.of(endpoint):
            job = world.get(endpoint, found["job"])
            related["job"] = job["url"]
            summary["job"] = {name: job[name] for name in ("id", "name", "status", "failed", "elapsed", "type")}


def _approval(world: World, found: Object, whole: Object, related: Object) -> None:
    summary = whole["summary_fields"]
    workflow = world.get("workflow_jobs", found["workflow_job"])
    summary["workflow_job"] = {name: workflow[name] for name in ("id", "name")}
    summary["source_workflow_job"] = {**summary["workflow_job"], "status": workflow["status"]}
    related["source_workflow_job"] = workflow["url"]
    if found["approved_or_denied_by"] is not None:
        user = world.get("users", found["approved_or_denied_by"])
        related["approved_or_denied_by"] = user["url"]
        names = ("id", "username", "first_name", "last_name")
        summary["approved_or_denied_by"] = {name: user[name] for name in names}


def _hide(world: World, found: Object, whole: Object) -> None:
    kind = world.get("credential_types", found["credential_type"])
    secret = {entry["id"] for entry in kind["inputs"].get("fields", []) if entry.get("secret")}
    for name, value in found["inputs"].items():
        if name in secret and value:
            whole["inputs"][name] = _HIDDEN


def filtered(found: list[Object], query: dict[str, str]) -> list[Object]:
    """Keep what the query asks for. Raises `RefusalError` with 400 for a field there is not."""
    either = {name[4:]: value for name, value in query.items() if name.startswith("or__")}
    every = {name: value for name, value in query.items() if not name.startswith("or__")}
    for one in found[:1]:
        for name in (*either, *every):
            if name.partition("__")[0] not in one:
                raise RefusalError(400, {"detail": f"{one['type']} has no field named '{name.partition('__')[0]}'"})
    kept = [one for one in found if all(_fits(one, name, value) for name, value in every.items())]
    return [one for one in kept if not either or any(_fits(one, name, value) for name, value in either.items())]


def _fits(one: Object, name: str, wanted: str) -> bool:
    field, _, how = name.partition("__")
    value = _text(one.get(field))
    match how:
        case "" | "exact":
            return value == wanted
        case "in":
            return value in wanted.split(",")
        case "startswith":
            return value.startswith(wanted)
        case "contains":
            return wanted in value
        case "icontains":
            return wanted.lower() in value.lower()
        case _:
            raise RefusalError(400, {"detail": f"unsupported lookup {how}"})


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "None" if value is None else json.dumps(value)


def sortable(value: Any) -> tuple[int, Any]:
    """Return a value that sorts beside others of its kind; nothing comes first."""
    return (0, "") if value is None else (1, value) if isinstance(value, (int, float)) else (2, str(value))
