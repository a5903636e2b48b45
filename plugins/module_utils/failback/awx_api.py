"""Reads AWX's REST API: one object, or a list over all its pages, under one deadline for all of it. Changes nothing.

Where AWX is and what opens it stands in the environment: RR_AWX_URL, RR_AWX_TOKEN_FILE (a file, so that the token is in
no process list), and RR_AWX_CA_FILE where its certificate is of an authority of its own. ``time`` values are seconds.
"""

from __future__ import annotations

import http.client
import json
import ssl
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from failback.errors import ConfigError, FailbackError, RefusedError, UnreachableError
from failback.http import Door, connection_to

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

URL, TOKEN_FILE, CA_FILE = "RR_AWX_URL", "RR_AWX_TOKEN_FILE", "RR_AWX_CA_FILE"
PATIENCE = 15.0  # for all that one look at the approvals asks
_CHUNK = 1 << 16
_MOST = 64 << 20  # bytes of one page: 200 events of at most 300 kB each
_PAGES = 10_000
_SAID = 200
_ROOT = "/api/v2/"


class MissingError(FailbackError):
    """AWX has nothing of that number, or does not show it to this token."""


@dataclass
class Api:
    """One AWX. ``deadline`` is a moment of the monotonic clock, by which all is read or given up."""

    url: str
    token: str = field(repr=False)
    ca_file: str = ""
    deadline: float = 0.0

    @classmethod
    def of(cls, environment: Mapping[str, str], patience: float = PATIENCE) -> Api:
        """Make it from the environment. Raises ConfigError naming what is missing."""
        return cls.at(
            environment.get(URL, ""), environment.get(TOKEN_FILE, ""), environment.get(CA_FILE, ""), patience=patience
        )

    @classmethod
    def at(cls, url: str, token_file: str, ca_file: str = "", *, patience: float = PATIENCE) -> Api:
        """Make it from an address and a file with the token. Raises ConfigError."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
            raise ConfigError(
                f"{URL} is {url.rpartition('@')[2] or 'not set'}: set it to the address of AWX alone, without a login,"
                " such as https://awx.example.org"
            )
        if not token_file:
            raise ConfigError(f"no token for {url}: set {TOKEN_FILE} to a file that holds one of AWX")
        try:
            token = Path(token_file).expanduser().read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"the token of {url} cannot be read from {token_file}: {error}") from error
        if not token or not token.isascii() or any(letter.isspace() for letter in token):
            raise ConfigError(f"{token_file} holds no token of AWX: one word, and nothing else")
        return cls(url.rstrip("/"), token, ca_file, time.monotonic() + patience)

    def get(self, path: str) -> dict[str, Any]:
        """Read one object, ``path`` below /api/v2/.

        Raises MissingError for one that is not there, RefusedError where the token is not taken, UnreachableError where
        nobody answers in time, and FailbackError for any other answer.
        """
        return self._read(path if path.startswith("/") else _ROOT + path)

    def all(self, path: str) -> Iterator[dict[str, Any]]:
        """Read a list over all its pages. Raises as `get`."""
        following: str | None = path if path.startswith("/") else _ROOT + path
        for _ in range(_PAGES):
            if not following:
                return
            page = self._read(following)
            results = page.get("results")
            if not isinstance(results, list):
                raise FailbackError(f"{self.url}{following} answers with no list")
            yield from (one for one in results if isinstance(one, dict))
            told = urlsplit(str(page.get("next") or ""))
            # Only the path counts: AWX tells the address it has for itself, and the token goes nowhere else.
            following = f"{told.path}?{told.query}" if told.path else None
        raise FailbackError(f"{self.url}{path} does not come to an end after {_PAGES} pages")

    def _read(self, path: str) -> dict[str, Any]:
        status, text = self._ask(path)
        where = f"AWX at {self.url}"
        if status in {401, 403}:
            raise RefusedError(f"{where} does not take the token for {path} ({status}): make a new one, or widen it")
        if status == http.client.NOT_FOUND:
            raise MissingError(f"{where} has no {path.removeprefix(_ROOT)}, or does not show it to this token")
        if status != http.client.OK:
            raise FailbackError(f"{where} answers {status} to {path}: {' '.join(text.split())[:_SAID]}")
        try:
            found = json.loads(text)
        except ValueError as error:
            raise FailbackError(f"{where} answers {path} with no JSON: is that address really AWX?") from error
        if not isinstance(found, dict):
            raise FailbackError(f"{where} answers {path} with no object")
        return found

    def _ask(self, path: str) -> tuple[int, str]:
        """Send one request; whatever the network does is an UnreachableError with its reason."""
        left = self.deadline - time.monotonic()
        silent = f"AWX at {self.url} does not answer"
        if left <= 0:
            raise UnreachableError(f"{silent} in time")
        try:
            connection = connection_to(Door("AWX", self.url, ca_file=self.ca_file), left)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"{CA_FILE}: {self.ca_file} cannot be used: {error}") from error
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json", "Connection": "close"}
        try:
            connection.request("GET", f"{urlsplit(self.url).path}{path}", headers=headers)
            answer = connection.getresponse()
            return answer.status, self._body(connection, answer)
        except TimeoutError as error:
            raise UnreachableError(f"{silent} in time") from error
        except ssl.SSLError as error:
            raise UnreachableError(f"{silent} with a certificate that holds: {error.reason or error}") from error
        except (OSError, http.client.HTTPException) as error:
            raise UnreachableError(f"{silent}: {error or type(error).__name__}") from error
        finally:
            connection.close()

    def _body(self, connection: http.client.HTTPConnection, answer: http.client.HTTPResponse) -> str:
        parts: list[bytes] = []
        size = 0
        while size < _MOST:
            left = self.deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if connection.sock is not None:
                connection.sock.settimeout(left)
            part = answer.read1(_CHUNK)
            if not part:
                return b"".join(parts).decode("utf-8", errors="replace")
            parts.append(part)
            size += len(part)
        raise http.client.HTTPException("the answer is larger than any page of AWX")
