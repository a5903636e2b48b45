"""What the site says about AWX (`site_awx`), judged. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollback_runner.awx import names
from rollback_runner.content import ROOT
from rollback_runner.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollback_runner.site.site import Site

_PAGE = "docs/awx.md"


@dataclass(frozen=True)
class Notified:
    """A URL that AWX tells when a job or a workflow begins, ends, fails, or waits for an approval."""

    name: str
    url: str


@dataclass(frozen=True)
class Settings:
    """`inventory` is the site's directory inside the project. `organization` is "" where we make one of our own."""

    organization: str
    repository: str
    branch: str
    repository_credential: str
    inventory: str
    image: str
    pull: str
    notified: tuple[Notified, ...]
    workflow_approval_seconds: int

    def organization_of(self, site: str) -> str:
        """Return the organization everything stands in."""
        return self.organization or names.whole(site)


def of(site: Site) -> Settings:
    """Read them. Raises `UsageError` naming what is missing, and where it belongs."""
    given: Mapping[str, Any] = next(iter(site.variables.values())).get("site_awx") or {}
    project = given.get("project") or {}
    missing = [
        name for name, value in (("project.url", project.get("url")), ("image", given.get("image"))) if not value
    ]
    if missing:
        raise UsageError(
            f"{site.directory}/group_vars/all.yml: site_awx.{missing[0]} is missing: AWX needs a git repository "
            "with this project and the site in it, and an image to run it in.",
            next_step=f"see {_PAGE}, then write site_awx into group_vars/all.yml",
        )
    return Settings(
        organization=given.get("organization", ""),
        repository=project["url"],
        branch=project.get("branch", ""),
        repository_credential=project.get("credential", ""),
        inventory=_inventory(site, given.get("inventory", "")),
        image=given["image"],
        pull=given.get("pull", "missing"),
        notified=tuple(Notified(entry["name"], entry["url"]) for entry in given.get("notifications") or ()),
        workflow_approval_seconds=int(given.get("approval_seconds", 2 * site.budgets["approve"])),
    )


def _inventory(site: Site, given: str) -> str:
    if given:
        return given.strip("/")
    if site.directory.is_relative_to(ROOT):
        return site.directory.relative_to(ROOT).as_posix()
    raise UsageError(
        f"{site.directory} lies outside of the project, so AWX would not find it there.",
        next_step="commit the site into the project's repository, and set site_awx.inventory to its path in it",
    )
