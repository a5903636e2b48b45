"""What the plugins of a deployment have in common: the application as its variables say, and its provider.

A provider needs all variables of its application, whose names differ from provider to provider. So they are read from
the host the task runs for, as a role does, and a task names only what is its own.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ansible.errors import AnsibleError

from failback import incident
from failback.action import FailbackAction
from failback.approval import plan_file
from failback.approval import policy as policies
from failback.deployment import answers
from failback.deployment.model import Deployment
from failback.deployment.open import PREFIXES, open_provider
from failback.errors import ConfigError
from failback.http import Door

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.deployment.provider import Provider


class DeploymentAction(FailbackAction):
    """A task about one application: one host of the group ``deployments``."""

    def application(self) -> dict[str, Any]:
        """Read the variables of the application. Raises ConfigError when one of them cannot be worked out."""
        found = {}
        for name in self._task_vars:
            if str(name).startswith(PREFIXES):
                try:
                    found[str(name)] = self._templar.template(self._task_vars[name])
                except AnsibleError as error:
                    raise ConfigError(f"{name} of {self.host} cannot be worked out: {error}") from error
        plain: dict[str, Any] = json.loads(json.dumps(found, default=str))
        return plain

    def provider(self) -> Provider:
        """Open the application's provider. Raises ConfigError."""
        beside = {"app": self.host, "run": self.run_id, "act": self.act}
        beside |= {name: self._task_vars.get(name) or {} for name in ("hostvars", "groups")}
        return open_provider(self.application() | beside)

    def domains(self) -> list[Door]:
        """Read the ways in from outside (``deployment_domains``). Raises ConfigError when there is none."""
        doors = [Door.from_dict(one) for one in self.application().get("deployment_domains") or ()]
        if not doors:
            raise ConfigError(f"deployment_domains of {self.host} is empty: name the ways in from outside")
        return doors

    def build_place(self) -> answers.BuildPlace:
        """Read where an answer says which build gave it (``deployment_build``). Raises ConfigError."""
        return answers.build_place(self.application().get("deployment_build") or {})

    def policy(self) -> policies.Policy | None:
        """Read what the site asks of approvals; None where it asks for none. Raises ConfigError."""
        names = ("site_approvals", "site_name", "site_critical")
        said = {name: self._templar.template(self._task_vars[name]) for name in names if name in self._task_vars}
        return policies.read(said)

    def signed(self) -> tuple[str, dict[str, Any]]:
        """Give the digest of the plan people signed, and the deployment's plan in it; empty where there is none."""
        place = incident.of_environment()
        if place is None:
            return "", {}
        found = plan_file.read(place, str(self._templar.template(self._task_vars.get("site_name") or "")))
        content = found.body.get("content") or {}
        return found.digest, dict(dict(content.get("deployment") or {}).get("plan") or {})

    def told(self, sentence: str) -> None:
        """Show how far it is, and put it on record."""
        self._display.display(f"{self.host}: {sentence}")
        self.note("progress", stage="deployment", told=sentence)


def names_of(doors: Sequence[Door]) -> frozenset[str]:
    """Name the domains that these doors are of: the address and the Host each is asked with."""
    return frozenset(name for door in doors for name in (urlsplit(door.url).netloc, door.host_header) if name)


def bare(domain: str) -> str:
    """Take scheme and path off a domain as a provider tells it."""
    return urlsplit(domain if "://" in domain else f"//{domain}").netloc


def deployment_of(kept: Mapping[str, Any]) -> Deployment:
    """Build a deployment from what a task put on record. Raises ConfigError when it is none."""
    if not kept.get("id"):
        raise ConfigError("no deployment was chosen before this task: DEPLOY-02 chooses it")
    names = Deployment.__dataclass_fields__
    # Of one that the provider forgot, only its id is on record.
    given: dict[str, Any] = {"target": "production", "state": "unknown", "created": ""}
    given |= {name: value for name, value in kept.items() if name in names}
    return Deployment(**given | {"served": tuple(given.get("served") or ()), "images": dict(given.get("images") or {})})
