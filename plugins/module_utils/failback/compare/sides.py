"""The two servers of a comparison: several connections to each, all seeing the same moment.

On a side that takes no writes every snapshot is the same. On one that does, all snapshots are opened between two equal
readings of its GTID set with a pause of silence after them (a transaction is visible a moment before its GTID is
counted). RDS gives no FLUSH TABLES WITH READ LOCK.
"""

from __future__ import annotations

import queue
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeVar

from failback.errors import FailbackError, RefusedError
from failback.mysql import Server
from failback.mysql_errors import ER_UNKNOWN_THREAD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from failback.mysql import Login, Row

R = TypeVar("R")
_SESSION = (
    # An empty mode reads what is stored as it is: dates of zero as bounds, whatever the server's own mode.
    "SET SESSION sql_mode='', transaction_isolation='REPEATABLE-READ', information_schema_stats_expiry=0,"
    " sql_quote_show_create=1, max_execution_time=0, character_set_results=utf8mb4"
)
_SNAPSHOT = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
_SILENCE = 0.05  # seconds
_TRIES = 20
_LAST_WORD = 3.0  # seconds for telling the server to end what we asked


class Side:
    """One server: a pool of connections, one thread each, and one more for what the coordinator asks."""

    def __init__(self, name: str, servers: list[Server]) -> None:
        self.name = name
        self.control, *workers = servers
        self.workers = len(workers)
        self.position = ""
        self.uuid = self.control.text("SELECT @@GLOBAL.server_uuid")
        self._all = servers
        self._free: queue.SimpleQueue[Server] = queue.SimpleQueue()
        for server in workers:
            self._free.put(server)
        self._pool = ThreadPoolExecutor(self.workers, thread_name_prefix=f"compare-{name}")

    @classmethod
    def open(cls, login: Login, name: str, workers: int, timeout: float) -> Side:
        """Connect ``workers`` + 1 times; ``timeout`` is for one answer, in seconds. Raises ``failback.errors``."""
        servers: list[Server] = []
        try:
            for _ in range(workers + 1):
                server = Server.connect(login, name=name, read_timeout=timeout)
                servers.append(server)
                server.execute(_SESSION)
            side = cls(name, servers)
        except BaseException:
            for server in servers:
                server.close()
            raise
        if login.server_uuid and side.uuid.lower() != login.server_uuid:
            side.close()
            raise RefusedError(
                f"{name} ({login}) is the server {side.uuid}, not {login.server_uuid}: correct the inventory"
            )
        return side

    @property
    def thread_ids(self) -> tuple[int, ...]:
        """Our connections in the server's process list."""
        return tuple(server.thread_id for server in self._all)

    def submit(self, act: Callable[[Server], R]) -> Future[R]:
        """Do it on one of the connections, as soon as one is free."""
        return self._pool.submit(self._with_server, act)

    def executed(self) -> str:
        """Read the server's GTID set without blanks."""
        return "".join(self.control.text("SELECT @@GLOBAL.gtid_executed").split())

    def frozen(self) -> bool:
        """Whether the server takes no writes: read-only for all, and no applier runs."""
        applying = "SELECT COUNT(*) FROM performance_schema.replication_applier_status WHERE service_state = 'ON'"
        return bool(self.control.number("SELECT @@GLOBAL.super_read_only")) and not self.control.number(applying)

    def snapshot(self) -> None:
        """Have all workers see the same moment, and note its position. Raises RefusedError where that cannot be had.

        The coordinator's connection stays out of it: it asks for chunk bounds, and any bounds will do.
        """
        for _ in range(_TRIES):
            before = self.executed()
            self._begin(self._all[1:])
            if self.frozen():
                self.position = self.executed()
                return
            time.sleep(_SILENCE)
            if self._counts_transactions() and self.executed() == before:
                self.position = before
                return
        raise RefusedError(
            f"{self.name} takes writes all the time, so its connections cannot be given one and the same moment:"
            " compare when it takes none, or against a frozen side with the changes since explained"
        )

    def _begin(self, servers: list[Server]) -> None:
        for server in servers:
            server.execute("ROLLBACK")
            server.execute(_SNAPSHOT)

    def _counts_transactions(self) -> bool:
        return self.control.text("SELECT @@GLOBAL.gtid_mode").upper() == "ON"

    def _with_server(self, act: Callable[[Server], R]) -> R:
        server = self._free.get()
        try:
            return act(server)
        finally:
            self._free.put(server)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._end_questions()
        self.close()

    def _end_questions(self) -> None:
        """Have nobody wait for an answer any more: neither a thread here nor, where it can still be told, the server.

        A digest of a large chunk would go on reading there for minutes after its asker is gone.
        """
        with suppress(FailbackError), self.control.deadline(_LAST_WORD):
            self.control.execute_each(
                [f"KILL {number}" for number in self.thread_ids[1:]], tolerate={ER_UNKNOWN_THREAD}
            )
        for server in self._all[1:]:
            server.cut()

    def close(self) -> None:
        """Drop what has not begun, wait for what runs, close the connections."""
        self._pool.shutdown(cancel_futures=True)
        for server in self._all:
            server.close()


@dataclass(frozen=True)
class Pair:
    """Both sides, asked the same at once."""

    idc: Side
    aws: Side

    @property
    def sides(self) -> tuple[Side, Side]:
        """IDC first."""
        return self.idc, self.aws

    def rows(self, sql: str) -> tuple[list[Row], list[Row]]:
        """Ask both; an error of either is raised."""
        left, right = (side.submit(lambda server: server.rows(sql)) for side in self.sides)
        return left.result(), right.result()

    def both(self, act: Callable[[Server], R]) -> tuple[R, R]:
        """Do the same on both."""
        left, right = (side.submit(act) for side in self.sides)
        return left.result(), right.result()


@contextmanager
def opened(idc: Login, aws: Login, workers: int, timeout: float) -> Iterator[Pair]:
    """Open both sides at once; close them at the end. Raises ``failback.errors``."""
    if workers < 1:
        raise FailbackError(f"workers must be 1 or more, not {workers}")
    with ThreadPoolExecutor(2) as pool:
        futures = [
            pool.submit(Side.open, login, name, workers, timeout) for login, name in ((idc, "IDC"), (aws, "RDS"))
        ]
    with ExitStack() as sides:
        for future in futures:
            if future.exception() is None:
                sides.enter_context(future.result())
        yield Pair(*(future.result() for future in futures))
