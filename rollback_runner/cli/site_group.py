"""A group that works on a site: `-i SITE` may stand before the command's name or after it."""

from __future__ import annotations

import click

from rollback_runner.cli.common import DEFAULT_SITE, Group, of_site
from rollback_runner.errors import UsageError

_BELOW = "site_below"


class SiteGroup(Group):
    """Made with `site_option`. Every command below it takes the option too, and means the same site by it."""

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Take a command in, and let it be given the site."""
        cmd.params.append(_option())
        super().add_command(cmd, name)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the site before the group's own code runs, wherever it stands."""
        given, rest, _order = self.make_parser(_looking(self, ctx)).parse_args(list(args))
        command = self.commands.get(rest[0]) if rest else None
        if command is not None:
            values, _rest, _order = command.make_parser(_looking(command, ctx)).parse_args(rest[1:])
            below, before = values.get(_BELOW), given.get("site_name")
            if below and before and below != before:
                raise UsageError(
                    f"The site is given twice, and not the same: {before} and {below}.", next_step="give -i SITE once"
                )
            if below and not before:
                args = ["-i", below, *args]
        return super().parse_args(ctx, args)


def _looking(command: click.Command, parent: click.Context) -> click.Context:
    """Make a context to look ahead with; what is wrong is told when the command itself is parsed."""
    return click.Context(command, parent=parent, resilient_parsing=True)


def _option() -> click.Option:
    return click.Option(
        ["-i", "--site", _BELOW],
        expose_value=False,
        metavar="SITE",
        callback=of_site,
        help=f"The site; it may stand before the command's name too. By default {DEFAULT_SITE}, or RR_SITE.",
    )
