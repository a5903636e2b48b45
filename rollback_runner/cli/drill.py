"""`drill`: the whole way in the lab, under traffic, or a backup restored into a scratch container."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from rollback_runner import messages
from rollback_runner.cli.common import DEFAULT_SITE, json_option, language_option, site_option, with_store
from rollback_runner.content import home
from rollback_runner.drill import drill as drills
from rollback_runner.drill import drill_backup, drill_list, scenarios, stages
from rollback_runner.errors import Exit
from rollback_runner.record import report
from rollback_runner.site import inventory

if TYPE_CHECKING:
    from rollback_runner.checklist import Language
    from rollback_runner.drill.scenarios import Scenario

_SCENARIO = "scenario"
_FLAGS = frozenset({"--no-reset", "--list", "--json"})


class _Drills(click.Group):
    """Takes what is no drill of its own for a scenario: `drill`, `drill plain` and `drill data-lost --leg full`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the drill's name first: options may stand before it."""
        named = [place for place, word in enumerate(args) if word in self.commands and not _valued(args, place)]
        if named:
            args = [args.pop(named[0]), *args]
        elif not set(args) & set(ctx.help_option_names):
            args = [_SCENARIO, *args]
        return super().parse_args(ctx, args)


def _valued(args: list[str], place: int) -> bool:
    """Whether the word may be an option's value."""
    return place > 0 and args[place - 1].startswith("-") and args[place - 1] not in _FLAGS


@click.group(cls=_Drills)
def drill() -> None:
    """Rehearse for real: a scenario in the lab (the default), or the restore of a backup.

    `rollback-runner drill [SCENARIO]` carries out a scenario of the lab, see `drill scenario --help`, and
    `rollback-runner drill --list` for their names. `rollback-runner drill backup` restores a backup of the site into a
    scratch container.
    """


def _the_lab(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Mean the lab that comes with this command, whatever site others mean by default (RR_SITE)."""
    here = DEFAULT_SITE if inventory.locate(DEFAULT_SITE) == stages.LAB else str(stages.LAB)
    return with_store(context, parameter, value or here)


@drill.command()
@click.argument("scenario", metavar="[SCENARIO]", default=scenarios.PLAIN)
@click.option(
    "-i", "--site", "site_name", metavar="SITE", callback=_the_lab, help="The lab, and no other site: it is destroyed."
)
@click.option("--leg", "legs", multiple=True, metavar="LEG", help="Only this leg of the way, e.g. emergency.")
@click.option("--before", default=5.0, show_default=True, help="Seconds of traffic before the phase begins.")
@click.option("--after", default=5.0, show_default=True, help="Seconds of traffic after the phase has ended.")
@click.option("--no-reset", is_flag=True, help="Take the lab as it stands.")
@click.option("--list", "listed", is_flag=True, help="Name every scenario, and how it must end. Does nothing.")
@language_option
@json_option
def scenario(  # noqa: PLR0913 - one parameter per option is how click hands them over
    scenario: str,
    site_name: str,
    *,
    legs: tuple[str, ...],
    before: float,
    after: float,
    no_reset: bool,
    listed: bool,
    language: Language,
    as_json: bool,
) -> int:
    """Carry out a scenario of the lab under live traffic, and hold how it ended against what it expects.

    Sets the lab back to "migrated and failing", does the scenario's faults (before the clients start, while they write,
    or when a task begins), starts clients that write, carries out its legs (by default all of the strategy), stops the
    clients, compares their ledger with the side that serves, and asks both databases, the load balancers and DNS. Exit
    0 only when the run ended as the scenario expects, nothing was lost, nothing doubled, and there were never two
    writers. `--list` names the scenarios; plain is the default. Those of a deployment have a lab of their own, which
    they start by themselves: the release that is live is bad, and `deployment rollback` brings the one before it back;
    -i and --leg do not count there. molecule/NAME is the same scenario for molecule.
    """
    if listed:
        click.echo(_list_as_json() if as_json else drill_list.screen(messages.Texts(language)))
        return int(Exit.PROVEN)
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
    done = drills.run(order)
    _show(done, scenarios.find(scenario), language, as_json=as_json)
    return done.code


def _list_as_json() -> str:
    return json.dumps([asdict(one) for one in scenarios.scenarios().values()], ensure_ascii=False, indent=2)


def _show(done: drills.Drilled, scenario: Scenario, language: Language, *, as_json: bool) -> None:
    texts = messages.Texts(language)
    lines = drill_list.verdict(scenario, done.problems, texts)
    if as_json:
        click.echo(json.dumps(done.content, ensure_ascii=False, indent=2))
        click.echo("\n".join(lines), err=True)
        return
    click.echo(report.summary(done.content, language), nl=False)
    click.echo("\n".join([*lines, texts("report.where", path=f"runs/{done.content['run']}/report.md")]))


@drill.command()
@site_option
@click.option("--source", default="", metavar="NAME", help="The backup of this name; by default the first sound one.")
@language_option
@json_option
def backup(site_name: str, *, source: str, language: Language, as_json: bool) -> int:
    """Restore a backup into a scratch container, compare it with its manifest, and keep the proof.

    Touches no server of the site. The container runs on the Docker host that the site names (backup_scratch_host), here
    by default, and is removed whatever happens. The rate that was measured forecasts the real restore. Exit 0: it
    restores whole; 1: it does not; 2: the site or the name is wrong; 3: no backup is sound; 5: another drill of it is
    at work.
    """
    texts = messages.Texts(language)

    def say(seen: dict[str, Any]) -> None:
        seconds, rows = f"{seen['elapsed']:.0f}", f"{seen['rows']:,}"
        click.echo(texts("backup.progress", stage=seen["stage"], rows=rows, seconds=seconds), err=True)

    done = drill_backup.run(site_name, home(), source, say)
    if as_json:
        click.echo(json.dumps(drill_backup.as_json(done), ensure_ascii=False, indent=2))
    else:
        click.echo(drill_backup.screen(done, texts))
    return done.code
