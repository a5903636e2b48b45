"""The report of an incident as one HTML file: no script, no outside asset, everything from the record escaped.

The page carries a policy that forbids scripts and any loading, so that text in a note can never be more than text.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import jinja2
from failback.approval.sentences import ROLES
from markupsafe import Markup

from rollback_runner import korean, messages, next_steps
from rollback_runner.content import PACKAGE
from rollback_runner.deployment import words
from rollback_runner.picture import svg
from rollback_runner.record import html_pictures, proofs, reasons, rehearsed
from rollback_runner.record.timeline_words import item as item_titles
from rollback_runner.record.timeline_words import leg as leg_titles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollback_runner.checklist import Language
    from rollback_runner.watching.series import Series

SIGNS = {"good": "✓", "warn": "!", "grave": "\N{MULTIPLICATION SIGN}", "note": "·"}
_PHASES = ("prepare", "approve", "emergency", "full", "complete", "communicate", "risk", "watch")
_KEY = frozenset(
    {"moment", "run", "leg", "fenced", "promoted", "abort", "glass", "failure", "breach", "approval", "report"}
)
_KEY_WORDS = frozenset({"SIT-01", "APPROVE-04"})
_MOST_KEY = 90
_PASSED = frozenset({"done", "already"})
_BROKEN = frozenset({"failed", "refused", "unreachable"})


def page(report: Mapping[str, Any], figures: Series, language: Language) -> str:
    """Write the report in one language. `figures` is what was measured during the incident, or an empty series."""
    texts = messages.Texts(language)
    zone = zone_of(report["zone"])
    pictures = html_pictures.make(report, figures, language, zone)
    return templates().get_template("incident/page.html.j2").render(
        r=report, t=texts, lang=language, style=style(), signs=SIGNS, pictures=_marked(pictures),
        **view(report, texts, zone),
    )  # fmt: skip


def view(report: Mapping[str, Any], texts: messages.Texts, zone: tzinfo) -> dict[str, Any]:
    """Return what the templates ask for, beside the report itself: times, names and the order of things."""
    language = texts.language

    def person(key: str) -> str:
        return str((report["people"].get(key) or {}).get(language) or key)

    def role(name: str) -> str:
        return ROLES[name][language] if name in ROLES else name

    def outcome(run: Mapping[str, Any]) -> str:
        return texts("rp.outcome.killed" if run["killed"] else f"rp.outcome.{run['outcome']}")

    def earlier(item: Mapping[str, Any]) -> str:
        told = []
        for one in item["earlier"]:
            why = f": {proofs.cut(one['reason'], 160)}" if one["reason"] else ""
            told.append(f"{texts.status(one['status'])} ({one['run']}){why}")
        return "; ".join(told)

    return {
        "zone": _zone_name(zone, report),
        "clock": lambda at, fine=False: clock(at, zone, fine=fine),
        "day": lambda at: _moment(at, zone).strftime("%Y-%m-%d") if at else "",
        "span": lambda seconds: svg.duration(seconds, language),
        "leg": lambda name: leg_titles(name)[language],
        "item_title": lambda name: item_titles(name)[language] if name else "",
        "level": html_pictures.level,
        "person": person,
        "role": role,
        "outcome": outcome,
        "earlier": earlier,
        "source": source,
        "evidence": evidence,
        "key_events": key_events(report["events"]),
        "phases": [(name, [row for row in report["items"] if row["phase"] == name]) for name in _PHASES],
        "counts": counts(report),
        "several": len({one["run"] for one in report["phases"]}) > 1,
        "metrics": [(name, _number(value)) for name, value in report["metrics"].items() if _plain(value)],
        "reason_told": lambda reason: reasons.told(reason, texts),
    }


def counts(report: Mapping[str, Any]) -> dict[str, int]:
    """Count the items by what became of them."""
    states = [row["status"] for row in report["items"]]
    found = {
        "passed": sum(state in _PASSED for state in states),
        "broken": sum(state in _BROKEN for state in states),
        "waiting": states.count("waiting"),
    }
    return found | {"rest": len(states) - sum(found.values())}


def key_events(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Pick the events that tell the story; of very many, the grave ones stay."""
    found = [event for event in events if event["grave"] or event["kind"] in _KEY or
             (event["kind"] == "word" and event["item"] in _KEY_WORDS)]  # fmt: skip
    once: dict[tuple[str, str, str], dict[str, Any]] = {}
    for event in found:  # several hosts that say the same in the same second are one event to a reader
        once.setdefault((event["at"][:19], event["kind"], event["title"]["en"]), event)
    found = list(once.values())
    if len(found) > _MOST_KEY:
        found = [event for event in found if event["grave"]][:_MOST_KEY]
    return found


def source(event: Mapping[str, Any]) -> str:
    """Name where an event stands, short enough for a column: the run's moment, the file and its line."""
    run = str(event["run"])
    name = str(event["source"]).rpartition("/")[2]
    return f"{run.partition('-')[0][9:]} {name}" if run else name


def evidence(item: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return an item's hosts with every task that said something."""
    hosts = [{"host": host["host"], "status": host["status"], "tasks": proofs.whole(host)} for host in item["hosts"]]
    return [host for host in hosts if host["tasks"]]


def clock(at: str, zone: tzinfo, *, fine: bool = False) -> str:
    """Write a moment as a clock in this zone, with milliseconds where asked."""
    if not at:
        return ""
    moment = _moment(at, zone)
    return f"{moment:%H:%M:%S}" + (f".{moment.microsecond // 1000:03d}" if fine else "")


def zone_of(name: str) -> tzinfo:
    """Find a time zone; UTC where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def _moment(at: str, zone: tzinfo) -> datetime:
    moment = datetime.fromisoformat(at)
    return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).astimezone(zone)


def _zone_name(zone: tzinfo, report: Mapping[str, Any]) -> str:
    moment = _moment(report["started"], zone)
    offset = moment.strftime("%z")
    return f"{report['zone'] if zone is not UTC else 'UTC'} (UTC{offset[:3]}:{offset[3:]})"


def _marked(pictures: html_pictures.Pictures) -> dict[str, Any]:
    """Let the pictures through as they are: every text in them was escaped where it was drawn."""

    def drawn(one: Mapping[str, str]) -> dict[str, Any]:
        return {key: Markup(value) if key in {"wide", "narrow"} else value for key, value in one.items()}  # noqa: S704 - see above

    return {
        "timelines": [drawn(one) for one in pictures.timelines],
        "phases": drawn(pictures.phases),
        "charts": [drawn(one) for one in pictures.charts],
        "table": pictures.table,
    }


def _plain(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3f}".rstrip("0").rstrip(".")


def _count(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else ("-" if value in (None, "") else str(value))


def _cut_lines(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most].rstrip() + "\n…"


@cache
def style() -> Markup:
    """Return the style sheet of every page."""
    text = (PACKAGE / "templates" / "incident" / "page.css").read_text(encoding="utf-8")
    if "</" in text:
        raise ValueError("the style sheet must not close its element")
    return Markup(text)  # noqa: S704 - our own file, nothing of the record in it


@cache
def templates() -> jinja2.Environment:
    """Return the environment of every page: all that is filled in is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PACKAGE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "cut": proofs.cut,
        "count": _count,
        "cut_lines": _cut_lines,
        "said": korean.said,
        "told": korean.told,
        "typed": next_steps.complete,
        "word": rehearsed.word,
        "next_step": rehearsed.next_step,
        "of_phase": rehearsed.of_phase,
    }
    environment.filters["spoken"] = words.of_report
    return environment
