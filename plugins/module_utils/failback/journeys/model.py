"""Journeys as data: what a site writes in journeys/*.yml, read and checked before anything is asked. Pure.

journeys:
  - name: log-in
    proves: VERIFY-04
    variables: {password: {secret_file: .lab/secrets/shop-customer}}
    steps:
      - name: Log in
        request: {method: POST, path: /api/login, json: {email: user7@example.org, password: "${password}"}}
        expect: {status: 200, json: {$.customer: 7}, seconds: 2}
        capture: {session: {json: $.token, secret: true}}
    clean_up: [...]
invariants:
  - name: Every order line belongs to an order
    database: shop-db
    query: SELECT COUNT(*) FROM ...
    expect: 0
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from failback.errors import ConfigError
from failback.journeys import expect, paths

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROVES = ("VERIFY-02", "VERIFY-04", "DEPLOY-10")
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_METHODS = SAFE | {"POST", "PUT", "PATCH", "DELETE"}
_BODIES = ("json", "form", "text")
_READS = ("SELECT", "WITH", "TABLE")
_DOORS = ("all", "first")
_REQUEST = {"method", "path", "headers", *_BODIES}
_CAPTURE = {"json", "header", "text", "secret"}


@dataclass(frozen=True)
class Step:
    """One request, what its answer must be, and what is taken from it."""

    name: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: Any
    kind: str  # json, form, text or "" without a body
    expect: Mapping[str, Any]
    capture: Mapping[str, Mapping[str, Any]]

    @property
    def safe(self) -> bool:
        """Whether it only looks, as HTTP means it."""
        return self.method in SAFE


@dataclass(frozen=True)
class Journey:
    """Steps one after the other, as one user; ``clean_up`` runs whatever became of them."""

    name: str
    proves: str
    doors: str
    variables: Mapping[str, Any]
    steps: tuple[Step, ...]
    clean_up: tuple[Step, ...]
    file: str

    @property
    def safe(self) -> bool:
        """Whether no step writes."""
        return all(step.safe for step in (*self.steps, *self.clean_up))


@dataclass(frozen=True)
class Invariant:
    """A query that only reads, and what it must give."""

    name: str
    query: str
    expect: Any
    database: str
    file: str


@dataclass(frozen=True)
class Scenarios:
    """All that a site's files hold."""

    journeys: tuple[Journey, ...] = ()
    invariants: tuple[Invariant, ...] = ()
    files: tuple[str, ...] = field(default=())


def read(directory: str) -> Scenarios:
    """Read every *.yml of a directory, in the order of their names.

    Raises:
        ConfigError: no directory, no file, or something in one that is not understood: file, place and what to do.

    """
    root = Path(directory).expanduser()
    files = sorted(root.glob("*.yml"))
    if not files:
        raise ConfigError(f"{root} has no *.yml: write the journeys of the service there, or correct service_journeys")
    journeys: list[Journey] = []
    invariants: list[Invariant] = []
    for path in files:
        try:
            data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise ConfigError(f"{path} cannot be read: {' '.join(str(error).split())}") from error
        journeys += [_journey(entry, path.name) for entry in _entries(data, "journeys", path.name)]
        invariants += [_invariant(entry, path.name) for entry in _entries(data, "invariants", path.name)]
        _only(data, {"journeys", "invariants"}, path.name)
    names = [journey.name for journey in journeys] + [invariant.name for invariant in invariants]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"{root}: the name {twice[0]!r} is given twice")
    return Scenarios(tuple(journeys), tuple(invariants), tuple(path.name for path in files))


def step(data: Mapping[str, Any], where: str) -> Step:
    """Read one step. Raises ConfigError."""
    name = str(data.get("name") or "")
    if not name:
        raise ConfigError(f"{where}: a step has no name")
    here = f"{where}: step {name!r}"
    _only(data, {"name", "request", "expect", "capture"}, here)
    request = _mapping(data.get("request"), f"{here}: request")
    _only(request, _REQUEST, f"{here}: request")
    method, path = str(request.get("method") or "GET").upper(), str(request.get("path") or "")
    kinds = [kind for kind in _BODIES if kind in request]
    if method not in _METHODS or not path.startswith("/") or len(kinds) > 1:
        raise ConfigError(f"{here}: request needs a path that begins with /, a known method and at most one body")
    expected = _mapping(data.get("expect") or {}, f"{here}: expect")
    expect.check_words(expected, here)
    captures = read_captures(data.get("capture"), here)
    kind = kinds[0] if kinds else ""
    headers = {str(k): str(v) for k, v in _mapping(request.get("headers") or {}, f"{here}: headers").items()}
    return Step(name, method, path, headers, request.get(kind), kind, expected, captures)


def read_captures(data: Any, where: str) -> dict[str, Mapping[str, Any]]:
    """Read what is taken from an answer, by the name of the variable. Raises ConfigError."""
    entries = _mapping(data or {}, f"{where}: capture")
    return {str(variable): _capture(value, f"{where}: capture {variable}") for variable, value in entries.items()}


def _journey(data: Mapping[str, Any], file: str) -> Journey:
    name = str(data.get("name") or "")
    here = f"{file}: journey {name!r}"
    _only(data, {"name", "proves", "doors", "variables", "steps", "clean_up"}, here)
    proves, doors = str(data.get("proves") or "VERIFY-02"), str(data.get("doors") or "all")
    if not name or proves not in PROVES or doors not in _DOORS:
        raise ConfigError(
            f"{here} needs a name; proves is one of {', '.join(PROVES)}, doors one of {', '.join(_DOORS)}"
        )
    steps = tuple(step(entry, here) for entry in _entries(data, "steps", here))
    if not steps:
        raise ConfigError(f"{here} has no step")
    clean_up = tuple(step(entry, here) for entry in _entries(data, "clean_up", here))
    variables = _mapping(data.get("variables") or {}, f"{here}: variables")
    return Journey(name, proves, doors, variables, steps, clean_up, file)


def _invariant(data: Mapping[str, Any], file: str) -> Invariant:
    name, query = str(data.get("name") or ""), str(data.get("query") or "").strip().rstrip(";")
    here = f"{file}: invariant {name!r}"
    _only(data, {"name", "query", "expect", "database"}, here)
    if not name or not query or "expect" not in data:
        raise ConfigError(f"{here} needs name, query and expect")
    if query.split(None, 1)[0].upper() not in _READS or ";" in query:
        raise ConfigError(f"{here}: query must be one SELECT (or WITH, TABLE) without a semicolon")
    return Invariant(name, query, data["expect"], str(data.get("database") or ""), file)


def _capture(value: Any, where: str) -> Mapping[str, Any]:
    if isinstance(value, str):
        value = {"json": value}
    found = _mapping(value, where)
    _only(found, _CAPTURE, where)
    if len({"json", "header", "text"} & found.keys()) != 1:
        raise ConfigError(f"{where} takes from exactly one of json (a path), header (a name) or text (a pattern)")
    if "json" in found:
        paths.parts(str(found["json"]), where)
    return found


def _entries(data: Any, key: str, where: str) -> Iterator[Mapping[str, Any]]:
    found = _mapping(data, where).get(key)
    found = [] if found is None else found
    if not isinstance(found, list):
        raise ConfigError(f"{where}: {key} must be a list")
    yield from (_mapping(entry, f"{where}: an entry of {key}") for entry in found)


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ConfigError(f"{where} must be a mapping, not {value!r}")
    return value


def _only(data: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(map(str, data)) - known)
    if unknown:
        raise ConfigError(f"{where} does not know {', '.join(unknown)}; it knows {', '.join(sorted(known))}")
