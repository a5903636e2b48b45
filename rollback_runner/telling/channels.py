"""A way to people, whatever is behind it: hand a letter over, look whether it arrived, read who answered."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from failback.errors import ConfigError
from failback.people import channels, fetch

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOOK = 5.0  # seconds for one look at where messages can be seen
# Nothing was handed over, for certain: no connection came about, or the service said no.
_NOT_TAKEN = (
    "connection refused",
    "its name is not known",
    "no route to it",
    "its certificate is not trusted",
    "cannot be read",
    "can be read by others",
    "must hold one line",
    "Apprise cannot use it",
)
_STATUS = re.compile(r"error=(\d{3})")
_MAYBE_TAKEN = {408, 502, 504}
_FOR_LATER = {401, 403, 404, 408, 420, 425, 429}  # somebody can mend these; any other 4xx means this text, not the way


@dataclass(frozen=True)
class Letter:
    """A message as it goes out: with its reference, and with what is to be known of a late or second copy."""

    key: str
    code: str
    title: str
    body: str
    attachments: tuple[str, ...] = ()
    page: Mapping[str, Any] = field(default_factory=dict)
    reference: str = ""


@dataclass(frozen=True)
class Handed:
    """What a channel said. ``sure``: it is certain that it did not take it. ``never``: it will not take this one ever.

    ``after`` is how many seconds it asked to be left alone; ``reference`` what it calls what it took.
    """

    taken: bool
    error: str = ""
    sure: bool = True
    never: bool = False
    after: float = 0.0
    reference: str = ""
    note: str = ""


@dataclass(frozen=True)
class Answer:
    """Somebody's answer as a channel shows it."""

    by: str
    text: str = ""
    at: str = ""


class Way(Protocol):
    """One channel as the messenger uses it. No method raises for what a network or a service does."""

    @property
    def name(self) -> str:
        """What the site calls it."""

    @property
    def readable(self) -> bool:
        """Whether arrival can be looked for."""

    @property
    def answerable(self) -> bool:
        """Whether answers can be read."""

    def hand(self, letter: Letter, deadline: float) -> Handed:
        """Hand a letter over."""

    def seen(self, letter: Letter) -> bool | None:
        """Tell whether it is there; None when that cannot be told now."""

    def answers(self, code: str) -> tuple[Answer, ...]:
        """Read the answers that carry this reference."""


def judged(status: int) -> Handed:
    """Judge an HTTP answer that is no success."""
    bad_request = 400 <= status < 500  # noqa: PLR2004 - the refusals of HTTP
    return Handed(
        taken=False,
        error=f"HTTP {status}",
        sure=status not in _MAYBE_TAKEN,
        never=bad_request and status not in _FOR_LATER,
    )


@dataclass(frozen=True)
class AppriseWay:
    """A channel of ``site_channels``: an Apprise URL, and where its messages and their answers can be seen."""

    channel: channels.Channel
    answers_at: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the site calls it."""
        return self.channel.name

    @property
    def readable(self) -> bool:
        """Whether the site says where its messages can be read."""
        return bool(self.channel.read_back)

    @property
    def answerable(self) -> bool:
        """Whether the site says where answers can be read."""
        return bool(self.answers_at)

    def hand(self, letter: Letter, deadline: float) -> Handed:
        """Send it through Apprise."""
        lost = [path for path in letter.attachments if not Path(path).is_file()]
        if lost:
            return Handed(taken=False, error=f"the attachment {lost[0]} is not there", never=True)
        message = channels.Message(self.channel, letter.title, letter.body, letter.attachments)
        sent = channels.send([message], deadline=deadline)[0]
        if sent.delivered:
            return Handed(taken=True)
        status = _STATUS.search(sent.error)
        if status is not None:
            said = judged(int(status.group(1)))
            return Handed(taken=False, error=sent.error, sure=said.sure, never=said.never)
        return Handed(taken=False, error=sent.error, sure=any(sign in sent.error for sign in _NOT_TAKEN))

    def seen(self, letter: Letter) -> bool | None:
        """Look for the reference where the channel can be read."""
        text = _page(self.channel.read_back, f"channel {self.name}: read_back", letter.code)
        return None if text is None else letter.code in text

    def answers(self, code: str) -> tuple[Answer, ...]:
        """Read ``{"answers": [{"by": ..., "text": ..., "at": ...}]}``; anything else is no answer."""
        text = _page(self.answers_at, f"channel {self.name}: answers", code)
        try:
            found = json.loads(text or "{}")
        except ValueError:
            return ()
        rows = found.get("answers") if isinstance(found, dict) else None
        return tuple(
            Answer(str(row["by"]), str(row.get("text") or ""), str(row.get("at") or ""))
            for row in (rows if isinstance(rows, list) else ())
            if isinstance(row, dict) and row.get("by") and code in str(row.get("text") or "")
        )


def _page(given: Mapping[str, str], whose: str, code: str) -> str | None:
    """Fetch what ``url`` or ``url_file`` (``{code}`` in it) and ``token_file`` lead to; None where it fails."""
    if not given:
        return None
    try:
        url = given.get("url") or channels.secret_line(given.get("url_file", ""), whose)
        token = channels.secret_line(given["token_file"], whose) if given.get("token_file") else ""
        found = fetch.page(url.replace("{code}", quote(code)), timeout=_LOOK, token=token)
    except ConfigError:
        return None
    return found.text if found.well else None
