"""`drill`: the whole way in the lab, under traffic, with the clients' ledger checked afterwards."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from rollback_runner import drill as drills
from rollback_runner import messages, report, scenarios
from rollback_runner.cli.common import json_option, language_option, site_option
from rollback_runner.content import home

if TYPE_CHECKING:
    from rollback_runner.checklist import Language


@click.command()
@click.argument("scenario", metavar="[SCENARIO]", default=scenarios.PLAIN)
@site_option
@click.option("--leg", "legs", multiple=True, metavar="LEG", help="Only this leg of the way, e.g. emergency.")
@click.option("--before", default=5.0, show_default=True, help="Seconds of traffic before the phase begins.")
@click.option("--after", default=5.0, show_default=True, help="Seconds of traffic after the phase has ended.")
@click.option("--no-reset", is_flag=True, help="Take the lab as it stands.")
@language_option
@json_option
def drill(  # noqa: PLR0913 - one parameter per option is how click hands them over
    scenario: str,
    site_name: str,
    *,
    legs: tuple[str, ...],
    before: float,
    after: float,
    no_reset: bool,
    language: Language,
    as_json: bool,
) -> int:
    """Carry out the whole way in the lab under live traffic, and check every acknowledged write.

    Sets the lab back to "migrated and failing", does the scenario's faults, starts clients that write, carries out
    every leg, stops the clients, and compares their ledger with what IDC holds. Exit 0 only when all is proven and
    nothing was lost. Scenarios: plain (default), data-lost, rds-corrupt.
    """
    order = drills.Order(
        site_name,
        home(),
        language,
        before=before,
        after=after,
        reset=not no_reset,
        silent=as_json,
        scenario=scenario,
        legs=legs,
    )
    content, code = drills.run(order)
    if as_json:
        click.echo(json.dumps(content, ensure_ascii=False, indent=2))
    else:
        click.echo(report.summary(content, language), nl=False)
        click.echo(messages.Texts(language)("report.where", path=f"runs/{content['run']}/report.md"))
    return code
