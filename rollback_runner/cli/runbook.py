"""`runbook`: the rollback by hand, on paper, for the day on which everything is down."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from rollback_runner import __version__, messages
from rollback_runner.cli.common import language_option, site_option
from rollback_runner.content import ROOT, home
from rollback_runner.errors import UsageError
from rollback_runner.plan import frozen, ways
from rollback_runner.plan import whole as plan_whole
from rollback_runner.record import store
from rollback_runner.runbook import book as books
from rollback_runner.runbook import render
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from rollback_runner.checklist import Language
    from rollback_runner.runbook.book import Book


@click.command()
@site_option
@click.option(
    "-o",
    "--output",
    default="",
    metavar="FILE",
    help="Write it there: HTML for paper, or Markdown if the name ends in .md. Without it Markdown is printed.",
)
@click.option(
    "--strategy",
    type=click.Choice(list(ways.WAYS)),
    default=None,
    metavar="NAME",
    help=f"The way through: {', '.join(ways.WAYS)}. By default that of the frozen plan, else the one the rule picks.",
)
@language_option
def runbook(site_name: str, *, output: str, strategy: str | None, language: Language) -> int:
    """Write the runbook of a site: the whole rollback by hand, with its own names, to print before it is needed.

    Whom to call, where things are, and each step with what to type, how to see that it is done and how to undo it.
    Reads the site and the plan, contacts nothing, and holds no secret. Print it again when the site or the plan
    changes: its first page names the plan it was made from.
    """
    made = make(site_name, strategy or "")
    if not output:
        click.echo(render.markdown(made, language), nl=False)
        return 0
    path = Path(output)
    text = render.markdown(made, language) if path.suffix == ".md" else render.html(made, language)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{path}: the runbook cannot be written there: {error.strerror}.",
            next_step="rollback-runner runbook -o FILE",
        ) from error
    click.echo(messages.Texts(language)("runbook.ui.written", path=path, digest=made.origin.digest[:12]), err=True)
    return 0


def make(site_name: str, strategy: str = "") -> Book:
    """Make the book of a site. Raises as `sites.load` and `plan.whole.make`."""
    site = sites.load(site_name)
    kept = frozen.read(site, home())
    if kept is not None and kept.strategy not in ways.WAYS:
        kept = None  # the open incident is about a release; this book is about the service
    whole = plan_whole.make(site, home(), strategy=strategy or (kept.strategy if kept else ""))
    same = kept is not None and kept.digest == whole.digest
    origin = books.Origin(
        digest=whole.digest,
        made_at=kept.made_at if kept and same else store.now(),
        frozen_by=kept.made_by if kept and same else "",
        software=__version__,
        place=site_name,
    )
    shared = next(iter(site.variables.values()))
    places = {"RR_HOME": str(home()), "SITE": str(site.directory), "PROJECT": str(ROOT)}
    return books.make(whole.content, shared, origin, places)
