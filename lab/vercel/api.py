"""The API of the stand-in: one request in, one answer out. No sockets here, so a test can ask it directly.

Paths, methods, statuses and forms are those of the published document, and of Vercel's own command where that uses
others (`/v9/.../rollback`, `/v1/teams`, `/teams/ID`).
"""

from __future__ import annotations

import hmac
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from lab.vercel import shapes, switch
from lab.vercel.answers import Answer, RefusalError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lab.vercel.faults import Faults
    from lab.vercel.state import World

MOST_ROWS = 100
USUAL_ROWS = 20
LONGEST_REASON = 250


@dataclass
class Api:
    """Answers for one world. ``token`` is the only one it takes."""

    world: World
    faults: Faults
    token: str
    _routes: list[tuple[str, re.Pattern[str], Callable[..., Answer]]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        part = r"([^/]+)"
        known: list[tuple[str, str, Callable[..., Answer]]] = [
            ("GET", "/v6/deployments", self._deployments),
            ("GET", f"/v13/deployments/{part}", self._deployment),
            ("GET", f"/v9/projects/{part}", self._project),
            ("GET", "/v4/aliases", self._aliases),
            ("GET", f"/v2/deployments/{part}/aliases", self._deployment_aliases),
            ("GET", f"/v9/projects/{part}/(rollback|promote)/aliases", self._moved),
            ("GET", f"/v1/projects/{part}/promote/aliases", self._promoted),
            ("POST", f"/v1/projects/{part}/rollback/{part}", self._rollback),
            ("POST", f"/v9/projects/{part}/rollback/{part}", self._rollback),
            ("POST", f"/v10/projects/{part}/promote/{part}", self._promote),
            ("PATCH", f"/v1/projects/{part}/rollback/{part}/update-description", self._describe),
            ("GET", "/v2/user", self._user),
            ("GET", "/v[12]/teams", self._teams),
            ("GET", f"/v2/teams/{part}", self._team),
            ("GET", f"/teams/{part}", self._team),
        ]
        self._routes = [(method, re.compile(f"{path}/?"), serve) for method, path, serve in known]

    def answer(self, method: str, path: str, query: Mapping[str, str], token: str, body: bytes = b"") -> Answer:
        """Answer one request."""
        with self.world.lock:
            self.world.settle()
            for known, pattern, serve in self._routes:
                found = pattern.fullmatch(path)
                if known == method and found:
                    try:
                        self._let_in(path, token, query)
                        return serve(*map(unquote, found.groups()), query=query, body=body)
                    except RefusalError as error:
                        return error.answer
            return RefusalError(404, "not_found", "The requested API endpoint was not found").answer

    def _let_in(self, path: str, token: str, query: Mapping[str, str]) -> None:
        if not token:
            # The document gives no 401 for a single deployment.
            raise RefusalError(403 if path.startswith("/v13/") else 401, "forbidden", "The request is missing a token")
        if not hmac.compare_digest(token.encode(), self.token.encode()):
            raise RefusalError(403, "forbidden", "Not authorized", invalidToken=True)
        team = self.world.data["team"]
        given = query.get("teamId") or query.get("slug")
        if given and given not in {team["id"], team["slug"]}:
            text = f'Not authorized: Trying to access resource under scope "{given}". You must re-authenticate to it.'
            raise RefusalError(403, "forbidden", text)
        number = re.fullmatch(r"(?:/v2)?/teams/([^/]+)", path)
        if number and number[1] not in {team["id"], team["slug"]}:
            raise RefusalError(404, "not_found", "Team not found")

    def _own(self, name: str, query: Mapping[str, str]) -> dict[str, Any]:
        """Return the project. It belongs to the team: without the team in the query nobody finds it."""
        project = self.world.project
        if name not in {project["id"], project["name"]} or not (query.get("teamId") or query.get("slug")):
            raise RefusalError(404, "not_found", "Project not found.")
        return project

    def _deployments(self, *, query: Mapping[str, str], body: bytes) -> Answer:
        del body
        limit = _number(query, "limit", USUAL_ROWS)
        since, until = _number(query, "since", 0), _number(query, "until", 1 << 62)
        wanted = query.get("projectId") or query.get("app")
        project = self._own(wanted, query) if wanted else self.world.project
        states = set(filter(None, query.get("state", "").upper().split(",")))
        found = []
        for one in self.world.newest():
            candidate = self.world.candidate(one)
            fits = (
                since < one["created"] < until
                and query.get("target") in {None, one["target"] or "preview"}
                and (not states or one["state"] in states)
                and query.get("sha") in {None, one["commit"]}
                and query.get("branch") in {None, one["ref"]}
                and (
                    query.get("rollbackCandidate") is None or (query["rollbackCandidate"] == "true") == bool(candidate)
                )
            )
            if fits:
                found.append(shapes.row(one, project, candidate=candidate))
        shown = found[: min(limit, MOST_ROWS)]
        following = shown[-1]["created"] if len(shown) < len(found) else None
        return Answer(200, {"deployments": shown, "pagination": shapes.page(len(shown), following)})

    def _deployment(self, name: str, *, query: Mapping[str, str], body: bytes) -> Answer:
        del body
        one = self.world.find(name)
        if one is None or not (query.get("teamId") or query.get("slug")):
            raise RefusalError(404, "not_found", "The deployment could not be found")
        team = self.world.data["team"]
        return Answer(200, shapes.deployment(one, self.world.project, self.world.data["plan"], team))

    def _project(self, name: str, *, query: Mapping[str, str], body: bytes) -> Answer:
        del body
        project = self._own(name, query)
        live = self.world.find(project["live"]) if project["live"] else None
        return Answer(200, shapes.project(project, live, self.world.data["plan"], self.world.data["team"]["id"]))

    def _aliases(self, *, query: Mapping[str, str], body: bytes) -> Answer:
        del body
        project = self.world.project
        named = {"projectId": {project["id"], project["name"]}}
        mine = query.get("projectId") in {None, *named["projectId"]}
        rows = [shapes.alias(name, to, project["id"], 0) for name, to in project["aliases"].items() if mine]
        shown = rows[: min(_number(query, "limit", USUAL_ROWS), MOST_ROWS)]
        return Answer(200, {"aliases": shown, "pagination": shapes.page(len(shown), None)})

    def _deployment_aliases(self, number: str, *, query: Mapping[str, str], body: bytes) -> Answer:
        del query, body
        if self.world.find(number) is None:
            raise RefusalError(404, "not_found", "The deployment could not be found")
        project = self.world.project
        rows = [
            {key: row[key] for key in ("uid", "alias", "created", "redirect")}
            for row in (shapes.alias(name, to, project["id"], 0) for name, to in project["aliases"].items())
            if row["alias"] in project["aliases"] and project["aliases"][row["alias"]] == number
        ]
        return Answer(200, {"aliases": rows})

    def _moved(self, name: str, kind: str, *, query: Mapping[str, str], body: bytes) -> Answer:
        del body
        project = self._own(name, query)
        job = project["job"] if project["job"] and project["job"]["type"] == kind else None
        rows = shapes.moved(job, project["domains"], failed_only=query.get("failedOnly") == "true")
        return Answer(200, {"aliases": rows, "pagination": shapes.page(len(rows), None)})

    def _promoted(self, name: str, *, query: Mapping[str, str], body: bytes) -> Answer:
        del body
        project = self._own(name, query)
        job = project["job"] if project["job"] and project["job"]["type"] == "promote" else None
        rows = shapes.promoted(job, project["domains"], failed_only=query.get("failedOnly") == "true")
        return Answer(200, {"aliases": rows, "pagination": shapes.page(len(rows), None)})

    def _rollback(self, name: str, number: str, *, query: Mapping[str, str], body: bytes) -> Answer:
        self._own(name, query)
        reason = query.get("description", "")
        if len(reason) > LONGEST_REASON or (body and _content(body)):
            raise RefusalError(400, "bad_request", f"`description` should be at most {LONGEST_REASON} characters.")
        found = switch.rollback(self.world, self.faults, number)
        if reason:
            self._note(reason)
        return found

    def _promote(self, name: str, number: str, *, query: Mapping[str, str], body: bytes) -> Answer:
        del body
        self._own(name, query)
        return switch.promote(self.world, self.faults, number)

    def _describe(self, name: str, number: str, *, query: Mapping[str, str], body: bytes) -> Answer:
        project = self._own(name, query)
        reason = str(_content(body).get("description") or "")
        if len(reason) > LONGEST_REASON:
            raise RefusalError(400, "bad_request", f"`description` should be at most {LONGEST_REASON} characters.")
        if not project["job"] or project["job"]["to"] != number:
            raise RefusalError(404, "not_found", "There is no such rollback")
        self._note(reason)
        return Answer(200)

    def _note(self, reason: str) -> None:
        who = self.world.data["user"]
        self.world.data["project"]["described"] = {
            "userId": who["id"],
            "username": who["username"],
            "description": reason,
            "createdAt": self.world.now(),
        }
        self.world.save()

    def _user(self, *, query: Mapping[str, str], body: bytes) -> Answer:
        del query, body
        return Answer(200, shapes.user(self.world.data["user"], self.world.data["team"]))

    def _teams(self, *, query: Mapping[str, str], body: bytes) -> Answer:
        del query, body
        return Answer(200, {"teams": [shapes.team(self.world.data["team"])], "pagination": shapes.page(1, None)})

    def _team(self, name: str, *, query: Mapping[str, str], body: bytes) -> Answer:
        del name, query, body
        return Answer(200, shapes.team(self.world.data["team"]))


def _number(query: Mapping[str, str], name: str, usual: int) -> int:
    given = query.get(name)
    if given is None:
        return usual
    if not given.isdecimal():
        raise RefusalError(400, "bad_request", f"Invalid request: `{name}` should be number.")
    return int(given)


def _content(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError as error:
        raise RefusalError(400, "bad_request", "Invalid JSON") from error
    if not isinstance(found, dict):
        raise RefusalError(400, "bad_request", "Invalid request: should be object.")
    return found
