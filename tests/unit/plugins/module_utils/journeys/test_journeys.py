"""Journeys without a network: files in, requests out, answers judged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from failback.errors import ConfigError
from failback.journeys import expect, model, paths, runner
from failback.journeys.client import Answer, Request
from failback.journeys.values import HIDDEN, Values

if TYPE_CHECKING:
    from pathlib import Path


def answer(body: Any = None, status: int = 200, **headers: str) -> Answer:
    text = body if isinstance(body, str) else json.dumps(body)
    return Answer(status, 0.1, text, tuple((name.replace("_", "-"), value) for name, value in headers.items()))


DOCUMENT = {"a": {"list": [{"id": 1}, {"id": 2}], "a key": True}, "n": 1.5, "none": None}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", DOCUMENT),
        ("$.a.list[0].id", 1),
        ("$.a.list[-1].id", 2),
        ("$.a.list[*].id", [1, 2]),
        ("$.a['a key']", True),
        ("$.none", None),
    ],
)
def test_a_path_leads_to_its_value(path: str, value: object) -> None:
    assert paths.look_up(DOCUMENT, path) == value


@pytest.mark.parametrize("path", ["a.b", "$.", "$[x]", "$..a", "$.a[", "$['a"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ConfigError, match="no path"):
        paths.look_up({"a": 1}, path)


@pytest.mark.parametrize("path", ["$.b", "$.a.list[2]", "$.n.x", "$.a[0]", "$.a[*]"])
def test_a_path_that_leads_nowhere_says_where_it_ends(path: str) -> None:
    with pytest.raises(paths.NotThereError, match=r"^\$"):
        paths.look_up(DOCUMENT, path)


@pytest.mark.parametrize(
    ("seen", "wanted"),
    [
        (1, 1),
        ("x", {"not": "y"}),
        (5, {"at_least": 5, "at_most": 5}),
        ("abc", {"matches": "^a.c$"}),
        (["a"], {"contains": "a"}),
        ([1, 2], {"length": {"at_least": 2}}),
        (None, None),
        ([1, 2], {"each": {"type": "integer"}}),
        ({"a": 1}, {"equals": {"a": 1}}),
        ("b", {"one_of": ["a", "b"]}),
        (1.5, {"type": "number"}),
    ],
)
def test_a_value_that_is_as_expected(seen: object, wanted: object) -> None:
    assert expect.deviations(seen, wanted, "it") == []


@pytest.mark.parametrize(
    ("seen", "wanted"),
    [
        (1, True),
        (True, 1),
        (True, {"type": "integer"}),
        ("5", {"at_least": 1}),
        (None, {"at_least": 1}),
        ("x", {"each": 1}),
        ([1, "2"], {"each": {"type": "integer"}}),
        ([], {"length": 1}),
        (3, {"matches": "3"}),
        ({"a": 1}, {"equals": {}}),
    ],
)
def test_a_value_that_deviates_is_named_with_both(seen: object, wanted: object) -> None:
    (problem,) = expect.deviations(seen, wanted, "it")
    assert problem.startswith("it")
    assert "expected" in problem
    assert "came" in problem


def test_an_answer_is_judged_as_a_whole() -> None:
    expected = {
        "status": [200, 201],
        "headers": {"X-A": "1"},
        "json": {"$.a": 2, "$.gone": {"exists": False}},
        "seconds": 1,
    }
    assert expect.problems(answer({"a": 2}, x_a="1"), expected) == []
    found = expect.problems(answer({"a": 3, "gone": 1}, 404), {**expected, "seconds": 0.01, "text": "hello"})
    assert [line.split(":")[0] for line in found] == ["status", "header X-A", "time", "text", "$.a", "$.gone"]
    assert expect.problems(answer("no json"), {"json": {"$.a": 1}}) == ['expected JSON, came "no json"']
    assert expect.problems(Answer(0, 5.0, error="no answer within 5 s"), {}) == ["no answer: no answer within 5 s"]
    assert expect.problems(answer(status=302), {}) == ["status: expected success, came 302"]


def test_values_keep_their_type_and_secrets_stay_hidden(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("open sesame\n")
    values = Values({"n": 7, "u": {"generate": "uuid"}, "p": {"secret_file": "password"}}, str(tmp_path))
    assert values.fill({"${n}": ["${n}", "a${n}b", 1]}) == {7: [7, "a7b", 1]}
    assert len(values.fill("${u}")) == 36
    assert values.fill("${u}") == values.fill("${u}")
    assert values.hide("it is open sesame!") == f"it is {HIDDEN}!"
    with pytest.raises(ConfigError, match="unknown"):
        values.fill("${unknown}")
    with pytest.raises(ConfigError, match="cannot be read"):
        Values({"p": {"secret_file": "nowhere"}}, str(tmp_path))


def site(tmp_path: Path, text: str) -> model.Scenarios:
    (tmp_path / "j.yml").write_text(text)
    return model.read(str(tmp_path))


LOG_IN = """
journeys:
  - name: log-in
    proves: VERIFY-04
    variables: {name: kim}
    steps:
      - name: Open the form
        request: {path: /login}
        capture: {csrf: {text: 'name="csrf" value="([^"]+)"'}}
      - name: Send it
        request: {method: POST, path: /login, form: {user: "${name}", csrf: "${csrf}"}}
        expect: {status: 302, headers: {location: /me}}
      - name: See the account
        request: {path: /me}
        expect: {text: "Hello ${name}"}
    clean_up:
      - name: Log out
        request: {method: POST, path: /logout, form: {csrf: "${csrf}"}}
        expect: {status: [200, 302]}
