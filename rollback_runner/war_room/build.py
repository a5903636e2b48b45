"""Puts the war room together: its pages under their addresses, the guard before them, the looking behind them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from rollback_runner.war_room import door, guard, tokens
from rollback_runner.war_room.app import WarRoom
from rollback_runner.war_room.hub import Hub
from rollback_runner.war_room.reader import Reader

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from starlette.requests import Request

    from rollback_runner.checklist import Language
    from rollback_runner.site.site import Site


def build(site: Site, home: Path, *, names: frozenset[str], default: Language = "en", tls: bool = False) -> guard.Guard:
    """Make the application. ``names`` are the hosts it answers for."""
    place = tokens.place(home, site.name)
    war_room = WarRoom(site, home, door.Door(place, tls=tls), Hub(Reader(site, home)), default)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        looking = asyncio.create_task(war_room.hub.run())
        try:
            yield
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking

    async def too_large(_request: Request, _error: Exception) -> Response:
        return PlainTextResponse(f"At most {guard.MOST_BYTES} bytes are taken.\n", 413)

    async def missing(request: Request, _error: Exception) -> Response:
        return war_room.refused(request, "no_page", 404)

    async def broken(request: Request, _error: Exception) -> Response:
        return war_room.refused(request, "broken", 500)

    app = Starlette(
        routes=[
            Route("/", war_room.index),
            Route("/sign-in", war_room.sign_in, methods=["GET", "POST"]),
            Route("/sign-out", war_room.sign_out, methods=["POST"]),
            Route("/room", war_room.page),
            Route("/live", war_room.live),
            Route("/mine", war_room.own),
            Route("/say", war_room.say, methods=["POST"]),
            Route("/files/{run}/{name}", war_room.report),
            Route("/attachments/{name}", war_room.attachment),
            Route("/static/{name}", war_room.static),
            Route("/healthz", war_room.health),
        ],
        exception_handlers={guard.TooLargeError: too_large, 404: missing, 405: missing, Exception: broken},
        lifespan=lifespan,
    )
    return guard.Guard(app, names=names, tls=tls)
