"""`incident`: what belongs to the failed migration that is open now, and closing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from failback import incident as incidents
from failback import journal

from rollback_runner import messages
from rollback_runner.cli.common import language_option, site_option
from rollback_runner.cli.site_group import SiteGroup
from rollback_runner.content import home
from rollback_runner.errors import UsageError
from rollback_runner.record import store
from rollback_runner.run.aside import Aside
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from rollback_runner.checklist import Language
    from rollback_runner.site.site import Site


@click.group(cls=SiteGroup, invoke_without_command=True)
@site_option
@language_option
@click.pass_context
def incident(context: click.Context, site_name: str, language: Language) -> None:
    """Show the open incident: what was found, what people said, its plan and its runs.

    The phase prepare opens one. All that follows belongs to it: the plan, its approvals, people's words and the runs.
    """
    context.obj = (sites.load(site_name, applications=True), messages.Texts(language))
    if context.invoked_subcommand is None:
        _show(*context.obj)


@incident.command()
@click.option("--reason", required=True, metavar="TEXT", help="Why it is over; goes on record.")
@click.pass_obj
def close(known: tuple[Site, messages.Texts], reason: str) -> None:
    """Close the open incident; what belongs to it is kept. The next prepare opens a new one."""
    site, texts = known
    found = incidents.current(home(), site.name)
    if found is None:
        raise UsageError(texts("incident.none", site=site.name), next_step="rollback-runner phase prepare")
    if not reason.strip():
        raise UsageError(
            "--reason needs words; it goes on record.", next_step='rollback-runner incident close --reason "why"'
        )
    journal.append(found / "people.jsonl", "close", by=store.holder(), note=reason.strip())
    incidents.close(home(), site.name)
    click.echo(texts("incident.closed", id=found.name))
    # The last word is on record now, so report and archive are made once more; neither undoes the closing.
    beside = Aside(site, home(), found, click.echo)
    beside.retell()
    beside.seal()


def _show(site: Site, texts: messages.Texts) -> None:
    found = incidents.current(home(), site.name)
    if found is None:
        click.echo(texts("incident.none", site=site.name))
        return
    click.echo(texts("incident.open", id=found.name, site=site.titles[texts.language]))
    facts = sorted({name.partition(".")[0] for name in incidents.facts(found)})
    click.echo("  " + texts("incident.facts", names=", ".join(facts) or "-"))
    words = journal.read(found / "people.jsonl") if (found / "people.jsonl").exists() else []
    click.echo("  " + texts("incident.words", count=len(words)))
    click.echo("  " + texts("incident.plan_yes" if (found / "plan.json").exists() else "incident.plan_no"))
    for run in store.all_runs(home()):
        begun = next(iter(run.entries()), {}) if run.journal.exists() else {}
        if str(begun.get("options", {}).get("incident", "")).endswith(found.name):
            report = run.read_report()
            click.echo(f"  {run.id}: {texts.status(report['status']) if report else texts('incident.no_end')}")
