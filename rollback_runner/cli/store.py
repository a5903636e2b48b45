"""`store`: the place where a site keeps its lock and its record when that is not this machine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
from failback import journal, lock
from failback.errors import FailbackError
from failback.store import files
from failback.store.exchange import Exchanged, Wish, exchange

from rollback_runner import messages
from rollback_runner.cli.common import DEFAULT_SITE, json_option, language_option, of_site
from rollback_runner.content import home
from rollback_runner.errors import Exit, RecordError, UsageError
from rollback_runner.record import elsewhere, founding
from rollback_runner.record import store as records

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollback_runner.checklist import Language

# Not the usual option: these bring over what they are told to, and nothing before.
_site = click.option(
    "-i", "--site", "site_name", default=DEFAULT_SITE, envvar="RR_SITE", show_default=True, metavar="SITE",
    callback=of_site,
    help="The site: an inventory directory, or the name of one that comes with this command.",
)  # fmt: skip
_files = click.argument("names", nargs=-1, metavar="[FILE]...")


@click.group()
def store() -> None:
    """Look at the place where a site keeps its lock and its record, and bring files there or here.

    Every command does so by itself when it begins and ends. Files are named as below RR_HOME: runs/..., incidents/...
    """


@store.command()
@_site
@click.option("--anew", is_flag=True, help="Although the site had a store with files: it is lost, or it moves.")
@language_option
@json_option
def init(site_name: str, language: Language, *, anew: bool, as_json: bool) -> int:
    """Make the place that the site names its store, once. Without this nothing is kept there, and no lock is taken.

    A place without the mark that this leaves counts as gone: a share that is not mounted looks like an empty store.
    """
    place = _place(site_name)
    try:
        before = founding.make(place, site_name, anew=anew)
    except FailbackError as error:
        raise RecordError(f"{error}.", next_step=f"rollback-runner doctor -i {site_name}") from error
    if as_json:
        click.echo(json.dumps({"store": place.store.where, "was": before}, ensure_ascii=False, indent=2))
    else:
        click.echo(messages.Texts(language)(f"store.init.{before}", where=place.store.where))
    return Exit.PROVEN


@store.command()
@_site
@language_option
@json_option
def status(site_name: str, language: Language, *, as_json: bool) -> int:
    """Say whether the store answers, who holds the lock, and what differs from this machine. Changes nothing.

    Exit 0 when nothing differs, 1 when something does or the store does not answer.
    """
    place = _place(site_name)
    texts = messages.Texts(language)
    try:
        probe = place.store.probe()
        path = records.lock_path(home(), place.site)
        held = lock.mirror(path) or lock.read(path)  # none there while a run goes on here without it
        found = exchange(place.store, home(), place.site, Wish(push=False, pull=False))
    except (FailbackError, lock.LockError) as error:
        raise RecordError(f"{error}.", next_step=f"rollback-runner doctor -i {site_name}") from error
    if as_json:
        told = {"store": place.store.where, "seconds": round(probe.seconds, 3), "clock_ahead": round(probe.ahead, 1)}
        holder = {"lock": lock.as_dict(held) if held else None}
        click.echo(json.dumps(told | holder | _as_dict(found), ensure_ascii=False, indent=2))
    else:
        click.echo(texts("store.answers", where=place.store.where, seconds=probe.seconds, ahead=probe.ahead))
        click.echo(lock.describe(held) if held else texts("store.no_lock"))
        _tell(found, texts)
    return Exit.FAILED if found.clashes or found.waiting else Exit.PROVEN


@store.command()
@_site
@_files
@language_option
@json_option
def push(site_name: str, names: tuple[str, ...], language: Language, *, as_json: bool) -> int:
    """Bring to the store what changed here. With FILEs: put these in the place of the store's, whatever it has."""
    return _carry(site_name, Wish(pull=False, only=names), elsewhere.push, language, as_json=as_json)


@store.command()
@_site
@_files
@click.option("--all", "everything", is_flag=True, help="Big files too: what is in quarantine, and the archives.")
@language_option
@json_option
def pull(site_name: str, names: tuple[str, ...], language: Language, *, everything: bool, as_json: bool) -> int:
    """Bring here what changed at the store. With FILEs: put the store's in the place of these, whatever they hold."""
    return _carry(site_name, Wish(push=False, big=everything, only=names), elsewhere.pull, language, as_json=as_json)


@store.command()
@_site
@language_option
@json_option
def verify(site_name: str, language: Language, *, as_json: bool) -> int:
    """Read every file anew, here and at the store, and say which are not the same; and whether each journal is whole.

    Exit 0 when all is well, 1 when it is not. What is at the store alone is no fault.
    """
    place = _place(site_name)
    texts = messages.Texts(language)
    try:
        here = files.found(home(), place.site, {})
        there = place.store.digests(sorted(here))
        problems = [key for key, one in here.items() if there.get(key) != one.digest]
        broken = {key: said for key in here if key.endswith("journal.jsonl") and (said := journal.verify(home() / key))}
    except (FailbackError, journal.JournalError) as error:
        raise RecordError(f"{error}.", next_step=f"rollback-runner doctor -i {site_name}") from error
    if as_json:
        click.echo(json.dumps({"files": len(here), "different": problems, "journals": broken}, indent=2))
    else:
        click.echo(texts("store.verified", count=len(here), where=place.store.where, different=len(problems)))
        for key in problems:
            click.echo("  " + texts("store.different" if key in there else "store.missing", file=key))
        for key, said in broken.items():
            click.echo(f"  {key}: {'; '.join(said)}")
    return Exit.FAILED if problems or broken else Exit.PROVEN


def _carry(
    site_name: str, wish: Wish, act: Callable[..., Exchanged | None], language: Language, *, as_json: bool
) -> int:
    place = _place(site_name)
    found = act(place, lambda sentence: click.echo(sentence, err=True), wish)
    if found is None:
        return Exit.FAILED
    if as_json:
        click.echo(json.dumps({"store": place.store.where} | _as_dict(found), ensure_ascii=False, indent=2))
    else:
        _tell(found, messages.Texts(language))
    return Exit.FAILED if found.clashes else Exit.PROVEN


def _place(site_name: str) -> elsewhere.Place:
    found = elsewhere.find(site_name, home())
    if found is None:
        raise UsageError(
            f"The site {site_name} names no store: its lock and its record are in {home()}.",
            next_step="docs/the-records-place.md says how a site names one (site_store)",
        )
    elsewhere.name_to_the_lock(found)
    return found


def _as_dict(found: Exchanged) -> dict[str, list[str]]:
    return {
        "pushed": found.pushed,
        "pulled": found.pulled,
        "waiting": found.waiting,
        "different": found.clashes,
        "left_there": found.left,
    }


def _tell(found: Exchanged, texts: messages.Texts) -> None:
    for key, names in (("pushed", found.pushed), ("pulled", found.pulled), ("waiting", found.waiting)):
        if names:
            click.echo(texts(f"store.{key}", count=len(names)))
    if found.left:
        click.echo(texts("store.left", count=len(found.left)))
    for name in found.clashes:
        click.echo(texts("store.clash", file=name))
    if not (found.pushed or found.pulled or found.waiting or found.clashes):
        click.echo(texts("store.same"))
