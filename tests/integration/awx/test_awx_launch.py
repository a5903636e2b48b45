"""`awx launch`: started with its answers, followed, and judged by every node and every record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rollback_runner.awx import client, launch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from awx_world import World

NAME = "rollback-runner shop: {}"


def proven(_job: object) -> dict[str, object]:
    return {"status": "successful", "artifacts": {"rr_status": "done"}}


@pytest.fixture(name="awx")
def _awx(configured: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Every leg is proven, and whoever is asked says yes; the command never waits."""
    flow = configured.stand.api.flow
    legs = ("prepare", "approve", "emergency", "full", "complete", "watch", "abort")
    flow.ends.by_name = {NAME.format(leg): proven for leg in legs} | {NAME.format("failed"): "failed"}
    monkeypatch.setattr(client, "wait", lambda _seconds: answer(configured, approve=True))
    yield configured
    flow.ends.by_name = {}


def answer(world: World, *, approve: bool, only: str = "") -> None:
    """Answer every approval that waits; whoever the node asks does it."""
    people = {"technical_lead": "lee", "operations_manager": "park", "executive": "choi"}
    for approval in list(world.stand.api.world.of("workflow_approvals").values()):
        if approval["status"] == "pending":
            node = approval["name"].rpartition(": ")[2]
            who = world.named("users", people.get(node.removeprefix("approve-"), "lee"))
            world.stand.api.flow.speak(approval["id"], who, approve=approve or (bool(only) and node != only))


def test_a_workflow_that_is_proven(awx: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert awx.run(capsys, "launch", "workflow", "--yes") == 0
    assert "approve-executive: approved (by choi)" in awx.said
    assert "Every node ended well, and each leg's record says it is proven." in awx.said
    told = next(reversed(awx.stand.api.world.of("jobs").values()))["extra_vars"]
    assert '"rr_confirm_site": "shop"' in told


def test_a_failure_is_told_although_awx_shows_green(awx: World, capsys: pytest.CaptureFixture[str]) -> None:
    ends = awx.stand.api.flow.ends.by_name
    ends[NAME.format("emergency")] = "failed"
    ends[NAME.format("failed")] = "successful"
    assert awx.run(capsys, "launch", "workflow", "--yes") == 1
    assert next(reversed(awx.stand.api.world.of("workflow_jobs").values()))["status"] == "successful"
    assert "It failed: emergency" in awx.said
    assert "abort-emergency: ended well" in awx.said


def test_the_workflow_we_make_ends_failed_by_itself(awx: World, capsys: pytest.CaptureFixture[str]) -> None:
    awx.stand.api.flow.ends.by_name[NAME.format("full")] = "failed"
    assert awx.run(capsys, "launch", "workflow", "--yes") == 1
    assert next(reversed(awx.stand.api.world.of("workflow_jobs").values()))["status"] == "failed"


def test_a_denied_plan_stops_everything(
    awx: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def speak(_seconds: float) -> None:
        answer(awx, approve=False, only="approve-operations_manager")

    monkeypatch.setattr(client, "wait", speak)
    assert awx.run(capsys, "launch", "workflow", "--yes") == 3
    assert "approve-operations_manager: denied (by park)" in awx.said
    assert "emergency: ended well" not in awx.said
    assert next(reversed(awx.stand.api.world.of("workflow_jobs").values()))["status"] == "failed"


def test_a_leg_whose_record_proves_nothing_is_not_proven(awx: World, capsys: pytest.CaptureFixture[str]) -> None:
    awx.stand.api.flow.ends.by_name[NAME.format("watch")] = "successful"
    assert awx.run(capsys, "launch", "workflow", "--yes") == 1
    assert "AWX calls it successful, but this is not proven: watch" in awx.said


def test_a_leg_alone_as_a_rehearsal(awx: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert awx.run(capsys, "launch", "emergency", "--check", "--yes", "--answer", "rr_reason=friday drill") == 0
    job = next(reversed(awx.stand.api.world.of("jobs").values()))
    assert (job["job_type"], job["diff_mode"]) == ("check", True)
    assert '"rr_reason": "friday drill"' in job["extra_vars"]
    assert "rehearsal ended well" in awx.said


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["emergencyy"], 2, "did you mean"),
        (["emergency", "--answer", "rr_resaon=x"], 2, "rr_resaon is no question of emergency"),
        (["emergency", "--answer", "rr_reason"], 2, "has no value"),
        (["workflow", "--check"], 2, "cannot be rehearsed as a whole"),
        (["failed"], 2, "There is nothing to launch"),
        (["emergency", "--answer", "rr_confirm_site=other"], 2, "nothing was done"),
    ],
)
def test_a_wrong_launch_is_refused_before_it_begins(
    arguments: list[str], code: int, said: str, awx: World, capsys: pytest.CaptureFixture[str]
) -> None:
    before = len(awx.stand.changes)
    assert awx.run(capsys, "launch", *arguments, "--yes") == code
    assert said in awx.said
    assert len(awx.stand.changes) == before


def test_not_followed_is_not_proven_and_can_be_followed_later(awx: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert awx.run(capsys, "launch", "prepare", "--yes", "--no-follow") == 4
    number = next(reversed(awx.stand.api.world.of("jobs")))
    assert awx.run(capsys, "launch", "prepare", "--follow", str(number)) == 0
    assert awx.run(capsys, "launch", "emergency", "--follow", str(number)) == 2


@pytest.mark.parametrize(
    ("field", "arguments", "said"),
    [
        ("ask_job_type_on_launch", ["--check"], "and would begin for real"),
        ("ask_diff_mode_on_launch", ["--check"], "and would begin for real"),
        ("survey_enabled", [], "would drop rr_confirm_site"),
        ("survey_enabled", ["--check"], "would drop rr_confirm_site"),
    ],
)
def test_what_awx_would_ignore_is_seen_before_anything_begins(
    field: str, arguments: list[str], said: str, awx: World, capsys: pytest.CaptureFixture[str]
) -> None:
    template = awx.named("job_templates", NAME.format("abort"))
    before = len(awx.stand.changes)
    template[field] = False
    try:
        assert awx.run(capsys, "launch", "abort", "--yes", *arguments) == 3
        assert said in awx.said
        assert "rollback-runner awx configure" in awx.said
        assert len(awx.stand.changes) == before
    finally:
        template[field] = True


@pytest.mark.parametrize(
    ("field", "ignored"),
    [
        ("survey_enabled", "rr_confirm_site"),
        ("ask_job_type_on_launch", "job_type"),
        ("ask_diff_mode_on_launch", "diff_mode"),
    ],
)
def test_what_awx_would_ignore_is_not_launched(
    field: str, ignored: str, awx: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = [] if field == "survey_enabled" else ["--check"]
    template = awx.named("job_templates", NAME.format("abort"))
    look = launch._ours

    def then_switched_off(*given: Any) -> dict[str, Any]:
        found = look(*given)
        template[field] = False
        return found

    monkeypatch.setattr(launch, "_ours", then_switched_off)
    try:
        assert awx.run(capsys, "launch", "abort", "--yes", *arguments) == 3
        assert f"would have ignored {ignored}" in awx.said
        assert next(reversed(awx.stand.api.world.of("jobs").values()))["status"] == "canceled"
    finally:
        template[field] = True
