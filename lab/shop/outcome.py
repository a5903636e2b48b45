"""What became of a write whose answer was an error: certainly not committed, or unknown. Pure.

Facts: with read_only set, a write and the COMMIT of an open transaction are refused with 1290 and nothing is kept;
a session killed or cut at COMMIT may have committed or not. Whatever is not known to be harmless counts as unknown.
"""

from __future__ import annotations

from enum import StrEnum

import pymysql

# Errors that the server gives after it has rolled the transaction back, or without having begun one.
_CLEAN_AT_COMMIT = frozenset({1205, 1213, 1290, 1792, 1836, 3101})
# A second try of the whole transaction is right: the first one left nothing behind.
_WORTH_A_RETRY = frozenset({1205, 1213})
# The connection is gone: the server closed it, killed it, is shutting down, or the network broke.
_CONNECTION_LOST = frozenset({1053, 1152, 1158, 1159, 1160, 1161, 1927, 2002, 2003, 2006, 2013, 2055, 4031})


class Outcome(StrEnum):
    """The three ways that a write can end, as the one who asked for it knows."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    UNKNOWN = "unknown"


def code_of(error: Exception) -> int:
    """Return MySQL's number of an error; 0 where it carries none (PyMySQL's InterfaceError, a socket's error)."""
    first = error.args[0] if error.args else 0
    return first if isinstance(first, int) else 0


def lost_connection(error: Exception) -> bool:
    """Tell whether the session is gone and must not be used again."""
    if isinstance(error, pymysql.err.InterfaceError | OSError):
        return True
    return code_of(error) in _CONNECTION_LOST


def worth_a_retry(error: Exception) -> bool:
    """Tell whether the same transaction may simply be tried again on a good session."""
    return code_of(error) in _WORTH_A_RETRY


def outcome_of(error: Exception, *, commit_sent: bool) -> Outcome:
    """Judge a failed write. `commit_sent`: whether COMMIT (or an autocommitted statement) had left for the server."""
    if not commit_sent or code_of(error) in _CLEAN_AT_COMMIT:
        return Outcome.REFUSED
    return Outcome.UNKNOWN
