"""Reads the approval nodes of an AWX workflow: who approved the plan, at which node, in whose name. Changes nothing.

What is read becomes facts (`Node`), and `judge` says what they are worth, beside what the policy asks for: pure.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from failback import awx_api
from failback.approval import record, statement
from failback.approval.judge import SHOWN, Granted, Judged
from failback.approval.policy import PLANNER
from failback.approval.statement import APPROVE, Statement, moment_text
from failback.approval.words import Problem
from failback.errors import ConfigError, FailbackError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from failback.approval.judge import Clock
    from failback.approval.plan_file import PlanFile
    from failback.approval.policy import Policy

WORKFLOW = "RR_AWX_WORKFLOW"
PREPARE = "prepare"  # the node that freezes the plan and hands its digest over
DIGEST = "rr_plan_digest"
KIND = "awx_approvals"  # the line of the incident's record that keeps what was granted
_LIVE = frozenset({"new", "pending", "waiting", "running"})


@dataclass(frozen=True)
class Node:
    """One approval node. ``status`` is AWX's word for it, "" where the workflow did not come to it.

    ``member`` says whether ``by`` is in the team that the role asks for.
    """

    role: str
    name: str
    status: str = ""
    by: str = ""
    user: int = 0
    at: datetime | None = None
    timed_out: bool = False
    member: bool = False
    number: int = 0
    there: bool = True


@dataclass(frozen=True)
class Workflow:
    """What AWX says of one workflow job: who launched it, which plan it prepared, and its approval nodes."""

    number: int
    launched_by: str
    digest: str = ""
    status: str = ""
    nodes: tuple[Node, ...] = ()
    launchers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What was read, or why nothing could be. ``silent``: nobody said no, AWX only did not answer."""

    workflow: Workflow | None = None
    problems: tuple[Problem, ...] = field(default=())


def read(policy: Policy, environment: Mapping[str, str] | None = None) -> Answer:
    """Ask AWX. Whatever goes wrong is a problem: nothing is approved then."""
    told = os.environ if environment is None else environment
    number = told.get(WORKFLOW, "")
    if not number.isdigit() or not int(number):
        return Answer(problems=(Problem("awx_no_workflow"),))
    try:
        return Answer(_workflow(awx_api.Api.of(told), int(number), policy))
    except awx_api.MissingError as error:
        return Answer(problems=(Problem("awx_missing", values={"number": number, "why": str(error)}),))
    except (FailbackError, ConfigError) as error:
        return Answer(problems=(Problem("awx_silent", values={"why": str(error)}),))


def judge(policy: Policy, plan: PlanFile, answer: Answer, clock: Clock) -> Judged:
    """Judge what AWX said of this plan.

    Every required role needs a node of its own that was approved, after the plan was made and not too long ago, by a
    member of the role's team who neither launched the workflow nor approved in another role.
    """
    workflow = answer.workflow
    if workflow is None:
        return Judged(problems=answer.problems)
    problems = list(_of_workflow(plan, workflow))
    if policy.roles.get(PLANNER) and not policy.may(plan.maker, PLANNER):
        problems.append(Problem("plan_planner", values={"person": plan.maker or "-"}))
    granted: list[Granted] = []
    for role in policy.required:
        node = next((one for one in workflow.nodes if one.role == role), Node(role, policy.nodes[role], there=False))
        objection = _objection(policy, plan, workflow, node, clock) or _twin(node, granted)
        if objection is not None:
            problems.append(objection)
        else:
            granted.append(_granted(policy, plan, workflow, node))
    return Judged(tuple(granted), tuple(problems))


def keep(incident: Path, judged: Judged, workflow: int, plan: str, run: str) -> None:
    """Put what was granted on record, once a run begins under it. Raises FailbackError when that cannot be."""
    rows = [
        {"role": one.role, "by": one.statement.principal, "key": one.key, "text": one.statement.text()}
        for one in judged.granted
    ]
    record.add(incident, KIND, plan=plan, workflow=workflow, run=run, granted=rows)


def kept(lines: tuple[dict[str, Any], ...], plan: str, run: str) -> Judged | None:
    """Return what was granted to this very run under this plan; None where nothing is on record."""
    for line in reversed(lines):
        if line["kind"] == KIND and line.get("plan") == plan and line.get("run") == run:
            rows = line.get("granted", ())
            return Judged(tuple(Granted(row["role"], statement.parse(row["text"]), row["key"]) for row in rows))
    return None


def _workflow(api: awx_api.Api, number: int, policy: Policy) -> Workflow:
    found = api.get(f"workflow_jobs/{number}/")
    nodes = list(api.all(f"workflow_jobs/{number}/workflow_nodes/?page_size=200"))
    digest, launchers = "", [_user(found, "created_by")]
    organization = int(((found.get("summary_fields") or {}).get("organization") or {}).get("id") or 0)
    prepare = _job_of(nodes, PREPARE)
    if prepare is not None and prepare.get("type") == "job":
        job = api.get(f"jobs/{prepare['id']}/")
        digest = str((job.get("artifacts") or {}).get(DIGEST) or "")
        launchers.append(_user(job, "created_by"))
    return Workflow(
        number=number,
        launched_by=launchers[0],
        digest=digest,
        status=str(found.get("status") or ""),
        nodes=tuple(_node(api, nodes, (role, organization), policy) for role in policy.required),
        launchers=tuple(name for name in dict.fromkeys(launchers) if name),
    )


