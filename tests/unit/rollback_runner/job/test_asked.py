"""What a job asks for: when it keeps its own record, which AWX job it is, and what the survey says."""

from __future__ import annotations

from typing import Any

import pytest

from rollback_runner.errors import UsageError
from rollback_runner.job import asked, legs
from rollback_runner.plan import ways

AWX = {"awx_job_id": 42, "awx_user_name": "kim", "awx_workflow_job_id": 7}


@pytest.mark.parametrize(
    ("environment", "variables", "wanted"),
    [
        ({}, {}, False),
        ({"RR_RECORD": "1"}, {}, True),
        ({"RR_RECORD": "0"}, AWX, False),
        ({}, AWX, True),
        ({}, {"tower_job_id": "42"}, True),
        ({"JOB_ID": "42", "AWX_HOST": "https://awx"}, {}, True),
        ({"JOB_ID": "42"}, {}, False),  # a name that any batch system may use
        ({"AWX_JOB_ID": "42"}, {}, True),
        ({"RR_RECORD": "1", "RR_RUN_DIR": "/runs/r1"}, AWX, False),
    ],
)
def test_who_keeps_the_record(environment: dict[str, str], variables: dict[str, Any], wanted: bool) -> None:  # noqa: FBT001
    assert asked.wanted("emergency.yml", environment, variables) is wanted


def test_the_playbook_that_only_says_that_a_workflow_failed_is_left_alone() -> None:
    assert not asked.wanted("workflow_failed.yml", {"RR_RECORD": "1"}, AWX)


def test_neither_yes_nor_no_is_refused() -> None:
    with pytest.raises(UsageError, match="RR_RECORD is 'maybe'"):
        asked.wanted("emergency.yml", {"RR_RECORD": "maybe"}, {})


def test_a_survey_answers_in_texts() -> None:
    survey = {
        "rr_stay_fenced": "true",
        "rr_accept_loss": " RDS is gone ",
        "rr_break_glass": "",
        "deployment_app": "shop",
    }
    found = asked.read({}, AWX | survey)
    assert (found.stay_fenced, found.accept_loss, found.break_glass) == (True, "RDS is gone", "")
    assert found.deployment == {"deployment_app": "shop"}
    assert found.awx is not None
    assert (found.awx.told, found.awx.user) == ("AWX job 42 of workflow job 7", "kim")


def test_every_way_knows_its_playbooks() -> None:
    for name, way in ways.WAYS.items():
        for leg in way.legs:
            assert legs.of(leg.playbook, name).name == leg.name  # type: ignore[union-attr]
    assert legs.of("abort.yml", "switch-first") == ways.ABORT
    assert legs.of("deployment_rollback.yml", "switch-first") == ways.DEPLOYMENT
    assert legs.of("baseline.yml", "switch-first") is None
    for playbook in ("other.yml", "stop.yml"):
        with pytest.raises(UsageError):
            legs.of(playbook, "switch-first")
