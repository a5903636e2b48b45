"""Prometheus' HTTP API as far as we ask it: instant and range queries, with deadlines and an answer to nonsense.

https://prometheus.io/docs/prometheus/latest/querying/api/. Anything that speaks it will do: Thanos, Mimir and others.
"""

from __future__ import annotations

import base64
import http.client
import json
import math
import ssl
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from failback.errors import ConfigError
from failback.http import Door, connection_to, read_body

from rollback_runner.watching.promql import LABEL
from rollback_runner.watching.source import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TIMEOUT = 3.0  # seconds; a Prometheus that needs longer is of no use during an incident
_MOST_POINTS = 10_000  # of a range query; Prometheus refuses more than 11,000
_SHOWN = 200  # characters of an answer that is told

Points = dict[str, list[tuple[float, float]]]


@dataclass(frozen=True)
class Api:
    """Where it is and how one signs in; the files are read at each request, so that a renewed token counts at once."""

    door: Door
    user: str = ""
    password_file: str = field(default="", repr=False)
    token_file: str = field(default="", repr=False)
    timeout: float = _TIMEOUT

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Api:
        """Build from ``watching_prometheus``. Raises ConfigError."""
        try:
            door = Door.from_dict({**settings, "name": "Prometheus"})
        except ConfigError as error:
            told = str(error).replace("service_front_doors", "watching_prometheus.url")
            raise ConfigError(told) from error
        words = {name: str(settings.get(name) or "") for name in ("user", "password_file", "token_file")}
        if bool(words["user"]) != bool(words["password_file"]) or (words["user"] and words["token_file"]):
            raise ConfigError("watching_prometheus: give user and password_file, or token_file, or none of them")
        return cls(door, **words, timeout=float(settings.get("timeout") or _TIMEOUT))

    def instant(self, expression: str) -> Points:
        """Evaluate now; by what the label says, one point each. Raises SourceError."""
        data = self._ask("/api/v1/query", {"query": expression})
        return dict(_read(data, "vector", "value"))

    def past(self, expression: str, since: float, until: float, step: float) -> Points:
        """Evaluate from ``since`` to ``until`` every ``step`` seconds, more coarsely where that is too much."""
        step = max(1.0, step, (until - since) / _MOST_POINTS)
        parameters = {"query": expression, "start": f"{since:.3f}", "end": f"{until:.3f}", "step": f"{step:.3f}"}
        data = self._ask("/api/v1/query_range", parameters)
        return dict(_read(data, "matrix", "values"))

    def _ask(self, path: str, parameters: Mapping[str, str]) -> Mapping[str, Any]:
        begun = time.monotonic()
        base = urlsplit(self.door.url).path
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        headers |= {"User-Agent": "rollback-runner", "Connection": "close", **self._sign()}
        if self.door.host_header:
            headers["Host"] = self.door.host_header
        body = urlencode({**parameters, "timeout": f"{self.timeout:g}s"})
        connection: http.client.HTTPConnection | None = None
        try:
            connection = connection_to(self.door, self.timeout)
            connection.request("POST", f"{base}{path}", body, headers)
            answer = connection.getresponse()
            text = read_body(connection, answer, begun + self.timeout)
        except TimeoutError as error:
            raise SourceError(f"{self._name} gave no answer within {self.timeout:g} s") from error
        except ssl.SSLError as error:
            raise SourceError(f"{self._name}: its certificate is not accepted: {error.reason or error}") from error
        except (OSError, http.client.HTTPException) as error:
            raise SourceError(f"{self._name} does not answer: {error or type(error).__name__}") from error
        finally:
            if connection is not None:
                connection.close()
        return self._checked(answer.status, text)

    def _checked(self, status: int, text: str) -> Mapping[str, Any]:
        if status in {401, 403}:
            how = "token_file" if self.token_file else "user and password_file"
            raise SourceError(f"{self._name} refuses the login ({status}): correct {how} of watching_prometheus")
        try:
            whole = json.loads(text)
            state = whole["status"]
        except (ValueError, KeyError, TypeError) as error:
            shown = " ".join(text.split())[:_SHOWN] or "nothing"
            raise SourceError(f"{self._name} answers {status} and no Prometheus answer: {shown}") from error
        if state != "success":
            kind, told = whole.get("errorType", "error"), str(whole.get("error") or "no reason given")[:_SHOWN]
            raise QueryError(f"{self._name} could not evaluate what it was asked ({kind}): {told}")
        data = whole.get("data")
        return data if isinstance(data, dict) else {}

    def _sign(self) -> dict[str, str]:
        name = self.token_file or self.password_file
        if not name:
            return {}
        try:
            secret = Path(name).expanduser().read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SourceError(f"{name} of watching_prometheus cannot be read: {error.strerror}") from error
        if self.token_file:
            return {"Authorization": f"Bearer {secret}"}
        return {"Authorization": f"Basic {base64.b64encode(f'{self.user}:{secret}'.encode()).decode()}"}

    @property
    def _name(self) -> str:
        return f"Prometheus at {urlsplit(self.door.url).netloc.rpartition('@')[2]}"


class QueryError(SourceError):
    """Prometheus is there and refuses the expression."""


def _read(data: Mapping[str, Any], wanted: str, key: str) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    """Read the result, by the label. Raises SourceError for another shape, or two series under one label."""
    if data.get("resultType") != wanted or not isinstance(data.get("result"), list):
        raise SourceError(
            f"Prometheus answers with {data.get('resultType') or 'nothing'!r} where a {wanted} was asked for"
        )
    seen: set[str] = set()
    for one in data["result"]:
        try:
            name = str(one["metric"].get(LABEL, ""))
            raw = one[key] if wanted == "matrix" else [one[key]]
            points = [(float(at), float(value)) for at, value in raw]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise SourceError(f"Prometheus' answer cannot be read: {str(one)[:_SHOWN]}") from error
        if name in seen:
            told = name.replace("|", " of ")
            raise QueryError(f"the query for {told} gives several series: aggregate them, with sum() or max()")
        seen.add(name)
        yield name, [point for point in points if math.isfinite(point[1])]
