"""All that a site needs in AWX, as plain data in the words of the collection awx.awx. Pure: no secret is in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback.approval import policy as policies
from failback.errors import ConfigError

from rollback_runner import messages
from rollback_runner.awx import credentials, names, secrets, settings, templates, workflow
from rollback_runner.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rollback_runner.awx.settings import Settings
    from rollback_runner.messages import Texts
    from rollback_runner.site.site import Site

# What the playbook makes, in this order, and `remove` takes away in the reverse one.
ORDER = (
    *("organizations", "execution_environments", "credential_types", "credentials", "notification_templates"),
    *("teams", "projects", "inventories", "inventory_sources", "job_templates", "workflow_job_templates"),
)
_EVENTS = templates.EVENTS


@dataclass(frozen=True)
class Content:
    """`objects` by kind, in the collection's words. `nodes` is the workflow, empty for a site of applications only."""

    site: str
    objects: Mapping[str, list[dict[str, Any]]]
    nodes: tuple[workflow.Node, ...]
    roles: tuple[Mapping[str, Any], ...]
    members: Mapping[str, tuple[str, ...]]

    def each(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """List kind and object of everything, in the order of making."""
        for kind in ORDER:
            for entry in self.objects[kind]:
                yield kind, entry

    def template(self, leg: str) -> dict[str, Any]:
        """Find the job template of a leg. Raises `KeyError`."""
        return next(entry for entry in self.objects["job_templates"] if entry["name"] == names.of(self.site, leg))


def of(site: Site) -> Content:
    """Make it. Raises `UsageError` for what the site does not say, or says wrongly."""
    made = Making(site, settings.of(site), (messages.Texts("en"), messages.Texts("ko")))
    try:
        policy = policies.read(next(iter(site.variables.values())))
    except ConfigError as error:
        raise UsageError(
            f"{site.directory}: {error}.", next_step=f"rollback-runner doctor -i {site.directory}"
        ) from error
    roles = policy.required if policy is not None and site.has_service else ()
    nodes = workflow.of(site.strategy, roles) if site.has_service else ()
    wrong = workflow.problems(nodes) if nodes else []
    if wrong:
        raise AssertionError(wrong)
    teams = {
        names.OPERATORS: made.operators(),
        **{role: (policy.roles.get(role, ()) if policy else ()) for role in roles},
    }
    objects = made.all(nodes, tuple(teams))
    return Content(site.name, objects, nodes, made.roles(objects, tuple(teams)), teams)


@dataclass(frozen=True)
class Making:
    """The site, what it says about AWX, and the words of both languages."""

    site: Site
    settings: Settings
    both: tuple[Texts, Texts]

    def all(self, nodes: tuple[workflow.Node, ...], teams: tuple[str, ...]) -> dict[str, list[dict[str, Any]]]:
        """Make every object, by kind."""
        name, organization = self.site.name, self.settings.organization_of(self.site.name)
        files = secrets.of(self.site.variables)
        types = credentials.types(name, files, self.settings, self.both)
        told = [names.notification(name, one.name) for one in self.settings.notified]
        mine = {"name": names.whole(name), "description": self.told("organization")}
        return {
            "organizations": [] if self.settings.organization else [mine],
            "execution_environments": [self._environment()],
            "credential_types": types,
            "credentials": credentials.credentials(name, files, types, organization, self.both),
            "notification_templates": [self._notification(one.name, one.url) for one in self.settings.notified],
            "teams": [
                {"name": names.of(name, team), "organization": organization, "description": self.told(f"team.{team}")}
                for team in teams
            ],
            "projects": [self._project()],
            "inventories": [
                {"name": names.whole(name), "organization": organization, "description": self.told("inventory")}
            ],
            "inventory_sources": [self._source()],
            "job_templates": [{**one, **templates.held(self, one, types, told)} for one in templates.all_of(self)],
            "workflow_job_templates": [templates.flow(self, nodes, told)] if nodes else [],
        }

    def operators(self) -> tuple[str, ...]:
        """Name who may launch: whoever holds a role in the response."""
        given: Mapping[str, Any] = next(iter(self.site.variables.values())).get("site_roles") or {}
        people = [str(one[key]) for one in given.values() for key in ("person", "deputy") if one.get(key)]
        return tuple(dict.fromkeys(people))

    def roles(self, objects: Mapping[str, list[dict[str, Any]]], teams: tuple[str, ...]) -> tuple[dict[str, Any], ...]:
        """Say which team may do what: operators launch, approvers of the plan answer. Nobody may change anything."""
        templates = [entry["name"] for entry in objects["job_templates"]]
        flows = [entry["name"] for entry in objects["workflow_job_templates"]]
        found: list[dict[str, Any]] = []
        for team in teams:
            name = names.of(self.site.name, team)
            if team == names.OPERATORS:
                found.append({"team": name, "role": "execute", "job_templates": templates, "workflows": flows})
            elif flows:
                found.append({"team": name, "role": "approval", "job_templates": [], "workflows": flows})
        return tuple(found)

    def _environment(self) -> dict[str, Any]:
        return {
            "name": names.whole(self.site.name),
            "description": self.told("environment"),
            "organization": self.settings.organization_of(self.site.name),
            "image": self.settings.image,
            "pull": self.settings.pull,
        }

    def _project(self) -> dict[str, Any]:
        made = {
            "name": names.whole(self.site.name),
            "description": self.told("project"),
            "organization": self.settings.organization_of(self.site.name),
            "scm_type": "git",
            "scm_url": self.settings.repository,
            "scm_branch": self.settings.branch,
            # In an emergency nothing is fetched: what was rehearsed is what runs.
            "scm_update_on_launch": False,
            "default_environment": names.whole(self.site.name),
        }
        return (
            {**made, "credential": self.settings.repository_credential} if self.settings.repository_credential else made
        )

    def _source(self) -> dict[str, Any]:
        return {
            "name": names.whole(self.site.name),
            "description": self.told("inventory"),
            "inventory": names.whole(self.site.name),
            "source": "scm",
            "source_project": names.whole(self.site.name),
            "source_path": self.settings.inventory,
            "overwrite": True,
            "overwrite_vars": True,
            "update_on_launch": False,
        }

    def _notification(self, name: str, url: str) -> dict[str, Any]:
        return {
            "name": names.notification(self.site.name, name),
            "description": self.told("notification"),
            "organization": self.settings.organization_of(self.site.name),
            "notification_type": "webhook",
            "notification_configuration": {
                "url": url,
                "http_method": "POST",
                "headers": {},
                "disable_ssl_verification": False,
                "username": "",
                "password": "",
            },
            "messages": self._messages(),
        }

    def _messages(self) -> dict[str, Any]:
        def text(key: str) -> dict[str, str]:
            # AWX fills in its own braces; ours are the site's name alone.
            words = " / ".join(
                texts(f"awx.notify.{key}", site=self.site.name, title=self.site.titles[texts.language])
                for texts in self.both
            )
            return {"message": words, "body": ""}

        asked = {word: text(f"approval_{word}") for word in ("running", "approved", "timed_out", "denied")}
        return {**{event: text(event) for event in _EVENTS}, "workflow_approval": asked}

    def told(self, key: str) -> str:
        """Describe an object in both languages, marked as ours."""
        words = " / ".join(texts(f"awx.{key}", title=self.site.titles[texts.language]) for texts in self.both)
        return names.marked(self.site.name, words)
