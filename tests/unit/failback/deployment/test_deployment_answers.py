"""An answer proves a build only when it says so itself, and did not come from a memory."""

from __future__ import annotations

from typing import Any

import pytest
from failback.deployment import answers
from failback.errors import ConfigError
from failback.http import Reply

BY_FIELD = answers.build_place({"path": "/__build", "field": "$.build"})
BY_HEADER = answers.build_place({"path": "/", "header": "X-Build"})


def reply(text: str = '{"build": "r2"}', status: int = 200, error: str = "", **headers: str) -> Reply:
    return Reply(
        "/__build", status, 0.01, text, {name.replace("_", "-"): value for name, value in headers.items()}, error
    )


@pytest.mark.parametrize(
    ("place", "answer", "build"),
    [
        (BY_FIELD, reply(), "r2"),
        (BY_FIELD, reply('{"build": 7}'), "7"),
        (BY_FIELD, reply('{"build": {"id": 1}}'), ""),
        (BY_FIELD, reply('{"other": 1}'), ""),
        (BY_FIELD, reply("<html>"), ""),
        (BY_FIELD, reply("[1]"), ""),
        (BY_FIELD, reply(error="refused", status=0), ""),
        (BY_HEADER, reply(x_build=" r2 "), "r2"),
        (BY_HEADER, reply(), ""),
    ],
)
def test_the_build_of_an_answer(place: answers.BuildPlace, answer: Reply, build: str) -> None:
    assert answers.build_of(answer, place) == build


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (reply(), ""),
        (reply('{"build": "r3"}'), "still served by the faulty build r3"),
        (reply('{"build": "r1"}'), "served by build r1, not by r2"),
        (reply("x"), "does not say which build"),
        (reply(age="3"), "from a cache"),
        (reply(x_cache="HIT"), "from a cache"),
        (reply(error="no answer within 5 s", status=0), "no answer within"),
        (reply(status=500), ""),  # who answers is proven; whether it works is the smoke test's question
    ],
)
def test_what_proves_who_serves(answer: Reply, word: str) -> None:
    problem = answers.served_problem("shop", answer, BY_FIELD, "r2", "r3")
    assert (word in problem) if word else problem == ""


@pytest.mark.parametrize("data", [{}, {"path": "/"}, {"field": "$.a", "header": "x"}, {"field": "build"}])
def test_a_place_that_says_nothing_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        answers.build_place(data)


def test_a_smoke_test_says_what_deviates() -> None:
    (check,) = answers.checks([{"path": "/orders", "contains": "ok", "json": {"$.count": {"at_least": 1}}}])
    assert answers.check_problems("shop", reply('{"count": 2, "say": "ok"}'), check) == []
    found = answers.check_problems("shop", reply('{"count": 0}', status=500), check)
    assert len(found) == 3
    assert all(one.startswith("shop /orders: ") for one in found)


@pytest.mark.parametrize("entry", [{"path": "orders"}, {"path": "/", "statsu": 200}, {"path": "/", "json": {"a": 1}}])
def test_a_smoke_test_that_cannot_be_meant_is_refused(entry: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        answers.checks([entry])
