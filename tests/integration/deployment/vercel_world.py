"""A stand-in for Vercel in this process, whose every request and answer is held against the API's document."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback.deployment.vercel import provider
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from werkzeug.datastructures import Headers, ImmutableMultiDict

from lab.vercel.api import Api
from lab.vercel.faults import Faults
from lab.vercel.server import OWN, StandIn
from lab.vercel.state import World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.deployment.vercel.provider import VercelProvider

    from lab.vercel.answers import Answer

DOCUMENT = Path(__file__).resolve().parents[2] / "data" / "vercel-subset.openapi.json"
HOST = "https://api.vercel.com"
TOKEN = "tokenOfKim"
DOMAINS = ["shop.example.org", "www.shop.example.org"]
# Here the document says `oneOf` of a long and a short form, and whatever has the long form has the short one too.
NESTED = ("/v13/deployments/{idOrUrl}", "/v1/projects/{projectId}/promote/aliases")
START = 1_790_000_000_000
HOUR = 3_600_000


@cache
def document() -> OpenAPI:
    return OpenAPI.from_dict(plain())


@cache
def plain() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    for path in NESTED:
        form = found["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        form["anyOf"] = form.pop("oneOf")
    return found


@dataclass
class Asked:
    """A request in the form that openapi-core reads."""

    method: str
    path: str
    query: Mapping[str, str]
    token: str
    body: bytes = b""
    host_url: str = HOST
    parameters: RequestParameters = field(init=False)

    def __post_init__(self) -> None:
        headers = Headers({"Authorization": f"Bearer {self.token}"} if self.token else {})
        self.parameters = RequestParameters(query=ImmutableMultiDict(self.query), header=headers)

    @property
    def content_type(self) -> str:
        return "application/json"


@dataclass
class Told:
    """An answer in the form that openapi-core reads."""

    answer: Answer
    content_type: str = "application/json"

    @property
    def status_code(self) -> int:
        return self.answer.status

    @property
    def headers(self) -> Headers:
        return Headers(self.answer.headers)

    @property
    def data(self) -> bytes:
        return b"" if self.answer.content is None else json.dumps(self.answer.content).encode()


_JUDGED: dict[str, list[str]] = {}


def problems(asked: Asked, answer: Answer) -> list[str]:
    """Hold one request and its answer against the document. What was judged once is remembered: it takes its time."""
    key = json.dumps([asked.method, asked.path, asked.query, bool(asked.token), asked.body.decode(), answer.status])
    key += json.dumps([answer.content, answer.headers])
    if key not in _JUDGED:
        _JUDGED[key] = _judged(asked, answer)
    return _JUDGED[key]


def _judged(asked: Asked, answer: Answer) -> list[str]:
    asked.method = asked.method.lower()
    found = [f"request {asked.path}: {why(one)}" for one in document().iter_request_errors(asked)]
    return found + [
        f"answer of {asked.path}: {why(one)}" for one in document().iter_response_errors(asked, Told(answer))
    ]


def why(error: BaseException | None) -> str:
    told = []
    while error is not None:
        told.append(f"{type(error).__name__}: {str(error)[:300]}")
        told += [str(one.message)[:300] for one in getattr(error, "schema_errors", ())]
        error = error.__cause__
    return " < ".join(told)


class Checked(Api):
    """The API, which keeps what of its traffic the document does not allow."""

    wrong: list[str]
    seen: set[tuple[str, str, int]]

    def answer(self, method: str, path: str, query: Mapping[str, str], token: str, body: bytes = b"") -> Answer:
        found = super().answer(method, path, query, token, body)
        self.seen.add((method, path, found.status))
        # The document leaves out that a project may be missing, which Vercel's own command relies on.
        if not (path.startswith("/v9/projects/") and found.status == 404):
            self.wrong += problems(Asked(method, path, query, token, body), found)
        return found


def state() -> dict[str, Any]:
    """One that once served, the previous one, a failed one, a preview, the bad one that is live, and a staged one."""

    def one(number: int, **more: Any) -> dict[str, Any]:
        created = START + number * HOUR
        return {
            "id": f"dpl_{number}",
            "host": f"shop-{number}-acme.vercel.test",
            "created": created,
            "substate": "PROMOTED",
            "promoted": created + 60_000,
            "commit": f"{number}" * 40,
            "message": f"Release {number}",
            "build": f"r{number}",
        } | more

    return {
        "project": {
            "domains": DOMAINS,
            "live": "dpl_5",
            "before": "dpl_2",
            "env": [
                {"key": "PAYMENT_URL", "updated": START + 4 * HOUR},
                {"key": "OLD", "updated": START - HOUR},
                {"key": "PREVIEW_ONLY", "target": ["preview"], "updated": START + 4 * HOUR},
            ],
            "crons": [{"path": "/api/clean", "schedule": "0 3 * * *", "host": DOMAINS[0]}],
        },
        "deployments": [
            one(1),
            one(2),
            one(3, state="ERROR", substate="STAGED", promoted=None),
            one(4, target=None, substate="STAGED", promoted=None),
            one(5),
            one(6, substate="STAGED", promoted=None, checks=""),
        ],
    }


@dataclass
class VercelWorld:
    """The stand-in, running, and the ways to use it."""

    api: Checked
    at: dict[str, str]
    folder: Path
    told: list[str] = field(default_factory=list)

    def provider(self, **more: Any) -> VercelProvider:
        opened = provider.open(self.variables() | more)
        opened.client.patience = opened.client.act_patience = 30.0
        return opened

    def variables(self) -> dict[str, Any]:
        return {
            "vercel_api": self.at["api"],
            "vercel_team": "acme",
            "vercel_project": "shop",
            "vercel_token_file": str(self.folder / "token"),
            "vercel_bypass_file": str(self.folder / "bypass"),
            "vercel_edge": self.at["edge"],
            "vercel_build": "meta:build",
            "vercel_deadline": 60,
            "deployment_domains": [{"url": "https://192.0.2.1", "host_header": DOMAINS[0]}],
        }

    def fault(self, name: str, **more: Any) -> None:
        self.ask("faults", {"name": name, **more})

    def ask(self, what: str, given: Mapping[str, Any] | None = None) -> Any:
        body = None if given is None else json.dumps(given).encode()
        with urllib.request.urlopen(f"{self.at['api']}{OWN}{what}", body, timeout=5) as answer:  # noqa: S310 - always our own
            return json.load(answer)

    def requests(self, method: str = "") -> list[str]:
        return [f"{one['method']} {one['path']}" for one in self.ask("requests") if method in {"", one["method"]}]


def start(folder: Path, job_ms: int = 150) -> tuple[VercelWorld, StandIn]:
    """Start one. Whoever starts it stops it."""
    for name, secret in (("token", TOKEN), ("bypass", "let-me-in")):
        (folder / name).write_text(f"{secret}\n", encoding="utf-8")
        (folder / name).chmod(0o600)
    world = World(folder / "state.json", job_ms)
    world.take(state())
    api = Checked(world, Faults(), TOKEN)
    api.wrong, api.seen = [], set()
    stand_in = StandIn(api, bypass="let-me-in")
    return VercelWorld(api, stand_in.start(), folder), stand_in
