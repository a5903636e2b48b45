"""`rehearse`: every leg of the way in check mode, recorded aside."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from rollback_runner import messages
from rollback_runner.cli.common import json_option, language_option, site_option
from rollback_runner.content import home
from rollback_runner.errors import Exit
from rollback_runner.plan import rehearsal, ways

if TYPE_CHECKING:
    from rollback_runner.checklist import Language


@click.command()
@site_option
@click.option(
    "--strategy",
    type=click.Choice(list(ways.WAYS)),
    default=None,
    metavar="NAME",
    help=f"Another way through than the site's: {', '.join(ways.WAYS)}.",
)
@click.option(
    "--accept-loss",
    default="",
    metavar="REASON",
    help="Rehearse as if the run were given this --accept-loss, where RDS cannot be asked.",
)
@language_option
@json_option
def rehearse(site_name: str, *, strategy: str | None, accept_loss: str, language: Language, as_json: bool) -> int:
    """Rehearse every leg of the way: read everything, compute everything, touch nothing.

    Takes no lock and is no run: its record lies below RR_HOME/rehearsals. A leg that stands on an earlier one is
    rehearsed up to its gate. The phase approve does this by itself (REVIEW-03). Exit 1 when a leg fails.
    """
    texts = messages.Texts(language)
    made = rehearsal.rehearse(
        site_name,
        home(),
        strategy or "",
        lambda line: None if as_json else click.echo(f"  {line}", err=True),
        accept_loss=accept_loss,
    )
    if as_json:
        click.echo(json.dumps(made.as_dict(), ensure_ascii=False, indent=2))
    else:
        for leg in made.legs:
            told = texts(f"rehearsal.{leg.result}", seconds=leg.seconds)
            click.echo(f"{texts(f'phase.{leg.leg}')}: {told}{': ' + leg.said if leg.said else ''}")
        click.echo(texts("report.where", path=made.record))
    return Exit.PROVEN if made.passed else Exit.FAILED
