"""The objects of the API: their fields, which are required, what they point at, and what may be attached to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Kind:
    """One kind of object. `fields` are those that may be sent, with the value of one that is not."""

    type: str
    fields: dict[str, Any]
    required: tuple[str, ...] = ("name",)
    refs: dict[str, str] = field(default_factory=dict)
    unique: tuple[str, ...] = ("name",)
    attached: dict[str, str] = field(default_factory=dict)
    roles: tuple[str, ...] = ()
    # Fields that are sent and never come back as they were.
    secret: tuple[str, ...] = ()


def _kind(row: dict[str, Any]) -> Kind:
    lists = ("required", "unique", "roles", "secret")
    read: dict[str, Any] = {key: tuple(value) if key in lists else value for key, value in row.items()}
    return Kind(**read)


_ROWS = yaml.safe_load((Path(__file__).parent / "objects.yml").read_text(encoding="utf-8"))
KINDS = {name: _kind(row) for name, row in _ROWS.items()}
# What is made by launching and updating, and never by sending it.
MADE = {
    "jobs": "job",
    "workflow_jobs": "workflow_job",
    "workflow_job_nodes": "workflow_job_node",
    "workflow_approvals": "workflow_approval",
    "project_updates": "project_update",
    "inventory_updates": "inventory_update",
    "job_events": "job_event",
    "roles": "role",
    "tokens": "o_auth2_access_token",
    "instance_groups": "instance_group",
}
TYPES = {**{name: kind.type for name, kind in KINDS.items()}, **MADE}
ENDPOINTS = {kind: name for name, kind in TYPES.items()}
# Several kinds share the numbers of one table, as in AWX: a template's number is never that of another template.
TEMPLATES = (
    *("job_templates", "workflow_job_templates", "projects", "inventory_sources"),
    "workflow_approval_templates",
)
JOBS = ("jobs", "workflow_jobs", "project_updates", "inventory_updates", "workflow_approvals")
