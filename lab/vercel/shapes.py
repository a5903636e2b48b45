"""The answers of the API, field by field as its published document has them. Pure.

Only what a rollback looks at carries a meaning here; the rest is there because the document asks for it.
"""

from __future__ import annotations

from typing import Any

_TEAM_MADE = 1_700_000_000_000
_RESOURCES = {"functionDefaultRegions": ["icn1"]}


def row(one: dict[str, Any], project: dict[str, Any], *, candidate: bool | None) -> dict[str, Any]:
    """Return a deployment as the list has it."""
    found: dict[str, Any] = {
        "uid": one["id"],
        "id": one["id"],
        "name": project["name"],
        "projectId": project["id"],
        "url": one["host"],
        "created": one["created"],
        "createdAt": one["created"],
        "buildingAt": one["created"],
        "source": "git",
        "type": "LAMBDAS",
        "state": one["state"],
        "readyState": one["state"],
        **_target(one),
        "creator": {"uid": "user_kim", "username": one["author"]},
        "inspectorUrl": f"https://vercel.test/{project['name']}/{one['id']}",
        "meta": _meta(one),
        "aliasAssigned": one["promoted"] or False,
        "aliasError": None,
        "isRollbackCandidate": candidate,
        **_checks(one),
    }
    if one["state"] == "READY":
        found |= {"ready": one["created"], "readySubstate": one["substate"]}
    return found


def deployment(one: dict[str, Any], project: dict[str, Any], plan: str, team: dict[str, Any]) -> dict[str, Any]:
    """Return a deployment as asked for by its id or address."""
    names = [name for name, number in project["aliases"].items() if number == one["id"]]
    found: dict[str, Any] = {
        "id": one["id"],
        "name": project["name"],
        "projectId": project["id"],
        "project": {"id": project["id"], "name": project["name"], "framework": None},
        "url": one["host"],
        **_target(one),
        "type": "LAMBDAS",
        "version": 2,
        "status": one["state"],
        "readyState": one["state"],
        "createdAt": one["created"],
        "buildingAt": one["created"],
        "bootedAt": one["created"],
        "buildSkipped": False,
        "public": False,
        "plan": plan,
        "createdIn": "icn1",
        "ownerId": team["id"],
        # Vercel's own command refuses a deployment whose team it cannot tell.
        "team": {"id": team["id"], "name": team["name"], "slug": team["slug"]},
        "creator": {"uid": "user_kim", "username": one["author"]},
        "meta": _meta(one),
        "alias": names,
        "aliasAssigned": bool(names),
        "regions": ["icn1"],
        "routes": None,
        "env": [],
        "build": {"env": []},
        "inspectorUrl": f"https://vercel.test/{project['name']}/{one['id']}",
        "isInConcurrentBuildsQueue": False,
        "isInSystemBuildsQueue": False,
        "projectSettings": {},
        **_checks(one),
    }
    if one["state"] == "READY":
        found |= {"ready": one["created"], "readySubstate": one["substate"]}
    return found


def project(known: dict[str, Any], live: dict[str, Any] | None, plan: str, team: str) -> dict[str, Any]:
    """Return the project with what serves production and the last request to move it."""
    found: dict[str, Any] = {
        "id": known["id"],
        "name": known["name"],
        "accountId": team,
        "directoryListing": False,
        "nodeVersion": "22.x",
        "resourceConfig": _RESOURCES,
        "defaultResourceConfig": _RESOURCES,
        "createdAt": _TEAM_MADE,
        "updatedAt": known["updated"] or _TEAM_MADE,
        "autoAssignCustomDomains": known["auto_assign"],
        "env": [_variable(one) for one in known["env"]],
        "lastAliasRequest": _request(known["job"]),
        "lastRollbackTarget": None,
        "rollingRelease": None,
        "targets": {"production": _production(known, live, plan, team)} if live else {},
        "dataCache": {"userDisabled": False},
    }
    if known["described"]:
        found["rollbackDescription"] = known["described"]
    if known["crons"] and live:
        found["crons"] = {
            "enabledAt": live["created"],
            "disabledAt": None,
            "updatedAt": live["created"],
            "deploymentId": live["id"],
            "definitions": [{key: one[key] for key in ("host", "path", "schedule")} for one in known["crons"]],
        }
    return found


def alias(name: str, number: str, project_id: str, made: int) -> dict[str, Any]:
    """Return one domain with what it serves."""
    return {
        "uid": f"alias_{name}",
        "alias": name,
        "created": "2026-01-01T00:00:00.000Z",
        "createdAt": made,
        "deploymentId": number or None,
        "projectId": project_id,
        "redirect": None,
    }


