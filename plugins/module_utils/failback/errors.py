"""Errors with a decided meaning for the caller.

Every message answers three questions in one or two sentences: what is wrong, where, and what to do next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class FailbackError(Exception):
    """Something broke: the act was not carried out, or its result could not be proven.

    ``evidence`` is what was seen up to that point, JSON-able and free of secrets. It lands in the result.
    """

    refused = False

    def __init__(self, message: str, evidence: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.evidence: dict[str, object] = dict(evidence or {})


class RefusedError(FailbackError):
    """A gate says no: nothing is broken, but going on would be wrong."""

    refused = True


class ConfigError(FailbackError):
    """The inventory or an argument is unusable; nothing was contacted, so it is a no and not a breakage."""

    refused = True


class DamagedError(RefusedError):
    """A backup is not what it should be: cut short, corrupted, incomplete, or of another place or time."""


class UnreachableError(FailbackError):
    """No answer within the deadline, or no connection at all."""


class MySQLError(FailbackError):
    """The server answered with an error.

    ``code`` is the server's error number (MySQL error reference), 0 when there was none.
    """

    def __init__(self, message: str, code: int = 0, evidence: Mapping[str, object] | None = None) -> None:
        super().__init__(message, evidence)
        self.code = code


class LoginRefusedError(MySQLError):
    """The server is there and will not let this account in.

    ``thread_id`` is the id the server gave the attempt, 0 when it refused before the handshake.
    """

    thread_id = 0
