"""OpenAPI documents without a network: operations, examples, deviations, and what is called in which order."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from failback.errors import ConfigError
from failback.journeys.api_check import Caller, CallResult, Plan
from failback.journeys.client import Answer, Request
from failback.journeys.openapi import Document, path_of
from failback.journeys.values import Values

if TYPE_CHECKING:
    from collections.abc import Callable

THING = {"type": "object", "properties": {"id": {"type": "integer"}, "next": {"$ref": "#/components/schemas/Thing"}}}


def document(paths: dict[str, Any], version: str = "3.1.0", **more: Any) -> Document:
    content = {"openapi": version, "info": {"title": "t", "version": "1"}, "paths": paths, **more}
    content.setdefault("components", {"schemas": {"Thing": {**THING, "required": ["id"]}}})
    return Document(json.dumps(content), "openapi.json")


def replies(schema: Any, status: str = "200") -> dict[str, Any]:
    return {status: {"description": "", "content": {"application/json": {"schema": schema}}}}


def get(schema: Any, **more: Any) -> dict[str, Any]:
    return {"get": {"operationId": "look", "responses": replies(schema), **more}}


def said(body: Any, status: int = 200, kind: str = "application/json; charset=utf-8") -> Answer:
    return Answer(status, 0.05, json.dumps(body), (("Content-Type", kind),))


REF = {"$ref": "#/components/schemas/Thing"}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (said({"id": 1, "next": {"id": 2}}), ""),
        (said({"id": 1, "next": {"id": "2"}}), "$.next.id: '2' is not of type 'integer'"),
        (said({}), "$: 'id' is a required property"),
        (said({"id": 1}, 201), "status 201 is not specified"),
        (said({"id": 1}, 404), "status: expected success, came 404"),
        (said("x", kind="text/html"), "content type: expected application/json, came text/html"),
        (Answer(200, 0.1, "{", (("content-type", "application/json"),)), "the body is no JSON"),
        (Answer(0, 5.0, error="no answer within 5 s"), "no answer: no answer within 5 s"),
    ],
)
def test_an_answer_is_compared_with_its_specification(answer: Answer, told: str) -> None:
    found = document({"/x": get(REF)})
    problems = found.deviations(found.operations()[0], answer)
    assert (problems == []) if not told else problems[0].startswith(told), problems


def test_a_range_and_a_default_hold_too() -> None:
    found = document({"/x": {"get": {"responses": {"2XX": {"description": ""}, **replies(REF, "default")}}}})
    operation = found.operations()[0]
    assert found.deviations(operation, said({}, 204)) == []
    assert found.deviations(operation, said({}, 418), status=418) == ["$: 'id' is a required property"]


def test_nullable_of_30_is_understood() -> None:
    found = document({"/x": get({"type": "string", "nullable": True})}, version="3.0.3")
    assert found.deviations(found.operations()[0], said(None)) == []


def test_parameters_come_from_the_path_the_operation_and_their_examples() -> None:
    shared = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}, "example": "a/b"}]
    own = [
        {"name": "limit", "in": "query", "schema": {"type": "integer", "default": 5}},
        {"name": "kind", "in": "query", "schema": {"enum": ["x", "y"]}},
        {"name": "q", "in": "query", "examples": {"one": {"value": "먹"}}},
        {"name": "none", "in": "query", "schema": {"type": "string"}},
    ]
    found = document({"/x/{id}": {"parameters": shared, **get(REF, parameters=own)}})
    (operation,) = found.operations()
    values = {p["name"]: found.example(p) for p in operation.parameters if found.example(p) is not None}
    assert path_of(operation, values) == "/x/a%2Fb?limit=5&kind=x&q=%EB%A8%B9"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is no JSON"),
        ('{"swagger": "2.0", "paths": {}}', "no OpenAPI 3"),
        ('{"openapi": "3.1.0"}', "no OpenAPI 3"),
        ("[]", "no OpenAPI 3"),
    ],
)
def test_what_is_no_document_is_refused(text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        Document(text, "the document")


def test_references_that_lead_out_or_nowhere_are_refused() -> None:
    for target in ("other.json#/a", "#/components/nothing"):
        with pytest.raises(ConfigError, match="leads"):
            document({"/x": {"get": {"parameters": [{"$ref": target}]}}}).operations()


SHOP = {
    "/log-in": {"post": {"operationId": "logIn", "responses": replies({"type": "object"})}},
    "/things": {
        "get": {"operationId": "list", "responses": replies({"type": "array", "items": REF})},
        "post": {"operationId": "make", "responses": replies(REF, "201")},
    },
    "/things/{id}": {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
        "get": {"operationId": "read", "security": [{"bearer": []}], "responses": replies(REF)},
        "delete": {"operationId": "remove", "responses": {"204": {"description": ""}}},
    },
}
PLAN: dict[str, Any] = {
    "path": "/openapi.json",
    "headers": {"Authorization": "Bearer ${session}"},
    "before": [
        {"operation": "logIn", "body": {"p": "${password}"}, "capture": {"session": {"json": "$.t", "secret": True}}},
        {"operation": "make", "body": {}, "capture": {"id": "$.id"}},
    ],
    "operations": {"read": {"parameters": {"id": "${id}"}}},
    "clean_up": [{"operation": "remove", "parameters": {"id": "${id}"}}],
}


def shop(request: Request) -> Answer:
    known = {
        "POST /log-in": said({"t": "tok-1"}),
        "POST /things": said({"id": 4}, 201),
        "GET /things": said([{"id": 4}]),
    }
    known["DELETE /things/4"] = Answer(204, 0.01)
    allowed = request.headers.get("Authorization") == "Bearer tok-1"
    known["GET /things/4"] = said({"id": 4}) if allowed else said({}, 401)
    return known[f"{request.method} {request.path}"]


def run(plan: dict[str, Any], send: Callable[[Request], Answer] = shop, *, only_safe: bool = False) -> list[CallResult]:
    caller = Caller(document(SHOP), Plan.from_dict(plan), Values({"password": "p"}), send)
    return caller.run(only_safe=only_safe)


def test_every_operation_is_called_with_what_those_before_gave() -> None:
    results = run(PLAN)
    assert [one.operation for one in results] == ["logIn", "make", "list", "read", "remove"]
    assert [problem for one in results for problem in one.problems] == []


def test_the_clean_up_runs_although_an_operation_differs() -> None:
    def wrong(request: Request) -> Answer:
        return said([{"id": "four"}]) if request.path == "/things" and request.method == "GET" else shop(request)

    results = run(PLAN, wrong)
    assert {one.operation: bool(one.problems) for one in results}["list"] is True
    assert results[-1].operation == "remove"


def test_too_slow_is_a_deviation() -> None:
    assert "time: expected at most 0.01 s" in str(run({**PLAN, "seconds": 0.01})[0].problems)


def test_a_rehearsal_calls_nothing_that_writes() -> None:
    sent: list[str] = []

    def send(request: Request) -> Answer:
        sent.append(request.method)
        return shop(request)

    results = run(PLAN, send, only_safe=True)
    assert set(sent) == {"GET"}
    assert [problem for one in results for problem in one.problems] == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"skip": {"make": ""}}, "say why"),
        ({"operations": {"nobody": {}}}, "names nobody"),
        ({"operations": {"remove": {}}}, "remove writes"),
        ({"before": [{"body": 1}]}, "needs operation"),
        ({"behind": []}, "does not know behind"),
    ],
)
def test_bad_settings_are_refused(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        run({**PLAN, **change})


def test_what_writes_and_is_not_on_any_list_is_not_proven() -> None:
    plan = {**PLAN, "clean_up": [], "skip": {"make": "on purpose"}, "before": PLAN["before"][:1], "operations": {}}
    told = {one.operation: one for one in run(plan, lambda r: shop(r) if r.path != "/things/1" else said({"id": 1}))}
    assert "gives neither" in told["remove"].problems[0]
    assert told["make"].skipped == "on purpose"
    assert "neither the document nor service_openapi gives id" in told["read"].problems[0]
