"""The report of a run: one structure, as report.json for machines and report.md for people, in both languages."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import jinja2
import jsonschema
from failback.findings import SEVERITIES

from rollback_runner import checklist, korean, messages, next_steps
from rollback_runner.content import PACKAGE
from rollback_runner.deployment import words
from rollback_runner.record import reasons, rehearsed, release_page, store, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rollback_runner.checklist import Language
    from rollback_runner.plan.history import Spread
    from rollback_runner.record.acts import Promoted
    from rollback_runner.record.seen import TaskSeen
    from rollback_runner.record.verdict import Failure, ItemVerdict, Status

SCHEMA_VERSION = 1
_NOTHING = {"en": "", "ko": ""}
_SIGNED = ("APPROVE-01", "APPROVE-02", "APPROVE-03")
_FINDING = ("severity", "key", "sentence", "next_step")
_LISTED = 80  # characters of a list shown in report.md; a longer one is counted
_SHOWN = 400  # characters of a task's evidence in report.md


@dataclass(frozen=True)
class PhaseReport:
    """One playbook of the run: the phase itself, and the abort if one followed."""

    name: str
    status: Status
    started: str
    seconds: float
    budget_seconds: float
    reason: str


@dataclass(frozen=True)
class Report:
    """Everything report.json holds; the schema beside this package says what each field means."""

    run: str
    site: str
    site_title: Mapping[str, str]
    started: str
    ended: str
    seconds: float
    check: bool
    status: Status
    outcome: str
    exit_code: int
    strategy: str
    strategy_reason: str
    plan_digest: str
    approved_plan: str
    break_glass: str
    incident: str
    drill: str
    epoch: int
    holder: str
    promoted: Promoted
    accepted_loss: str
    forecast: Spread | None
    phases: Sequence[PhaseReport]
    items: Sequence[Mapping[str, Any]]
    failures: Sequence[Mapping[str, Any]]
    findings: Sequence[Mapping[str, Any]]
    stake: Sequence[Mapping[str, Any]]
    approvals: Sequence[Mapping[str, str]]
    stopped_at: str
    unfinished_acts: Sequence[Mapping[str, str]]
    next_step: str
    journal: Mapping[str, Any]
    metrics: Mapping[str, Any] = field(default_factory=dict)
    deployment: Mapping[str, Any] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION


def items_of(verdicts: Sequence[ItemVerdict]) -> list[dict[str, Any]]:
    """Put each verdict beside its item's phase and titles."""
    found = [(verdict, checklist.item(verdict.id)) for verdict in verdicts]
    return [{**asdict(verdict), "phase": item.phase, "title": dict(item.titles)} for verdict, item in found]


