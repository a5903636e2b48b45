"""When the client comes back, and where it sends a token, without a server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from failback.deployment.vercel import operations
from failback.deployment.vercel.client import Client, Said, _private
from failback.deployment.vercel.provider import VercelProvider
from failback.errors import RefusedError

NOW = 1_790_000_000.0


@dataclass
class Answered:
    """As much of an answer as the client looks at here."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)

    def getheader(self, name: str) -> str | None:
        return self.headers.get(name)


@pytest.mark.parametrize(
    ("status", "headers", "content", "after"),
    [
        (429, {"Retry-After": "17"}, {}, 17.0),
        (429, {"Retry-After": "Mon, 21 Sep 2026 14:13:30 GMT"}, {}, 10.0),
        (429, {"Retry-After": "soon"}, {}, None),
        (429, {}, {"error": {"limit": {"remaining": 0, "reset": NOW + 42, "resetMs": 0, "total": 9}}}, 42.0),
        (429, {}, {"error": {"limit": {"reset": NOW - 42}}}, 0.0),
        (429, {}, None, None),
        (503, {"Retry-After": "3"}, None, 3.0),
        (500, {}, {"error": {"limit": {"reset": NOW + 42}}}, None),
    ],
)
def test_when_to_come_back(status: int, headers: dict[str, str], content: Any, after: float | None) -> None:
    client = Client("", now=lambda: NOW)
    assert client._after(cast("Any", Answered(status, headers)), content) == after


@pytest.mark.parametrize(
    ("operation", "said", "again"),
    [
        (operations.PROJECT, Said(500), True),
        (operations.PROJECT, Said(0, begun=True), True),
        (operations.PROJECT, Said(404), False),
        (operations.PROJECT, Said(200), False),
        (operations.ROLLBACK, Said(500), False),
        (operations.ROLLBACK, Said(0, begun=True), False),
        (operations.ROLLBACK, Said(0, begun=False), True),  # it never left
        (operations.ROLLBACK, Said(503, after=2.0), True),  # turned away at the door
        (operations.ROLLBACK, Said(503), False),
        (operations.ROLLBACK, Said(429), True),
        (operations.PROMOTE, Said(409), False),
    ],
)
def test_an_act_is_asked_again_only_when_it_was_certainly_not_done(
    operation: operations.Operation,
    said: Said,
    again: bool,  # noqa: FBT001 - a table's column
) -> None:
    assert (Client("")._wait(operation, said, 0) is not None) == again
    assert said.unsure == (said.begun and (not said.status or said.status >= 500))


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("127.0.0.1", True),
        ("172.30.78.81", True),
        ("localhost", True),
        ("::1", True),
        ("8.8.8.8", False),
        ("api", False),
    ],
)
def test_what_is_a_private_network(host: str, private: bool) -> None:  # noqa: FBT001 - a table's column
    assert _private(host) == private


@pytest.mark.parametrize("owner", [{"projectId": "prj_other"}, {"project": {"id": "prj_other"}}, {}])
def test_a_deployment_of_another_project_is_refused(owner: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {operations.PROJECT: {"id": "prj_shop"}, operations.DEPLOYMENT: {"id": "dpl_1", **owner}}
    client = Client("")
    monkeypatch.setattr(client, "get", lambda operation, *_query, **_parts: answers[operation])
    with pytest.raises(RefusedError, match=r"no deployment of shop \(prj_shop\) but of"):
        VercelProvider(client, "shop").find("dpl_1")
