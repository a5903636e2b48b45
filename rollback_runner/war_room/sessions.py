"""Who is in the room: a session a sign-in, with its own secret for forms; every form can be sent once.

Kept in memory alone: when the server is started again people sign in again. The cookie's value is kept as a digest, so
that not even a picture of this process' state lets anybody in.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollback_runner.war_room.tokens import Pass

IDLE_SECONDS = 12 * 3600.0  # a night shift without a click
_MOST = 2000
_MOST_FORMS = 300  # open at once in a session; the oldest is forgotten


@dataclass
class Session:
    """One sign-in. ``held`` is the token it rests on: when that ends, so does this."""

    held: Pass
    csrf: str
    seen: float
    live: int = 0  # streams open
    _forms: OrderedDict[str, str] = field(default_factory=OrderedDict)

    @property
    def person(self) -> str:
        """Key of the person; "" for somebody who only looks."""
        return self.held.person

    def form(self, about: str) -> str:
        """Give the once-only mark of a form that is about an item. The same form shown again keeps its mark."""
        for mark, item in self._forms.items():
            if item == about:
                return mark
        mark = secrets.token_urlsafe(18)
        self._forms[mark] = about
        while len(self._forms) > _MOST_FORMS:
            self._forms.popitem(last=False)
        return mark

    def spend(self, mark: str, about: str) -> bool:
        """Use a form's mark up; False when it was used before, never given, or given for something else."""
        return self._forms.pop(mark, None) == about  # in one step: of two at once only one gets it

    def knows(self, csrf: str) -> bool:
        """Compare the secret that every form carries, in constant time."""
        return hmac.compare_digest(self.csrf.encode(), csrf.encode("utf-8", "replace"))


@dataclass
class Sessions:
    """All who are in."""

    idle: float = IDLE_SECONDS
    clock: Callable[[], float] = time.monotonic
    _open: OrderedDict[str, Session] = field(default_factory=OrderedDict)

    def begin(self, held: Pass) -> str:
        """Open a session; return what goes into the cookie."""
        cookie = secrets.token_urlsafe(32)
        self._open[_digest(cookie)] = Session(held, secrets.token_urlsafe(24), self.clock())
        while len(self._open) > _MOST:
            self._open.popitem(last=False)
        return cookie

    def find(self, cookie: str, kept: list[Pass]) -> Session | None:
        """Find the session of a cookie; None when there is none, it was idle too long, or its token has ended."""
        key = _digest(cookie)
        session = self._open.get(key)
        if session is None:
            return None
        now = self.clock()
        if now - session.seen > self.idle or not good(session, kept):
            del self._open[key]
            return None
        session.seen = now
        self._open.move_to_end(key)
        return session

    def end(self, cookie: str) -> None:
        """Sign out."""
        self._open.pop(_digest(cookie), None)

    def streams(self) -> int:
        """Count the live pages that are open."""
        return sum(session.live for session in self._open.values())


def good(session: Session, kept: list[Pass]) -> bool:
    """Tell whether the token a session rests on still opens the door."""
    return any(one.id == session.held.id and one.sha256 == session.held.sha256 and one.good() for one in kept)


def _digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode("utf-8", "replace")).hexdigest()
