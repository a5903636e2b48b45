"""`status`, `items` and `explain`: the commands that only read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
from failback import lock

from rollback_runner import checklist, korean, messages
from rollback_runner.cli.common import json_option, language_option, with_store
from rollback_runner.content import home
from rollback_runner.record import acts, rehearsed, store

if TYPE_CHECKING:
    from rollback_runner.checklist import Language

_SHOWN = 10


@click.command()
@click.option(
    "-i",
    "--site",
    envvar="RR_SITE",
    metavar="SITE",
    expose_value=False,
    callback=with_store,
    help="A site that keeps its record elsewhere: bring it here first.",
)
@language_option
@json_option
def status(language: Language, *, as_json: bool) -> int:
    """Show who holds which lock, the newest runs, and where an unfinished one stopped."""
    texts = messages.Texts(language)
    locks = [found for path in sorted(store.lock_path(home(), "x").parent.glob("*.lock")) if (found := lock.read(path))]
    runs = [_run_line(run) for run in store.all_runs(home())[:_SHOWN]]
    if as_json:
        click.echo(
            json.dumps({"locks": [vars(each) | {"stale": each.stale} for each in locks], "runs": runs}, indent=2)
        )
        return 0
    for each in locks:
        click.echo(korean.said(lock.describe(each), language))
    for run in runs:
        click.echo(f"{run['run']}  {texts('run.' + run['outcome']):<12} {run['seconds']:>7.1f} s")
        if run["stopped_at"]:
            click.echo("  " + texts("report.stopped_at", task=run["stopped_at"]))
        for act in run["unfinished_acts"]:
            click.echo(f"  {texts('report.unfinished')}: {act['act']} ({act['host']}, {act['time']})")
    if not runs:
        click.echo(texts("run.none", place=store.runs_directory(home())))
    return 0


@click.command()
@click.argument("run", required=False)
@click.option("--all", "everything", is_flag=True, help="The whole checklist, whatever a run did of it.")
@click.option("--host", metavar="HOST", help="Only what was seen on this host.")
@language_option
@json_option
def items(run: str | None, *, everything: bool, host: str | None, language: Language, as_json: bool) -> int:
    """Show each item of RUN (by default the newest) with its state, hosts and evidence."""
    if everything and (run or host is not None):
        raise click.UsageError("--all lists the checklist itself, not a run: leave RUN and --host away.")
    content = None if everything else store.find(home(), run).read_report()
    rows: list[dict[str, Any]]
    if content is None:
        rows = [
            {
                "id": item.id,
                "phase": item.phase,
                "mode": item.mode,
                "title": dict(item.titles),
                "status": "",
                "hosts": [],
            }
            for item in checklist.items()
        ]
    else:
        rows = content["items"]
    if host is not None:
        known = sorted({found["host"] for row in rows for found in row["hosts"]})
        if host not in known:
            raise click.UsageError(f"There is no host {host} in this run{checklist.nearest(host, known)}.")
        rows = [{**row, "hosts": [h for h in row["hosts"] if h["host"] == host]} for row in rows]
        rows = [row for row in rows if row["hosts"]]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return 0
    texts = messages.Texts(language)
    check = bool(content and content["check"])
    for row in rows:
        word = texts.status(rehearsed.word(row, check=check)) if row["status"] else row["phase"]
        reason = f": {row['reason']}" if row.get("reason") else ""
        click.echo(f"{row['id']:<11} {word:<12} {row['title'][language]}{reason}")
        for found in row["hosts"]:
            click.echo(f"  {found['host']}: {texts.status(rehearsed.word(found, check=check))}")
            for task in found["evidence"]:
                click.echo(
                    f"    {task['outcome']:<8} {task['task']} ({task['seconds']:.2f} s) {task['message']}".rstrip()
                )
    return 0


@click.command()
@click.argument("item")
@language_option
@json_option
def explain(item: str, language: Language, *, as_json: bool) -> int:
    """Tell what ITEM does, what it touches, what it never touches, and how to go back."""
    found = checklist.item(item)
    text = checklist.explanation(found.id, language)
    parts = vars(text) if text is not None else {}
    if as_json:
        click.echo(json.dumps({"id": found.id, "title": found.title(language), **parts}, ensure_ascii=False, indent=2))
        return 0
    texts = messages.Texts(language)
    click.echo(f"{found.id}: {found.title(language)}")
    click.echo(f"  {texts('explain.phase', phase=found.phase, mode=found.mode)}")
    if text is None:
        click.echo(f"  {texts('explain.not_built')}")
    for name, words in parts.items():
        click.echo(f"  {texts(f'explain.{name}')}: {words}")
    return 0


def _run_line(run: store.Run) -> dict[str, Any]:
    """Sum a run up: from its report, else from its journal."""
    content = run.read_report()
    if content is not None:
        keys = ("run", "outcome", "seconds", "stopped_at", "unfinished_acts")
        return {key: content[key] for key in keys}
    entries = run.entries() if run.journal.exists() else []
    last = next((entry["task"] for entry in reversed(entries) if entry["kind"] == "task"), "")
    return {"run": run.id, "outcome": "unfinished", "seconds": 0.0, "stopped_at": last,
            "unfinished_acts": acts.unfinished(entries)}  # fmt: skip
