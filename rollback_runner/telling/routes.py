"""By which channels a message goes, the best first: its own, its person's, its audience's, or all there are. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollback_runner.telling.outbox import Message

PAGE = "status page"
_PUBLIC = "users"


def route(given: Mapping[str, Any], message: Message) -> tuple[str, ...]:
    """Return the names of channels, from the site's variables. Names the site does not know are left out.

    Without a list of its own, ``users`` are told on the status page alone: no other channel of the site reads to them.
    """
    page = page_name(given)
    known = [str(entry.get("name")) for entry in given.get("site_channels") or ()]
    wanted = list(message.channels)
    if not wanted and message.to:
        wanted = list(((given.get("site_people") or {}).get(message.to) or {}).get("contact") or ())
    if not wanted:
        audience = (given.get("site_audiences") or {}).get(message.audience) or {}
        wanted = list(audience.get("channels") or ())
    if not wanted:
        wanted = [page] if message.audience == _PUBLIC else known
    return tuple(dict.fromkeys(name for name in wanted if name in known or (page and name == page)))


def page_name(given: Mapping[str, Any]) -> str:
    """Return what the site calls its status page; "" when it has none."""
    entry = given.get("site_status_page") or {}
    return str(entry.get("name") or PAGE) if entry else ""
