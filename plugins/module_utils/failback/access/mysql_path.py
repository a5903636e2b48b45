"""Tries the way to a MySQL server as its user would: logs in, asks, sends something large, and reads what it may do.

Nothing is written. Every failure is told by its kind: a port that refuses, one that drops, a certificate that does not
verify, packets that get lost when they are large. Times are seconds.
"""

from __future__ import annotations

import re
import ssl
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from failback import observe
from failback.access.model import Seen
from failback.access.mysql_look import Account
from failback.errors import ConfigError, FailbackError, LoginRefusedError, UnreachableError
from failback.mysql import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from failback.kept_way import SeenAs
    from failback.mysql import Login
    from failback.stream import Stream

_LARGE = 16_384  # bytes: several packets at any MTU
_TRIES = 3  # questions of which the quickest counts
_ROLES = re.compile(r"GRANT ((?:`(?:[^`]|``)*`@`(?:[^`]|``)*`,?)+) TO ", re.IGNORECASE)
_FORBIDDEN = ("administratively prohibited", "forwarding disabled", "open failed: unknown channel")


class Open(Protocol):
    """Opens a stream to the server from where it is looked, as ``FailbackAction.stream`` does."""

    def __call__(self, host: str, port: int, *, timeout: float) -> Stream:
        """Raise UnreachableError when there is none."""


@dataclass(frozen=True)
class Reached:
    """What came of it. ``account`` None: nobody was let in, and ``refusal`` says why when the server said it."""

    seen: Seen
    account: Account | None = None
    uuid: str = ""
    refusal: LoginRefusedError | None = None
    seen_as: SeenAs | None = None  # how the server sees whoever came from there
    forbidden: str = ""  # what sshd said when it forbids looking from there


def reach(login: Login, open_stream: Open, raw: Callable[[str, int], Seen], *, timeout: float) -> Reached:
    """Try once. ``raw`` opens and closes a plain connection from the same place, to name what is wrong.

    Raises ConfigError when the password or CA file cannot be used.
    """
    begun = time.monotonic()
    said = ""
    with ExitStack() as open_ones:
        try:
            stream = open_ones.enter_context(open_stream(login.host, login.port, timeout=timeout))
            try:
                server = open_ones.enter_context(
                    Server.connect(login, sock=stream.sock, connect_timeout=timeout, read_timeout=timeout)
                )
            except UnreachableError:
                said = stream.complaint()
                raise
        except LoginRefusedError as error:
            return Reached(Seen("open", time.monotonic() - begun), refusal=error)
        except UnreachableError as error:
            return _unreached(login, open_stream, raw, said or str(error), timeout)
        except ConfigError as error:
            if not _is_certificate(error):
                raise
            return Reached(Seen("certificate", time.monotonic() - begun, _short(str(error.__cause__))))
        try:
            account, uuid = read_account(server)
            seen_as = observe.seen_as(server)
            trip = min(_trip(server) for _ in range(_TRIES))
            server.value(f"SELECT REPEAT('x', {_LARGE})")
            server.value(f"SELECT LENGTH('{'x' * _LARGE}')")
        except UnreachableError as error:
            return Reached(Seen("large_packets", time.monotonic() - begun, _short(str(error))))
        return Reached(Seen("open", trip), account, uuid, seen_as=seen_as)


def _trip(server: Server) -> float:
    """Seconds of one question and its answer; from a host, the way from here to the host included."""
    begun = time.monotonic()
    server.value("SELECT 1")
    return time.monotonic() - begun


def _unreached(login: Login, open_stream: Open, raw: Callable[[str, int], Seen], said: str, timeout: float) -> Reached:
    if any(words in said.lower() for words in _FORBIDDEN):
        return Reached(raw(login.host, login.port), forbidden=said)
    plain = raw(login.host, login.port)
    if plain.answer != "open":
        return Reached(plain)
    if _greets(login, open_stream, timeout):
        # The greeting is small. What comes next is the certificate, which fills whole packets.
        return Reached(Seen("large_packets", plain.seconds, _short(said)))
    return Reached(Seen("silent", plain.seconds, _short(said)))


def _greets(login: Login, open_stream: Open, timeout: float) -> bool:
    try:
        with open_stream(login.host, login.port, timeout=timeout) as stream:
            stream.sock.settimeout(timeout)
            return bool(stream.sock.recv(5))
    except (OSError, UnreachableError):
        return False


def _is_certificate(error: ConfigError) -> bool:
    return isinstance(getattr(error.__cause__, "original_exception", None), ssl.SSLCertVerificationError)


def _short(text: str) -> str:
    return " ".join(text.split())[:300]


def read_account(server: Server) -> tuple[Account, str]:
    """Read who we are on this server and what we may do, without needing any privilege."""
    row = server.row(
        "SELECT CURRENT_USER() AS account, CURRENT_ROLE() AS roles, @@version AS version, @@server_uuid AS uuid"
    )
    user, _, host = str(row["account"]).rpartition("@")
    active = str(row["roles"])
    lines = _grants(server, "" if active in {"", "NONE"} else active)
    given = [role for line in lines if (match := _ROLES.match(line)) for role in match[1].split("`,`")]
    whole = [f"`{role.strip('`')}`" for role in given]
    with_roles = _grants(server, ", ".join(whole)) if whole and active in {"", "NONE"} else lines
    return Account(user, host, str(row["version"]), tuple(lines), tuple(with_roles)), str(row["uuid"]).lower()


def _grants(server: Server, roles: str) -> list[str]:
    using = f" USING {roles}" if roles else ""
    try:
        rows = server.rows(f"SHOW GRANTS FOR CURRENT_USER(){using}")
    except FailbackError:
        if not roles:
            raise
        rows = server.rows("SHOW GRANTS FOR CURRENT_USER()")
    return [str(next(iter(row.values()))) for row in rows]


def definers(server: Server, schemas: Sequence[str]) -> set[str]:
    """Name the accounts (user@host) that scheduled events of these schemas belong to, as far as they can be seen."""
    rows = server.rows("SELECT EVENT_SCHEMA AS s, DEFINER AS d FROM information_schema.EVENTS")
    return {str(row["d"]) for row in rows if str(row["s"]) in schemas}