"""


def test_a_journey_with_form_cookie_and_hidden_field(tmp_path: Path) -> None:
    sent: list[Request] = []
    answers = [
        answer('<input name="csrf" value="a1">', set_cookie="sid=s1; HttpOnly"),
        answer("", 302, location="/me", set_cookie="sid=s2"),
        answer("Hello kim"),
        answer(""),
    ]

    def send(request: Request) -> Answer:
        sent.append(request)
        return answers[len(sent) - 1]

    (journey,) = site(tmp_path, LOG_IN).journeys
    result = runner.walk(journey, "door", send)
    assert result.problems == []
    assert sent[1].body == b"user=kim&csrf=a1"
    assert [request.headers.get("Cookie") for request in sent] == [None, "sid=s1", "sid=s2", "sid=s2"]


def test_the_first_failure_ends_it_and_the_clean_up_still_runs(tmp_path: Path) -> None:
    (journey,) = site(tmp_path, LOG_IN).journeys
    result = runner.walk(journey, "door", lambda _request: answer('name="csrf" value="x"'))
    assert result.problems[0] == "log-in through door, step 'Send it': status: expected 302, came 200"
    assert [step.name for step in result.steps] == ["Open the form", "Send it", "Log out"]
    assert result.not_walked == ("See the account",)
    lost = runner.walk(journey, "door", lambda _request: Answer(0, 1.0, error="refused"))
    assert [step.name for step in lost.steps] == ["Open the form"]
    assert "no value here" in lost.not_walked[-1]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("journeys: {}", "must be a list"),
        ("journeys: [{name: a}]", "has no step"),
        ("journeys: [{name: a, proves: VERIFY-09, steps: []}]", "proves is one of"),
        ("journeys: [{name: a, stepz: []}]", "does not know stepz"),
        ("journeys: [{name: a, steps: [{name: b, request: {path: x}}]}]", "begins with /"),
        ("journeys: [{name: a, steps: [{name: b, request: {path: /, json: 1, form: 2}}]}]", "at most one body"),
        ("journeys: [{name: a, steps: [{name: b, request: {path: /}, expect: {statuz: 1}}]}]", "does not know statuz"),
        ("journeys: [{name: a, steps: [{name: b, request: {path: /}, expect: {json: {a: 1}}}]}]", "begins with \\$"),
        (
            "journeys: [{name: a, steps: [{name: b, request: {path: /}, expect: {json: {$.a: {is: 1}}}}]}]",
            "no comparison",
        ),
        ("journeys: [{name: a, steps: [{name: b, request: {path: /}, expect: {text: {matches: '('}}}]}]", "no pattern"),
        ("journeys: [{name: a, steps: [{name: b, request: {path: /}, capture: {c: {secret: true}}}]}]", "exactly one"),
        ("invariants: [{name: a, query: DELETE FROM t, expect: 0}]", "one SELECT"),
        ("invariants: [{name: a, query: SELECT 1; DELETE FROM t, expect: 0}]", "one SELECT"),
        ("invariants: [{name: a, query: SELECT 1}]", "needs name, query and expect"),
        ("journeys: [", "cannot be read"),
    ],
)
def test_bad_input_is_one_sentence_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        site(tmp_path, text)
    assert "j.yml" in str(caught.value)


def test_an_empty_directory_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="write the journeys"):
        model.read(str(tmp_path))
