"""Who asks: the session behind a request, the language, and whether a form came from our own page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from rollback_runner.errors import RunnerError
from rollback_runner.war_room import tokens
from rollback_runner.war_room.guard import host_of
from rollback_runner.war_room.sessions import Session, Sessions
from rollback_runner.war_room.throttle import Throttle

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from rollback_runner.checklist import Language
    from rollback_runner.war_room.tokens import Pass

_MOST_FIELDS = 30
_LANGUAGE = "rr_lang"


@dataclass
class Door:
    """The tokens that open, those who are in, and how often wrong ones were shown."""

    directory: Path
    tls: bool = False
    sessions: Sessions = field(default_factory=Sessions)
    throttle: Throttle = field(default_factory=Throttle)
    _kept: list[Pass] = field(default_factory=list)
    _mark: tuple[int, int, int] = (0, 0, 0)

    @property
    def cookie(self) -> str:
        """Name of the cookie; with TLS the browser itself refuses one set by anybody else."""
        return "__Host-rr_room" if self.tls else "rr_room"

    def kept(self) -> list[Pass]:
        """Return the tokens there are, read anew when the file changed. A file that cannot be trusted opens nothing."""
        try:
            state = (self.directory / tokens.FILE).stat()
            mark = (state.st_mtime_ns, state.st_size, state.st_ino)
        except OSError:
            mark = (0, 0, 0)
        if mark != self._mark:
            try:
                self._kept = tokens.read(self.directory)
            except RunnerError:
                self._kept = []
            self._mark = mark
        return self._kept

    def who(self, request: Request) -> Session | None:
        """Find the session of a request."""
        value = request.cookies.get(self.cookie, "")
        return self.sessions.find(value, self.kept()) if value else None

    def let_in(self, response: Response, held: Pass) -> None:
        """Open a session and give the browser its cookie."""
        response.set_cookie(
            self.cookie, self.sessions.begin(held), path="/", secure=self.tls, httponly=True, samesite="strict"
        )

    def let_out(self, request: Request, response: Response) -> None:
        """End the session of a request."""
        self.sessions.end(request.cookies.get(self.cookie, ""))
        response.delete_cookie(self.cookie, path="/", secure=self.tls, httponly=True, samesite="strict")


def language(request: Request, default: Language) -> Language:
    """Take the language asked for, else that chosen before, else the browser's first, else the server's."""
    for given in (request.query_params.get("lang"), request.cookies.get(_LANGUAGE)):
        if given == "ko":
            return "ko"
        if given == "en":
            return "en"
    accepted = request.headers.get("accept-language", "").strip().lower()
    return "ko" if accepted.startswith("ko") else "en" if accepted.startswith("en") else default


def keep_language(response: Response, chosen: Language) -> None:
    """Remember the language; it is no secret."""
    response.set_cookie(_LANGUAGE, chosen, path="/", max_age=30 * 86400, httponly=True, samesite="strict")


def own_page(request: Request) -> bool:
    """Tell whether a form came from a page of ours, as the browser says. One that says nothing is not believed."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return site == "same-origin"
    wanted = urlsplit(origin)
    return wanted.scheme in {"http", "https"} and wanted.netloc.lower() == request.headers.get("host", "").lower()


async def form(request: Request) -> dict[str, str]:
    """Read a form; the first value of a name counts. Anything that is no form is an empty one."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if kind != "application/x-www-form-urlencoded":
        return {}
    try:
        pairs = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, strict_parsing=False
        )
    except (UnicodeDecodeError, ValueError):
        return {}
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found


def address(request: Request) -> str:
    """Name where a request came from. Headers are not asked: anybody can write them."""
    return host_of(request.client.host) if request.client else "?"
