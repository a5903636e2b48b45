"""`journal verify` tells whether the record is whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
from failback import journal as journals

from rollback_runner import korean, messages
from rollback_runner.cli.common import json_option, language_option
from rollback_runner.content import home
from rollback_runner.errors import Exit
from rollback_runner.record import store

if TYPE_CHECKING:
    from rollback_runner.checklist import Language


@click.group()
def journal() -> None:
    """Work with the journal of a run."""


@journal.command()
@click.argument("run", required=False)
@language_option
@json_option
def verify(run: str | None, *, language: Language, as_json: bool) -> int:
    """Find any changed, missing or reordered line in the journal of RUN (by default the newest).

    Exit 0 when it is whole, 1 when it is not. Lines cut off at the end are found when the run wrote a report, which
    names the last line.
    """
    found = store.find(home(), run)
    content = found.read_report()
    expected = journals.Head(content["journal"]["lines"], content["journal"]["digest"]) if content else None
    try:
        problems = journals.verify(found.journal, expected)
        lines = journals.head(found.journal).lines
    except journals.JournalError as error:
        raise click.ClickException(f"{error}.") from error
    texts = messages.Texts(language)
    if as_json:
        click.echo(json.dumps({"run": found.id, "lines": lines, "problems": problems}, indent=2))
    elif problems:
        click.echo(texts("journal.broken", file=found.journal))
        for problem in problems:
            click.echo(f"  {korean.said(problem, language)}")
    else:
        click.echo(texts("journal.whole", run=found.id, lines=lines))
    return Exit.FAILED if problems else Exit.PROVEN
