"""The report of an incident, as data: everything its record tells, put together once for page, Markdown and JSON.

Nothing is written here that is not read from the record; the schema beside this package says what each field means.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema
from failback import incident as incidents
from failback import journal
from failback.errors import FailbackError

from rollback_runner import __version__
from rollback_runner.content import PACKAGE
from rollback_runner.errors import RunnerError, UsageError
from rollback_runner.record import (
    incident_runs,
    proofs,
    said_by_people,
    spent,
    stake_fate,
    store,
    summary,
    timeline,
    timeline_check,
)
from rollback_runner.site import site as sites
from rollback_runner.telling import outbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from rollback_runner.record.timeline_event import Event
    from rollback_runner.site.site import Site

SCHEMA_VERSION = 1
_CAUSES = ("DOC-02", "SIT-01", "REMIG-01")
_RECORDS = ("people.jsonl", "approvals.jsonl", outbox.MESSAGES, outbox.DELIVERIES, "figures/notes.jsonl")


@dataclass(frozen=True)
class Gathered:
    """All that was read of an incident. `joined` is the runs' report as one, `events` the timeline."""

    home: Path
    incident: Path
    site_name: str
    runs: Sequence[store.Run]
    reports: Sequence[Mapping[str, Any]]
    joined: Mapping[str, Any]
    events: Sequence[Event]
    facts: Mapping[str, Any]
    problems: Sequence[str] = ()
    people: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    zone: str = "UTC"


def find(home: Path, site: str, name: str | None = None) -> Path:
    """Find an incident of a site by its id or its beginning; the open or newest one without. Raises `UsageError`."""
    base = incidents.shelf(home, site)
    known = sorted((path for path in base.iterdir() if path.is_dir() and not path.is_symlink()), reverse=True) \
        if base.is_dir() else []  # fmt: skip
    if name is None:
        found = incidents.current(home, site)
        if found is not None:
            return found
        if known:
            return known[0]
        raise UsageError(f"There is no incident of {site} yet.", next_step="rollback-runner phase prepare")
    matches = [path for path in known if path.name == name or path.name.startswith(name)]
    exact = [path for path in matches if path.name == name]
    if len(exact or matches) != 1:
        what = "fits several incidents" if matches else "is not an incident"
        newest = ", ".join(path.name for path in (matches or known)[:5]) or "none"
        raise UsageError(
            f"{name} {what} of {site}; newest: {newest}.", next_step="rollback-runner report --incident ID"
        )
    return (exact or matches)[0]


def gather(home: Path, incident: Path, site: Site | None = None, *, given: Mapping[str, Any] | None = None) -> Gathered:
    """Read all of an incident. Raises `UsageError` when no run belongs to it yet.

    `given` are the site's variables where they are at hand already, as in a play; else the site is loaded for them.

    A run that cannot be read is left out and named among the problems: one broken file must not hide the rest.
    """
    site_name = incident.parent.name
    runs, reports, problems = [], [], []
    for run in incident_runs.runs_of(home, incident.name, site_name):
        try:
            reports.append(incident_runs.report_of(run))
            runs.append(run)
        except RunnerError as error:
            problems.append(f"{run.id}: {error.what}")
    if not reports:
        raise UsageError(
            f"No run of the incident {incident.name} is on record, so there is nothing to report.",
            next_step="rollback-runner status",
        )
    try:
        facts = incidents.facts(incident)
    except FailbackError as error:
        facts = {}
        problems.append(str(error))
    known = given if given is not None else _variables(site or _site(runs[-1]))
    events = timeline.events(home, site_name, incident)
    people = {key: _names(one, key) for key, one in (known.get("site_people") or {}).items()}
    return Gathered(
        home, incident, site_name, runs, reports, incident_runs.joined(reports), events, facts, tuple(problems), people,
        str(known.get("site_timezone") or "UTC"),
    )  # fmt: skip


