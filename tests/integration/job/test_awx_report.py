"""`report --from-awx` makes the report that the run itself made, from the events that AWX kept of the same play."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from awx_workflow import World, moment

from lab.awx.server import Stand

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from project import Job

# What only the run itself knows: its own name and places, its journal, and what it measured around the play.
ONLY_THE_RUN = {
    *("run", "holder", "epoch", "journal", "started", "ended", "seconds", "incident", "forecast"),
    *("unfinished_acts", "stopped_at", "approved_plan"),
}
ONLY_AWX = {"source"}


@pytest.fixture
def stand() -> Iterator[Stand]:
    with Stand() as found:
        yield found


def workflow_of(stand: Stand, events: list[dict[str, Any]], status: str, **more: Any) -> World:
    """A workflow whose only node played emergency, with these events."""
    world = World(stand)
    who = world.person("kim")
    world.workflow = stand.api.world.add(
        "workflow_jobs",
        {
            "name": "rollback-runner pretend",
            "status": status,
            "failed": status == "failed",
            "extra_vars": "{}",
            "started": moment(-40),
            "finished": moment(-10),
            "summary_fields": {"created_by": {"id": who["id"], "username": "kim"}},
        },
    )
    world.emergency = world.job("emergency", status, **more)
    world.node("emergency", world.emergency)
    for number, event in enumerate(events, start=1):
        kept = {name: event[name] for name in ("uuid", "event", "created", "event_data")}
        stand.api.world.add("job_events", {"job": world.emergency["id"], "counter": number, **kept})
    return world


def events_of(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "events.jsonl").read_text(encoding="utf-8").splitlines()]


def command(job: Job, world: World, *arguments: str) -> subprocess.CompletedProcess[str]:
    told = job.variables | world.environment(job.home) | {"PYTHONPATH": str(job.place)}
    argv = [sys.executable, "-m", "rollback_runner", "report", "--from-awx", str(world.workflow["id"])]
    argv += ["-i", "inventories/pretend", *arguments]
    return subprocess.run(
        argv,
        cwd=job.place,
        env=told,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )


def report_of(job: Job, world: World) -> dict[str, Any]:
    done = command(job, world, "--format", "json")
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == found["exit_code"]
    return found


def same(theirs: dict[str, Any], ours: dict[str, Any]) -> None:
    """Compare field by field; a phase's own seconds and start are those that AWX measured."""
    assert set(theirs) - ONLY_AWX == set(ours)
    for name in sorted(set(ours) - ONLY_THE_RUN - {"phases"}):
        assert theirs[name] == ours[name], name
    told = [
        [{k: v for k, v in phase.items() if k not in {"seconds", "started"}} for phase in one["phases"]]
        for one in (theirs, ours)
    ]
    assert told[0] == told[1]


def test_a_proven_run_is_told_alike_both_ways(job: Job, stand: Stand) -> None:
    assert job().returncode == 0
    world = workflow_of(stand, events_of(job.latest), "successful")
    found = report_of(job, world)
    same(found, job.report())
    assert found["outcome"] == "proven"
    assert found["source"]["workflow_job"] == world.workflow["id"]
    page = command(job, world, "--format", "html", "--lang", "ko")
    assert page.stdout.startswith("<!doctype html>") or page.stdout.lower().startswith("<!doctype"), page.stderr
    assert "가상 쇼핑몰" in page.stdout
    text = command(job, world)
    assert "Made from the events that AWX kept" in text.stdout
    # Nothing of it stays here: the record of this machine is its own.
    assert len(list((job.home / "runs").glob("2*"))) == 1


@pytest.mark.long
def test_a_failed_run_is_told_alike_both_ways(job: Job, stand: Stand) -> None:
    job.scenario(dns="fail")
    assert job().returncode == 2
    found = report_of(job, workflow_of(stand, events_of(job.latest), "failed"))
    same(found, job.report())
    assert found["failures"]
    assert found["outcome"] == "unproven"


