"""Walk a journey: one user, one door, one step after the other. Pure but for the ``send`` it is given."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

from failback.errors import ConfigError
from failback.journeys import expect, paths
from failback.journeys.client import Answer, Request
from failback.journeys.values import Values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.journeys.model import Journey, Step

_KINDS = {"json": "application/json", "form": "application/x-www-form-urlencoded", "text": "text/plain; charset=utf-8"}


class Send(Protocol):
    """Sends one request through the door that the journey goes through."""

    def __call__(self, request: Request) -> Answer:
        """Return the answer; never raises for what the network does."""


@dataclass(frozen=True)
class StepResult:
    """What became of one step. Times are seconds; texts carry no secret."""

    name: str
    method: str
    path: str
    status: int
    seconds: float
    problems: tuple[str, ...]

    def as_evidence(self) -> dict[str, object]:
        """Return what goes on record."""
        seen: dict[str, object] = {"step": self.name, "request": f"{self.method} {self.path}", "status": self.status}
        seen["seconds"] = self.seconds
        return seen | ({"problems": list(self.problems)} if self.problems else {})


@dataclass(frozen=True)
class JourneyResult:
    """What became of a journey through one door."""

    name: str
    door: str
    steps: tuple[StepResult, ...]
    not_walked: tuple[str, ...] = ()

    @property
    def problems(self) -> list[str]:
        """Every problem, naming journey, door and step."""
        where = f"{self.name} through {self.door}"
        return [f"{where}, step {step.name!r}: {one}" for step in self.steps for one in step.problems]

    def as_evidence(self) -> dict[str, object]:
        """Return what goes on record."""
        total = round(sum(step.seconds for step in self.steps), 4)
        seen: dict[str, object] = {"journey": self.name, "door": self.door, "seconds": total}
        seen["steps"] = [step.as_evidence() for step in self.steps]
        return seen | ({"not_walked": list(self.not_walked)} if self.not_walked else {})


def walk(journey: Journey, door: str, send: Send, home: str = "") -> JourneyResult:
    """Walk it to the end or to the first step that fails; the clean-up is walked whatever happened.

    Raises:
        ConfigError: a variable without a value, before anything is asked wherever that can be known.

    """
    values = Values(journey.variables, home)
    cookies: dict[str, str] = {}
    results: list[StepResult] = []
    left: list[str] = []
    for place, step in enumerate(journey.steps):
        results.append(_take(step, values, cookies, send))
        if results[-1].problems:
            left = [later.name for later in journey.steps[place + 1 :]]
            break
    for step in journey.clean_up:
        try:
            results.append(_take(step, values, cookies, send))
        except ConfigError as error:
            # What it would remove was never made: the value was to come from a step that was not reached.
            if not left and not results[-1].problems:
                raise
            left.append(f"{step.name} ({error})")
    return JourneyResult(journey.name, door, tuple(results), tuple(left))


def _take(step: Step, values: Values, cookies: dict[str, str], send: Send) -> StepResult:
    request = build(step, values, cookies)
    answer = send(request)
    cookies.update(answer.cookies)
    found = expect.problems(answer, values.fill(dict(step.expect)))
    if not found:
        found = capture(step, answer, values)
    hidden = tuple(values.hide(problem) for problem in found)
    return StepResult(step.name, step.method, values.hide(request.path), answer.status, answer.seconds, hidden)


def build(step: Step, values: Values, cookies: dict[str, str]) -> Request:
    """Fill the step's request. Raises ConfigError."""
    headers = {str(key): str(value) for key, value in values.fill(dict(step.headers)).items()}
    if cookies:
        headers.setdefault("Cookie", "; ".join(f"{name}={value}" for name, value in cookies.items()))
    body: bytes | None = None
    if step.kind:
        headers.setdefault("Content-Type", _KINDS[step.kind])
        body = encode(step.kind, values.fill(step.body))
    return Request(step.method, str(values.fill(step.path)), headers, body)


def encode(kind: str, value: Any) -> bytes:
    """Turn a body into what is sent."""
    if kind == "json":
        return json.dumps(value, ensure_ascii=False).encode()
    return urlencode(value, doseq=True).encode() if kind == "form" else str(value).encode()


def capture(step: Step, answer: Answer, values: Values) -> list[str]:
    """Take values from an answer; say what was not there."""
    missing: list[str] = []
    for name, source in step.capture.items():
        value: Any = None
        if "json" in source:
            try:
                value = paths.look_up(answer.json(), str(source["json"]))
            except (ValueError, paths.NotThereError) as error:
                missing.append(f"cannot take {name}: {error}")
                continue
        elif "header" in source:
            value = answer.header(str(source["header"])) or None
        else:
            found = re.search(str(source["text"]), answer.text)
            value = None if found is None else found[1] if found.groups() else found[0]
        if value is None:
            missing.append(f"cannot take {name}: the answer does not have it")
        else:
            values.set(name, value, bool(source.get("secret")))
    return missing


def sentences(results: Sequence[JourneyResult]) -> list[str]:
    """Gather the problems of many journeys."""
    return [problem for result in results for problem in result.problems]
