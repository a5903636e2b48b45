"""Two servers for all tests of the database's way back: the real one and a spare for rehearsals. Started once."""

from __future__ import annotations

import atexit
from functools import cache

import scratch_mysql


@cache
def named(name: str) -> scratch_mysql.TestServer:
    """Start a server when it is first asked for; it is removed when the tests have ended."""
    server = scratch_mysql.start(f"deployment-{name}")
    atexit.register(scratch_mysql.stop, server)
    return server
