"""The calls of Vercel's REST API that are made here, by the ids of its published document. Pure data.

A test holds every one of them, and every request made of them, against that document. The team stands in every query:
`teamId` for an id, `slug` for a name.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class Operation:
    """One call. ``doing`` completes the sentence "Vercel would not ..."; ``acts``: it changes something."""

    id: str
    method: str
    path: str
    doing: str
    acts: bool = False

    def at(self, **parts: str) -> str:
        """Return the path with its parts filled in."""
        return self.path.format(**{name: quote(value, safe="") for name, value in parts.items()})


DEPLOYMENTS = Operation("getDeployments", "GET", "/v6/deployments", "list the deployments")
DEPLOYMENT = Operation("getDeployment", "GET", "/v13/deployments/{idOrUrl}", "show the deployment")
PROJECT = Operation("getProject", "GET", "/v9/projects/{idOrName}", "show the project")
ALIASES = Operation("listAliases", "GET", "/v4/aliases", "list which domain serves what")
DEPLOYMENT_ALIASES = Operation(
    "listDeploymentAliases", "GET", "/v2/deployments/{id}/aliases", "list the domains of the deployment"
)
ROLLBACK_ALIASES = Operation(
    "listRollbackAliasesV9", "GET", "/v9/projects/{projectId}/rollback/aliases", "list the domains of the rollback"
)
PROMOTE_ALIASES = Operation(
    "listPromoteAliases", "GET", "/v1/projects/{projectId}/promote/aliases", "list the domains of the promotion"
)
USER = Operation("getAuthUser", "GET", "/v2/user", "say whose token this is")
TEAMS = Operation("getTeams", "GET", "/v2/teams", "list the teams of this token")
ROLLBACK = Operation(
    "requestRollback",
    "POST",
    "/v1/projects/{projectId}/rollback/{deploymentId}",
    "roll production back",
    acts=True,
)
PROMOTE = Operation(
    "requestPromote",
    "POST",
    "/v10/projects/{projectId}/promote/{deploymentId}",
    "promote the deployment",
    acts=True,
)
ALL = (
    DEPLOYMENTS,
    DEPLOYMENT,
    PROJECT,
    ALIASES,
    DEPLOYMENT_ALIASES,
    ROLLBACK_ALIASES,
    PROMOTE_ALIASES,
    USER,
    TEAMS,
    ROLLBACK,
    PROMOTE,
)
