"""The pictures of an incident's report: timelines, phases against budgets, graphs. Data in, SVG out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Any

from rollback_runner import messages
from rollback_runner.picture import phases as bars
from rollback_runner.picture import svg
from rollback_runner.picture import timeline as lines
from rollback_runner.record import html_charts
from rollback_runner.record.timeline_words import leg, seconds_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollback_runner.checklist import Language
    from rollback_runner.watching.series import Series

WIDE, NARROW = 860.0, html_charts.NARROW  # pixels; the page stretches the wide ones, paper shrinks them
_AROUND = 2.0  # seconds shown before the hold and after the release in the picture of the switch
_LONGEST_CUT = 600.0  # seconds; a switch that took longer is seen well enough in the whole picture
_MOST_RUNS = 12
_BROKEN = frozenset({"failed", "refused", "unreachable"})


@dataclass(frozen=True)
class Pictures:
    """What the page shows. Each picture has a `wide` and a `narrow` form; `table` is figures before, during, after."""

    timelines: list[dict[str, str]] = field(default_factory=list)
    phases: dict[str, str] = field(default_factory=dict)
    charts: list[dict[str, str]] = field(default_factory=list)
    table: list[dict[str, str]] = field(default_factory=list)


def make(report: Mapping[str, Any], figures: Series, language: Language, zone: tzinfo = UTC) -> Pictures:
    """Draw every picture of the report in one language."""
    texts = messages.Texts(language)
    drawn, table = html_charts.make(report, figures, texts, zone)
    return Pictures(_timelines(report, texts, zone), _phases(report, texts), drawn, table)


def level(event: Mapping[str, Any]) -> str:
    """Say how an event is shown: good, warn, grave or note."""
    if event["kind"] in {"fenced", "promoted"} and event["ok"]:
        return "good"
    if event["kind"] in {"gap", "waiting"} or (event["kind"] == "glass" and event["ok"]):
        return "warn"
    if event["grave"]:
        return "grave"
    if not event["ok"]:
        return "warn"
    return "good" if event["kind"] == "run" and event.get("until") else "note"


def _timelines(report: Mapping[str, Any], texts: messages.Texts, zone: tzinfo) -> list[dict[str, str]]:
    events = [event for event in report["events"] if event["at"]]
    if not events:
        return []
    times = [seconds_of(event["at"]) for event in events]
    ends = [seconds_of(event["until"]) for event in events if event["until"]]
    found = [_timeline(events, (min(times), max(times + ends)), texts("rp.timeline.whole"), texts, zone)]
    cut = _cut(report)
    if cut is not None:
        found.append(_timeline(events, cut, texts("rp.timeline.cut"), texts, zone, all_acts=True))
    runs = [run for run in report["runs"] if not run["check"]][-_MOST_RUNS:]
    spread = max(times) - min(times)
    if len(runs) > 1 or (runs and spread > 4 * max(runs[-1]["seconds"], 1)):
        for run in runs:
            mine = [event for event in events if event["run"] == run["run"]]
            if len(mine) > 3:  # noqa: PLR2004 - a run that was refused at once has nothing to draw
                begin = min(seconds_of(event["at"]) for event in mine)
                end = max(seconds_of(event["until"] or event["at"]) for event in mine)
                inside = [event for event in events if event["run"] in {"", run["run"]}]
                found.append(_timeline(inside, (begin, end), texts("rp.timeline.run", run=run["run"]), texts, zone))
    return found


def _cut(report: Mapping[str, Any]) -> tuple[float, float] | None:
    """Find the switch: from the hold or the fence to the release of the requests."""
    times = report["summary"]["times"]
    if not times["promoted"]:
        return None
    begin = seconds_of(times["held"] or times["fenced"] or times["promoted"])
    end = max(seconds_of(times["promoted"]), seconds_of(times["released"]) if times["released"] else 0.0)
    if not 0 <= end - begin <= _LONGEST_CUT:
        return None
    around = max(_AROUND * 0.3, (end - begin) * 0.25)
    return begin - around, end + around


def _timeline(  # noqa: PLR0913 - what a picture shows
    events: Sequence[Mapping[str, Any]], window: tuple[float, float], title: str, texts: messages.Texts, zone: tzinfo,
    *, all_acts: bool = False,
) -> dict[str, str]:  # fmt: skip
    shown = [event for event in events if window[0] <= seconds_of(event["until"] or event["at"])
             and seconds_of(event["at"]) <= window[1]]  # fmt: skip
    kinds = {
        "marks": {"moment", "fenced", "promoted", "abort", "report"},
        "acts": {"act"},
        "items": {"item"},
        "people": {"word", "call", "approval", "glass"},
        "messages": {"message"},
        "trouble": {"failure", "waiting", "breach", "gap"},
    }
    rows = [lines.Lane(texts("rp.lane.phases"), [_bar(event, texts) for event in shown if _opens(event)], bars=True)]
    for name, members in kinds.items():
        labelled = name in {"marks", "trouble"} or (all_acts and name == "acts")
        mine = [event for event in shown if event["kind"] in members]
        if mine:
            ticks = _ticks(mine, texts, zone, labelled=labelled)
            rows.append(lines.Lane(texts(f"rp.lane.{name}"), ticks))
    described = "; ".join(f"{svg.clock(seconds_of(event['at']), zone)} {event['title'][texts.language]}"
                          for event in shown if event["grave"])  # fmt: skip
    described = described or texts("rp.timeline.none")
    return {
        "title": title,
        "wide": lines.picture(rows, window=window, title=title, described=described, width=WIDE, zone=zone),
        "narrow": lines.picture(rows, window=window, title=title, described=described, width=NARROW, zone=zone),
    }


def _opens(event: Mapping[str, Any]) -> bool:
    return event["kind"] == "leg" and bool(event["until"])


def _bar(event: Mapping[str, Any], texts: messages.Texts) -> lines.Tick:
    at, until = seconds_of(event["at"]), seconds_of(event["until"])
    name = str(event["title"][texts.language])
    # The title says "emergency begins"; the bar is the phase itself.
    for tail in (" begins", " 시작"):
        name = name.removesuffix(tail)
    told = f"{name}: {svg.duration(until - at, texts.language)}"
    return lines.Tick(at, told, name, "phase" if event["ok"] else "grave", until)


def _ticks(
    events: Sequence[Mapping[str, Any]], texts: messages.Texts, zone: tzinfo, *, labelled: bool
) -> list[lines.Tick]:
    found = []
    named: set[tuple[str, str]] = set()
    for event in events:
        at = seconds_of(event["at"])
        title = str(event["title"][texts.language])
        host = f" ({event['host']})" if event["host"] else ""
        told = f"{svg.clock(at, zone, fine=True)} {title}{host}"
        # The same act on several hosts at once is named once.
        key = (title, event["kind"])
        label = title if labelled and key not in named else ""
        named.add(key)
        found.append(lines.Tick(at, told, label, level(event), seconds_of(event["until"]) if event["until"] else at))
    return found


def _phases(report: Mapping[str, Any], texts: messages.Texts) -> dict[str, str]:
    words = tuple(texts(f"rp.part.{kind}") for kind in bars.KINDS)
    several = len({one["run"] for one in report["phases"]}) > 1
    rows = []
    for one in report["phases"]:
        late = bool(one["budget"]) and one["seconds"] > one["budget"]
        remark = texts("rp.phases.late") if late else ""
        if one["status"] == "not_run":
            remark = f"{remark} {texts('rp.outcome.killed')}".strip()
        elif one["status"] not in {"done", "already"}:
            remark = f"{remark} {texts.status(one['status'])}".strip()
        name = leg(one["leg"])[texts.language]
        if several:
            name = f"{name} · {one['run'].partition('-')[0][9:15]}"
        parts = (one["deciding"], one["acting"], one["proving"], one["between"])
        shown = "grave" if late or one["status"] in _BROKEN else "good"
        rows.append(bars.Bar(name, parts, one["budget"], shown, remark))
    told = {
        "title": texts("rp.nav.phases"),
        "words": words,
        "of": texts("rp.phases.of", spent="{spent}", budget="{budget}"),
    }
    return {
        "wide": bars.picture(rows, width=WIDE, lang=texts.language, **told),  # type: ignore[arg-type]  # words has the four parts
        "narrow": bars.picture(rows, width=NARROW, lang=texts.language, **told),  # type: ignore[arg-type]  # as above
    }
