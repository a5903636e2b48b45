"""Do one thing on both sides at once: the write outage must not pay for two servers one after the other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from failback.mysql import Login, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

L = TypeVar("L")
R = TypeVar("R")


def both(left: Callable[[], L], right: Callable[[], R]) -> tuple[L, R]:
    """Run the two in parallel and wait for both; the left one's error is raised first."""
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.submit(left), pool.submit(right)
        return first.result(), second.result()


@contextmanager
def connected(idc: Login, aws: Login) -> Iterator[tuple[Server, Server]]:
    """Open a connection to each side, in parallel; close both at the end.

    Raises UnreachableError, LoginRefusedError or MySQLError for the side that failed, and ConfigError.
    """
    opened: list[Server] = []

    def dial(login: Login, name: str) -> Server:
        server = Server.connect(login, name=name)
        opened.append(server)
        return server

    try:
        yield both(lambda: dial(idc, "IDC"), lambda: dial(aws, "RDS"))
    finally:
        for server in opened:
            server.close()
