"""Whether a container is restarted: facts in, decision out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from failback.container import Container
from failback.environment import restart
from failback.environment.restart import Case

WELL = Container(
    "shop", "c1", "sha256:a", "running", "healthy", 0, out_of_memory=False, restarts=0,
    started_at="2026-11-01T00:00:00.123456789Z", restart_policy="always",
)  # fmt: skip
SINCE = "2026-11-22T06:00:00.5Z"
LATER = "2026-11-22T06:00:01.123456789Z"


@pytest.mark.parametrize(
    ("state", "case", "answers", "act"),
    [
        ({}, {}, "", "restart"),
        ({"started_at": LATER}, {"since": SINCE}, "", "none"),
        ({"started_at": LATER}, {"since": SINCE}, "answers 503", "restart"),
        ({}, {"since": SINCE}, "", "restart"),
        ({}, {"alone": True}, "", "none"),
        ({}, {"alone": True}, "answers 503", "restart"),
        ({"health": "unhealthy"}, {"policy": "needed"}, "", "restart"),
        ({}, {"policy": "needed"}, "", "none"),
        ({}, {"policy": "never"}, "answers 503", "none"),
        ({"status": "exited"}, {"policy": "never"}, "", "start"),
        ({"status": "paused"}, {}, "", "unpause"),
        ({"status": "restarting"}, {}, "", "none"),
        ({"health": "starting"}, {}, "does not answer", "none"),
        ({}, {"mark": {"run": "r", "id": "c1", "started_before": "earlier"}, "run": "r"}, "", "none"),
        ({}, {"mark": {"run": "r", "id": "c1", "started_before": WELL.started_at}, "run": "r"}, "", "restart"),
        ({}, {"mark": {"run": "r", "id": "c0", "started_before": "earlier"}, "run": "r"}, "", "restart"),
        ({}, {"mark": {"run": "q", "id": "c1", "started_before": "earlier"}, "run": "r"}, "", "restart"),
    ],
)
def test_the_decision(state: dict[str, Any], case: dict[str, Any], answers: str, act: str) -> None:
    plan = restart.plan(replace(WELL, **state), Case(**{"policy": "once", **case}), answers)
    assert plan.act == act
    assert plan.why


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-11-22T06:00:00Z", "2026-11-22 06:00:00"),
        ("2026-11-22T15:00:00+09:00", "2026-11-22T06:00:00.000000000Z"),
    ],
)
def test_moments_of_docker_and_mysql_are_compared_in_one_zone(text: str, same: str) -> None:
    assert restart.moment(text) == restart.moment(same) is not None


@pytest.mark.parametrize("text", ["", "yesterday", "0001-01-01T00:00:00Z"])
def test_what_is_no_moment_decides_nothing(text: str) -> None:
    assert restart.moment(text) is None


@pytest.mark.parametrize(
    ("state", "image", "told"),
    [
        ({}, "", ""),
        ({}, "sha256:b", "runs the image sha256:a"),
        ({"status": "exited"}, "", "is exited"),
        ({"health": "unhealthy"}, "", "health check says unhealthy"),
    ],
)
def test_what_is_wrong_with_a_container(state: dict[str, Any], image: str, told: str) -> None:
    said = restart.well(replace(WELL, **state), image)
    assert told in said
    assert bool(said) == bool(told)


def test_a_mark_of_an_earlier_failback_does_not_outweigh_the_clock() -> None:
    # Seen in the lab: drilled twice from the same cut-over, the second run restarted nothing.
    old = {"run": "cutover-1", "id": "c1", "started_before": "2026-11-22T07:00:00Z"}
    case = restart.Case("once", since="2026-11-22T08:39:47.416505Z", mark=old, run="cutover-1")
    seen = replace(WELL, id="c1", started_at="2026-11-22T08:34:48.352676163Z")
    assert not restart.restarted(seen, case)
    assert restart.plan(seen, case, "").act == "restart"
