"""The war room's pages. Decides nothing of its own: what may be said, and by whom, is the people library's to judge."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse

from rollback_runner import checklist
from rollback_runner.errors import RunnerError
from rollback_runner.messages import Texts
from rollback_runner.people import room
from rollback_runner.war_room import door, files, forms, log, pages, speaking, tokens

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from starlette.requests import Request

    from rollback_runner.checklist import Language
    from rollback_runner.site.site import Site
    from rollback_runner.war_room.hub import Hub
    from rollback_runner.war_room.sessions import Session

BEAT = 5.0  # seconds without news after which a page is told that there is none
_STREAMS = {True: 20, False: 400}  # open pages with one token: of a person, of one that may only look
_ALL_STREAMS = 1500
_TRIES = "60"
_BAD = 400  # from here on a status refuses
_STALE = 60.0  # seconds without a look at the record


@dataclass
class WarRoom:
    """One site's war room."""

    site: Site
    home: Path
    door: door.Door
    hub: Hub
    default: Language

    async def index(self, request: Request) -> Response:
        """Send whoever comes to the room, or to its door."""
        return RedirectResponse("/room" if self.door.who(request) else "/sign-in", 303)

    async def sign_in(self, request: Request) -> Response:
        """Show the door, or open it to whoever has a token."""
        language = door.language(request, self.default)
        if request.method != "POST":
            shown = self._door(language)
            door.keep_language(shown, language)
            return shown
        given = await door.form(request)
        language = "ko" if given.get("lang") == "ko" else language
        where = door.address(request)
        if not door.own_page(request):
            return self.refused(request, "foreign", 403, kind="foreign", where=where)
        wait = self.door.throttle.wait(where)
        if wait > 0:
            log.note(self.door.directory, "too_many", address=where)
            said = Texts(language)("room.too_many", seconds=int(wait) + 1)
            refused = self._door(language, said, 429)
            refused.headers["retry-after"] = str(int(wait) + 1)
            return refused
        held = tokens.match(self.door.kept(), given.get("token", ""))
        if held is None:
            self.door.throttle.wrong(where)
            log.note(self.door.directory, "wrong_token", address=where)
            return self._door(language, Texts(language)("room.wrong_token"), 403)
        self.door.throttle.right(where)
        log.note(self.door.directory, "in", address=where, token=held.id, who=held.name)
        response = RedirectResponse(f"/room?lang={language}", 303)
        self.door.let_in(response, held)
        door.keep_language(response, language)
        return response

    async def sign_out(self, request: Request) -> Response:
        """End a session."""
        given, session = await door.form(request), self.door.who(request)
        if session is None or not door.own_page(request) or not session.knows(given.get("csrf", "")):
            return self.refused(request, "foreign", 403, kind="foreign", where=door.address(request))
        response = self._door(
            door.language(request, self.default), Texts(door.language(request, self.default))("room.signed_out")
        )
        self.door.let_out(request, response)
        return response

    async def page(self, request: Request) -> Response:
        """Show the room."""
        session, language = self.door.who(request), door.language(request, self.default)
        if session is None:
            return RedirectResponse("/sign-in", 303)
        response = await self._room(session, language, _said(request.query_params.get("said", ""), language))
        door.keep_language(response, language)
        return response

    async def live(self, request: Request) -> Response:
        """Tell an open page what changed, as long as it is open."""
        session, language = self.door.who(request), door.language(request, self.default)
        if session is None:
            return PlainTextResponse("sign in\n", 401)
        if session.live >= _STREAMS[bool(session.person)] or self.door.sessions.streams() >= _ALL_STREAMS:
            return PlainTextResponse(Texts(language)("room.full") + "\n", 503, headers={"retry-after": _TRIES})
        if request.method == "HEAD":
            return Response()
        await self.hub.first()
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(
            self._stream(request, session, language), headers=headers, media_type="text/event-stream"
        )

    async def own(self, request: Request) -> Response:
        """Show what is asked of whoever asks."""
        session, language = self.door.who(request), door.language(request, self.default)
        if session is None:
            return PlainTextResponse("sign in\n", 401)
        return HTMLResponse(await self._mine(session, language))

    async def say(self, request: Request) -> Response:
        """Put a person's word on record, when it is theirs to say, said once, and about what they saw."""
        given, session = await door.form(request), self.door.who(request)
        where, item = door.address(request), given.get("item", "").upper()[:20]
        if session is None:
            return RedirectResponse("/sign-in", 303)
        if not door.own_page(request) or not session.knows(given.get("csrf", "")):
            return self.refused(request, "foreign", 403, kind="foreign", where=where, who=session.held.name)
        language: Language = "ko" if given.get("lang") == "ko" else "en"
        try:
            word = await asyncio.to_thread(speaking.spoken, self.site, self.home, session, given, where)
        except speaking.NotYoursError as error:
            log.note(
                self.door.directory, "not_yours", who=session.held.name, token=session.held.id, item=item, address=where
            )
            return self.refused(request, "not_yours", 403, detail=str(error), item=item)
        except speaking.StaleError as error:
            return self.refused(request, error.key, 409, kind=error.key, where=where, who=session.held.name)
        except RunnerError as error:
            return await self._room(session, language, f"{item}: {error.what}", 422)
        log.note(
            self.door.directory, "word", who=session.held.name, token=session.held.id, item=word.item, address=where
        )
        return RedirectResponse(f"/room?lang={language}&said={word.item}.{word.kind}", 303)

    async def report(self, request: Request) -> Response:
        """Hand out a report of a run."""
        if self.door.who(request) is None:
            return RedirectResponse("/sign-in", 303)
        board = await self.hub.first()
        run, name = request.path_params["run"], request.path_params["name"]
        found = await asyncio.to_thread(files.report, self.home, board, run, name)
        if found is None:
            return self.refused(request, "no_page", 404)
        return Response(found[0], headers={"content-type": found[1], "content-security-policy": files.REPORT_CSP})

    async def attachment(self, request: Request) -> Response:
        """Hand out what somebody attached: to be saved, never to be shown here."""
        if self.door.who(request) is None:
            return RedirectResponse("/sign-in", 303)
        found = await asyncio.to_thread(files.attachment, self.hub.reader.place, request.path_params["name"])
        if found is None:
            return self.refused(request, "no_page", 404)
        headers = {"content-type": "application/octet-stream", "content-disposition": "attachment"}
        return Response(found, headers=headers)

    async def static(self, request: Request) -> Response:
        """Hand out style and script; their names change with their content."""
        known = pages.assets().get(request.path_params["name"])
        if known is None:
            return PlainTextResponse("There is no such file.\n", 404)
        content = (pages.STATIC / known[0]).read_bytes()
        headers = {"cache-control": "public, max-age=31536000, immutable", "content-type": f"{known[1]}; charset=utf-8"}
        return Response(content, headers=headers)

    async def health(self, _request: Request) -> Response:
        """Say whether the record is being looked at; for whatever watches this server."""
        well = self.hub.looked_at and time.time() - self.hub.looked_at < _STALE and not self.hub.broken
        return PlainTextResponse("ok\n" if well else "stale\n", 200 if well else 503)

    async def _stream(self, request: Request, session: Session, language: Language) -> AsyncIterator[bytes]:
        session.live += 1
        self.hub.watchers += 1
        self.hub.wake()
        known: dict[str, str] = {}
        version, people = -1, ""
        try:
            yield b"retry: 2000\n\n"
            while True:
                fresh = await self.hub.news(version, BEAT)
                if self.door.who(request) is not session or await request.is_disconnected():
                    yield b"event: out\ndata: {}\n\n"
                    return
                parts = b""
                if fresh:
                    version = self.hub.version
                    parts = self.hub.since(language, known)
                    mark = self.hub.people_mark()
                    if mark != people:
                        parts += b"event: people\ndata: {}\n\n"
                        people = mark
                beat = json.dumps({"now": round(time.time(), 1), "looked": round(self.hub.looked_at, 1)})
                yield parts + f"event: beat\ndata: {beat}\n\n".encode()
        finally:
            session.live -= 1
            self.hub.watchers -= 1

    async def _room(self, session: Session, language: Language, notice: str = "", status: int = 200) -> HTMLResponse:
        board = await self.hub.fresh()
        rendered = await asyncio.to_thread(self.hub.rendered, language)
        texts = Texts(language)
        who = (
            board.name(session.person, language) if session.person else texts("room.only_look", name=session.held.label)
        )
        html = pages.page(
            "room",
            language,
            site=self.site.titles[language],
            sections={name: pages.trusted(text) for name, text in rendered.html.items()},
            mine=pages.trusted(await self._mine(session, language)),
            csrf=session.csrf,
            who=who,
            zone=self.site.timezone,
            now=round(time.time(), 1),
            notice=notice,
            level="grave" if status >= _BAD else "good",
        )
        return HTMLResponse(html, status)

    async def _mine(self, session: Session, language: Language) -> str:
        board, texts = await self.hub.fresh(), Texts(language)
        rows: list[dict[str, Any]] = []
        if session.person and board.open:
            with suppress(RunnerError):  # closed between two looks: then there is nothing to answer
                place = await asyncio.to_thread(room.enter, self.site, self.home)
                rows = forms.rows(place, session.person, texts, board, session.form)
        return pages.page(
            "mine", language, person=session.person, rows=rows, csrf=session.csrf, incident=board.incident
        )

    def _door(self, language: Language, notice: str = "", status: int = 200) -> HTMLResponse:
        html = pages.page("sign_in", language, site=self.site.titles[language], notice=notice,
                          level="grave" if status >= _BAD else "good")  # fmt: skip
        return HTMLResponse(html, status)

    def refused(
        self, request: Request, key: str, status: int, *, detail: str = "", kind: str = "", **noted: str
    ) -> Response:
        """Say no on a page of its own; with a ``kind`` it is noted too."""
        language = door.language(request, self.default)
        texts = Texts(language)
        if kind:
            log.note(self.door.directory, kind, **{"path": request.url.path[:80], **noted})
        html = pages.page(
            "refused",
            language,
            site=self.site.titles[language],
            title=texts("room.refused"),
            notice=texts(f"room.{key}", item=noted.get("item", "")),
            detail=detail,
        )
        return HTMLResponse(html, status)


def _said(given: str, language: Language) -> str:
    """Say what was just put on record. What stands in an address is only believed as far as it is known words."""
    item, _, kind = given.partition(".")
    texts = Texts(language)
    if all(item != one.id for one in checklist.items()) or not texts.has(f"people.kind.{kind}"):
        return ""
    return texts("room.on_record", item=item, kind=texts(f"people.kind.{kind}"))
