"""What HAProxy counts on each load balancer node: requests, answers 5xx, and sessions by side.

It is asked for ``show stat`` only, over one long-lived ssh and the admin socket, or as CSV from its statistics page
(``lb_stats_url``). HAProxy keeps no percentiles of time: those are measured at the front doors.
"""

from __future__ import annotations

import base64
import shlex
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from failback.situation import stats

from rollback_runner.watching.conversation import Conversation, reach
from rollback_runner.watching.series import Point
from rollback_runner.watching.source import Reading, Source, SourceError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from typing import Any

    from rollback_runner.site.site import Site
    from rollback_runner.watching.settings import Settings
    from rollback_runner.watching.source import Place

_PATIENCE = 5.0
_PYTHON = "/usr/bin/python3"
# The one command it sends stands in it, so that nothing else can be asked of the socket over this connection.
_PROGRAM = """
import os,socket,sys
os.nice(19)
for n in iter(sys.stdin.readline,''):
    try:
        s=socket.socket(socket.AF_UNIX);s.settimeout(3);s.connect(sys.argv[1]);s.sendall(b'show stat\\n')
        t=b''.join(iter(lambda:s.recv(65536),b'')).decode();s.close()
    except OSError as e:
        t='!'+(e.strerror or str(e))
    sys.stdout.write(t.rstrip('\\n')+'\\n<<'+n.strip()+'>>\\n');sys.stdout.flush()
"""


class Balancer(Source):
    """One load balancer node."""

    name = "haproxy"

    def __init__(self, host: str, variables: Mapping[str, Any]) -> None:
        self.hosts = (host,)
        self.interval = 0.0
        self._host = host
        self._variables = variables
        self._url = str(variables.get("lb_stats_url") or "")
        self._talk: Conversation | None = None
        if not self._url:
            python = str(variables.get("ansible_python_interpreter") or _PYTHON)
            argv = [python, "-ISuc", _PROGRAM, str(variables["lb_socket"])]
            self._talk = Conversation(reach(host, variables, "exec " + shlex.join(argv)), _PATIENCE)
        self._before: tuple[float, list[stats.Row]] | None = None

    def read(self) -> Reading:
        """Read the counters once. Raises `SourceError`."""
        text = self._talk.ask() if self._talk else _page(self._url, self._variables.get("lb_stats_login") or {})
        now, moment = time.time(), time.monotonic()
        if text.startswith("!"):
            raise SourceError(f"{self._variables['lb_socket']}: {text[1:].strip()}")
        try:
            rows = stats.parse(text)
        except ValueError as error:
            raise SourceError(str(error)) from error
        before, self._before = self._before, (moment, rows)
        sides = {side: self._variables.get(f"lb_servers_{side}") or () for side in ("idc", "aws")}
        found = list(sessions(rows, str(self._variables.get("lb_backend") or ""), sides))
        if before is not None:
            found += rates(before[1], rows, moment - before[0])
        return Reading([Point(now, name, self._host, value) for name, value in found])

    def interrupt(self) -> None:
        """End the ssh, which nobody then waits for."""
        if self._talk:
            self._talk.interrupt()

    def close(self) -> None:
        """End the ssh."""
        if self._talk:
            self._talk.close()


def sources(site: Site, _settings: Settings, _place: Place) -> Iterator[Balancer]:
    """Yield one source per load balancer node with HAProxy."""
    for host in site.hosts("load_balancers"):
        variables = site.variables[host]
        if variables.get("lb_provider", "haproxy") == "haproxy" and (
            variables.get("lb_socket") or variables.get("lb_stats_url")
        ):
            yield Balancer(host, variables)


def sessions(
    rows: Sequence[stats.Row], backend: str, sides: Mapping[str, Collection[str]]
) -> Iterator[tuple[str, float]]:
    """Count the sessions that are open to the servers of each side now."""
    for side, names in sides.items():
        mine = [row for row in rows if row["type"] == stats.SERVER and row["svname"] in names]
        mine = [row for row in mine if not backend or row["pxname"] == backend]
        if mine:
            yield f"sessions_{side}", float(sum(row["scur"] or 0 for row in mine))


def rates(before: Sequence[stats.Row], now: Sequence[stats.Row], seconds: float) -> Iterator[tuple[str, float]]:
    """Say how many requests came a second, and which share of the answers was 5xx; nothing after a restart.

    All frontends count but those of HAProxy's own statistics. Answers that HAProxy gave itself (no server, held too
    long) are among them: a client saw them.
    """
    old, new = ({row["pxname"]: row for row in rows if row["type"] == stats.FRONTEND} for rows in (before, now))
    asked = failed = answered = 0
    for name in new.keys() & old.keys():
        moved = {key: (new[name].get(key) or 0) - (old[name].get(key) or 0) for key in ("req_tot", *_ANSWERS)}
        if min(moved.values()) < 0:
            return
        asked += moved["req_tot"]
        failed += moved["hrsp_5xx"]
        answered += sum(moved[key] for key in _ANSWERS)
    if seconds <= 0 or not new:
        return
    yield "requests", asked / seconds
    if answered:
        yield "errors", failed / answered


_ANSWERS = ("hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other")


def _page(url: str, login: Mapping[str, Any]) -> str:
    """Fetch the statistics page as CSV; the password is read from its file at that moment. Raises `SourceError`."""
    if not url.startswith(("http://", "https://")):
        raise SourceError(f"lb_stats_url {url} is no http or https URL")
    request = urllib.request.Request(url if url.endswith(";csv") else f"{url};csv")  # noqa: S310 - checked above
    try:
        if login:
            password = Path(str(login["password_file"])).expanduser().read_text(encoding="utf-8").strip()
            token = base64.b64encode(f"{login['user']}:{password}".encode()).decode()
            request.add_header("Authorization", f"Basic {token}")
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310 - checked above
            text: str = answer.read(4 << 20).decode(errors="replace")
    except (OSError, KeyError, urllib.error.URLError) as error:
        raise SourceError(f"{url}: {error}") from error
    return text
