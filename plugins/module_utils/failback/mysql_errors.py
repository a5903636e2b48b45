"""What a MySQL server, the way to it, or PyMySQL says when something goes wrong, as one of ``failback.errors``."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pymysql

from failback.errors import ConfigError, LoginRefusedError, MySQLError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Error numbers, MySQL error reference.
ER_UNKNOWN_THREAD = 1094
ER_READ_ONLY = 1290
ER_ACCOUNT_LOCKED = 3118
# 2002/2003 cannot connect, 2005 unknown host, 2006 gone away, 2013 lost, 2014 out of sync, 0 packet interrupted,
# 1053 shutdown in progress, 1080 forced close, 1927/3169 connection/session was killed, 4031 idle disconnect
_LOST_CODES = frozenset({0, 1053, 1080, 1927, 2002, 2003, 2005, 2006, 2013, 2014, 3169, 4031})


def error_code(error: BaseException) -> int:
    """Return the server's or client's error number, 0 when the error carries none."""
    first = error.args[0] if error.args else 0
    return first if isinstance(first, int) else 0


@contextmanager
def translated(label: str, *, login: bool = False) -> Iterator[None]:
    """Raise for the server ``label``; ``login``: a refusal inside the block is one of the account.

    Raises UnreachableError, LoginRefusedError, MySQLError, or ConfigError for a certificate nobody vouches for.
    """
    try:
        yield
    except pymysql.err.MySQLError as error:
        code = error_code(error)
        text = str(error.args[1]) if len(error.args) > 1 else str(error)
        if isinstance(getattr(error, "original_exception", None), ssl.SSLCertVerificationError):
            raise ConfigError(
                f"{label} shows a certificate that the site's ca_file does not vouch for ({text.strip()}): correct"
                " ca_file, or find out who answers there"
            ) from error
        if code in _LOST_CODES or isinstance(error, pymysql.err.InterfaceError):
            raise UnreachableError(f"{label} does not answer: {text.strip()}", {"code": code}) from error
        if login and code:
            raise LoginRefusedError(
                f"{label} refuses the login: {text} (error {code})", code, {"code": code}
            ) from error
        raise MySQLError(f"{label} refuses: {text} (error {code})", code, {"code": code}) from error
    except (OSError, EOFError) as error:
        raise UnreachableError(f"{label} does not answer: {error}") from error
