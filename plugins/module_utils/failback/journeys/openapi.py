"""A service's OpenAPI 3.x document: its operations, how each is called, and whether an answer is what it says. Pure.

Facts: OpenAPI 3.1 (a Schema Object is JSON Schema 2020-12); in 3.0 documents ``nullable`` and boolean exclusive limits
differ from JSON Schema, so ``nullable`` is translated and the rest is taken as it is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import jsonschema
import referencing
from referencing.jsonschema import DRAFT202012

from failback.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.journeys.client import Answer

METHODS = ("get", "head", "options", "post", "put", "patch", "delete", "trace")
SAFE = frozenset({"get", "head", "options"})
_ROOT = "urn:openapi"
_MOST = 5  # deviations told of one answer
_FORMATS = jsonschema.Draft202012Validator.FORMAT_CHECKER


@dataclass(frozen=True)
class Operation:
    """One method of one path. ``id`` is its operationId, or "GET /path" where it has none."""

    id: str
    method: str
    path: str
    parameters: tuple[Mapping[str, Any], ...]
    body: Mapping[str, Any] | None
    responses: Mapping[str, Any]
    secured: bool

    @property
    def safe(self) -> bool:
        """Whether it only looks, as HTTP means it."""
        return self.method in SAFE

    @property
    def name(self) -> str:
        """How people call it."""
        return f"{self.method.upper()} {self.path}"


class Document:
    """A parsed document. Raises ConfigError where it is none."""

    def __init__(self, text: str, where: str) -> None:
        try:
            content = json.loads(text)
        except ValueError as error:
            raise ConfigError(f"{where} is no JSON ({error}): give the OpenAPI document as JSON") from error
        version = str(content.get("openapi", "")) if isinstance(content, dict) else ""
        if not version.startswith("3.") or not isinstance(content.get("paths"), dict):
            raise ConfigError(f"{where} is no OpenAPI 3 document (openapi: {version or 'missing'})")
        self.where = where
        self.content: dict[str, Any] = _nullable(content) if version.startswith("3.0") else content
        resource = referencing.Resource.from_contents(self.content, default_specification=DRAFT202012)
        self._registry: Any = referencing.Registry().with_resource(_ROOT, resource)

    def operations(self) -> list[Operation]:
        """List every operation, in the order of the document. Raises ConfigError for a reference that leads nowhere."""
        found: list[Operation] = []
        for path, entry in self.content["paths"].items():
            item = self._follow(entry)
            found += [self._operation(path, method, item) for method in METHODS if method in item]
        ids = [one.id for one in found]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ConfigError(f"{self.where}: the operationId {twice[0]} is given twice")
        return found

    def deviations(self, operation: Operation, answer: Answer, status: int | None = None) -> list[str]:
        """Say where an answer is not as specified; ``status`` is the one wanted, None takes any 2xx."""
        if answer.error:
            return [f"no answer: {answer.error}"]
        if (answer.status != status) if status is not None else not 200 <= answer.status < 300:  # noqa: PLR2004 - HTTP
            return [f"status: expected {status or 'success'}, came {answer.status}"]
        codes = operation.responses
        key = next((k for k in (str(answer.status), f"{answer.status // 100}XX", "default") if k in codes), "")
        if not key:
            return [f"status {answer.status} is not specified (only {', '.join(codes)})"]
        return self._body(operation, key, answer)

    def _body(self, operation: Operation, key: str, answer: Answer) -> list[str]:
        content = self._follow(operation.responses[key]).get("content") or {}
        if not content:
            return []
        kind = answer.header("content-type").partition(";")[0].strip().lower()
        media = next((k for k in (kind, f"{kind.partition('/')[0]}/*", "*/*") if k in content), "")
        if not media:
            return [f"content type: expected {' or '.join(content)}, came {kind or 'none'}"]
        schema = content[media].get("schema")
        if schema is None or "json" not in kind:
            return []
        try:
            body = answer.json()
        except ValueError as error:
            return [f"the body is no JSON: {error}"]
        validator = jsonschema.Draft202012Validator(
            self._rooted(schema), registry=self._registry, format_checker=_FORMATS
        )
        errors = sorted(validator.iter_errors(body), key=lambda error: list(map(str, error.absolute_path)))
        return [f"{error.json_path}: {error.message[:300]}" for error in errors[:_MOST]]

    def _operation(self, path: str, method: str, item: Mapping[str, Any]) -> Operation:
        entry = item[method]
        own = {(p["name"], p["in"]): p for p in map(self._follow, entry.get("parameters") or [])}
        shared = {(p["name"], p["in"]): p for p in map(self._follow, item.get("parameters") or [])}
        security = entry.get("security", self.content.get("security") or [])
        return Operation(
            str(entry.get("operationId") or f"{method.upper()} {path}"),
            method,
            path,
            tuple((shared | own).values()),
            self._follow(entry["requestBody"]) if "requestBody" in entry else None,
            entry.get("responses") or {},
            bool(security) and {} not in security,
        )

    def example(self, parameter: Mapping[str, Any]) -> Any:
        """Return the document's own example of a parameter: example, examples, or what its schema names; else None."""
        schema = self._follow(parameter.get("schema") or {})
        examples = parameter.get("examples") or {}
        first = self._follow(next(iter(examples.values()))) if isinstance(examples, dict) and examples else {}
        listed = schema.get("examples") or schema.get("enum") or []
        candidates = [parameter.get("example"), first.get("value"), schema.get("example"), schema.get("default")]
        candidates += [schema.get("const"), listed[0] if listed else None]
        return next((value for value in candidates if value is not None), None)

    def _follow(self, entry: Any) -> Any:
        """Follow a reference within the document."""
        seen: set[str] = set()
        while isinstance(entry, dict) and isinstance(entry.get("$ref"), str):
            target = entry["$ref"]
            if not target.startswith("#/") or target in seen:
                raise ConfigError(f"{self.where}: the reference {target} leads out of the document or in a circle")
            seen.add(target)
            entry = self.content
            for part in target[2:].split("/"):
                key = part.replace("~1", "/").replace("~0", "~")
                if not isinstance(entry, dict) or key not in entry:
                    raise ConfigError(f"{self.where}: the reference {target} leads nowhere")
                entry = entry[key]
        return entry

    def _rooted(self, schema: Any) -> Any:
        """Return the schema with its references pointing into the document."""
        if isinstance(schema, list):
            return [self._rooted(item) for item in schema]
        if isinstance(schema, dict):
            return {
                key: f"{_ROOT}{value}" if key == "$ref" and str(value).startswith("#") else self._rooted(value)
                for key, value in schema.items()
            }
        return schema


def path_of(operation: Operation, values: Mapping[str, Any]) -> str:
    """Fill an operation's path and query from parameter values by name; a missing optional one is left out."""
    path, query = operation.path, {}
    for parameter in operation.parameters:
        name, place = parameter["name"], parameter["in"]
        if name not in values:
            continue
        if place == "path":
            path = path.replace("{" + name + "}", quote(str(values[name]), safe=""))
        elif place == "query":
            query[name] = values[name]
    return f"{path}?{urlencode(query, doseq=True)}" if query else path


def _nullable(part: Any) -> Any:
    """Say ``nullable: true`` of OpenAPI 3.0 as JSON Schema says it."""
    if isinstance(part, list):
        return [_nullable(item) for item in part]
    if not isinstance(part, dict):
        return part
    found = {key: _nullable(value) for key, value in part.items()}
    if found.get("nullable") is True and isinstance(found.get("type"), str):
        found["type"] = [found["type"], "null"]
    return found
