"""The commands of `deployment` that act: options in, the run's report out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from rollback_runner import messages
from rollback_runner.cli import running
from rollback_runner.content import home
from rollback_runner.deployment import carry, look, releasing, undoing
from rollback_runner.errors import RefusedError, UsageError
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollback_runner.checklist import Language
    from rollback_runner.run.carry import Unfinished
    from rollback_runner.run.options import Options


def carry_out(kind: str, given: Mapping[str, Any]) -> int:
    """Roll back or promote, as the options say."""
    asked, options = _asked(kind, given)
    return _run(asked, options, as_json=given["as_json"])


def undo(given: Mapping[str, Any]) -> int:
    """Go forward again where production was rolled back; say so where it was not."""
    asked, options = _asked("promote", given)
    texts = messages.Texts(asked.language)
    site = sites.load(asked.site, applications=True)
    wish = replace(asked.wish, application=look.application(site, asked.wish.application))
    # The list tells whether there is anything to undo; the target is chosen by the whole look that follows.
    looked = look.look(site, home(), replace(wish, to="", strategy=""), listing=True)
    looked.need_listing(asked.language)
    if not undoing.rolled_back(looked.facts):
        click.echo(texts("deployment.undo.nothing", app=wish.application), err=given["as_json"])
        return 0
    if given["yes"] and not wish.to:
        # The rule may pick one that never served; with nobody to ask, nobody would see it.
        raise UsageError(
            texts("deployment.undo.name"),
            next_step="rollback-runner deployment list, then rollback-runner deployment undo --to ID",
        )
    faulty = undoing.went_back_from(looked.facts)
    if not asked.silent:
        aloud(texts("deployment.undo.title"))
        if wish.to and faulty and wish.to == faulty:
            aloud(texts("deployment.undo.faulty", id=faulty))
    try:
        return _run(replace(asked, wish=wish), options, as_json=given["as_json"])
    except RefusedError as error:
        if wish.to or not faulty:
            raise
        raise RefusedError(error.what, next_step=texts("deployment.undo.pick", id=faulty)) from error


def resume(found: Unfinished, given: Mapping[str, Any]) -> int:
    """Go on with a run that was cut off: it looks again, and what is left of its plan is not asked for twice."""
    wish, options = carry.unfinished(home(), found)
    asked = carry.Asked(
        given["site_name"],
        home(),
        wish,
        given["language"],
        yes=given["yes"],
        answers=given["answers"],
        silent=given["as_json"],
        resumed=True,
    )
    return _run(asked, options, as_json=given["as_json"])


def release(site_name: str, app: str, wish: releasing.Wish, language: Language, *, yes: bool) -> int:
    """End a hold that a dead run left, after the site's name was typed."""
    texts = messages.Texts(language)
    site = sites.load(site_name, applications=True)
    wish = replace(wish, application=look.application(site, app))
    if not wish.reason.strip():
        raise UsageError(
            texts("deployment.release.reason"), next_step='rollback-runner deployment release --reason "why"'
        )
    shown = texts("deployment.release.back" if wish.back else "deployment.release.forward", app=wish.application)
    if not yes and running.confirm(shown, texts("plan.ask", site=site.name)) != site.name:
        raise RefusedError(texts("plan.declined", site=site.name), next_step="the same command again, or with --yes")
    done = releasing.release(site, home(), wish, aloud)
    click.echo(texts("deployment.release.done" if done else "deployment.release.none", app=wish.application))
    return 0


def aloud(line: str) -> None:
    """Say how far it is."""
    click.echo(f"  {line}", err=True)


def nothing(_line: str) -> None:
    """Say nothing: standard output carries JSON alone, or nobody follows."""


def _asked(kind: str, given: Mapping[str, Any]) -> tuple[carry.Asked, Options]:
    options = running.options(check=given["check"], break_lock=given["break_lock"], break_glass=given["break_glass"])
    wish = look.Wish(given["app"], kind, given["to"], given["strategy"], given["reason"].strip())
    language: Language = given["language"]
    asked = carry.Asked(
        given["site_name"],
        home(),
        wish,
        language,
        yes=given["yes"] or given["check"],
        answers=given["answers"],
        silent=given["as_json"],
    )
    return asked, options


def _run(asked: carry.Asked, options: Options, *, as_json: bool) -> int:
    return running.show(carry.carry_out(asked, options, running.confirm), asked.language, as_json=as_json)
