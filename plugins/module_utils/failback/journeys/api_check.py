"""Call every operation of an OpenAPI document once through a front door. Pure but for the ``send`` it is given.

Operations that only look are always called. One that writes is called only where the site gives its values, together
with a clean-up; or it is on the list ``skip`` with a reason. Anything else is named as not proven.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback.errors import ConfigError
from failback.journeys import runner
from failback.journeys.client import Request
from failback.journeys.model import Step, read_captures
from failback.journeys.openapi import Document, Operation, path_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.journeys.runner import Send
    from failback.journeys.values import Values

_CALL = {"operation", "parameters", "body", "headers", "status", "capture"}
_KNOWN = {"path", "file", "variables", "headers", "before", "operations", "clean_up", "skip", "seconds"}


@dataclass(frozen=True)
class Call:
    """How one operation is called: values of its parameters, body, headers, and the status it must answer."""

    operation: str
    parameters: Mapping[str, Any]
    body: Any
    headers: Mapping[str, str]
    status: int | None
    capture: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Plan:
    """What the site gives beside the document. ``seconds`` is the longest an answer may take, 0 for any time."""

    before: tuple[Call, ...]
    operations: Mapping[str, Call]
    clean_up: tuple[Call, ...]
    skip: Mapping[str, str]
    headers: Mapping[str, str]
    seconds: float

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Plan:
        """Build from ``service_openapi``. Raises ConfigError."""
        unknown = sorted(set(data) - _KNOWN)
        if unknown:
            known = ", ".join(sorted(_KNOWN))
            raise ConfigError(f"service_openapi does not know {', '.join(unknown)}; it knows {known}")
        before = tuple(_call(entry, "before") for entry in data.get("before") or [])
        clean_up = tuple(_call(entry, "clean_up") for entry in data.get("clean_up") or [])
        operations = {n: _call({**v, "operation": n}, "operations") for n, v in (data.get("operations") or {}).items()}
        skip = {str(name): str(why or "") for name, why in (data.get("skip") or {}).items()}
        if not all(why.strip() for why in skip.values()):
            raise ConfigError("service_openapi.skip: say why each operation is left out")
        headers = {str(key): str(value) for key, value in (data.get("headers") or {}).items()}
        return cls(before, operations, clean_up, skip, headers, float(data.get("seconds") or 0))

    def check(self, operations: Sequence[Operation]) -> None:
        """Refuse names that the document does not have, and writing without cleaning up. Raises ConfigError."""
        known = {one.id: one for one in operations}
        named = [call.operation for call in (*self.before, *self.clean_up)] + [*self.operations, *self.skip]
        strangers = sorted(set(named) - known.keys())
        if strangers:
            raise ConfigError(f"service_openapi names {', '.join(strangers)}, which the document does not have")
        unsafe = sorted(name for name in self.operations if not known[name].safe)
        if unsafe:
            raise ConfigError(f"service_openapi.operations: {', '.join(unsafe)} writes: put it into before or clean_up")


@dataclass(frozen=True)
class CallResult:
    """What became of one operation."""

    operation: str
    name: str
    status: int
    seconds: float
    problems: tuple[str, ...]
    skipped: str = ""

    def as_evidence(self) -> dict[str, object]:
        """Return what goes on record."""
        seen: dict[str, object] = {"operation": self.operation, "endpoint": self.name}
        if self.skipped:
            return seen | {"skipped": self.skipped}
        seen |= {"status": self.status, "seconds": self.seconds}
        return seen | ({"problems": list(self.problems)} if self.problems else {})


class Caller:
    """Calls operations one after the other with one set of variables."""

    def __init__(self, document: Document, plan: Plan, values: Values, send: Send) -> None:
        self._document, self._plan, self._values, self._send = document, plan, values, send
        self._operations = {one.id: one for one in document.operations()}

    def run(self, *, only_safe: bool = False) -> list[CallResult]:
        """Call all: what must come before, what only looks, then the clean-up, whatever happened.

        ``only_safe``: a rehearsal, which names what writes and calls the rest as far as it needs none of that.
        """
        plan = self._plan
        plan.check(list(self._operations.values()))
        results: list[CallResult] = []
        writing = [call.operation for call in (*plan.before, *plan.clean_up)]
        try:
            for call in plan.before:  # one by one: what was called stays in the results when a later one cannot be
                results += [self._rehearsed(call) if only_safe else self._call(call)]
            for operation in self._operations.values():
                if operation.id in plan.skip:
                    results.append(_skipped(operation, plan.skip[operation.id]))
                elif operation.safe:
                    results.append(self._look(operation, only_safe=only_safe))
                elif operation.id not in writing:
                    told = "it writes, and service_openapi gives neither values with a clean-up nor a reason to skip it"
                    results.append(CallResult(operation.id, operation.name, 0, 0.0, (told,)))
        finally:
            for call in plan.clean_up:
                results += [self._rehearsed(call) if only_safe else self._clean(call)]
        return results

    def _rehearsed(self, call: Call) -> CallResult:
        return _skipped(self._operations[call.operation], "it writes: not called in a rehearsal")

    def _look(self, operation: Operation, *, only_safe: bool) -> CallResult:
        call = self._plan.operations.get(operation.id, Call(operation.id, {}, None, {}, None, {}))
        try:
            return self._call(call)
        except ConfigError as error:
            if only_safe:
                return _skipped(operation, f"not called in a rehearsal: {error}")
            return CallResult(operation.id, operation.name, 0, 0.0, (str(error),))

    def _clean(self, call: Call) -> CallResult:
        try:
            return self._call(call)
        except ConfigError as error:
            operation = self._operations[call.operation]
            return CallResult(operation.id, operation.name, 0, 0.0, (str(error),))

    def _call(self, call: Call) -> CallResult:
        operation, values = self._operations[call.operation], self._values
        parameters = {**self._examples(operation, call), **values.fill(dict(call.parameters))}
        missing = [p["name"] for p in operation.parameters if p.get("required") and p["name"] not in parameters]
        if missing:
            raise ConfigError(f"{operation.name}: neither the document nor service_openapi gives {', '.join(missing)}")
        in_headers = [p["name"] for p in operation.parameters if p["in"] == "header" and p["name"] in parameters]
        headers = {name: str(parameters[name]) for name in in_headers}
        if operation.secured:
            headers |= values.fill(dict(self._plan.headers))
        headers |= values.fill(dict(call.headers))
        body: bytes | None = None
        if call.body is not None:
            headers.setdefault("Content-Type", "application/json")
            body = runner.encode("json", values.fill(call.body))
        answer = self._send(Request(operation.method.upper(), path_of(operation, parameters), headers, body))
        problems = self._document.deviations(operation, answer, call.status)
        if not problems and self._plan.seconds and answer.seconds > self._plan.seconds:
            problems = [f"time: expected at most {self._plan.seconds:g} s, it took {answer.seconds:g} s"]
        if not problems and call.capture:
            step = Step(operation.id, operation.method, operation.path, {}, None, "", {}, call.capture)
            problems = runner.capture(step, answer, values)
        hidden = tuple(values.hide(problem) for problem in problems)
        return CallResult(operation.id, operation.name, answer.status, answer.seconds, hidden)

    def _examples(self, operation: Operation, call: Call) -> dict[str, Any]:
        """Take what the document itself gives for parameters that the site does not set."""
        found = {}
        for parameter in operation.parameters:
            value = self._document.example(parameter)
            if value is not None and parameter["name"] not in call.parameters and parameter["in"] != "cookie":
                found[parameter["name"]] = value
        return found


def _skipped(operation: Operation, why: str) -> CallResult:
    return CallResult(operation.id, operation.name, 0, 0.0, (), why)


def _call(data: Any, where: str) -> Call:
    if not isinstance(data, dict) or not data.get("operation") or set(data) - _CALL:
        known = ", ".join(sorted(_CALL))
        raise ConfigError(f"service_openapi.{where}: an entry needs operation, and knows {known}: {data}")
    captures = read_captures(data.get("capture"), f"service_openapi.{where}: {data['operation']}")
    status = data.get("status")
    return Call(
        str(data["operation"]),
        dict(data.get("parameters") or {}),
        data.get("body"),
        {str(key): str(value) for key, value in (data.get("headers") or {}).items()},
        None if status is None else int(status),
        captures,
    )
