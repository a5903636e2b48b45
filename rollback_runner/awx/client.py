"""Speaks to AWX's REST API: reads through `failback.awx_api`, and launches, cancels and removes by itself.

The token comes from a file that only its owner can read, and goes over TLS whose certificate is checked; without TLS to
this machine alone.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import ssl
import stat
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from failback import awx_api
from failback.errors import ConfigError, FailbackError
from failback.errors import RefusedError as NotTakenError
from failback.http import Door, connection_to

from rollback_runner.errors import RefusedError, RunnerError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PATIENCE = 60.0  # seconds for one reading of everything; each request of a change has as long
_PAGE = 200
_SAID = 600
_NEXT = "see docs/awx.md, then the same command again"


class NotThereError(RunnerError):
    """AWX has nothing of that number."""


class NotAcceptedError(RunnerError):
    """AWX refused what was sent, with its own words."""


@dataclass(frozen=True)
class Login:
    """Where AWX is, and which files open it. `ca_file` is "" where the machine's own authorities do."""

    url: str
    token_file: Path
    ca_file: str = ""

    def judged(self) -> Login:
        """Return it, or raise `UsageError` when the token could be read by others, or would travel in the clear."""
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise UsageError(
                f"{self.url or 'nothing'} is no address of AWX.",
                next_step="--url https://awx.example.org, or RR_AWX_URL",
            )
        if parts.scheme == "http" and not _is_here(parts.hostname):
            raise UsageError(
                f"{self.url} would carry the token in the clear.",
                next_step="use https, and --ca-file for an authority of your own",
            )
        try:
            mode = self.token_file.expanduser().stat().st_mode
        except OSError as error:
            raise UsageError(
                f"The token of AWX cannot be read from {self.token_file}: {error.strerror}.",
                next_step="make one in AWX (your user, Tokens, scope Write), in a file of mode 0600: --token-file FILE",
            ) from error
        if stat.S_IMODE(mode) & 0o077:
            raise UsageError(
                f"Others can read {self.token_file}, which holds the token of AWX.",
                next_step=f"chmod 600 {self.token_file}",
            )
        return self


@dataclass(frozen=True)
class Awx:
    """One AWX, behind a login that was judged."""

    login: Login

    def get(self, path: str) -> dict[str, Any]:
        """Read one object. Raises `NotThereError`, `RefusedError`, or `RunnerError` when nobody answers."""
        try:
            return self._reader().get(path)
        except FailbackError as error:
            raise _told(error) from error

    def all(self, path: str, **query: str) -> list[dict[str, Any]]:
        """Read a list over all its pages. Raises as `get`."""
        return list(self._all(path, query))

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Change something; returns the answer, empty where there is none. Raises `NotAcceptedError` and as `get`."""
        api = self._reader()
        target = path if path.startswith("/") else f"/api/v2/{path}"
        headers = {"Authorization": f"Bearer {api.token}", "Content-Type": "application/json", "Connection": "close"}
        where = f"AWX at {self.login.url}"
        try:
            connection = connection_to(Door("AWX", api.url, ca_file=self.login.ca_file), _PATIENCE)
            try:
                connection.request(
                    method, f"{urlsplit(api.url).path}{target}", json.dumps(body or {}).encode(), headers
                )
                answer = connection.getresponse()
                text = answer.read().decode("utf-8", errors="replace")
            finally:
                connection.close()
        except (OSError, ssl.SSLError, http.client.HTTPException) as error:
            raise RunnerError(f"{where} does not answer: {error or type(error).__name__}.", next_step=_NEXT) from error
        if answer.status in {401, 403}:
            raise RefusedError(
                f"{where} does not let this token {method} {target} ({answer.status}).",
                next_step="ask for the role that may, or use a token of somebody who has it",
            )
        if answer.status == http.client.NOT_FOUND:
            raise NotThereError(f"{where} has no {target}.")
        if answer.status >= http.client.BAD_REQUEST:
            raise NotAcceptedError(f"{where} refuses {method} {target}: {' '.join(text.split())[:_SAID]}")
        found = json.loads(text) if text.strip() else {}
        return found if isinstance(found, dict) else {}

    def _all(self, path: str, query: dict[str, str]) -> Iterator[dict[str, Any]]:
        asked = urlencode({**query, "page_size": _PAGE})
        try:
            yield from self._reader().all(f"{path}?{asked}")
        except FailbackError as error:
            raise _told(error) from error

    def _reader(self) -> awx_api.Api:
        login = self.login
        try:
            return awx_api.Api.at(login.url, str(login.token_file), login.ca_file, patience=_PATIENCE)
        except ConfigError as error:
            raise UsageError(f"{error}.", next_step=_NEXT) from error


def wait(seconds: float) -> None:
    """Wait before AWX is asked again."""
    time.sleep(seconds)


def _told(error: FailbackError) -> RunnerError:
    kinds: list[tuple[type[FailbackError], type[RunnerError]]] = [
        (awx_api.MissingError, NotThereError),
        (NotTakenError, RefusedError),
        (ConfigError, UsageError),
    ]
    kind = next((ours for theirs, ours in kinds if isinstance(error, theirs)), RunnerError)
    return kind(f"{error}.", next_step=_NEXT)


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
