"""Is this server to be built anew? Pure: what was seen in, a decision out. What is not known counts as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from failback.rebuild.words import Words

if TYPE_CHECKING:
    from failback.rebuild.place import Listing, ServerSeen

# none: nothing to do. start: only a start can tell. rebuild: from the beginning. resume: an earlier run was stopped
# after it had begun to move files. refuse: not touched.
Act = Literal["none", "start", "rebuild", "resume", "refuse"]
STRATEGIES = ("restore-first", "stop-first")
_SHOWN = 5


@dataclass(frozen=True)
class Order:
    """What a person asked for beside the obvious."""

    uuid: str  # server_uuid that the rebuilt server must carry
    replace: bool = False
    reason: str = ""
    strategy: str = ""
    run: str = ""


@dataclass(frozen=True)
class Seen:
    """The world: the container, its data directory, what its server says or last said."""

    status: str
    listing: Listing
    server: ServerSeen | None = None  # None: no answer
    words: Words = field(default_factory=Words)  # of the last start, if it is later than the marker
    tried: bool = False  # a start was tried in this run already


@dataclass(frozen=True)
class Decision:
    """What to do and why, in words for the record."""

    act: Act
    why: str


def decide(seen: Seen, order: Order) -> Decision:
    """Decide, the dangerous cases first."""
    state = seen.listing.state
    if state is not None and state.step in {"moving", "publishing"}:
        return Decision("resume", f"an earlier run ({state.run}) was stopped while it moved the files: {state.why}")
    wrong = _wrong_order(order)
    if wrong:
        return Decision("refuse", wrong)
    if seen.server is not None:
        return _answering(seen, seen.server, order)
    return _silent(seen, order)


def _wrong_order(order: Order) -> str:
    if order.replace and not order.reason.strip():
        return "to replace a data directory, a person must say why: set idc_mysql_replace_reason"
    if order.replace and order.strategy not in STRATEGIES:
        return (
            f"the strategy {order.strategy or '(none)'} uses the data of IDC, so it is not replaced: choose"
            f" {' or '.join(STRATEGIES)}, or leave idc_mysql_replace off"
        )
    return ""


def _answering(seen: Seen, server: ServerSeen, order: Order) -> Decision:
    if server.refused:
        return _locked_out(server, order)
    if not seen.listing.startable:
        return Decision("rebuild", f"the server answers only from files that are deleted already: {seen.listing.told}")
    if order.replace and not _replaced(seen, order):
        return _to_replace(server, order)
    if server.uuid != order.uuid:
        return Decision(
            "refuse", f"the server that answers is {server.uuid}, db_idc means {order.uuid}: correct db_idc"
        )
    return _holding(seen, server)


def _locked_out(server: ServerSeen, order: Order) -> Decision:
    if order.replace:
        return Decision("rebuild", f"replaced by order ({order.reason}); it lets the tool not in: {server.refused}")
    return Decision(
        "refuse",
        f"a server runs and lets the tool not in, so nobody knows what it holds: {server.refused}. Correct"
        " db_idc (user, password_file, ca_file)",
    )


def _to_replace(server: ServerSeen, order: Order) -> Decision:
    if not server.super_read_only:
        return Decision(
            "refuse",
            "IDC is open for writes and may hold what nobody else has: SET GLOBAL super_read_only=1 on it first,"
            " if it is really to be replaced",
        )
    return Decision("rebuild", f"replaced by order ({order.reason}); it holds {_told(server)}")


def _holding(seen: Seen, server: ServerSeen) -> Decision:
    state = seen.listing.state
    if state is not None and state.step == "published":
        return Decision("none", f"it was made anew by run {state.run} at {state.time}; it holds {_told(server)}")
    if not server.schemas:
        return Decision("none", "it runs, lets the tool in and holds no data")
    return Decision(
        "refuse",
        f"IDC's server runs and holds {_told(server)}, so it is not touched: restore into it, or replace it by setting"
        " idc_mysql_replace and idc_mysql_replace_reason",
    )


def _replaced(seen: Seen, order: Order) -> bool:
    """Whether the order was carried out already: by this run, or outside of one for this very reason."""
    state = seen.listing.state
    if state is None or state.step != "published" or not state.reason:
        return False
    return state.run == order.run and (order.run != "manual" or state.reason == order.reason)


def _silent(seen: Seen, order: Order) -> Decision:
    words, listing = seen.words, seen.listing
    if not listing.present or not listing.content or not listing.startable:
        return Decision("rebuild", listing.told)
    if words.in_the_way:
        return _blocked(seen)
    if words.damage:
        return Decision("rebuild", f"the server does not start: {', '.join(words.damage)}")
    if order.replace:
        return Decision("rebuild", f"replaced by order ({order.reason}); it does not answer: {listing.told}")
    if not seen.tried:
        return Decision("start", f"it is {seen.status} and {listing.told}: a start will tell")
    said = f": {' | '.join(words.lines)}" if words.lines else ""
    return Decision(
        "refuse",
        f"the server does not answer and its log does not say that its data is damaged, so it is not touched{said}."
        " Find out why, or replace it by setting idc_mysql_replace and idc_mysql_replace_reason",
    )


def _blocked(seen: Seen) -> Decision:
    """Something was in its way when it last ended; it may have been mended since, so a start is tried first."""
    reasons = ", ".join(seen.words.in_the_way)
    if not seen.tried:
        return Decision("start", f"it is {seen.status}; when it ended, {reasons}: a start will tell")
    return Decision(
        "refuse",
        f"the server does not start, but not for want of data: {reasons} ({' | '.join(seen.words.lines[:2])}). Mend"
        " that, then start it again",
    )


def _told(server: ServerSeen) -> str:
    if not server.schemas:
        return "no data"
    names = [f"{name} ({tables} tables)" for name, tables in list(server.schemas.items())[:_SHOWN]]
    more = len(server.schemas) - len(names)
    return ", ".join(names) + (f" and {more} more schemas" if more > 0 else "")
