"""How a job or a workflow ended: never by AWX's green alone."""

from __future__ import annotations

import pytest

from rollback_runner.awx import judge, workflow
from rollback_runner.awx.judge import Seen
from rollback_runner.errors import Exit

NODES = workflow.of("switch-first", ("technical_lead",))
WELL = {
    node.identifier: Seen(node.identifier, "successful", approval=node.approval, record="" if node.approval else "done")
    for node in NODES
    if node.identifier in workflow.expected(NODES)
}


def judged(status: str, **other: Seen) -> judge.Verdict:
    found = {**WELL, **{name.replace("_", "-"): one for name, one in other.items()}}
    return judge.of_workflow(list(found.values()), NODES, status)


def test_all_is_well_only_when_every_node_ended_well_and_every_record_is_proven() -> None:
    assert judged("successful") == judge.Verdict("proven")


@pytest.mark.parametrize(
    ("name", "seen", "kind", "code"),
    [
        ("emergency", Seen("emergency", "failed"), "failed", Exit.FAILED),
        ("emergency", Seen("emergency", "successful", record="failed"), "unproven", Exit.FAILED),
        ("emergency", Seen("emergency", "successful"), "unproven", Exit.FAILED),
        ("watch", Seen("watch"), "unproven", Exit.FAILED),
        ("go_on_full", Seen("go-on-full", "failed", approval=True), "denied", Exit.REFUSED),
        ("go_on_full", Seen("go-on-full", "failed", approval=True, timed_out=True), "denied", Exit.REFUSED),
    ],
)
def test_green_by_awx_is_not_enough(name: str, seen: Seen, kind: str, code: Exit) -> None:
    verdict = judged("successful", **{name: seen})
    assert (verdict.kind, verdict.code, verdict.nodes) == (kind, code, (seen.name,))


def test_a_workflow_that_awx_calls_failed_is_failed() -> None:
    assert judged("failed").code == Exit.FAILED


def test_a_denial_is_told_as_one_although_the_last_node_failed_on_purpose() -> None:
    verdict = judged("failed", go_on_full=Seen("go-on-full", "failed", approval=True), failed=Seen("failed", "failed"))
    assert verdict.kind == "denied"


@pytest.mark.parametrize(
    ("seen", "keeps", "check", "kind"),
    [
        (Seen("full", "successful", record="already"), True, False, "proven"),
        (Seen("full", "successful", record="done"), True, True, "checked"),
        (Seen("full", "successful"), True, False, "unproven"),
        (Seen("full", "canceled"), True, False, "failed"),
        (Seen("baseline", "successful"), False, False, "ended"),
    ],
)
def test_a_job_alone(seen: Seen, *, keeps: bool, check: bool, kind: str) -> None:
    assert judge.of_job(seen, keeps_record=keeps, check=check).kind == kind


def test_only_what_changed_is_told() -> None:
    before = {"full": Seen("full", "running")}
    now = [Seen("prepare"), Seen("full", "running"), Seen("watch", "pending")]
    assert judge.news(before, now) == [Seen("watch", "pending")]