def _node(api: awx_api.Api, nodes: list[dict[str, Any]], asked: tuple[str, int], policy: Policy) -> Node:
    role, organization = asked
    name = policy.nodes[role]
    mine = [one for one in nodes if one.get("identifier") == name]
    job = _job_of(nodes, name)
    if not mine or job is None or job.get("type") != "workflow_approval":
        return Node(role, name, there=bool(mine))
    found = api.get(f"workflow_approvals/{job['id']}/")
    who = (found.get("summary_fields") or {}).get("approved_or_denied_by") or {}
    user = int(who.get("id") or 0)
    return Node(
        role=role,
        name=name,
        status=str(found.get("status") or ""),
        by=str(who.get("username") or ""),
        user=user,
        at=record.instant(found.get("finished")),
        timed_out=bool(found.get("timed_out")),
        member=bool(user) and _member(api, policy.teams[role], user, organization),
        number=int(found["id"]),
    )


def _member(api: awx_api.Api, team: str, user: int, organization: int) -> bool:
    """Tell whether a user is in the team of exactly this name in the workflow's own organization.

    Whoever runs another organization can make a team of any name there. A team that is not there has no members.
    """
    for one in api.all(f"teams/?name={quote(team)}&organization={organization}") if organization else ():
        if one.get("name") == team and one.get("organization") == organization:
            return any(member.get("id") == user for member in api.all(f"teams/{one['id']}/users/?page_size=200"))
    return False


def _job_of(nodes: list[dict[str, Any]], identifier: str) -> dict[str, Any] | None:
    for one in nodes:
        if one.get("identifier") == identifier:
            found = (one.get("summary_fields") or {}).get("job")
            return found if isinstance(found, dict) and found.get("id") else None
    return None


def _user(found: dict[str, Any], key: str) -> str:
    return str(((found.get("summary_fields") or {}).get(key) or {}).get("username") or "")


def _of_workflow(plan: PlanFile, workflow: Workflow) -> list[Problem]:
    told = {"number": str(workflow.number), "ours": plan.digest[:SHOWN], "theirs": workflow.digest[:SHOWN]}
    if workflow.status not in _LIVE:
        return [Problem("awx_over", values=told | {"status": workflow.status or "-"})]
    if not workflow.launched_by or not plan.maker:
        return [Problem("awx_nobody", values=told)]
    if not workflow.digest:
        return [Problem("awx_no_digest", values=told)]
    if workflow.digest != plan.digest:
        return [Problem("awx_other_digest", values=told)]
    return []


def _objection(  # noqa: PLR0911 - one sentence for each thing that can be wrong
    policy: Policy, plan: PlanFile, workflow: Workflow, node: Node, clock: Clock
) -> Problem | None:
    told = {
        "person": node.by or "-",
        "node": node.name,
        "number": str(workflow.number),
        "team": policy.teams[node.role],
    }
    if not node.there:
        return Problem("awx_no_node", node.role, told)
    if node.timed_out:
        return Problem("awx_timed_out", node.role, told)
    if node.status in {"", *_LIVE}:
        return Problem("awx_pending", node.role, told)
    if node.status != "successful":
        return Problem("awx_denied", node.role, told | {"status": node.status})
    if not node.by or node.at is None:
        return Problem("awx_unnamed", node.role, told)
    if node.by in {*workflow.launchers, *plan.makers}:
        return Problem("awx_launcher", node.role, told)
    if not node.member:
        return Problem("awx_team", node.role, told)
    if policy.roles.get(node.role) and not policy.may(node.by, node.role):
        return Problem("not_listed", node.role, told)
    return _out_of_time(policy, plan, node, clock, told)


def _out_of_time(policy: Policy, plan: PlanFile, node: Node, clock: Clock, told: dict[str, str]) -> Problem | None:
    made = record.instant(plan.body.get("made_at"))
    at = node.at or clock.now
    if made is None or (made - at).total_seconds() > policy.clock_tolerance:
        then = {"then": moment_text(at), "made": moment_text(made) if made else "-"}
        return Problem("awx_older", node.role, told | then)
    if (at - clock.now).total_seconds() > policy.clock_tolerance:
        return Problem("future", node.role, told | {"then": moment_text(at), "now": moment_text(clock.now)})
    ends = at + timedelta(hours=policy.valid_hours)
    if (clock.begun or clock.now) >= ends:
        return Problem("expired", node.role, told | {"then": moment_text(ends)})
    return None


def _twin(node: Node, granted: list[Granted]) -> Problem | None:
    for other in granted:
        if other.statement.principal == node.by:
            return Problem("same_person", node.role, {"person": node.by, "twin": node.by, "other": other.role})
    return None


def _granted(policy: Policy, plan: PlanFile, workflow: Workflow, node: Node) -> Granted:
    at = (node.at or datetime.now(UTC)).astimezone(UTC)
    said = Statement(
        site=policy.site,
        incident=plan.path.parent.name,
        plan=plan.digest,
        role=node.role,
        principal=node.by,
        decision=APPROVE,
        conditions="",
        made_at=at,
        expires_at=at + timedelta(hours=policy.valid_hours),
        nonce=f"awx-{workflow.number}-{node.number}",
    )
    return Granted(node.role, said, f"AWX workflow job {workflow.number}, node {node.name}")
