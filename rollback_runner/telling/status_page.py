"""A public status page with a Statuspage-style HTTP API (https://developer.statuspage.io): incidents and components.

One incident of the page for one of ours. The first letter opens it, each further one is an update of it. Which of the
page's incidents is ours stands in its metadata, so a messenger that was killed finds it again. A letter counts as taken
when the page answered with the incident, as seen when the incident, read again, holds its reference.

The API lets a token ask once a second and answers 420 or 429 to more; so we keep that pace.
"""

from __future__ import annotations

import http.client
import json
import ssl
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from failback.errors import ConfigError
from failback.http import Door, connection_to, read_body
from failback.people import channels

from rollback_runner.telling.channels import Answer, Handed, judged
from rollback_runner.telling.routes import page_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollback_runner.telling.channels import Letter

STATUSES = ("investigating", "identified", "monitoring", "resolved")
COMPONENT_STATUSES = ("operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance")
IMPACTS = ("none", "minor", "major", "critical")
_LOOK = 10.0  # seconds for a request that only reads
_OURS = "rollback_runner"


@dataclass(frozen=True)
class Said:
    """What the page answered. ``status`` 0: nothing; ``begun``: the request may have reached it."""

    status: int
    content: Any = None
    error: str = ""
    begun: bool = False
    after: float = 0.0

    @property
    def well(self) -> bool:
        """True for a success."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the successes of HTTP


@dataclass
class StatusPage:
    """The site's status page as a way to people. ``incident`` is the id of ours, ``site`` its name."""

    name: str
    url: str
    page: str
    token_file: str
    incident: str
    site: str
    titles: Mapping[str, str] = field(default_factory=dict)
    ca_file: str = ""
    components: Mapping[str, str] = field(default_factory=dict)
    pace: float = 1.0  # seconds between two requests
    readable: bool = True
    answerable: bool = False
    _asked: float = 0.0
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def hand(self, letter: Letter, deadline: float) -> Handed:
        """Open our incident on the page, or add an update to it."""
        ends = time.monotonic() + deadline
        try:
            found, failed = self._ours(letter.reference, ends)
        except ConfigError as error:
            return Handed(taken=False, error=str(error))
        if failed is not None:
            # Nothing was written yet: whatever went wrong, the letter is certainly not there.
            return _not_taken(failed, sure=True)
        wanted, note = self._wanted(letter, opening=not found)
        path = f"incidents/{quote(found)}" if found else "incidents"
        said = self._ask("PATCH" if found else "POST", path, ends, {"incident": wanted})
        if not said.well:
            return _not_taken(said, sure=not said.begun)
        number = str(said.content.get("id") or "") if isinstance(said.content, dict) else ""
        if not number:
            return Handed(taken=False, error="the page answered without naming the incident", sure=False)
        return Handed(taken=True, reference=number, note=note)

    def seen(self, letter: Letter) -> bool | None:
        """Read our incident again and look for the letter in its updates."""
        ends = time.monotonic() + _LOOK
        try:
            found, failed = self._ours(letter.reference, ends)
            if failed is not None:
                return None
            if not found:
                return False
            said = self._ask("GET", f"incidents/{quote(found)}", ends)
        except ConfigError:
            return None
        if not said.well or not isinstance(said.content, dict):
            return None
        return any(letter.code in str(one.get("body")) for one in said.content.get("incident_updates") or ())

    def answers(self, code: str) -> tuple[Answer, ...]:
        """Return nothing: nobody answers on a status page."""
        del code
        return ()

    def _ours(self, reference: str, ends: float) -> tuple[str, Said | None]:
        """Find the page's incident that is ours: known from before, else by what its metadata says. "" for none."""
        if reference:
            return reference, None
        said = self._ask("GET", "incidents", min(ends, time.monotonic() + _LOOK))
        if not said.well or not isinstance(said.content, list):
            return "", said if not said.well else Said(0, error="the page's list of incidents is none")
        for one in said.content:
            mark = (one.get("metadata") or {}).get(_OURS) if isinstance(one, dict) else None
            if isinstance(mark, dict) and (mark.get("incident"), mark.get("site")) == (self.incident, self.site):
                return str(one.get("id") or ""), None
        return "", None

    def _wanted(self, letter: Letter, *, opening: bool) -> tuple[dict[str, Any], str]:
        """Write the incident as the API takes it, and a note on components that the site does not name."""
        wanted: dict[str, Any] = {"body": letter.body}
        if opening:
            wanted |= {"name": letter.title, "status": STATUSES[0]}
            wanted["metadata"] = {_OURS: {"incident": self.incident, "site": self.site}}
        if letter.page.get("status") in STATUSES:
            wanted["status"] = letter.page["status"]
        if letter.page.get("impact") in IMPACTS:
            wanted["impact_override"] = letter.page["impact"]
        asked = dict(letter.page.get("components") or {})
        known = {self.components[name]: value for name, value in asked.items() if name in self.components}
        if known:
            wanted |= {"component_ids": list(known), "components": known}
        strange = [name for name in asked if name not in self.components]
        return wanted, f"site_status_page.components does not name {', '.join(strange)}" if strange else ""

    def _ask(self, method: str, path: str, ends: float, body: Mapping[str, Any] | None = None) -> Said:
        """Ask once, at the pace the API allows. Raises ConfigError for what the site says wrongly."""
        token = channels.secret_line(self.token_file, f"{self.name}: token_file")
        parts = urlsplit(f"{self.url.rstrip('/')}/pages/{quote(self.page)}/{path}")
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigError(f"{self.name}: site_status_page.url is no http or https URL")
        with self._turn:
            time.sleep(max(0.0, self._asked + self.pace - time.monotonic()))
            self._asked = time.monotonic()
        headers = {"Authorization": f"OAuth {token}", "User-Agent": "rollback-runner", "Accept": "application/json"}
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body, ensure_ascii=False).encode()
        left = ends - time.monotonic()
        if left <= 0:
            return Said(0, error="no answer in time")
        try:
            connection = connection_to(Door(self.name, f"{parts.scheme}://{parts.netloc}", ca_file=self.ca_file), left)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"{self.name}: cannot use the CA file {self.ca_file}: {error}") from error
        begun = False
        try:
            connection.connect()
            begun = True
            connection.request(method, parts.path, content, headers)
            answer = connection.getresponse()
            text = read_body(connection, answer, ends)
            return _said(answer.status, text, _seconds(answer.getheader("Retry-After")))
        except TimeoutError:
            return Said(0, error="no answer in time", begun=begun)
        except (OSError, http.client.HTTPException) as error:
            return Said(0, error=_reason(error), begun=begun)
        finally:
            connection.close()


