"""Several sessions that work off one list. The first failure stops the feeding; what runs is let to its end."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from failback.restore.session import Session

Job = TypeVar("Job")
AHEAD = 2  # jobs that wait for each worker: enough that none idles, few enough that a stop is quick


class Pool(Generic[Job]):
    """Workers in threads: what costs time is the server's, and Python lets go of its lock while it waits for it."""

    def __init__(self, open_session: Callable[[], Session], work: Callable[[Session, Job], None], size: int) -> None:
        self._open, self._work, self._size = open_session, work, size
        self._jobs: queue.Queue[Job | None] = queue.Queue(maxsize=max(1, size * AHEAD))
        self._failure: BaseException | None = None
        self._stop = threading.Event()

    def run(self, jobs: Iterable[Job]) -> None:
        """Work off all jobs, in about their order. Raises the first failure, once every worker has stopped."""
        threads = [threading.Thread(target=self._worker, daemon=True) for _ in range(self._size)]
        for thread in threads:
            thread.start()
        try:
            for job in jobs:
                if not self._put(job):
                    break
        except BaseException:
            self._stop.set()
            raise
        finally:
            for _ in threads:
                self._put(None)
            for thread in threads:
                thread.join()
        if self._failure is not None:
            raise self._failure

    def _put(self, job: Job | None) -> bool:
        while not self._stop.is_set():
            try:
                self._jobs.put(job, timeout=0.2)
            except queue.Full:
                continue
            else:
                return True
        return False

    def _worker(self) -> None:
        try:
            with self._open() as session:
                while (job := self._next()) is not None:
                    self._work(session, job)
        except BaseException as error:  # noqa: BLE001 - raised again by run, in the caller's thread
            if self._failure is None:
                self._failure = error
            self._stop.set()

    def _next(self) -> Job | None:
        while not self._stop.is_set():
            try:
                return self._jobs.get(timeout=0.2)
            except queue.Empty:
                continue
        return None