@pytest.mark.long
def test_whatever_awx_lost_is_named_and_proves_nothing(job: Job, stand: Stand) -> None:
    assert job().returncode == 0
    events = events_of(job.latest)
    emptied = next(e for e in events if e["event"] == "runner_on_ok" and "SWITCH-04" in e["event_data"]["task"])
    emptied["event_data"]["res"] = {}
    world = workflow_of(stand, events, "successful")
    lost = [e for e in stand.api.world.of("job_events").values() if e["event"] == "runner_on_start"][-1]
    del stand.api.world.of("job_events")[lost["id"]]
    world.emergency["event_processing_finished"] = False
    found = report_of(job, world)
    assert found["exit_code"] == 1
    said = " ".join(row["message"] for row in found["failures"])
    for words in ("AWX has lost 1 events", "still taking in events", "kept no result of SWITCH-04"):
        assert words in said
    assert {item["id"]: item["status"] for item in found["items"]}["SWITCH-04"] == "not_run"


@pytest.mark.long
def test_events_that_stop_short_are_no_proof(job: Job, stand: Stand) -> None:
    assert job().returncode == 0
    events = events_of(job.latest)
    found = report_of(job, workflow_of(stand, events[: len(events) * 2 // 3], "successful"))
    assert found["outcome"] == "unproven"
    assert "no end of the play" in " ".join(row["message"] for row in found["failures"])


@pytest.mark.long
def test_a_cancelled_job_is_interrupted(job: Job, stand: Stand) -> None:
    assert job().returncode == 0
    events = events_of(job.latest)[:20]
    found = report_of(job, workflow_of(stand, events, "canceled"))
    assert (found["outcome"], found["exit_code"]) == ("interrupted", 130)
    assert "ended job" in found["phases"][0]["reason"]
    assert found["stopped_at"]


@pytest.mark.long
def test_a_denied_approval_and_a_node_that_never_ran(job: Job, stand: Stand) -> None:
    world = workflow_of(stand, [], "failed")
    node = world.nodes["emergency"]
    template = stand.api.world.add("job_templates", {"name": "emergency", "playbook": "playbooks/emergency.yml"})
    node |= {"job": None, "do_not_run": True, "unified_job_template": template["id"]}
    lee = world.approval("technical_lead", "lee", "failed", created=moment(-30))
    world.node("approve-technical_lead", lee)
    found = report_of(job, world)
    assert (found["outcome"], found["exit_code"], found["status"]) == ("refused", 3, "refused")
    assert "approve-technical_lead was denied by lee" in found["failures"][0]["message"]
    assert {item["status"] for item in found["items"]} <= {"not_run", "skipped"}
    lee |= {"timed_out": True}
    assert "nobody approved in time" in report_of(job, world)["failures"][0]["message"]
    lee |= {"status": "pending", "timed_out": False}
    assert report_of(job, world)["exit_code"] == 4


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--url", "http://127.0.0.1:1"], 1, "does not answer"),
        pytest.param(["--url", "nonsense"], 2, "is no address of AWX", marks=pytest.mark.long),
        pytest.param(["--url", ""], 2, "is no address of AWX", marks=pytest.mark.long),
        pytest.param(["--token-file", "/nowhere"], 2, "cannot be read", marks=pytest.mark.long),
        (["20261122"], 2, "leave RUN"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(
    job: Job, stand: Stand, arguments: list[str], code: int, words: str
) -> None:
    world = workflow_of(stand, [], "failed")
    done = command(job, world, *arguments)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_number_a_wrong_token_and_a_workflow_of_others(job: Job, stand: Stand) -> None:
    world = workflow_of(stand, [], "failed")
    real = world.workflow["id"]
    world.workflow["id"] = 4711
    done = command(job, world)
    assert (done.returncode, "has no workflow_jobs/4711/" in done.stderr) == (2, True), done.stderr
    world.workflow["id"] = real
    (job.home / "bad").write_text("wrong\n", encoding="utf-8")
    done = command(job, world, "--token-file", str(job.home / "bad"))
    assert (done.returncode, "does not take the token" in done.stderr) == (3, True), done.stderr
    world.emergency["playbook"] = "somebody/else.yml"
    done = command(job, world)
    assert (done.returncode, "has no phase of pretend in it" in done.stderr) == (2, True), done.stderr