def merged(items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Make one row of the rows an item has from several legs: as bad as the worst, all evidence in order."""
    rows: dict[str, dict[str, Any]] = {}
    for item in items:
        first = rows.get(item["id"])
        rows[item["id"]] = dict(item) if first is None else _joined(first, item)
    return list(rows.values())


def _joined(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    worst = min((first, second), key=lambda row: verdict.ORDER.index(row["status"]))
    hosts = {host["host"]: host for host in first["hosts"]}
    for host in second["hosts"]:
        before = hosts.get(host["host"])
        if before is not None:
            status = min((before["status"], host["status"]), key=verdict.ORDER.index)
            reason = next((one["reason"] for one in (before, host) if one["status"] == status), "")
            evidence = (*before["evidence"], *host["evidence"])
            host = {"host": host["host"], "status": status, "reason": reason, "evidence": evidence}  # noqa: PLW2901 - the joined one takes its place
        hosts[host["host"]] = host
    return {
        **first,
        "status": worst["status"],
        "reason": worst["reason"],
        "started": first["started"] or second["started"],
        "ended": second["ended"] or first["ended"],
        "seconds": round(first["seconds"] + second["seconds"], 3),
        "hosts": list(hosts.values()),
    }


def failures_of(phase: str, failures: Sequence[Failure]) -> list[dict[str, Any]]:
    """Note which part of the run each failure belongs to."""
    return [{"phase": phase, **asdict(failure)} for failure in failures]


def findings_of(seen: Iterable[TaskSeen]) -> list[dict[str, Any]]:
    """List what was found, the gravest first, each once with the hosts and items it belongs to."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for event in seen:
        for one in event.findings:
            key = (one["key"], one["sentence"])
            row = rows.setdefault(key, {**{name: one.get(name, "") for name in _FINDING}, "ids": [], "hosts": []})
            row["ids"] += [name for name in event.ids if name not in row["ids"]]
            row["hosts"] += [event.host] if event.host not in row["hosts"] else []
    return sorted(rows.values(), key=lambda row: SEVERITIES.index(row["severity"]))


def stake_of(items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Say what was at stake on each database, as it was measured last, with the verdict; empty where nobody looked."""
    return [
        {"host": host, "sentence": found["sentence"], "verdict": found.get("verdict", {}).get("sentence") or _NOTHING}
        for host, found in _evidence_of(items, "SIT-04")
        if isinstance(found.get("sentence"), dict)
    ]


def approvals_of(items: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """List who approved, as the tasks verified it."""
    rows = list(items)
    return [
        {"item": item, **{name: str(found.get(name) or "") for name in ("by", "made_at", "expires_at", "conditions")}}
        for item in _SIGNED
        for _host, found in _evidence_of(rows, item)
        if found.get("by")
    ]


def _evidence_of(items: Iterable[Mapping[str, Any]], name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give the newest evidence of an item on each host."""
    for item in items:
        if item["id"] == name:
            for host in item["hosts"]:
                told = [task["evidence"] for task in host["evidence"] if isinstance(task.get("evidence"), dict)]
                if told:
                    yield host["host"], told[-1]


def as_dict(report: Report) -> dict[str, Any]:
    """Return the report as JSON would hold it."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(report), ensure_ascii=False, default=str))
    return plain


def problems(report: Mapping[str, Any]) -> list[str]:
    """Say where a report departs from the schema."""
    found = jsonschema.Draft202012Validator(_schema()).iter_errors(report)
    return [f"{'.'.join(str(part) for part in error.absolute_path)}: {error.message}" for error in found]


def write(run: store.Run, report: Mapping[str, Any]) -> None:
    """Write report.json and report.md, and of a release's rollback its pages too.

    Raises `RecordError` when that fails; the journal has all of it.
    """
    store.write_json(run, "report.json", report)
    store.write(run, "report.md", markdown(report))
    if report.get("deployment"):
        for language in ("en", "ko"):
            store.write(run, f"report.{language}.html", release_page.page(report, language))


def markdown(report: Mapping[str, Any], languages: Sequence[Language] = ("en", "ko")) -> str:
    """Write the report for people, one part per language."""
    parts = [
        _templates().get_template("report.md.j2").render(r=report, t=messages.Texts(lang), lang=lang)
        for lang in languages
    ]
    return "\n---\n\n".join(part.strip() + "\n" for part in parts)


def summary(report: Mapping[str, Any], language: Language) -> str:
    """Write the few lines a commander reads first."""
    template = _templates().get_template("summary.txt.j2")
    return template.render(r=report, t=messages.Texts(language), lang=language).strip() + "\n"


@cache
def _schema() -> dict[str, Any]:
    text = (PACKAGE / "schema" / "report.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(  # noqa: S701 - Markdown and plain text, never HTML
        loader=jinja2.FileSystemLoader(PACKAGE / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cell"] = lambda text: str(text).replace("|", "\\|").replace("\n", " ")
    environment.filters["evidence"] = _evidence
    environment.filters |= {"spoken": words.of_report, "said": korean.said, "told": korean.told}
    environment.filters |= {"word": rehearsed.word, "of_phase": rehearsed.of_phase, "counted": rehearsed.count}
    environment.filters |= {"next_step": rehearsed.next_step, "typed": next_steps.complete, "reason": reasons.told}
    return environment


def _evidence(value: object) -> str:
    """Show the facts as words, long lists as their length; report.json has all of it."""
    text = "; ".join(_facts("", value)).replace("`", "'")
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ..."


def _facts(name: str, value: object) -> list[str]:
    """Lay nested facts out as ``name.inner value``."""
    if isinstance(value, dict):
        return [fact for key, inner in value.items() for fact in _facts(f"{name}.{key}" if name else str(key), inner)]
    if isinstance(value, list):
        told = (
            ", ".join(str(item) for item in value) if all(not isinstance(item, dict | list) for item in value) else ""
        )
        return [f"{name} {told}" if value and told and len(told) <= _LISTED else f"{name} ({len(value)})"]
    return [] if value in ("", None) else [f"{name} {value}"]
