"""Every operation and every error of the API's document: what our client makes of them, what the stand-in answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import vercel_world
from failback.deployment.said import Said
from failback.deployment.vercel import errors, operations
from failback.errors import UnreachableError
from vercel_world import Asked, VercelWorld, problems

from lab.vercel.faults import ANSWERS
from lab.vercel.server import _wrong

if TYPE_CHECKING:
    from collections.abc import Iterator

    from failback.deployment.vercel.client import Client

    from lab.vercel.server import StandIn

PARTS = {
    "idOrUrl": "dpl_2",
    "id": "dpl_2",
    "idOrName": "shop",
    "projectId": "prj_shop",
    "deploymentId": "dpl_2",
    "teamId": "team_acme",
}
SUCCESSES = {"requestRollback": 201, "requestRollbackV9": 201, "requestPromote": 201}


def documented() -> list[tuple[str, str, str, list[int]]]:
    """Return id, method, path and statuses of every operation."""
    return [
        (call["operationId"], method.upper(), path, [int(status) for status in call["responses"]])
        for path, calls in vercel_world.plain()["paths"].items()
        for method, call in calls.items()
    ]


DOCUMENTED = documented()
ERRORS = [(one, status) for one, _, _, statuses in DOCUMENTED for status in statuses if status >= 400]


@pytest.fixture(name="running", scope="module")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[VercelWorld, StandIn]]:
    world, stand_in = vercel_world.start(tmp_path_factory.mktemp("vercel"))
    yield world, stand_in
    stand_in.stop()


@pytest.fixture(name="vercel")
def _vercel(running: tuple[VercelWorld, StandIn]) -> Iterator[VercelWorld]:
    world, _ = running
    world.ask("state", vercel_world.state())
    world.fault("none")
    world.api.wrong, world.api.seen = [], set()
    yield world
    assert world.api.wrong == []


def client(vercel: VercelWorld) -> Client:
    opened = vercel.provider().client
    opened.sleep = lambda _seconds: None
    return opened


def parts_of(path: str) -> dict[str, str]:
    return {name: value for name, value in PARTS.items() if f"{{{name}}}" in path}


def test_the_document_is_the_whole_subset() -> None:
    assert len(DOCUMENTED) == 17
    assert len(ERRORS) == 88


@pytest.mark.parametrize("ours", operations.ALL, ids=lambda one: one.id)
def test_our_operations_are_the_documents(ours: operations.Operation) -> None:
    known = {(one, method, path) for one, method, path, _ in DOCUMENTED}
    assert (ours.id, ours.method, ours.path) in known
    assert ours.acts == (ours.method != "GET")


@pytest.mark.parametrize("ours", operations.ALL, ids=lambda one: one.id)
def test_every_request_of_ours_is_valid(vercel: VercelWorld, ours: operations.Operation) -> None:
    said = client(vercel).ask(ours, **parts_of(ours.path))
    assert said.well
    assert {(method, status) for method, _, status in vercel.api.seen} == {(ours.method, said.status)}


@pytest.mark.parametrize(("name", "method", "path"), [one[:3] for one in DOCUMENTED], ids=lambda one: str(one)[:40])
def test_the_stand_in_answers_every_operation(vercel: VercelWorld, name: str, method: str, path: str) -> None:
    query = {} if name in {"getAuthUser", "getTeams", "getTeamsV1"} else {"teamId": "team_acme"}
    if name == "updateRollbackDescription":
        vercel.api.answer("POST", "/v1/projects/prj_shop/rollback/dpl_2", query, vercel_world.TOKEN)
    body = {"requestRollbackV9": b"{}", "updateRollbackDescription": b'{"description": "orders fail"}'}.get(name, b"")
    found = vercel.api.answer(method, path.format(**parts_of(path)), query, vercel_world.TOKEN, body)
    assert found.status == SUCCESSES.get(name, 200)


@pytest.mark.parametrize(("name", "status"), ERRORS, ids=str)
def test_every_documented_error_is_a_sentence_with_the_next_step(name: str, status: int) -> None:
    path = next(path for one, _, path, _ in DOCUMENTED if one == name)
    call = next(
        (one for one in operations.ALL if one.id == name),
        operations.Operation(name, "GET", path, Said("do it", "시험")),
    )
    error = errors.refusal(call, status, {"error": {"code": "some_code", "message": "Some words of its own"}})
    text = str(error)
    assert text.startswith(f"Vercel would not {call.doing.en}: ")
    assert f"(HTTP {status}, Some words of its own). Next: " in text
    assert text.endswith(".")
    korean = dict(error.evidence["told"])["ko"]
    assert f"(HTTP {status}, Some words of its own). 다음: " in korean
    assert "it says no" not in text  # every documented status has a meaning of its own
    assert (
        error.refused
        or isinstance(error, UnreachableError)
        or status == 400
        or (name, status) == ("getDeployments", 422)
    )
    assert isinstance(error, UnreachableError) == (status == 429)


@pytest.mark.parametrize(
    ("ours", "status"),
    [(ours, status) for ours in operations.ALL for name, status in ERRORS if name == ours.id],
    ids=lambda one: getattr(one, "id", str(one)),
)
def test_every_documented_error_over_the_wire(vercel: VercelWorld, ours: operations.Operation, status: int) -> None:
    where = ours.path.format(**parts_of(ours.path))
    vercel.fault("server_error", status=status, only=where, times=0)
    opened = client(vercel)
    said = opened.ask(ours, **parts_of(ours.path))
    assert said.status == status
    raised = opened.refusal(ours, said)
    assert "Next: " in str(raised)
    asked = [one for one in vercel.requests() if one == f"{ours.method} {where}"]
    assert len(asked[-5:]) >= (4 if status == 429 else 1)
    vercel.fault("none")


@pytest.mark.parametrize(("status", "repeated"), [(500, True), (502, True), (503, True), (429, True), (404, False)])
def test_what_is_asked_again(vercel: VercelWorld, status: int, repeated: bool) -> None:  # noqa: FBT001 - a table's column
    before = len(vercel.requests())
    vercel.fault("server_error", status=status, times=1)
    assert client(vercel).ask(operations.PROJECT, idOrName="shop").well == repeated
    assert len(vercel.requests()) - before == 1 + repeated


@pytest.mark.parametrize(("status", "asked"), [(500, 1), (502, 1), (503, 1), (429, 2), (409, 1)])
def test_an_act_is_repeated_only_when_it_was_not_done(vercel: VercelWorld, status: int, asked: int) -> None:
    before = len(vercel.requests("POST"))
    vercel.fault("server_error", status=status, times=1)
    client(vercel).ask(operations.ROLLBACK, projectId="prj_shop", deploymentId="dpl_2")
    assert len(vercel.requests("POST")) - before == asked


@pytest.mark.parametrize("name", [name for name in ANSWERS if name in {"rate_limited", "token_expired", "wrong_team"}])
@pytest.mark.parametrize(("method", "path"), [one[1:3] for one in DOCUMENTED], ids=lambda one: str(one)[:40])
def test_the_faults_are_errors_of_the_document(name: str, method: str, path: str) -> None:
    where = path.format(**parts_of(path))
    body = b"{}" if "v9" in path and method == "POST" else b'{"description": ""}' if method == "PATCH" else b""
    query = {} if path.endswith(("/user", "/teams")) else {"slug": "acme"}
    found = _wrong({"name": name}, where)
    assert problems(Asked(method, where, query, "token", body), found) == []


def test_the_state_survives_a_restart(vercel: VercelWorld) -> None:
    kept = json.loads((vercel.folder / "state.json").read_text(encoding="utf-8"))
    assert kept["project"]["live"] == "dpl_5"
    again: dict[str, Any] = vercel.ask("state")
    assert again == kept
