"""For the list: whether the code of each deployment knows the database as it is now."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.deployment.model import Deployment


def knowing(application: Mapping[str, Any], deployments: Sequence[Deployment]) -> dict[str, dict[str, str]]:
    """Say by id: ``state`` is yes, no or unknown, ``why`` the reason. Empty for an application without a database.

    Raises FailbackError when the database or the repository cannot be read.
    """
    if not application.get("deployment_migrations"):
        return {}
    commits = tuple(dict.fromkeys(one.commit for one in deployments if one.commit))
    module = import_module("failback.deployment.migrations.knows")
    found: Mapping[str, Mapping[str, str]] = module.knows(application, commits)
    nothing = {"state": "unknown", "why": "the provider does not say which commit it was built from"}
    return {one.id: dict(found.get(one.commit) or nothing) for one in deployments}
