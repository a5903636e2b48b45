"""What there is: the objects, their names, what is attached to them, and who may do what with them."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lab.awx import rules, shapes
from lab.awx.answers import bad, gone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Object = dict[str, Any]


def now() -> str:
    """Return this moment as the API writes it."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


@dataclass
class World:
    """The state. `playbooks` says which playbooks a project has, by its URL; without it, whatever is asked for."""

    objects: dict[str, dict[int, Object]] = field(default_factory=dict)
    attached: dict[tuple[str, int, str], list[int]] = field(default_factory=dict)
    surveys: dict[tuple[str, int], Object] = field(default_factory=dict)
    playbooks: Callable[[Object], list[str]] | None = None
    _numbers: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.add("users", {"username": "admin", "is_superuser": True})
        self.add("instance_groups", {"name": "default"})

    def of(self, endpoint: str) -> dict[int, Object]:
        """Return the objects of one kind by number."""
        return self.objects.setdefault(endpoint, {})

    def get(self, endpoint: str, number: int) -> Object:
        """Find one object. Raises `RefusalError` with 404."""
        if number not in self.of(endpoint):
            raise gone()
        return self.of(endpoint)[number]

    def named(self, endpoint: str, name: str) -> Object:
        """Find one object by its name. Raises `RefusalError` with 404."""
        for found in self.of(endpoint).values():
            if name in {found.get("name"), found.get("username"), found.get("identifier")}:
                return found
        raise gone()

    def add(self, endpoint: str, values: Object) -> Object:
        """Put an object in without judging it; fields that are not given get what they have by default."""
        kind = shapes.KINDS.get(endpoint)
        table = next((name for name in ("TEMPLATES", "JOBS") if endpoint in getattr(shapes, name)), endpoint)
        number = self._numbers[table] = self._numbers.get(table, 0) + 1
        made = {
            "id": number,
            "type": shapes.TYPES[endpoint],
            "url": f"/api/v2/{endpoint}/{number}/",
            "created": now(),
            "modified": now(),
            **(deepcopy(kind.fields) if kind else {}),
            **deepcopy(values),
        }
        self.of(endpoint)[number] = made
        for role in kind.roles if kind else ():
            self.add("roles", {"name": role, "of": [endpoint, number], "role_field": f"{role}_role"})
        return made

    def create(self, endpoint: str, given: Object) -> Object:
        """Make an object of what was sent. Raises `RefusalError` with 400 as AWX does."""
        kind = self._known(endpoint, given)
        for name in kind.required:
            if given.get(name) in {"", None} if not isinstance(given.get(name), dict) else False:
                raise bad(**{name: "This field is required."})
        whole = {**deepcopy(kind.fields), **given}
        self._judge(endpoint, whole, None)
        made = self.add(endpoint, whole)
        if endpoint == "projects" and made["scm_type"]:
            self.update_project(made)
        return made

    def change(self, endpoint: str, number: int, given: Object) -> Object:
        """Change an object. Raises `RefusalError` with 400 or 404."""
        found = self.get(endpoint, number)
        kind = self._known(endpoint, given)
        fixed = {"workflow_job_template"} if endpoint == "workflow_job_template_nodes" else set()
        given = {name: value for name, value in given.items() if name not in fixed}
        if "inputs" in given and endpoint == "credentials":
            kept = {
                name: found["inputs"].get(name, "") for name, value in given["inputs"].items() if value == "$encrypted$"
            }
            given["inputs"] = {**given["inputs"], **kept}
        whole = {**{name: found[name] for name in kind.fields}, **given}
        self._judge(endpoint, whole, number)
        found |= {**{name: whole[name] for name in kind.fields}, "modified": now()}
        return found

    def remove(self, endpoint: str, number: int) -> None:
        """Take an object away, with all that hangs on it. Raises `RefusalError` with 404 or 409."""
        self.get(endpoint, number)
        below = {
            "organizations": ("teams", "projects", "inventories", "notification_templates", "workflow_job_templates"),
            "workflow_job_templates": ("workflow_job_template_nodes",),
            "inventories": ("inventory_sources",),
        }.get(endpoint, ())
        if endpoint == "credential_types" and any(
            one["credential_type"] == number for one in self.of("credentials").values()
        ):
            raise bad(detail="Credential types that are in use cannot be deleted")
        field_name = shapes.TYPES[endpoint]
        for other in below:
            for child in [one["id"] for one in self.of(other).values() if one.get(field_name) == number]:
                self.remove(other, child)
        del self.of(endpoint)[number]
        self._let_go(endpoint, number)

    def _let_go(self, endpoint: str, number: int) -> None:
        """End whatever pointed at an object that is gone."""
        for other, kind in shapes.KINDS.items():
            names = [name for name, target in kind.refs.items() if target == endpoint]
            names += ["unified_job_template"] if endpoint in shapes.TEMPLATES else []
            for one in self.of(other).values():
                one |= {name: None for name in names if name in one and one[name] == number}
        for (_, _, relation), members in self.attached.items():
            if self._target(relation) == endpoint and number in members:
                members.remove(number)
        for role in [one["id"] for one in self.of("roles").values() if one["of"] == [endpoint, number]]:
            del self.of("roles")[role]

    def members(self, endpoint: str, number: int, relation: str) -> list[int]:
        """Return the numbers of what is attached."""
        return self.attached.setdefault((endpoint, number, relation), [])

    def update_project(self, project: Object) -> Object:
        """Fetch a project's content, which ends at once."""
        made = self._updated("project_updates", {"project": project["id"], "name": project["name"]})
        project |= {"status": "successful", "scm_revision": f"{made['id']:040x}"}
        return made

    def update_inventory(self, source: Object) -> Object:
        """Read an inventory from its source, which ends at once."""
        return self._updated("inventory_updates", {"inventory_source": source["id"], "name": source["name"]})

    def _updated(self, endpoint: str, values: Object) -> Object:
        ended = {"status": "successful", "failed": False, "started": now(), "finished": now(), "elapsed": 0.1}
        return self.add(endpoint, {**values, **ended, "event_processing_finished": True})

    def may(self, user: Object, endpoint: str, number: int, roles: Iterable[str]) -> bool:
        """Say whether a person has one of these roles on an object, by themselves or through a team."""
        if user["is_superuser"]:
            return True
        teams = set()
        for role in self.of("roles").values():
            if (
                role["of"][0] == "teams"
                and role["name"] == "member"
                and user["id"] in self.members("roles", role["id"], "users")
            ):
                teams.add(role["of"][1])
        for role in self.of("roles").values():
            if role["of"] == [endpoint, number] and role["name"] in {*roles, "admin"}:
                if user["id"] in self.members("roles", role["id"], "users"):
                    return True
                if teams & set(self.members("roles", role["id"], "teams")):
                    return True
        return False

    def _target(self, relation: str) -> str:
        for kind in shapes.KINDS.values():
            if relation in kind.attached:
                return kind.attached[relation]
        return relation

    def _known(self, endpoint: str, given: Object) -> shapes.Kind:
        if endpoint not in shapes.KINDS:
            raise gone()
        kind = shapes.KINDS[endpoint]
        # AWX leaves these alone, and the collection sends them.
        noise = {"type", "id"} | ({"state"} if endpoint == "workflow_job_template_nodes" else set())
        if endpoint == "workflow_approval_templates":
            noise |= {"identifier", "workflow_job_template", "unified_job_template", "all_parents_must_converge"}
        for name in set(given) - set(kind.fields) - noise:
            raise bad(**{name: f"{endpoint} has no field of this name."})
        for name in noise & set(given):
            given.pop(name)
        return kind

    def _judge(self, endpoint: str, whole: Object, number: int | None) -> None:
        kind = shapes.KINDS[endpoint]
        for name, target in kind.refs.items():
            value = whole.get(name)
            if value is not None and value not in self.of(target):
                raise bad(**{name: f'Invalid pk "{value}" - object does not exist.'})
        if endpoint == "job_templates":
            self._judge_template(whole)
        key = tuple(whole.get(name) for name in kind.unique)
        for other in self.of(endpoint).values():
            if kind.unique and other["id"] != number and tuple(other.get(name) for name in kind.unique) == key:
                raise bad(__all__=f"{kind.type} with this {', '.join(kind.unique)} already exists.")
        self._judge_content(endpoint, whole)

    def _judge_content(self, endpoint: str, whole: Object) -> None:
        if endpoint == "credential_types":
            rules.credential_type(whole)
        elif endpoint == "credentials":
            rules.inputs(self.get("credential_types", whole["credential_type"]), whole["inputs"])
        elif endpoint == "notification_templates":
            rules.messages(whole["messages"])
            if whole["notification_type"] == "webhook":
                rules.webhook(whole["notification_configuration"])
        if "extra_vars" in whole:
            rules.variables(whole["extra_vars"])

    def _judge_template(self, whole: Object) -> None:
        project = self.get("projects", whole["project"])
        whole["organization"] = project["organization"]
        if whole["inventory"] is None and not whole["ask_inventory_on_launch"]:
            raise bad(inventory="Job Template must provide 'inventory' or allow prompting for it.")
        for name in ("forks", "timeout", "job_slice_count"):
            if not isinstance(whole[name], int):
                raise bad(**{name: "A valid integer is required."})
        if self.playbooks is not None and whole["playbook"] not in self.playbooks(project):
            raise bad(playbook="Playbook not found for project.")
        if not re.search(r"\.ya?ml$", whole["playbook"]):
            raise bad(playbook="Must be a YAML file.")