def moved(job: dict[str, Any] | None, domains: list[str], *, failed_only: bool) -> list[dict[str, Any]]:
    """Return the domains of the last rollback, as the API's own command reads them."""
    if not job:
        return []
    left = set(job["left"])
    ended = job["status"] not in {"pending", "in-progress"}
    return [
        {
            "id": f"alias_{name}",
            "status": "failed" if name in left else "completed" if ended else "in-progress",
            "alias": {"alias": name, "deploymentId": job["from"] or job["to"] if name in left else job["to"]},
        }
        for name in domains
        if name in left or not failed_only
    ]


def promoted(job: dict[str, Any] | None, domains: list[str], *, failed_only: bool) -> list[dict[str, Any]]:
    """Return the domains of the last promotion, in the flat form of the published document."""
    return [
        {"id": one["id"], "status": one["status"], "alias": one["alias"]["alias"]}
        for one in moved(job, domains, failed_only=failed_only)
    ]


def user(known: dict[str, Any], team: dict[str, Any]) -> dict[str, Any]:
    """Return the account of the token, in the document's short form."""
    return {
        "user": {
            "limited": True,
            "id": known["id"],
            "email": known["email"],
            "name": known["username"],
            "username": known["username"],
            "avatar": None,
            "defaultTeamId": team["id"],
        }
    }


def team(known: dict[str, Any]) -> dict[str, Any]:
    """Return a team."""
    return {
        "id": known["id"],
        "slug": known["slug"],
        "name": known["name"],
        "avatar": None,
        "creatorId": "user_kim",
        "createdAt": _TEAM_MADE,
        "updatedAt": _TEAM_MADE,
        "description": None,
        "stagingPrefix": known["slug"],
        "membership": {"confirmed": True, "role": "OWNER", "createdAt": _TEAM_MADE, "created": _TEAM_MADE},
    }


def page(rows: int, following: int | None) -> dict[str, Any]:
    """Return the part of a list that says how to go on."""
    return {"count": rows, "next": following, "prev": None}


def error(code: str, message: str, **more: Any) -> dict[str, Any]:
    """Return an error as the API writes it."""
    return {"error": {"code": code, "message": message, **more}}


def _meta(one: dict[str, Any]) -> dict[str, str]:
    found = {"githubCommitRef": one["ref"], "githubCommitMessage": one["message"], "build": one["build"]}
    found |= {"githubCommitAuthorLogin": one["author"], "githubCommitSha": one["commit"]}
    return {key: str(value) for key, value in found.items() if value}


def _target(one: dict[str, Any]) -> dict[str, str]:
    # A preview has none. The document lets it be null, yet leaves null out of its values: so it is left out.
    return {"target": one["target"]} if one["target"] else {}


def _checks(one: dict[str, Any]) -> dict[str, str]:
    return {"checksState": "completed", "checksConclusion": one["checks"]} if one["checks"] else {}


def _request(job: dict[str, Any] | None) -> dict[str, Any] | None:
    if not job:
        return None
    return {
        "fromDeploymentId": job["from"],
        "toDeploymentId": job["to"],
        "jobStatus": job["status"],
        "requestedAt": job["requestedAt"],
        "type": job["type"],
    }


def _production(known: dict[str, Any], live: dict[str, Any], plan: str, team: str) -> dict[str, Any]:
    return {
        "id": live["id"],
        "alias": [name for name, number in known["aliases"].items() if number == live["id"]],
        "automaticAliases": [],
        "createdAt": live["created"],
        "createdIn": "icn1",
        "creator": {"uid": "user_kim", "username": live["author"], "email": "kim@example.org"},
        "deploymentHostname": live["host"].partition(".")[0],
        "name": known["name"],
        "plan": plan,
        "private": True,
        "readyState": live["state"],
        "readySubstate": live["substate"],
        "target": "production",
        "teamId": team,
        "type": "LAMBDAS",
        "url": live["host"],
        "userId": "user_kim",
    }


def _variable(one: dict[str, Any]) -> dict[str, Any]:
    found = {
        "type": "encrypted",
        "value": "not for you",
        "key": one["key"],
        "target": one.get("target", ["production"]),
    }
    return found | {"id": f"env_{one['key']}", "createdAt": _TEAM_MADE, "updatedAt": one.get("updated", _TEAM_MADE)}
