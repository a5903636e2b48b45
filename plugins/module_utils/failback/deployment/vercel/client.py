"""Requests to Vercel's REST API: the team in every query, bounded waiting, errors as sentences.

Source of the manners: Vercel's own command honours Retry-After on 429 and 503, tries three times more, and repeats no
other 4xx. Here a request that acts is repeated only when it was certainly not carried out; else whoever asked looks.
All times are seconds.
"""

from __future__ import annotations

import email.utils
import http.client
import ipaddress
import json
import ssl
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from failback import way_out
from failback.deployment.said import NOTHING
from failback.deployment.said import Said as Sentence
from failback.deployment.vercel import errors, operations
from failback.errors import ConfigError
from failback.http import Door, connection_to
from failback.people.channels import secret_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from failback.deployment.vercel.operations import Operation
    from failback.errors import FailbackError

API = "https://api.vercel.com"
ATTEMPT = 10.0  # for one answer
PATIENCE = 45.0  # for one operation with all its attempts
_TRIES = 4
_MOST = 1 << 24  # bytes read of one answer; a page of deployments of a large project has about one million
_PAGES = 20
_PAGE = 100  # rows; what the API gives at most
_BUSY = 503
_SERVER = 500
_OF_THE_TOKEN = (operations.USER, operations.TEAMS)  # they know no team