def of_site(given: Mapping[str, Any], incident: str) -> StatusPage | None:
    """Build it from ``site_status_page``; None where the site has none."""
    entry = given.get("site_status_page") or {}
    if not entry:
        return None
    return StatusPage(
        page_name(given),
        str(entry.get("url") or "https://api.statuspage.io/v1"),
        str(entry.get("page") or ""),
        str(entry.get("token_file") or ""),
        incident,
        str(given.get("site_name") or ""),
        dict(given.get("site_title") or {}),
        str(entry.get("ca_file") or ""),
        dict(entry.get("components") or {}),
        float(entry.get("pace", 1.0)),
    )


def _not_taken(said: Said, *, sure: bool) -> Handed:
    if not said.status:
        return Handed(taken=False, error=said.error, sure=sure)
    found = judged(said.status)
    detail = said.error or (_detail(said.content))
    error = f"{found.error}: {detail}" if detail else found.error
    return Handed(taken=False, error=error, sure=found.sure or sure, never=found.never, after=said.after)


def _said(status: int, text: str, after: float) -> Said:
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    return Said(status, content, begun=True, after=after)


def _detail(content: Any) -> str:
    """Read the API's own sentence, where there is one."""
    error = content.get("error") if isinstance(content, dict) else ""
    return "; ".join(map(str, error))[:200] if isinstance(error, list) else str(error or "")[:200]


def _seconds(value: str | None) -> float:
    return float(value) if value and value.isdecimal() else 0.0


def _reason(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "its certificate is not trusted"
    if isinstance(error, ConnectionError | http.client.RemoteDisconnected):
        return "it closed the connection"
    return str(error) or type(error).__name__
