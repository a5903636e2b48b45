"""A client of S3, and the time that a question to it may take.

botocore counts the silence between two packets, anew for each attempt, and not the look-up of a name. Here a question
has one deadline, whatever it consists of.
"""

from __future__ import annotations

import math
import os
import threading
import time
from concurrent.futures import Future, wait
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import botocore.session
from botocore import exceptions
from botocore.config import Config

from failback.errors import ConfigError
from failback.store.errors import SilentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from failback.store.settings import Settings

WORKERS = 8  # questions at the same time
_CONNECT = 2.0  # seconds
_ATTEMPTS = 2  # a connection that was kept may have been closed meanwhile
_T = TypeVar("_T")
_asking = threading.local()


def within(where: str, seconds: float, call: Callable[[], _T]) -> _T:
    """Carry out the call, in a thread that is left behind when its time is over. Raises SilentError then."""
    answer: Future[_T] = Future()

    def work() -> None:
        with asking(where, seconds):
            try:
                answer.set_result(call())
            except BaseException as error:  # noqa: BLE001 - whoever asked gets it
                answer.set_exception(error)

    threading.Thread(target=work, name="store-question", daemon=True).start()
    wait([answer], seconds)
    if not answer.done():
        raise SilentError(where, seconds)
    return answer.result()


@contextmanager
def asking(where: str, seconds: float) -> Iterator[None]:
    """Let this thread send nothing more to S3 once so many seconds are over."""
    before = getattr(_asking, "until", (math.inf, "", 0.0))
    _asking.until = min(before, (time.monotonic() + seconds, where, seconds))
    try:
        yield
    finally:
        _asking.until = before


def client(settings: Settings, silence: float) -> Any:
    """Return this process's client that waits at most `silence` seconds for a packet. Raises ConfigError."""
    # A connection belongs to one process: a worker that was forked must not read its parent's answers.
    return _made(settings, silence, os.getpid())


@lru_cache(maxsize=4)
def _made(settings: Settings, silence: float, _process: int) -> Any:
    session = botocore.session.Session(profile=settings.profile or None)
    if settings.credentials_file:
        path = Path(settings.credentials_file).expanduser()
        if not path.is_file():
            raise ConfigError(f"the AWS credentials file {path} is not there: correct site_store.credentials_file")
        session.set_config_variable("credentials_file", str(path))
    config = Config(
        connect_timeout=_CONNECT,
        read_timeout=silence,
        retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
        max_pool_connections=WORKERS,
        s3={"addressing_style": "path"} if settings.endpoint_url else None,
    )
    try:
        made = session.create_client(
            "s3", region_name=settings.region, endpoint_url=settings.endpoint_url or None, config=config
        )
    except exceptions.BotoCoreError as error:
        raise ConfigError(f"no S3 client: {error}: correct site_store") from error
    made.meta.events.register("before-send.s3", _in_time)
    return made


def _in_time(**_request: object) -> None:
    """Send nothing for somebody who was told that there is no answer: a lock would be taken behind his back."""
    until, where, seconds = getattr(_asking, "until", (math.inf, "", 0.0))
    if time.monotonic() > until:
        raise SilentError(where, seconds)