@dataclass(frozen=True)
class Said:
    """One answer. ``status`` 0: none came, ``trouble`` says why; ``begun``: the request may have arrived."""

    status: int
    content: Any = None
    after: float | None = None
    trouble: str = ""
    begun: bool = True

    @property
    def well(self) -> bool:
        """True for a success."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the successes of HTTP

    @property
    def unsure(self) -> bool:
        """True where nobody can say whether the request was carried out."""
        return self.begun and (not self.status or self.status >= _SERVER)


@dataclass
class Client:
    """The API as one token and one team see it. ``sleep``, ``clock`` and ``now`` are injected by tests."""

    token_file: str
    team: str = ""
    api: str = API
    ca_file: str = ""
    patience: float = PATIENCE
    act_patience: float = PATIENCE  # the same for a request that acts: a wait that Vercel asks for may be long
    attempt: float = ATTEMPT
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    told: Callable[[str], None] = lambda _sentence: None  # hears why something is asked again
    _context: list[Door] = field(default_factory=list, repr=False)

    def get(self, operation: Operation, query: Mapping[str, str] | None = None, **parts: str) -> dict[str, Any]:
        """Read something. Raises what `failback.deployment.vercel.errors` says of the answer."""
        said = self.ask(operation, query, **parts)
        if said.well and isinstance(said.content, dict):
            return said.content
        raise self.refusal(operation, said)

    def pages(
        self, operation: Operation, rows: str, query: Mapping[str, str], **parts: str
    ) -> Iterator[dict[str, Any]]:
        """Read a list page by page, for as long as somebody takes rows. A page that repeats ends it."""
        until = ""
        for _ in range(_PAGES):
            answer = self.get(operation, {"limit": str(_PAGE), **query, **({"until": until} if until else {})}, **parts)
            found = answer.get(rows)
            if not isinstance(found, list):
                raise self.refusal(operation, Said(200, answer))
            yield from (row for row in found if isinstance(row, dict))
            following = (answer.get("pagination") or {}).get("next")
            if following is None or str(following) == until or not found:
                return
            until = str(following)

    def ask(self, operation: Operation, query: Mapping[str, str] | None = None, **parts: str) -> Said:
        """Ask, again where that is safe, and return the last answer whatever it is. Raises ConfigError."""
        ends = self.clock() + (self.act_patience if operation.acts else self.patience)
        for tried in range(_TRIES):
            said = self._once(operation, operation.at(**parts), dict(query or {}), ends)
            wait = self._wait(operation, said, tried)
            if wait is None or tried == _TRIES - 1 or self.clock() + wait >= ends:
                return said
            self.told(f"Vercel {_hindrance(said)}; asking again in {wait:.1f} s")
            self.sleep(wait)
        raise AssertionError  # the loop returns with its last try

    def refusal(self, operation: Operation, said: Said) -> FailbackError:
        """Build the error for an answer. A no for want of rights says whose token it is, and its teams."""
        more, status = NOTHING, said.status
        if status == errors.FORBIDDEN and operation not in _OF_THE_TOKEN:
            more, valid = self._whose()
            # An expired token is answered with 403 on a project too; that it cannot even name itself tells them apart.
            status = status if valid else errors.NO_TOKEN
        if status == errors.TOO_MANY and said.after:
            more = Sentence("It asks to wait {seconds} s.", "{seconds}초 기다리라고 합니다.").filled(
                seconds=f"{said.after:.0f}"
            )
        content = said.content if isinstance(said.content, dict) else None
        return errors.refusal(operation, status, content, trouble=said.trouble, more=more, seen=said.status)

    def _whose(self) -> tuple[Sentence, bool]:
        """Say whose token it is, and whether it is valid at all. It only helps a person; it decides nothing."""
        who = self.ask(operations.USER)
        if not (who.well and isinstance(who.content, dict)):
            return NOTHING, who.status not in {errors.NO_TOKEN, errors.FORBIDDEN}
        teams = self.ask(operations.TEAMS, {"limit": "20"})
        name = str((who.content.get("user") or {}).get("username") or "an unknown person")
        found = teams.content.get("teams") if teams.well and isinstance(teams.content, dict) else None
        known = [str(team.get("slug") or team.get("id")) for team in found or () if isinstance(team, dict)]
        teams_en = f", a member of {', '.join(known)}" if known else ""
        teams_ko = f"(소속 팀: {', '.join(known)})" if known else ""
        return Sentence(
            f"The token is that of {name}{teams_en}; vercel_team is {self.team or 'not set'}.",
            f"토큰 소유자는 {name}{teams_ko}이고 vercel_team은 {self.team or '비어 있음'}입니다.",
        ), True

    def _wait(self, operation: Operation, said: Said, tried: int) -> float | None:
        """Return how long to wait before asking again; None: do not."""
        later = said.after if said.after is not None else 0.5 * 2**tried
        if said.status == errors.TOO_MANY:
            return later
        if operation.acts:
            # 503 with a time to come back is a no from the front; a request that never left did nothing either.
            turned_away = said.status == _BUSY and said.after is not None
            return later if turned_away or not said.begun else None
        return later if not said.status or said.status >= _SERVER else None

    def _once(self, operation: Operation, path: str, query: dict[str, str], ends: float) -> Said:
        door = self._door()
        token = secret_line(self.token_file, "vercel_token_file")
        if self.team and operation not in _OF_THE_TOKEN:
            query["teamId" if self.team.startswith("team_") else "slug"] = self.team
        full = urlsplit(door.url).path.rstrip("/") + path + (f"?{urlencode(query)}" if query else "")
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", "User-Agent": "rollback-runner"}
        deadline = min(ends, self.clock() + self.attempt)
        left = deadline - self.clock()
        if left <= 0:
            return Said(0, trouble="no answer in time", begun=False)
        try:
            connection = connection_to(door, left, proxy=way_out.proxy_to(str(urlsplit(door.url).hostname)))
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"vercel_ca_file: {self.ca_file} cannot be used: {error}") from error
        begun = False
        try:
            connection.connect()
            begun = True
            connection.request(operation.method, full, None, headers | {"Connection": "close"})
            answer = connection.getresponse()
            return self._said(answer, self._body(connection, answer, deadline))
        except TimeoutError:
            return Said(0, trouble=f"no answer within {self.attempt:g} s", begun=begun)
        except ssl.SSLCertVerificationError:
            return Said(0, trouble="its certificate is not trusted", begun=False)
        except (OSError, http.client.HTTPException) as error:
            return Said(0, trouble=_reason(error), begun=begun)
        finally:
            connection.close()

    def _door(self) -> Door:
        """Return the way to the API. Raises ConfigError where the token would travel in the clear."""
        if not self._context:
            parts = urlsplit(self.api)
            if parts.scheme not in {"http", "https"} or not parts.hostname:
                raise ConfigError(f"vercel_api is {self.api or 'empty'}: it must be an http or https URL")
            if parts.scheme == "http" and not _private(parts.hostname):
                raise ConfigError(f"vercel_api: {self.api} would carry the token unencrypted; write https://")
            self._context.append(Door("Vercel", self.api.rstrip("/"), ca_file=self.ca_file))
        return self._context[0]

    def _body(self, connection: http.client.HTTPConnection, answer: http.client.HTTPResponse, deadline: float) -> bytes:
        """Read an answer whole, however slowly it trickles. Raises TimeoutError."""
        parts: list[bytes] = []
        size = 0
        while size < _MOST:
            left = deadline - self.clock()
            if left <= 0:
                raise TimeoutError
            if connection.sock is not None:
                connection.sock.settimeout(left)
            part = answer.read1(1 << 16)
            if not part:
                break
            parts.append(part)
            size += len(part)
        return b"".join(parts)

    def _said(self, answer: http.client.HTTPResponse, body: bytes) -> Said:
        try:
            content = json.loads(body) if body else {}
        except ValueError:
            content = None
        trouble = "" if content is not None else "its answer is no JSON"
        return Said(answer.status, content, self._after(answer, content), trouble)

    def _after(self, answer: http.client.HTTPResponse, content: Any) -> float | None:
        """Read when to come back: Retry-After in seconds or as a date, else the limit that the error carries."""
        given = (answer.getheader("Retry-After") or "").strip()
        if given.isdecimal():
            return float(given)
        if given:
            try:
                return max(0.0, email.utils.parsedate_to_datetime(given).timestamp() - self.now())
            except ValueError:
                return None
        limit = errors.detail(content).get("limit")
        if answer.status == errors.TOO_MANY and isinstance(limit, dict) and isinstance(limit.get("reset"), int | float):
            return max(0.0, float(limit["reset"]) - self.now())
        return None


def _hindrance(said: Said) -> str:
    return f"answered {said.status}" if said.status else f"did not answer ({said.trouble})"


def _private(host: str) -> bool:
    """Tell whether a host is this machine or one of a private network."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost"


def _reason(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, ConnectionError | http.client.RemoteDisconnected):
        return "it closed the connection"
    return str(error) or type(error).__name__
