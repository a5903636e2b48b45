"""`watch`: the sampler of the open incident, and what it measures."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

import click
from failback import incident as incidents

from rollback_runner import companions, messages
from rollback_runner.cli.common import json_option, language_option, site_option
from rollback_runner.cli.site_group import SiteGroup
from rollback_runner.content import home
from rollback_runner.errors import Exit, RunnerError, UsageError
from rollback_runner.screen import watching as screen
from rollback_runner.site import site as sites
from rollback_runner.watching import limits, settings
from rollback_runner.watching.catalogue import FIGURES, shown

if TYPE_CHECKING:
    from pathlib import Path

    from rollback_runner.checklist import Language
    from rollback_runner.messages import Texts
    from rollback_runner.site.site import Site

_NAME = "sampler"
_MINUTES = 10.0


@click.group(cls=SiteGroup)
@site_option
@language_option
@click.pass_context
def watch(context: click.Context, site_name: str, language: Language) -> None:
    """Follow the figures of both sides while an incident is open.

    A process in the background reads hosts, load balancers, databases and front doors from the first phase to the end
    of the incident. Every run begins it again when it was killed; what was missed is on record as a gap.
    """
    context.obj = (sites.load(site_name), messages.Texts(language))


@watch.command()
@click.pass_obj
def start(known: tuple[Site, Texts]) -> None:
    """Begin watching, unless somebody watches."""
    site, texts = known
    found = companions.ensure(_NAME, site.directory, home(), _incident(site, texts))
    if not found.alive:
        raise RunnerError(
            texts("watch.not_started", problem=found.problem or texts(f"watch.state.{found.state}")),
            next_step="df -h, then rollback-runner watch start",
        )
    click.echo(texts("watch.started", pid=found.pid))


@watch.command()
@click.pass_obj
def stop(known: tuple[Site, Texts]) -> None:
    """Stop watching; the next run begins it again, and the time between is a gap on record."""
    site, texts = known
    was = companions.stop(_incident(site, texts), _NAME)
    click.echo(texts("watch.stopped" if was else "watch.was_not"))


@watch.command()
@click.option("--minutes", type=click.FloatRange(min=0.1), default=_MINUTES, show_default=True, help="How far back.")
@click.option("--follow", is_flag=True, help="Stay, and show anew every two seconds; Ctrl-C ends it.")
@json_option
@click.pass_obj
def status(known: tuple[Site, Texts], minutes: float, follow: bool, as_json: bool) -> int:  # noqa: FBT001 - click
    """Show the figures of the last minutes, their limits, what is missing and what is beyond.

    Ends with 1 when a limit is broken, a source is lost or nobody watches; with --follow by Ctrl-C alone.
    """
    site, texts = known
    incident = _incident(site, texts)
    if follow and not as_json:
        screen.follow(lambda: screen.look(site, incident, minutes, time.time()), texts)
        return Exit.PROVEN
    seen = screen.look(site, incident, minutes, time.time())
    if as_json:
        click.echo(json.dumps(_as_dict(seen), ensure_ascii=False, indent=2))
    else:
        screen.show(seen, texts)
    return Exit.PROVEN if seen.well else Exit.FAILED


@watch.command()
@json_option
@click.pass_obj
def figures(known: tuple[Site, Texts], as_json: bool) -> None:  # noqa: FBT001 - click
    """List every figure there is: its unit, its limit at this site, the item it serves, and what it says."""
    site, texts = known
    judge = limits.judge(settings.of_site(site), {})
    if as_json:
        every = [asdict(one) | {"title": dict(one.title), "says": dict(one.says)} for one in FIGURES.values()]
        click.echo(json.dumps(every, ensure_ascii=False, indent=2))
        return
    for one in FIGURES.values():
        limit = judge.limit(one.name, "")
        head = f"{one.name} ({one.unit}, {one.item})"
        if limit is not None:
            head += f", {texts('watch.column.limit')}: {shown(one, limit)}"
        click.echo(f"{head}\n  {one.title[texts.language]}. {one.says[texts.language]}")


def _incident(site: Site, texts: Texts) -> Path:
    found = incidents.current(home(), site.name)
    if found is None:
        raise UsageError(texts("watch.none", site=site.name), next_step="rollback-runner phase prepare")
    return found


def _as_dict(seen: screen.Seen) -> dict[str, object]:
    return {
        "sampler": asdict(seen.sampler),
        "minutes": seen.minutes,
        "figures": [asdict(line) | {"past": line.past} for line in seen.lines],
        "gaps": [asdict(gap) for gap in seen.series.gaps],
        "breaches": [asdict(breach) for breach in seen.series.breaches],
    }
