"""How old the newest figure on a dashboard is. The page is fetched elsewhere; reading it is pure."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from failback.errors import ConfigError
from failback.findings import Finding
from failback.journeys.paths import NotThereError, look_up
from failback.people import fetch
from failback.people.channels import secret_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MILLISECONDS = 1e11  # seconds since 1970 have eleven digits before the year 5138; what is larger counts milliseconds
_AHEAD = 60.0  # seconds a dashboard's clock may be ahead of ours


@dataclass(frozen=True)
class Dashboard:
    """One page that is watched. Either ``time`` (a path such as $.updated) or ``query`` (PromQL) leads to its age.

    ``data`` is what is fetched where that is not ``url``, which people open. ``max_age`` in seconds.
    """

    name: str
    url: str
    data: str = ""
    time: str = ""
    query: str = ""
    max_age: float = 120.0
    token_file: str = ""
    ca_file: str = ""


@dataclass(frozen=True)
class Age:
    """What a dashboard showed. ``age`` is None where it could not be told; ``error`` says why it is of no use."""

    name: str
    url: str
    status: int
    age: float | None
    max_age: float
    seconds: float
    error: str = ""

    @property
    def live(self) -> bool:
        """Whether it answers, and shows a figure that is not too old."""
        return not self.error


def of_site(entries: Sequence[Mapping[str, Any]]) -> tuple[Dashboard, ...]:
    """Read ``site_dashboards``."""
    texts = ("name", "url", "data", "time", "query", "token_file", "ca_file")
    return tuple(
        Dashboard(
            **{key: str(entry.get(key) or "") for key in texts},
            max_age=float(entry.get("max_age") or Dashboard.max_age),
        )
        for entry in entries
    )


def look(some: Sequence[Dashboard], *, timeout: float) -> list[Age]:
    """Look at all at once, each at most ``timeout`` seconds; a silent one delays nobody."""
    results: list[Age | None] = [None] * len(some)

    def one(number: int) -> None:
        results[number] = _look(some[number], timeout)

    threads = [threading.Thread(target=one, args=(number,), daemon=True) for number in range(len(some))]
    for thread in threads:
        thread.start()
    ends = time.monotonic() + timeout + 1
    for thread in threads:
        thread.join(max(0.0, ends - time.monotonic()))
    late = f"no answer within {timeout:g} s"
    return [
        found or Age(board.name, board.url, 0, None, board.max_age, timeout, late)
        for found, board in zip(results, some, strict=True)
    ]


def age(board: Dashboard, text: str, now: float) -> float | None:
    """Return the age of the newest figure in seconds; None where the site says nothing of where it stands.

    Raises ConfigError with the reason when the page does not hold what the site says it holds.
    """
    if not board.time and not board.query:
        return None
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ConfigError("its answer is no JSON") from error
    try:
        value = look_up(document, "$.data.result[0].value[1]" if board.query else board.time)
    except NotThereError as error:
        empty = "the query found no series" if board.query else f"its answer has no time where the site says: {error}"
        raise ConfigError(empty) from error
    return round(now - _seconds(value), 1)


def findings(seen: Sequence[Age]) -> Iterator[Finding]:
    """Say which dashboards are of no use. Only when none is left does it stop the phase: nobody would see anything."""
    if not seen:
        yield Finding("warning", "dashboard:none", "the site names no dashboard to watch", "set site_dashboards")
        return
    none_left = not any(one.live for one in seen)
    for one in seen:
        if one.error:
            said = f"the dashboard {one.name} shows no live data: {one.error}"
            step = f"open {one.url}, or correct site_dashboards"
            yield Finding("blocker" if none_left else "warning", f"dashboard:{one.name}", said, step)
        elif one.age is None:
            said = f"how old the figures of the dashboard {one.name} are cannot be told"
            yield Finding("note", f"dashboard:{one.name}:age", said, "set time or query in site_dashboards")


def _look(board: Dashboard, timeout: float) -> Age:
    try:
        token = secret_line(board.token_file, f"dashboard {board.name}") if board.token_file else ""
        page = fetch.page(_source(board), timeout=timeout, token=token, ca_file=board.ca_file)
    except ConfigError as error:
        return Age(board.name, board.url, 0, None, board.max_age, 0.0, str(error))
    found, wrong = None, page.error
    if not wrong and not page.well:
        wrong = f"HTTP {page.status}"
    if not wrong:
        try:
            found = age(board, page.text, datetime.now(UTC).timestamp())
        except ConfigError as error:
            wrong = str(error)
    if found is not None and found > board.max_age:
        wrong = f"its newest figure is {found:.0f} s old, {board.max_age:.0f} s are allowed"
    elif found is not None and found < -_AHEAD:
        wrong = f"its newest figure is {-found:.0f} s in the future: a clock is wrong"
    return Age(board.name, board.url, page.status, found, board.max_age, page.seconds, wrong)


def _source(board: Dashboard) -> str:
    """Return what to fetch. The time of a sample is asked for, not that of the question."""
    source = board.data or board.url
    if not board.query:
        return source
    return f"{source.rstrip('/')}/api/v1/query?query={quote(f'max(timestamp({board.query}))')}"


def _seconds(value: Any) -> float:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            try:
                moment = datetime.fromisoformat(value)
            except ValueError as error:
                raise ConfigError(f"{value!r} is no time") from error
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigError(f"{value!r} is no time")
    return value / 1000 if value > _MILLISECONDS else float(value)
