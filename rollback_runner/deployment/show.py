"""Prints what the commands on deployments found, and gathers what they show beside it: approvals, and the last run."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from rollback_runner.deployment import gate
from rollback_runner.deployment import plan as planning
from rollback_runner.errors import RefusedError, UsageError
from rollback_runner.plan.view import Line
from rollback_runner.record import acts, store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from rollback_runner.deployment.look import Looked
    from rollback_runner.messages import Texts
    from rollback_runner.site.site import Site

_STYLES: dict[str, dict[str, Any]] = {
    "head": {"bold": True},
    "bad": {"fg": "red"},
    "warn": {"fg": "yellow"},
    "good": {"fg": "green"},
    "": {},
}


def lines(told: Iterable[Line]) -> None:
    """Print lines, coloured on a terminal only; NO_COLOR is honoured there too."""
    colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for line in told:
        click.echo(click.style(line.text, **_STYLES[line.style]) if colours else line.text)


def as_json(content: object) -> None:
    """Print JSON."""
    click.echo(json.dumps(content, ensure_ascii=False, indent=2, default=str))


def document(looked: Looked) -> dict[str, Any]:
    """Return the plan as JSON holds it."""
    facts = looked.facts
    return {
        "application": looked.wish.application,
        "digest": facts.digest,
        "plan": facts.plan,
        "strategy": facts.strategy,
        "changes_data": facts.changes_data,
        "target": facts.chosen,
        "project": facts.project,
        "gate": facts.gate,
        "choice": facts.choice,
        "findings": list(looked.findings),
        "failures": [{"task": one.task, "status": one.status, "message": one.message} for one in looked.failures],
        "record": looked.record,
    }


def approvals(site: Site, home: Path, looked: Looked, texts: Texts) -> Iterator[Line]:
    """Say whether signatures are asked for, and what is missing of them."""
    if not looked.whole or not (looked.facts.choice or {}).get("rolls_back", True):
        return
    if not planning.asks_for_approvals(site, looked.facts):
        yield Line("  " + texts("deployment.plan.not_asked"))
        return
    try:
        gate.approved(site, home, looked, texts, "")
    except (RefusedError, UsageError) as error:
        yield Line("  " + texts("deployment.plan.approvals_needed"), "warn")
        yield Line(f"    {error.what}", "warn")
        return
    yield Line("  " + texts("deployment.plan.approved"), "good")


def last_run(home: Path, site: Site, application: str) -> dict[str, Any] | None:
    """Find the newest run that moved this application (no rehearsal), from its report or its journal."""
    for run in store.all_runs(home):
        entries = run.entries() if run.journal.exists() else []
        begin = next((entry for entry in entries if entry["kind"] == "begin"), {})
        options = begin.get("options") or {}
        told = options.get("deployment") or {}
        if begin.get("site") != site.name or options.get("check") or told.get("deployment_app") != application:
            continue
        report = run.read_report() or {}
        return {
            "run": run.id,
            "kind": told.get("deployment_kind", ""),
            "to": told.get("deployment_to", ""),
            "outcome": report.get("outcome", "unfinished"),
            "ended": report.get("ended", ""),
            "unfinished_acts": acts.unfinished(entries),
        }
    return None


def run_lines(last: Mapping[str, Any] | None, texts: Texts) -> Iterator[Line]:
    """Write the newest run, and the acts of it whose end is not on record."""
    if last is None:
        yield Line("  " + texts("deployment.run.none"))
        return
    done = last["outcome"] == "proven"
    told = texts("deployment.run.last", run=last["run"], outcome=last["outcome"])
    yield Line("  " + told, "good" if done else "warn")
    for act in last["unfinished_acts"]:
        yield Line(f"    {texts('report.unfinished')}: {act['act']} ({act['host']}, {act['time']})", "bad")
    if not done:
        yield Line("    " + texts("deployment.run.unfinished"), "warn")
