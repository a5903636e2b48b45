"""A whole workflow as AWX plays it: prepare freezes the plan, its nodes approve it, and emergency begins under it."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from awx_workflow import World, moment, running

from lab.awx.server import Stand

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from project import Job

pytestmark = pytest.mark.long


@pytest.fixture
def stand() -> Iterator[Stand]:
    with Stand() as found:
        yield found


def asks_awx(job: Job, place: Path) -> Job:
    """The same project for a site whose approvals are given in AWX."""
    shutil.copytree(job.place, place)
    with (place / "inventories/pretend/group_vars/all.yml").open("a", encoding="utf-8") as stream:
        stream.write("site_approvals: {source: awx}\n")
    return type(job)(place, job.home, dict(job.environment))


def play(job: Job, world: World, playbook: str, number: int, **more: str) -> Any:
    """Play one node of the workflow, with the variables that AWX adds."""
    told = {"awx_job_id": number, "awx_user_name": "kim", "awx_workflow_job_id": world.workflow["id"], **more}
    return job(playbook, "-e", json.dumps(told))


def test_prepare_freezes_nodes_approve_and_emergency_begins(job: Job, stand: Stand, tmp_path: Path) -> None:
    job = asks_awx(job, tmp_path / "project")
    world = running(stand, "")
    job.environment |= world.environment(job.home)
    job.environment["ANSIBLE_SHOW_CUSTOM_STATS"] = "1"
    done = play(job, world, "prepare", 41)
    assert done.returncode == 0, done.stdout + done.stderr
    digest = json.loads((job.latest / "handover.json").read_text(encoding="utf-8"))["plan_digest"]
    assert len(digest) == 64
    assert digest in done.stdout  # as an artifact
    plan = json.loads(next(job.home.glob("incidents/pretend/2*/plan.json")).read_text(encoding="utf-8"))
    assert (plan["made_by"], plan["digest"]) == ("kim", digest)

    # Nothing begins before AWX says that the nodes approved this very plan.
    world.prepare["artifacts"] = {"rr_plan_digest": "f" * 64}
    done = play(job, world, "emergency", 42, rr_drill="a test")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "TASK" not in done.stdout
    assert job.world() == {}
    assert "the plan in force is" in done.stderr.replace("\n", " ")

    world.prepare["artifacts"] = {"rr_plan_digest": digest}
    for approval in world.approvals.values():
        approval["finished"] = moment()
    done = play(job, world, "emergency", 43, rr_drill="a test")
    assert done.returncode == 0, done.stdout + done.stderr
    report = job.report()
    assert (report["outcome"], report["approved_plan"]) == ("proven", digest)
