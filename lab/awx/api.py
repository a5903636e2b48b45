"""The paths of the API, version 2, as far as the collection awx.awx and the command use them."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lab.awx import rules, shapes, show
from lab.awx.answers import Answer, RefusalError, bad, forbidden, gone
from lab.awx.flow import Flow
from lab.awx.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.awx.world import Object

_PAGE = 25
_SURVEYED = ("job_templates", "workflow_job_templates")


@dataclass
class Api:
    """Answers requests; whoever asks is a user of the world."""

    world: World = field(default_factory=World)
    flow: Flow = field(init=False)

    def __post_init__(self) -> None:
        self.flow = Flow(self.world)

    def answer(self, user: Object, method: str, path: str, query: Mapping[str, str], given: Any) -> Answer:
        """Answer one request below /api/v2/. Raises `RefusalError` for what AWX refuses."""
        self.flow.move()
        parts = [part for part in path.split("/") if part]
        if parts == ["me"] and method == "GET":
            return Answer(200, {"count": 1, "next": None, "previous": None, "results": [self._shown(user)]})
        if parts == ["ping"] and method == "GET":
            return Answer(200, {"version": "24.6.1", "ha": False})
        if not parts or (parts[0] not in shapes.TYPES and parts[0] not in {"unified_job_templates", "unified_jobs"}):
            raise gone()
        if len(parts) == 1:
            return self._list(user, method, parts[0], query, given)
        number = self._number(parts[0], parts[1])
        if len(parts) == 2:  # noqa: PLR2004 - a kind and a number
            return self._one(user, method, (parts[0], number), given)
        return self._below(user, method, (parts[0], number, parts[2]), (query, given))

    def _number(self, endpoint: str, text: str) -> int:
        if text.isdigit():
            return int(text)
        name = text.partition("++")[0]
        return int(self.world.named(endpoint, name)["id"])

    def _list(self, user: Object, method: str, endpoint: str, query: Mapping[str, str], given: Any) -> Answer:
        if method == "GET":
            if endpoint == "unified_job_templates":
                found = [one for name in shapes.TEMPLATES for one in self.world.of(name).values()]
            elif endpoint == "unified_jobs":
                found = [one for name in shapes.JOBS for one in self.world.of(name).values()]
            else:
                found = list(self.world.of(endpoint).values())
            return self._page(f"/api/v2/{endpoint}/", found, query)
        if method != "POST":
            raise RefusalError(405, {"detail": f'Method "{method}" not allowed.'})
        self._manage(user)
        return Answer(201, self._shown(self.world.create(endpoint, dict(given))))

    def _one(self, user: Object, method: str, which: tuple[str, int], given: Any) -> Answer:
        endpoint, number = which
        if method == "GET":
            return Answer(200, self._shown(self.world.get(endpoint, number)))
        self._manage(user)
        if method in {"PATCH", "PUT"}:
            return Answer(200, self._shown(self.world.change(endpoint, number, dict(given))))
        if method == "DELETE":
            self.world.remove(endpoint, number)
            return Answer(202 if endpoint == "inventories" else 204)
        raise RefusalError(405, {"detail": f'Method "{method}" not allowed.'})

    def _below(
        self, user: Object, method: str, which: tuple[str, int, str], sent: tuple[Mapping[str, str], Any]
    ) -> Answer:
        endpoint, number, relation = which
        found = self.world.get(endpoint, number)
        query, given = sent
        path = f"/api/v2/{endpoint}/{number}/{relation}/"
        if relation == "survey_spec" and endpoint in _SURVEYED:
            return self._survey(user, method, endpoint, number, given)
        if relation == "playbooks" and endpoint == "projects":
            return Answer(200, self.world.playbooks(found) if self.world.playbooks else [])
        done = self._act(user, which, given) if method == "POST" else None
        if done is not None:
            return done
        lists = {
            ("workflow_jobs", "workflow_nodes"): ("workflow_job_nodes", "workflow_job"),
            ("workflow_job_templates", "workflow_nodes"): ("workflow_job_template_nodes", "workflow_job_template"),
            ("jobs", "job_events"): ("job_events", "job"),
            ("organizations", "teams"): ("teams", "organization"),
        }
        if (endpoint, relation, method) == ("teams", "roles", "GET"):
            roles = self.world.of("roles").values()
            return self._page(
                path, [r for r in roles if number in self.world.members("roles", r["id"], "teams")], query
            )
        if (endpoint, relation) in lists and method == "GET":
            other, name = lists[endpoint, relation]
            return self._page(path, [one for one in self.world.of(other).values() if one[name] == number], query)
        return self._attached(user, method, which, sent)

    def _act(self, user: Object, which: tuple[str, int, str], given: Any) -> Answer | None:
        """Do what is asked below an object, or return None where nothing of that name can be done."""
        endpoint, number, relation = which
        done: Answer | None = None
        if relation == "launch" and endpoint in _SURVEYED:
            done = Answer(201, self._launched(self.flow.launch(endpoint, number, dict(given or {}), user)))
        elif (endpoint, relation) == ("projects", "update"):
            done = Answer(202, self._shown(self.world.update_project(self.world.get(endpoint, number))))
        elif (endpoint, relation) == ("inventory_sources", "update"):
            done = Answer(202, self._shown(self.world.update_inventory(self.world.get(endpoint, number))))
        elif relation == "create_approval_template":
            self._manage(user)
            made = self.world.create("workflow_approval_templates", dict(given))
            self.world.get(endpoint, number)["unified_job_template"] = made["id"]
            done = Answer(201, self._shown(made))
        elif endpoint == "workflow_approvals" and relation in {"approve", "deny"}:
            self.flow.speak(number, user, approve=relation == "approve")
            done = Answer(204)
        elif endpoint in {"jobs", "workflow_jobs"} and relation == "cancel":
            self.flow.cancel(endpoint, number)
            done = Answer(202)
        return done

    def _attached(
        self, user: Object, method: str, which: tuple[str, int, str], sent: tuple[Mapping[str, str], Any]
    ) -> Answer:
        endpoint, number, relation = which
        query, given = sent
        if endpoint == "roles" and relation in {"users", "teams"}:
            target = relation
        elif endpoint == "teams" and relation == "users":
            role = next(
                one
                for one in self.world.of("roles").values()
                if one["of"] == [endpoint, number] and one["name"] == "member"
            )
            return self._attached(user, method, ("roles", role["id"], "users"), sent)
        elif endpoint in shapes.KINDS and relation in shapes.KINDS[endpoint].attached:
            target = shapes.KINDS[endpoint].attached[relation]
        else:
            raise gone()
        members = self.world.members(endpoint, number, relation)
        if method == "GET":
            path = f"/api/v2/{endpoint}/{number}/{relation}/"
            return self._page(path, [self.world.get(target, one) for one in members], query)
        self._manage(user)
        if set(given) - {"id", "disassociate"} or given["id"] not in self.world.of(target):
            raise bad(id="does not exist")
        if given.get("disassociate"):
            members[:] = [one for one in members if one != given["id"]]
            return Answer(204)
        self._fits(which, given["id"], members)
        if given["id"] not in members:
            members.append(given["id"])
        return Answer(204)

    def _fits(self, which: tuple[str, int, str], other: int, members: list[int]) -> None:
        """Refuse what AWX refuses to attach: two credentials of a type, and a node below itself."""
        endpoint, number, relation = which
        if (endpoint, relation) == ("job_templates", "credentials"):
            kind = self.world.get("credentials", other)["credential_type"]
            if any(self.world.get("credentials", one)["credential_type"] == kind for one in members if one != other):
                raise RefusalError(400, {"error": "Cannot assign multiple credentials of the same type."})
        if endpoint == "workflow_job_template_nodes" and relation.endswith("_nodes"):
            edges = ("success_nodes", "failure_nodes", "always_nodes")
            if any(other in self.world.members(endpoint, number, edge) for edge in edges if edge != relation):
                raise RefusalError(400, {"Error": "Relationship not allowed."})
            reached, left = set(), [other]
            while left:
                at = left.pop()
                reached.add(at)
                left += [n for edge in edges for n in self.world.members(endpoint, at, edge) if n not in reached]
            if number in reached:
                raise RefusalError(400, {"Error": "Cycle detected."})

    def _survey(self, user: Object, method: str, endpoint: str, number: int, given: Any) -> Answer:
        key = (endpoint, number)
        if method == "GET":
            return Answer(200, self.world.surveys.get(key, {}))
        self._manage(user)
        if method == "DELETE":
            self.world.surveys.pop(key, None)
            return Answer(200, {})
        rules.survey(given)
        self.world.surveys[key] = deepcopy(given)
        return Answer(200, {})

    def _page(self, path: str, found: list[Object], query: Mapping[str, str]) -> Answer:
        options = dict(query)
        page, size = int(options.pop("page", 1)), int(options.pop("page_size", _PAGE))
        order = options.pop("order_by", "id")
        kept = show.filtered(found, options)
        kept.sort(key=lambda one: show.sortable(one.get(order.lstrip("-"))), reverse=order.startswith("-"))
        first = (page - 1) * size
        if first and first >= len(kept):
            raise gone("Invalid page.")
        more = "&".join(f"{name}={value}" for name, value in {**options, "page_size": size, "page": page + 1}.items())
        following = f"{path}?{more}" if first + size < len(kept) else None
        shown = [self._shown(one) for one in kept[first : first + size]]
        return Answer(200, {"count": len(kept), "next": following, "previous": None, "results": shown})

    def _shown(self, found: Object) -> Object:
        return show.shown(self.world, found)

    def _launched(self, made: Object) -> Object:
        shown = self._shown({name: value for name, value in made.items() if name != "ignored_fields"})
        word = "workflow_job" if made["type"] == "workflow_job" else "job"
        return {**shown, word: made["id"], "ignored_fields": made["ignored_fields"]}

    def _manage(self, user: Object) -> None:
        if not user["is_superuser"]:
            raise forbidden()


def split(path: str) -> str:
    """Return the part of a path below /api/v2/. Raises `RefusalError` with 404."""
    found = re.match(r"^/api/v2/(.*)$", path)
    if not found:
        raise gone()
    return found[1]
