"""`drill`: the whole way in the lab, under traffic, or a backup restored into a scratch container."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from rollback_runner import messages
from rollback_runner.cli.common import json_option, language_option, site_option
from rollback_runner.content import home
from rollback_runner.drill import drill as drills
from rollback_runner.drill import drill_backup, scenarios
from rollback_runner.record import report

if TYPE_CHECKING:
    from rollback_runner.checklist import Language

_SCENARIO = "scenario"
_FLAGS = frozenset({"--no-reset", "--json"})


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

    `rollback-runner drill [SCENARIO]` carries out a scenario of the lab (plain, data-lost, rds-corrupt), see
    `drill scenario --help`. `rollback-runner drill backup` restores a backup of the site into a scratch container.
    """


@drill.command()
@click.argument("scenario", metavar="[SCENARIO]", default=scenarios.PLAIN)
@site_option
@click.option("--leg", "legs", multiple=True, metavar="LEG", help="Only this leg of the way, e.g. emergency.")
@click.option("--before", default=5.0, show_default=True, help="Seconds of traffic before the phase begins.")
@click.option("--after", default=5.0, show_default=True, help="Seconds of traffic after the phase has ended.")
@click.option("--no-reset", is_flag=True, help="Take the lab as it stands.")
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
    language: Language,
    as_json: bool,
) -> int:
    """Carry out the whole way in the lab under live traffic, and check every acknowledged write.

    Sets the lab back to "migrated and failing", does the scenario's faults, starts clients that write, carries out
    every leg, stops the clients, and compares their ledger with what IDC holds. Exit 0 only when all is proven and
    nothing was lost. Scenarios: plain (default), data-lost, rds-corrupt; unheard for the leg emergency alone.
    bad-release and bad-release-vercel are of another lab, which they start by themselves: the release that is live is
    bad, and `deployment rollback` brings the one before it back; -i and --leg do not count there.
    """
    if scenarios.find(scenario).application:
        return _deployment(scenario, (before, after), language, reset=not no_reset, as_json=as_json)
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
    _show(content, language, as_json=as_json)
    return code


def _deployment(scenario: str, seconds: tuple[float, float], language: Language, *, reset: bool, as_json: bool) -> int:
    """Drill a bad release in its own lab; ``seconds`` of traffic before and after."""
    # Here, because what a release's rollback needs is needed by no other drill.
    from rollback_runner.drill import deployment_drill  # noqa: PLC0415 - needs the lab, other commands do not

    found = scenarios.find(scenario)
    order = deployment_drill.Order(found, home(), language, *seconds, reset=reset, silent=as_json)
    content, code = deployment_drill.run(order)
    _show(content, language, as_json=as_json)
    return code


def _show(content: dict[str, Any], language: Language, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(content, ensure_ascii=False, indent=2))
    else:
        click.echo(report.summary(content, language), nl=False)
        click.echo(messages.Texts(language)("report.where", path=f"runs/{content['run']}/report.md"))


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
