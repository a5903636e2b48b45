"""A workflow in the stand-in of AWX: prepare, the approvals, emergency, and who is in which team."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lab.awx.server import Stand

ROLES = ("technical_lead", "operations_manager")
SITE = "pretend"


def moment(minutes: float = 0.0) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


@dataclass
class World:
    """What tests change: any object of the stand-in, by what it is."""

    stand: Stand
    workflow: dict[str, Any] = field(default_factory=dict)
    prepare: dict[str, Any] = field(default_factory=dict)
    emergency: dict[str, Any] = field(default_factory=dict)
    approvals: dict[str, dict[str, Any]] = field(default_factory=dict)
    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)

    def environment(self, folder: Path, **more: str) -> dict[str, str]:
        token = folder / "awx-token"
        token.write_text(self.stand.token("robot") + "\n", encoding="utf-8")
        told = {"RR_AWX_URL": self.stand.url, "RR_AWX_TOKEN_FILE": str(token)}
        return told | {"RR_AWX_WORKFLOW": str(self.workflow["id"])} | more

    def organization(self, name: str = f"rollback-runner {SITE}") -> dict[str, Any]:
        """The organization of this name; without one, that of the workflow."""
        world = self.stand.api.world
        found = next((one for one in world.of("organizations").values() if one["name"] == name), None)
        return found or world.add("organizations", {"name": name})

    def team(self, name: str) -> dict[str, Any] | None:
        """The team of this name in the workflow's organization."""
        wanted = (name, self.organization()["id"])
        teams = self.stand.api.world.of("teams").values()
        return next((one for one in teams if (one["name"], one["organization"]) == wanted), None)

    def person(self, name: str, *teams: str) -> dict[str, Any]:
        world = self.stand.api.world
        found = next((one for one in world.of("users").values() if one["username"] == name), None)
        user = found or world.add("users", {"username": name})
        for team in teams:
            made = self.team(team) or world.add("teams", {"name": team, "organization": self.organization()["id"]})
            role = next(
                one
                for one in world.of("roles").values()
                if one["of"] == ["teams", made["id"]] and one["name"] == "member"
            )
            world.members("roles", role["id"], "users").append(user["id"])
        return user

    def node(self, identifier: str, made: dict[str, Any] | None, *, after: Sequence[str] = ()) -> dict[str, Any]:
        edges: dict[str, list[int]] = {"success_nodes": [], "failure_nodes": [], "always_nodes": []}
        node = self.stand.api.world.add(
            "workflow_job_nodes",
            {
                "identifier": identifier,
                "unified_job_template": None,
                "workflow_job": self.workflow["id"],
                "job": made["id"] if made else None,
                "do_not_run": made is None,
                **edges,
                "all_parents_must_converge": True,
            },
        )
        for name in after:
            self.nodes[name]["success_nodes"].append(node["id"])
        self.nodes[identifier] = node
        return node

    def job(self, playbook: str, status: str, **more: Any) -> dict[str, Any]:
        who = self.workflow["summary_fields"]["created_by"]
        return self.stand.api.world.add(
            "jobs",
            {
                "name": playbook,
                "playbook": f"playbooks/{playbook}.yml",
                "status": status,
                "job_type": "run",
                "extra_vars": "{}",
                "artifacts": {},
                "started": moment(-30),
                "finished": moment(-20),
                "failed": status == "failed",
                "elapsed": 12.5,
                "job_explanation": "",
                "event_processing_finished": True,
                "summary_fields": {"created_by": who},
                **more,
            },
        )

    def approval(self, role: str, by: str, status: str = "successful", **more: Any) -> dict[str, Any]:
        made = self.stand.api.world.add(
            "workflow_approvals",
            {
                "name": f"approve-{role}",
                "status": status,
                "workflow_job": self.workflow["id"],
                "timed_out": False,
                "approved_or_denied_by": self.person(by)["id"] if by else None,
                "finished": moment(-10),
                "unified_job_template": 0,
                "failed": status == "failed",
                "elapsed": 1.0,
                **more,
            },
        )
        self.approvals[role] = made
        return made


def running(stand: Stand, digest: str, *, launched_by: str = "kim") -> World:
    """A workflow in which emergency runs: kim launched it, lee and park approved, each in the team of the role."""
    world = World(stand)
    who = world.person(launched_by)
    world.workflow = stand.api.world.add(
        "workflow_jobs",
        {
            "name": f"rollback-runner {SITE}",
            "status": "running",
            "failed": False,
            "extra_vars": "{}",
            "started": moment(-40),
            "finished": None,
            "summary_fields": {
                "created_by": {"id": who["id"], "username": who["username"]},
                "organization": {"id": world.organization()["id"]},
            },
        },
    )
    world.prepare = world.job("prepare", "successful", artifacts={"rr_plan_digest": digest})
    world.node("prepare", world.prepare)
    for role, person in zip(ROLES, ("lee", "park"), strict=True):
        world.person(person, f"rollback-runner {SITE}: {role}")
        world.node(f"approve-{role}", world.approval(role, person), after=["prepare"])
    world.emergency = world.job("emergency", "waiting", finished=None)
    world.node("emergency", world.emergency, after=[f"approve-{role}" for role in ROLES])
    return world
