"""Fetches one page with one deadline, for what is asked of chats and dashboards. Nothing is followed or cached."""

from __future__ import annotations

import http.client
import ssl
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from failback.errors import ConfigError
from failback.http import Door, connection_to, read_body


@dataclass(frozen=True)
class Page:
    """What came back. ``status`` 0 means that no answer came; ``error`` says why. ``seconds`` is what it took."""

    status: int
    text: str = ""
    error: str = ""
    seconds: float = 0.0

    @property
    def well(self) -> bool:
        """True for a success."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the successes of HTTP


def page(url: str, *, timeout: float, token: str = "", ca_file: str = "") -> Page:
    """GET a URL; ``token`` goes into the header Authorization. Never raises for what the network does.

    Raises ConfigError for a URL that is none, or a CA file that cannot be used.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigError("it is no http or https URL")
    begun = time.monotonic()
    headers = {"User-Agent": "rollback-runner", "Accept": "*/*", "Connection": "close", "Cache-Control": "no-cache"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    try:
        connection = connection_to(
            Door("", f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", ca_file=ca_file), timeout
        )
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"cannot use the CA file {ca_file}: {error}") from error
    try:
        connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), headers=headers)
        answer = connection.getresponse()
        text = read_body(connection, answer, begun + timeout)
        return Page(answer.status, text, seconds=_since(begun))
    except TimeoutError:
        return Page(0, error=f"no answer within {timeout:g} s", seconds=_since(begun))
    except (OSError, http.client.HTTPException) as error:
        return Page(0, error=str(error) or type(error).__name__, seconds=_since(begun))
    finally:
        connection.close()


def _since(begun: float) -> float:
    return round(time.monotonic() - begun, 3)