def build(found: Gathered) -> dict[str, Any]:
    """Make the report as JSON would hold it."""
    joined = found.joined
    going_on = _going_on(found)
    stake = stake_fate.of_incident(found.facts, joined)
    said = list(said_by_people.words(found.incident))
    cause = _cause(said, found.facts)
    records = list(_records(found))
    whole: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "incident": found.incident.name,
        "site": found.site_name,
        "site_title": joined["site_title"],
        "zone": found.zone,
        "made_at": store.now(),
        "made_by": store.holder(),
        "software": __version__,
        "going_on": going_on,
        **{key: joined[key] for key in ("drill", "strategy", "strategy_reason", "promoted", "outcome", "status",
                                        "started", "ended", "next_step", "break_glass", "accepted_loss")},
        "summary": summary.of(
            joined, found.events, cause, stake, sla=found.facts.get("sla"), going_on=going_on
        ),
        "cause": cause,
        "phases": [asdict(one) for one in spent.of_runs(found.runs, found.reports)],
        "stake": stake,
        "metrics": joined["metrics"],
        "items": [dict(row) | {"proofs": proofs.short(row)} for row in joined["items"]],
        "failures": joined["failures"],
        "findings": joined["findings"],
        "unfinished_acts": joined["unfinished_acts"],
        "approvals": joined["approvals"],
        "signatures": list(said_by_people.signatures(found.incident)),
        "words": said,
        "messages": list(said_by_people.messages(found.incident)),
        "causes": [word for word in said if word["item"] in _CAUSES and word["kind"] == "confirm"],
        "lessons": list(said_by_people.lessons(found.incident, said)),
        "events": [asdict(event) for event in found.events],
        "timeline_gaps": [*timeline_check.problems(found.runs, found.reports, found.events), *_spoilt(records)],
        "runs": joined["runs"],
        "records": records,
        "problems": list(found.problems),
        "people": found.people,
    }  # fmt: skip
    plain: dict[str, Any] = json.loads(json.dumps(whole, ensure_ascii=False, default=str))
    return plain


def problems(report: Mapping[str, Any]) -> list[str]:
    """Say where a report of an incident departs from its schema."""
    found = jsonschema.Draft202012Validator(_schema()).iter_errors(report)
    return [f"{'.'.join(str(part) for part in error.absolute_path)}: {error.message[:300]}" for error in found]


@cache
def _schema() -> dict[str, Any]:
    text = (PACKAGE / "schema" / "incident_report.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _going_on(found: Gathered) -> bool:
    """Tell whether a run of the incident is going on while the report is made."""
    return any(report.get("live") for report in found.reports)


def _cause(said: Sequence[Mapping[str, Any]], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Say why the migration failed, in the words of whoever confirmed it, and what was found first."""
    newest = {word["item"]: word for word in said if word["kind"] == "confirm"}
    told, effect, at = (newest.get(name, {}) for name in ("SIT-01", "SIT-05", "SIT-02"))
    drawn: Mapping[str, Any] = next((f for name, f in sorted(facts.items()) if name.startswith("situation.")), {})
    return {
        "statement": str(told.get("details", {}).get("statement") or told.get("note") or ""),
        "category": str(told.get("details", {}).get("category") or ""),
        "by": str(told.get("by") or ""),
        "at": str(told.get("at") or ""),
        "effect": str(effect.get("note") or ""),
        "severity": str(effect.get("details", {}).get("severity") or ""),
        "failed_at": str(((at.get("details") or {}).get("moment") or {}).get("utc") or ""),
        "failed_source": str((at.get("details") or {}).get("source") or ""),
        "headline": drawn.get("headline") if isinstance(drawn.get("headline"), dict) else {},
    }


def _records(found: Gathered) -> Iterator[dict[str, Any]]:
    """Name every journal the report rests on, with where it ends and whether it is whole."""
    for run in found.runs:
        yield _record(run.journal, f"runs/{run.id}/journal.jsonl")
    for name in _RECORDS:
        if (found.incident / name).exists():
            yield _record(found.incident / name, f"incidents/{found.site_name}/{found.incident.name}/{name}")


def _spoilt(records: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    """Name what of the incident's own records is not as it was written; those of runs are looked at run by run."""
    for one in records:
        if one["problems"] and not one["name"].startswith("runs/"):
            yield {"key": f"journal:{one['name']}", "sentence": f"{one['name']}: {one['problems'][0]}"}


def _record(path: Path, name: str) -> dict[str, Any]:
    try:
        end = journal.head(path)
        return {"name": name, "lines": end.lines, "digest": end.digest, "problems": journal.verify(path)}
    except journal.JournalError as error:
        return {"name": name, "lines": 0, "digest": "", "problems": [str(error)]}


def _site(run: store.Run) -> Site | None:
    """Load the site the newest run was made for; the report is made without its names where it is not here."""
    directory = str(incident_runs.begin_of(run).get("site_directory") or "")
    try:
        return sites.load(directory, applications=True) if directory else None
    except (RunnerError, OSError, ValueError):
        return None


def _variables(site: Site | None) -> Mapping[str, Any]:
    return next(iter(site.variables.values()), {}) if site is not None else {}


def _names(one: object, key: str) -> dict[str, str]:
    name = one.get("name") if isinstance(one, dict) else None
    if isinstance(name, dict):
        return {"en": str(name.get("en") or key), "ko": str(name.get("ko") or name.get("en") or key)}
    return {"en": str(name or key), "ko": str(name or key)}
