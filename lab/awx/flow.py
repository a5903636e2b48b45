"""Jobs and workflows: launched, moved on a step whenever somebody looks, and judged as AWX judges them.

Nothing runs here. How a job ends is told by `Ends`; by default well.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lab.awx import rules
from lab.awx.answers import RefusalError, bad, forbidden
from lab.awx.world import now

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.awx.world import Object, World

_OVER = frozenset({"successful", "failed", "error", "canceled"})
_EDGES = ("success_nodes", "failure_nodes", "always_nodes")


@dataclass
class Ends:
    """How jobs end, by the name of their template: a status, or what makes status, events and artifacts of the job."""

    by_name: dict[str, str | Callable[[Object], dict[str, Any]]] = field(default_factory=dict)

    def of(self, job: Object) -> dict[str, Any]:
        """Return `status`, and `events` and `artifacts` where there are some."""
        wanted = self.by_name.get(job["name"], "successful")
        return {"status": wanted} if isinstance(wanted, str) else wanted(job)


@dataclass
class Flow:
    """Launches, and carries on."""

    world: World
    ends: Ends = field(default_factory=Ends)

    def launch(self, endpoint: str, number: int, given: Object, user: Object) -> Object:
        """Start a job or a workflow. Raises `RefusalError`: 400 for wrong answers, 403 for who may not."""
        template = self.world.get(endpoint, number)
        if not self.world.may(user, endpoint, number, ("execute",)):
            raise forbidden()
        asked = {name[4:-10]: name for name in template if name.startswith("ask_") and name.endswith("_on_launch")}
        allowed = {"variables": "extra_vars", "tags": "job_tags", "credential": "credentials"}
        known = {allowed.get(name, name) for name in asked} | {"extra_vars"}
        if set(given) - known:
            raise bad(**{min(set(given) - known): "no such field at a launch"})
        told = rules.variables(given.get("extra_vars"))
        spec = self.world.surveys.get((endpoint, number), {}) if template["survey_enabled"] else {}
        wrong = rules.answers(spec, told)
        if wrong:
            raise RefusalError(400, {"variables_needed_to_start": wrong})
        questions = {item["variable"]: item for item in spec.get("spec", [])}
        ignored = {}
        if not template["ask_variables_on_launch"]:
            ignored = {name: value for name, value in told.items() if name not in questions}
        for name, flag in asked.items():
            sent = allowed.get(name, name)
            if name != "variables" and sent in given and not template[flag]:
                ignored[sent] = given[sent]
        if endpoint == "job_templates" and template["inventory"] is None:
            raise RefusalError(400, {"inventory": ["Job Template 'inventory' is missing or undefined."]})
        kept = {name: value for name, value in told.items() if name not in ignored}
        options = {name: value for name, value in given.items() if name not in ignored and name != "extra_vars"}
        made = self._workflow(template, kept, user) if endpoint == "workflow_job_templates" else None
        made = made or self._job(template, kept, options, {"launched_by": user, "launch_type": "manual"})
        return {**made, "ignored_fields": ignored}

    def move(self) -> None:
        """Carry everything on by one step."""
        for job in list(self.world.of("jobs").values()):
            self._move_job(job)
        for workflow in list(self.world.of("workflow_jobs").values()):
            if workflow["status"] not in _OVER:
                self._move_workflow(workflow)

    def speak(self, number: int, user: Object, *, approve: bool) -> None:
        """Approve or deny. Raises `RefusalError`: 403 for who may not, 400 for what has been answered."""
        approval = self.world.get("workflow_approvals", number)
        workflow = self.world.get("workflow_jobs", approval["workflow_job"])
        template = workflow["unified_job_template"]
        if not self.world.may(user, "workflow_job_templates", template, ("approval",)):
            raise forbidden("User does not have permission to approve or deny this workflow.")
        if approval["status"] != "pending":
            raise RefusalError(400, {"error": "This workflow step has already been approved or denied."})
        approval |= {"status": "successful" if approve else "failed", "failed": not approve, "finished": now()}
        approval["approved_or_denied_by"] = user["id"]

    def time_out(self, number: int) -> None:
        """Let an approval's time be over."""
        approval = self.world.get("workflow_approvals", number)
        approval |= {"status": "failed", "failed": True, "timed_out": True, "finished": now()}

    def cancel(self, endpoint: str, number: int) -> None:
        """End a job or a workflow where it stands."""
        job = self.world.get(endpoint, number)
        job |= {"status": "canceled", "failed": True, "finished": now()}
        for node in self._nodes(number) if endpoint == "workflow_jobs" else ():
            found = self._made(node)
            if found is not None and found["status"] not in _OVER:
                found |= {"status": "canceled", "failed": True, "finished": now()}

    def _job(self, template: Object, told: Object, options: Object, how: Object) -> Object:
        spec = self.world.surveys.get(("job_templates", template["id"]), {}) if template["survey_enabled"] else {}
        defaults = {q["variable"]: q["default"] for q in spec.get("spec", []) if q.get("default") not in {None, ""}}
        user = how["launched_by"]
        made = self.world.add(
            "jobs",
            {
                **{name: template[name] for name in ("name", "playbook", "inventory", "project", "job_type", "limit")},
                **{name: template[name] for name in ("diff_mode", "timeout", "job_slice_count")},
                **{name: value for name, value in options.items() if name != "credentials"},
                **_fresh("pending"),
                "unified_job_template": template["id"],
                "job_template": template["id"],
                "launch_type": how["launch_type"],
                "artifacts": {},
            },
        )
        made["summary_fields"] = {
            "job_template": {"id": template["id"], "name": template["name"]},
            "created_by": {"id": user["id"], "username": user["username"]},
            **({"source_workflow_job": how["workflow"]} if "workflow" in how else {}),
        }
        made["launched_by"] = {"id": user["id"], "name": user["username"], "type": "user"}
        own = {"awx_job_id": made["id"], "awx_user_name": user["username"]}
        if "workflow" in how:
            own |= {"awx_workflow_job_id": how["workflow"]["id"], "awx_workflow_job_name": how["workflow"]["name"]}
        whole = {**rules.variables(template["extra_vars"]), **defaults, **told, **own}
        made["extra_vars"] = rules.as_text(whole)
        return made

    def _workflow(self, template: Object, told: Object, user: Object) -> Object:
        made = self.world.add(
            "workflow_jobs",
            {
                "name": template["name"],
                **_fresh("running"),
                "unified_job_template": template["id"],
                "workflow_job_template": template["id"],
                "launch_type": "manual",
                "extra_vars": rules.as_text({**rules.variables(template["extra_vars"]), **told}),
            },
        )
        made["started"] = now()
        made["launched_by"] = {"id": user["id"], "name": user["username"], "type": "user"}
        made["summary_fields"] = {
            "workflow_job_template": {"id": template["id"], "name": template["name"]},
            "created_by": {"id": user["id"], "username": user["username"]},
        }
        if template["organization"] is not None:
            owner = self.world.get("organizations", template["organization"])
            made["summary_fields"]["organization"] = {"id": owner["id"], "name": owner["name"]}
        numbers = {}
        theirs = [
            n
            for n in self.world.of("workflow_job_template_nodes").values()
            if n["workflow_job_template"] == template["id"]
        ]
        for node in theirs:
            copy = self.world.add(
                "workflow_job_nodes",
                {
                    **{
                        name: node[name] for name in ("identifier", "unified_job_template", "all_parents_must_converge")
                    },
                    "workflow_job": made["id"],
                    "job": None,
                    "do_not_run": False,
                },
            )
            numbers[node["id"]] = copy["id"]
        for node in theirs:
            for edge in _EDGES:
                members = self.world.members("workflow_job_template_nodes", node["id"], edge)
                self.world.get("workflow_job_nodes", numbers[node["id"]])[edge] = [numbers[one] for one in members]
        return made

    def _move_job(self, job: Object) -> None:
        if job["status"] == "pending":
            job |= {"status": "running", "started": now()}
        elif job["status"] == "running":
            ended = self.ends.of(job)
            job |= {"status": ended["status"], "failed": ended["status"] != "successful", "finished": now()}
            job |= {"artifacts": ended.get("artifacts", {}), "event_processing_finished": True}
            for number, event in enumerate(ended.get("events", []), 1):
                self.world.add("job_events", {"job": job["id"], "counter": number, **event})

    def _move_workflow(self, workflow: Object) -> None:
        nodes = self._nodes(workflow["id"])
        parents: dict[int, list[tuple[Object, str]]] = {node["id"]: [] for node in nodes}
        for node in nodes:
            for edge in _EDGES:
                for child in node[edge]:
                    parents[child].append((node, edge))
        moved = False
        for node in nodes:
            if node["job"] is not None or node["do_not_run"]:
                continue
            above = parents[node["id"]]
            if not all(self._over(parent) for parent, _ in above):
                continue
            ways = [self._takes(parent, edge) for parent, edge in above]
            runs = not above or (all(ways) if node["all_parents_must_converge"] else any(ways))
            if runs:
                self._spawn(workflow, node)
            else:
                node["do_not_run"] = True
            moved = True
        if not moved and all(self._over(node) for node in nodes):
            self._judge(workflow, nodes)

    def _judge(self, workflow: Object, nodes: list[Object]) -> None:
        """End a workflow: a failed node does not count where a failure or always path went on from it."""
        failed = False
        for node in nodes:
            job = self._made(node)
            ill = job is not None and job["status"] in {"failed", "error", "canceled"}
            lost = job is None and not node["do_not_run"] and node["unified_job_template"] is None
            if (ill and not node["failure_nodes"] and not node["always_nodes"]) or lost:
                failed = True
        workflow |= {"status": "failed" if failed else "successful", "failed": failed, "finished": now()}

    def _spawn(self, workflow: Object, node: Object) -> None:
        number = node["unified_job_template"]
        user = self.world.get("users", workflow["launched_by"]["id"])
        told = rules.variables(workflow["extra_vars"])
        if number in self.world.of("job_templates"):
            origin = {"id": workflow["id"], "name": workflow["name"]}
            how = {"launched_by": user, "launch_type": "workflow", "workflow": origin}
            told = {**self._artifacts(workflow, node), **told}
            made = self._job(self.world.get("job_templates", number), told, {}, how)
        elif number in self.world.of("workflow_approval_templates"):
            template = self.world.get("workflow_approval_templates", number)
            made = self.world.add(
                "workflow_approvals",
                {
                    "name": template["name"],
                    "description": template["description"],
                    "timeout": template["timeout"],
                    "workflow_job": workflow["id"],
                    "unified_job_template": number,
                    "timed_out": False,
                    "approved_or_denied_by": None,
                    "workflow_job_node": node["id"],
                    **_fresh("pending"),
                },
            )
        else:
            node["do_not_run"] = True
            return
        node["job"] = made["id"]

    def _artifacts(self, workflow: Object, node: Object) -> Object:
        found: Object = {}
        for other in self._nodes(workflow["id"]):
            if any(node["id"] in other[edge] for edge in _EDGES):
                job = self._made(other)
                found |= {**self._artifacts(workflow, other), **((job or {}).get("artifacts") or {})}
        return found

    def _nodes(self, workflow: int) -> list[Object]:
        return [node for node in self.world.of("workflow_job_nodes").values() if node["workflow_job"] == workflow]

    def _made(self, node: Object) -> Object | None:
        for endpoint in ("jobs", "workflow_approvals"):
            if node["job"] in self.world.of(endpoint):
                return self.world.get(endpoint, node["job"])
        return None

    def _over(self, node: Object) -> bool:
        job = self._made(node)
        return bool(node["do_not_run"]) or (job is not None and job["status"] in _OVER)

    def _takes(self, node: Object, edge: str) -> bool:
        job = self._made(node)
        if node["do_not_run"] or job is None:
            return False
        return edge == "always_nodes" or (edge == "success_nodes") == (job["status"] == "successful")


def _fresh(status: str) -> Object:
    return {"status": status, "failed": False, "started": None, "finished": None, "elapsed": 0.0, "job_explanation": ""}
