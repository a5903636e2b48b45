"""The graphs of an incident's report: what was measured, with the phases, the moments and the broken limits marked."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any

from rollback_runner.picture import chart as charts
from rollback_runner.record.timeline_words import leg, seconds_of
from rollback_runner.watching import catalogue, series

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from rollback_runner import messages
    from rollback_runner.watching.series import Series

HALF, NARROW = 430.0, 350.0  # pixels
_POINTS = 360  # of a line: more than a graph of this width can show
_MOST_HOSTS = 6
# Figures that belong into one graph: title, and its figures with what each line is called.
_TOGETHER: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("latency", (("latency_p50", "p50"), ("latency_p95", "p95"), ("latency_p99", "p99"))),
    ("sessions", (("sessions_idc", "IDC"), ("sessions_aws", "AWS"))),
)
_FIRST = ("requests", "latency", "errors", "sessions", "mysql_queries", "mysql_rows_written", "mysql_threads_running",
          "mysql_replication_lag", "mysql_lock_waits", "mysql_connections", "mysql_buffer_pool_hit", "cpu_busy",
          "memory_used", "disk_busy", "disk_used", "network_in", "network_out")  # fmt: skip


def make(
    report: Mapping[str, Any], figures: Series, texts: messages.Texts, zone: tzinfo
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Draw each graph in both widths, and say what its figures were before, during and after the switch."""
    marks, bands = _marks(report, texts), _bands(report, texts)
    drawn: list[dict[str, str]] = []
    table: list[dict[str, str]] = []
    for name, members in _groups(figures):
        first = catalogue.FIGURES.get(members[0][0])
        unit = first.unit if first is not None else ""
        title = texts(f"rp.figures.{name}") if texts.has(f"rp.figures.{name}") else _title(members[0][0], texts)
        data = _lines_of(figures, members, worst=first.bad != "low" if first is not None else True)
        if not data:
            continue
        mine = {figure for figure, _label in members}
        limits = {breach.limit for breach in figures.breaches if breach.figure in mine}
        shades = [*bands, *_gaps(figures), *(_breach(breach) for breach in figures.breaches if breach.figure in mine)]
        thin = {label: series.thin(points, _POINTS) for label, points in data.items()}
        every = [at for points in data.values() for at, _value in points]
        window = (min(every), max(every))
        told: dict[str, Any] = {"unit": unit, "marks": marks, "bands": shades, "lang": texts.language, "title": title,
                                "limits": [charts.Limit(value) for value in sorted(limits)], "window": window,
                                "zone": zone}  # fmt: skip
        drawn.append({
            "title": title,
            "item": first.item if first is not None else "",
            "told": "",
            "wide": charts.chart(thin, width=HALF, height=190, **told),
            "narrow": charts.chart(thin, width=NARROW, height=180, **told),
        })  # fmt: skip
        table += _compared(report, members, figures, texts)
    return drawn, table


def _groups(figures: Series) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    """Put what was measured into graphs, the ones people ask for first."""
    there = set(figures.figures)
    groups = {}
    for name, members in _TOGETHER:
        mine = tuple(member for member in members if member[0] in there)
        if mine:
            groups[name] = mine
            there -= {figure for figure, _label in mine}
    groups |= {figure: ((figure, ""),) for figure in there}
    wanted = tuple(dict.fromkeys((*_FIRST, *catalogue.FIGURES)))
    order = {name: number for number, name in enumerate(wanted)}
    return sorted(groups.items(), key=lambda group: (order.get(group[0], len(order)), group[0]))


def _lines_of(
    figures: Series, members: Sequence[tuple[str, str]], *, worst: bool
) -> dict[str, list[tuple[float, float]]]:
    """Name each line by what it is and its host; of many hosts the ones that stand out are drawn."""
    found: dict[str, list[tuple[float, float]]] = {}
    for figure, label in members:
        hosts = figures.of(figure)
        for host, points in hosts.items():
            if points:
                name = f"{label} {host}".strip() if label and len(hosts) > 1 else (label or host)
                found[name] = points
    if len(found) <= _MOST_HOSTS:
        return found

    def peak(name: str) -> float:
        values = [value for _at, value in found[name]]
        return max(values) if worst else -min(values)

    kept = set(sorted(found, key=peak, reverse=True)[:_MOST_HOSTS])
    return {name: points for name, points in found.items() if name in kept}


def _marks(report: Mapping[str, Any], texts: messages.Texts) -> list[charts.Mark]:
    times = report["summary"]["times"]
    shown = (("failed", "failed", "grave"), ("fenced", "fenced", "good"), ("promoted", "promoted", "good"))
    found = [
        charts.Mark(seconds_of(times[key]), texts(f"rp.mark.{name}"), level_of)
        for key, name, level_of in shown
        if times[key]
    ]
    return found + [
        charts.Mark(seconds_of(event["at"]), texts("rp.mark.abort"), "warn")
        for event in report["events"]
        if event["kind"] == "abort"
    ]


def _bands(report: Mapping[str, Any], texts: messages.Texts) -> list[charts.Band]:
    return [
        charts.Band(
            seconds_of(one["began"]), seconds_of(one["began"]) + one["seconds"], leg(one["leg"])[texts.language]
        )
        for one in report["phases"]
    ]


def _gaps(figures: Series) -> list[charts.Band]:
    return [
        charts.Band(gap.since, gap.until if gap.until is not None else gap.since, gap.why, "gap")
        for gap in figures.gaps
        if not gap.host
    ]


def _breach(breach: series.Breach) -> charts.Band:
    end = breach.ended if breach.ended is not None else breach.began
    return charts.Band(breach.began, end, breach.host, "breach")


def _title(figure: str, texts: messages.Texts) -> str:
    known = catalogue.FIGURES.get(figure)
    return known.title[texts.language] if known is not None else figure


def _compared(
    report: Mapping[str, Any], members: Sequence[tuple[str, str]], figures: Series, texts: messages.Texts
) -> list[dict[str, str]]:
    """Say what a figure was before the switch, at its worst around it, and at the end."""
    times = report["summary"]["times"]
    pivot = times["held"] or times["fenced"] or times["promoted"]
    if not pivot:
        return []
    start = seconds_of(pivot)
    settled = [
        seconds_of(one["began"]) + one["seconds"] for one in report["phases"] if one["leg"].startswith("emergency")
    ]
    end = max([*settled, start])
    rows = []
    for name, label in members:
        known = catalogue.FIGURES.get(name)
        if known is None:
            continue
        for host, points in sorted(figures.of(name).items()):
            before = [value for at, value in points if at < start]
            during = [value for at, value in points if start <= at <= end]
            after = [value for at, value in points if at > end][-max(10, len(points) // 5) :]
            worst = during[0] if during else 0.0
            for value in during:
                worst = known.worse(worst, value)
            title = " ".join(part for part in (_title(name, texts), host) if part)
            rows.append({
                "title": title if label or host else name,
                "before": catalogue.shown(known, median(before)) if before else "-",
                "during": catalogue.shown(known, worst) if during else "-",
                "after": catalogue.shown(known, median(after)) if after else "-",
            })  # fmt: skip
    return rows
