"""What is asked of a Prometheus: the figures of the well-known exporters as PromQL, and a site's own queries. Pure.

All of it goes out as one request: each expression gets a label that says what it is, and `or` joins them.
Names of metrics: prometheus/node_exporter 1.x, prometheus/mysqld_exporter 0.14 and later, HAProxy's own exporter (2.x).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback.errors import ConfigError

from rollback_runner.watching.catalogue import FIGURES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LABEL = "rr"
WINDOW = 60.0  # seconds a rate is taken over; four scrapes of the usual 15 s
_SEPARATOR = "|"
_KINDS = ("node", "mysql", "haproxy")
# $me selects the exporter's series, $window is the span a rate is taken over.
_NODE = {
    "cpu_busy": '1 - sum(rate(node_cpu_seconds_total{$me,mode=~"idle|iowait"}[$window]))'
    " / count(count by (cpu) (node_cpu_seconds_total{$me}))",
    "cpu_waiting": 'avg(rate(node_cpu_seconds_total{$me,mode="iowait"}[$window]))',
    "memory_used": "1 - sum(node_memory_MemAvailable_bytes{$me}) / sum(node_memory_MemTotal_bytes{$me})",
    "swap_used": "1 - sum(node_memory_SwapFree_bytes{$me}) / (sum(node_memory_SwapTotal_bytes{$me}) > 0)",
    "disk_busy": "max(rate(node_disk_io_time_seconds_total{$me}[$window]))",
    "disk_used": "1 - min(node_filesystem_avail_bytes{$me,$disks} / node_filesystem_size_bytes{$me,$disks})",
    "network_in": 'sum(rate(node_network_receive_bytes_total{$me,device!="lo"}[$window]))',
    "network_out": 'sum(rate(node_network_transmit_bytes_total{$me,device!="lo"}[$window]))',
}
_MYSQL = {
    "mysql_queries": "sum(rate(mysql_global_status_queries{$me}[$window]))",
    "mysql_threads_running": "sum(mysql_global_status_threads_running{$me})",
    "mysql_connections": "sum(mysql_global_status_threads_connected{$me})",
    "mysql_buffer_pool_hit": "1 - sum(rate(mysql_global_status_innodb_buffer_pool_reads{$me}[$window]))"
    " / (sum(rate(mysql_global_status_innodb_buffer_pool_read_requests{$me}[$window])) > 0)",
    "mysql_rows_written": "sum(rate(mysql_global_status_innodb_row_ops_total"
    '{$me,operation=~"inserted|updated|deleted"}[$window]))',
}
_HAPROXY = {
    # Frontends, as clients see them: what HAProxy answers by itself is among it.
    "requests": "sum(rate(haproxy_frontend_http_requests_total{$me}[$window]))",
    "errors": 'sum(rate(haproxy_frontend_http_responses_total{$me,code="5xx"}[$window]))'
    " / (sum(rate(haproxy_frontend_http_responses_total{$me}[$window])) > 0)",
    "sessions_idc": "sum(haproxy_server_current_sessions{$me,proxy=~$backend,server=~$idc})",
    "sessions_aws": "sum(haproxy_server_current_sessions{$me,proxy=~$backend,server=~$aws})",
}
_BUILT_IN: Mapping[str, Mapping[str, str]] = {"node": _NODE, "mysql": _MYSQL, "haproxy": _HAPROXY}
_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


@dataclass(frozen=True)
class Query:
    """One figure of one host. ``own``: the site wrote it, so nobody else gives this figure."""

    figure: str
    host: str
    text: str
    own: bool = False

    @property
    def key(self) -> str:
        """Return what its answer is known by."""
        return f"{self.figure}{_SEPARATOR}{self.host}"


@dataclass(frozen=True)
class Sides:
    """What HAProxy's servers are called: its backend, and the servers of each side."""

    backend: str = ""
    idc: Sequence[str] = ()
    aws: Sequence[str] = ()


def queries(settings: Mapping[str, Any], sides: Mapping[str, Sides]) -> list[Query]:
    """Make every query of ``watching_prometheus``; ``sides`` is by load balancer. Raises ConfigError."""
    window = f"{max(1, round(float(settings.get('window') or WINDOW)))}s"
    found = [
        query
        for number, entry in enumerate(settings.get("exporters") or ())
        for query in _of_exporter(entry, window, sides, f"watching_prometheus.exporters[{number}]")
    ]
    for number, entry in enumerate(settings.get("queries") or ()):
        where = f"watching_prometheus.queries[{number}]"
        figure, host, text = (str(entry.get(key) or "").strip() for key in ("figure", "host", "query"))
        if figure not in FIGURES:
            raise ConfigError(f"{where}: {figure or 'an entry without figure'} is no figure that can be followed")
        if not host or not text:
            raise ConfigError(f"{where}: {figure} needs host (whose figure it is) and query (PromQL)")
        found.append(Query(figure, host, text.replace("$window", window), own=True))
    twice = {one.key for one in found if sum(one.key == other.key for other in found) > 1}
    # A query of the site's own is meant instead of the built-in one.
    return [one for one in found if one.own or one.key not in twice]


def _of_exporter(entry: Mapping[str, Any], window: str, sides: Mapping[str, Sides], where: str) -> list[Query]:
    kind, host = str(entry.get("kind") or ""), str(entry.get("host") or "")
    if kind not in _KINDS:
        raise ConfigError(f"{where}: kind is {kind!r}, not one of {', '.join(_KINDS)}")
    labels = dict(entry.get("labels") or {})
    if not host or not labels:
        raise ConfigError(
            f"{where}: give host (an inventory name) and labels (what its series carry, such as instance)"
        )
    if bad := [name for name in labels if not _LABEL_NAME.fullmatch(str(name))]:
        raise ConfigError(f"{where}: {bad[0]!r} is no name of a label")
    side = sides.get(host, Sides())
    filled = {
        "$me": ",".join(f"{name}={_quoted(str(value))}" for name, value in labels.items()),
        "$window": window,
        "$disks": str(entry.get("disks") or 'fstype!~"tmpfs|overlay|squashfs|ramfs"'),
        "$backend": _quoted(re.escape(side.backend) if side.backend else ".+"),
        "$idc": _quoted(_any_of(side.idc)),
        "$aws": _quoted(_any_of(side.aws)),
    }
    found = []
    for figure, text in _BUILT_IN[kind].items():
        for name, value in filled.items():
            text = text.replace(name, value)  # noqa: PLW2901 - one placeholder after the other
        found.append(Query(figure, host, text))
    return found


def joined(asked: Iterable[Query]) -> str:
    """Make one expression of them."""
    return " or ".join(f'label_replace({one.text}, "{LABEL}", {_quoted(one.key)}, "", "")' for one in asked)


def _any_of(names: Sequence[str]) -> str:
    return "|".join(re.escape(name) for name in names) or "none at all"


def _quoted(text: str) -> str:
    """Quote as PromQL does, which is as Go does; JSON's way is a part of it."""
    return json.dumps(text, ensure_ascii=False)
