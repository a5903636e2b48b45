"""The calls of Vercel's REST API that are made here, by the ids of its published document. Pure data.

A test holds every one of them, and every request made of them, against that document. The team stands in every query:
`teamId` for an id, `slug` for a name.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from failback.deployment.said import Said


@dataclass(frozen=True)
class Operation:
    """One call. ``doing`` completes the sentence "Vercel would not ..."; ``acts``: it changes something."""

    id: str
    method: str
    path: str
    doing: Said
    acts: bool = False

    def at(self, **parts: str) -> str:
        """Return the path with its parts filled in."""
        return self.path.format(**{name: quote(value, safe="") for name, value in parts.items()})


DEPLOYMENTS = Operation("getDeployments", "GET", "/v6/deployments", Said("list the deployments", "배포 목록 조회"))
DEPLOYMENT = Operation("getDeployment", "GET", "/v13/deployments/{idOrUrl}", Said("show the deployment", "배포 조회"))
PROJECT = Operation("getProject", "GET", "/v9/projects/{idOrName}", Said("show the project", "프로젝트 조회"))
ALIASES = Operation("listAliases", "GET", "/v4/aliases", Said("list which domain serves what", "도메인별 배포 조회"))
DEPLOYMENT_ALIASES = Operation(
    "listDeploymentAliases",
    "GET",
    "/v2/deployments/{id}/aliases",
    Said("list the domains of the deployment", "배포의 도메인 조회"),
)
ROLLBACK_ALIASES = Operation(
    "listRollbackAliasesV9",
    "GET",
    "/v9/projects/{projectId}/rollback/aliases",
    Said("list the domains of the rollback", "롤백의 도메인 조회"),
)
PROMOTE_ALIASES = Operation(
    "listPromoteAliases",
    "GET",
    "/v1/projects/{projectId}/promote/aliases",
    Said("list the domains of the promotion", "승격의 도메인 조회"),
)
USER = Operation("getAuthUser", "GET", "/v2/user", Said("say whose token this is", "토큰 소유자 확인"))
TEAMS = Operation("getTeams", "GET", "/v2/teams", Said("list the teams of this token", "토큰의 팀 조회"))
ROLLBACK = Operation(
    "requestRollback",
    "POST",
    "/v1/projects/{projectId}/rollback/{deploymentId}",
    Said("roll production back", "운영 롤백"),
    acts=True,
)
PROMOTE = Operation(
    "requestPromote",
    "POST",
    "/v10/projects/{projectId}/promote/{deploymentId}",
    Said("promote the deployment", "배포 승격"),
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
