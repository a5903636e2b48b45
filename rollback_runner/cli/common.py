"""What the commands share: their options, and how an error becomes one sentence and an exit code."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from rollback_runner import checklist, korean, messages, next_steps
from rollback_runner.content import home
from rollback_runner.errors import Exit, RunnerError, SiteError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rollback_runner.checklist import Language

_F = TypeVar("_F", bound="Callable[..., Any]")

DEFAULT_SITE = "inventories/lab"
_LANGUAGE = "rollback_runner.language"  # in the context of a command


class Group(click.Group):
    """A group that suggests the nearest command for an unknown one."""

    by_default = ""  # the command below that is meant where none is named

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one may have been meant."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            near = checklist.nearest(args[0], self.list_commands(ctx))
            raise click.UsageError(f"There is no command {args[0]}{near}.", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Carry the command out; an error is told in the language that was asked for, with commands for its site."""
        try:
            return super().invoke(ctx)
        except RunnerError as error:
            error.language = _language(ctx)
            error.here = error.here or next_steps.now()
            raise


def run(command: click.Command, arguments: list[str] | None) -> NoReturn:
    """Run the command line and end the process with the documented exit code.

    What was foreseen becomes sentences (what, where, the next command) and never a traceback.
    """
    try:
        result = command.main(arguments, prog_name="rollback-runner", standalone_mode=False)
    except RunnerError as error:
        fail(error)
    except click.UsageError as error:
        language = _language(error.ctx)
        click.echo(korean.said(error.format_message(), language), err=True)
        hint = error.ctx.command_path if error.ctx else "rollback-runner"
        click.echo(f"{messages.Texts(language)('report.next')}: {hint} --help", err=True)
        sys.exit(Exit.USAGE)
    except click.ClickException as error:
        click.echo(korean.said(error.format_message(), messages.detect()), err=True)
        sys.exit(Exit.FAILED)
    except (click.Abort, KeyboardInterrupt):
        click.echo(korean.said("Interrupted; nothing was begun.", messages.detect()), err=True)
        sys.exit(Exit.INTERRUPTED)
    except BrokenPipeError:
        sys.exit(Exit.FAILED)
    sys.exit(result if isinstance(result, int) else Exit.PROVEN)


def _language(context: click.Context | None) -> Language:
    """Tell which language was asked for, on the command line or by the locale; commands share what a context holds."""
    found: Language | None = context.meta.get(_LANGUAGE) if context else None
    return found or messages.detect()


def fail(error: RunnerError) -> NoReturn:
    """Print the error's sentences and end with its exit code."""
    for sentence in error.problems if isinstance(error, SiteError) else [error.what]:
        click.echo(next_steps.complete(korean.said(sentence, error.language), error.here), err=True)
    if error.next_step:
        label = messages.Texts(error.language)("report.next")
        step = next_steps.complete(korean.said(error.next_step, error.language), error.here)
        click.echo(f"{label}: {step}", err=True)
    sys.exit(error.code)


def site_option(function: _F) -> _F:
    """Add `-i SITE`."""
    return click.option(
        "-i",
        "--site",
        "site_name",
        default=DEFAULT_SITE,
        envvar="RR_SITE",
        show_default=True,
        metavar="SITE",
        callback=with_store,
        help="The site: an inventory directory, or the name of one that comes with this command.",
    )(function)


def with_store(context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Bring here what the site's store has before the command begins, and there what it left once it has ended."""
    if context.resilient_parsing or not value:
        return value
    of_site(context, _parameter, value)
    from rollback_runner.record import elsewhere  # noqa: PLC0415 - reading inventories takes time to load

    place = elsewhere.begin(value, home(), _say)
    if place is not None:
        context.call_on_close(lambda: elsewhere.end(place, _say))
    return value


def of_site(context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Have each command that is named from now on carry this site, unless it is the default."""
    if value and not context.resilient_parsing:
        root = context.find_root()
        site = "" if value == DEFAULT_SITE else value
        before = next_steps.work_on(site, lambda words: _taking_site(root.command, words))
        root.call_on_close(lambda: next_steps.leave(before))
    return value


def _taking_site(root: click.Command, words: Sequence[str]) -> int:
    """Count the words that name a command; 0 when it works on no site, or there is none of that name."""
    command, count = root, 0
    for word in words:
        below = command.commands.get(word) if isinstance(command, click.Group) else None
        if below is None:
            break
        command, count = below, count + 1
    if isinstance(command, Group) and command.by_default:
        command = command.commands[command.by_default]
    return count if any("-i" in one.opts and one.callback for one in command.params) else 0


def _say(sentence: str) -> None:
    click.echo(sentence, err=True)


def without_store_option(function: _F) -> _F:
    """Add `--without-store`. It comes before the site is read, whichever stands first on the command line."""

    def heed(_context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
        if value is not None and not value.strip():
            raise UsageError("--without-store needs a reason; it goes on record.", next_step='--without-store "why"')
        if value:
            os.environ["RR_WITHOUT_STORE"] = value.strip()

    return click.option(
        "--without-store",
        metavar="REASON",
        is_eager=True,
        expose_value=False,
        callback=heed,
        help="Go on although the site's store is gone: lock and record are this machine's alone, with this reason.",
    )(function)


def language_option(function: _F) -> _F:
    """Add `--lang`, already turned into a language."""

    def heed(context: click.Context, _parameter: click.Parameter, value: str | None) -> Language:
        context.meta[_LANGUAGE] = messages.detect(value)
        return messages.detect(value)

    return click.option(
        "--lang",
        "language",
        envvar="RR_LANG",
        type=click.Choice(["en", "ko"]),
        callback=heed,
        help="Language of titles and messages; by default that of RR_LANG, else of the locale.",
    )(function)


def json_option(function: _F) -> _F:
    """Add `--json`."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print JSON on standard output, and nothing else there."
    )(function)
