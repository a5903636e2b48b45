"""`phase`, `rollback`, `resume` and `abort`: the commands that act."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from rollback_runner.cli import asking, deployment_acts, running
from rollback_runner.cli.common import json_option, language_option, site_option, without_store_option
from rollback_runner.content import home
from rollback_runner.plan import leg as plan
from rollback_runner.plan import ways
from rollback_runner.run import carry
from rollback_runner.run.options import Options

if TYPE_CHECKING:
    from rollback_runner.checklist import Language

_answers = click.option(
    "--answers",
    type=click.Path(exists=True, dir_okay=False, readable=True, path_type=str),
    metavar="FILE",
    help="What people would have answered (YAML: `site: NAME` to confirm, item ids for their items).",
)
_accept_loss = click.option(
    "--accept-loss",
    default="",
    metavar="REASON",
    help="Promote although RDS cannot be asked; the loss that is known to be possible goes on record with this reason.",
)
_break_lock = click.option(
    "--break-lock", default=None, metavar="REASON", help="Take the site's lock from whoever holds it, with this reason."
)
_strategy = click.option(
    "--strategy",
    type=click.Choice(list(ways.WAYS)),
    default=None,
    metavar="NAME",
    help=f"Another way through than the site's: {', '.join(ways.WAYS)}.",
)
_break_glass = click.option(
    "--break-glass",
    default="",
    metavar="REASON",
    help="Act without the approvals the site asks for. Goes on record with this reason, on top of the report.",
)
_yes = click.option("--yes", is_flag=True, help="Ask nothing.")
_stay_fenced = click.option(
    "--stay-fenced", is_flag=True, help="After a failure before the promotion, do not go back by itself."
)


@click.command()
@click.argument("name", metavar="NAME")
@site_option
@click.option("--part", default="", metavar="PART", help="The part of a phase that the strategy splits, e.g. restore.")
@_strategy
@click.option("--check", is_flag=True, help="Rehearse: read everything, plan everything, touch nothing.")
@_yes
@_answers
@_accept_loss
@_break_lock
@_break_glass
@_stay_fenced
@without_store_option
@language_option
@json_option
def phase(  # noqa: PLR0913 - one parameter per option is how click hands them over
    name: str,
    site_name: str,
    *,
    part: str,
    strategy: str | None,
    check: bool,
    yes: bool,
    answers: str | None,
    accept_loss: str,
    break_lock: str | None,
    break_glass: str,
    stay_fenced: bool,
    language: Language,
    as_json: bool,
) -> int:
    """Carry out the phase NAME (prepare, approve, emergency, full, complete, watch) on a site.

    What closes RDS, opens IDC or restores begins only under a plan that was frozen and signed (`plan --freeze`,
    `approve`). Shows the plan first, and on a terminal asks for the site's name. Safe to run again at any point: every
    step looks before it acts. A failure before the promotion goes back to the state before by itself.
    """
    plan.refuse_unknown(name)
    wanted = running.options(
        check=check, accept_loss=accept_loss, break_lock=break_lock, break_glass=break_glass, stay_fenced=stay_fenced
    )
    leg = f"{name}:{part}" if part else name
    asked = carry.Asked((leg,), site_name, home(), language, yes or check, answers, as_json, strategy or "")
    return running.show(carry.carry_out(asked, wanted, running.confirm, asking.ask_phase), language, as_json=as_json)


@click.command()
@site_option
@_strategy
@_yes
@_answers
@_accept_loss
@_break_lock
@_break_glass
@_stay_fenced
@without_store_option
@language_option
@json_option
def rollback(  # noqa: PLR0913 - one parameter per option is how click hands them over
    site_name: str,
    *,
    strategy: str | None,
    yes: bool,
    answers: str | None,
    accept_loss: str,
    break_lock: str | None,
    break_glass: str,
    stay_fenced: bool,
    language: Language,
    as_json: bool,
) -> int:
    """Carry out every leg of the way through, one after another, in one run.

    First prepare and approve, then by strategy. switch-first: emergency, full. restore-first: full:restore,
    emergency, full. stop-first: emergency:stop, full:restore, emergency:open, full. Then complete and watch. The next
    leg begins only when the one before is proven. Between prepare and approve the plan is frozen and signed; until then
    the run waits (exit 4), and resume goes on with it.
    """
    wanted = running.options(
        check=False, accept_loss=accept_loss, break_lock=break_lock, break_glass=break_glass, stay_fenced=stay_fenced
    )
    asked = carry.Asked((), site_name, home(), language, yes, answers, as_json, strategy or "")
    return running.show(carry.carry_out(asked, wanted, running.confirm, asking.ask_phase), language, as_json=as_json)


@click.command()
@site_option
@_yes
@_answers
@click.option("--break-lock", default=None, metavar="REASON", help="Also take the lock from a holder that still lives.")
@without_store_option
@language_option
@json_option
def resume(  # noqa: PLR0913 - one parameter per option is how click hands them over
    site_name: str, *, yes: bool, answers: str | None, break_lock: str | None, language: Language, as_json: bool
) -> int:
    """Go on with the newest run that did not get to its end.

    Runs what was left of it with the same options, under a new epoch: what is done is seen and left alone. Takes over
    the lock of a run whose process is gone, and ends what that run left behind on this machine.
    """
    found = carry.unfinished(home(), site_name)
    if found.legs == (ways.DEPLOYMENT.name,):
        given = replace(found, options=replace(found.options, takeover=break_lock))
        again = {"site_name": site_name, "answers": answers, "language": language, "yes": yes, "as_json": as_json}
        return deployment_acts.resume(given, again)
    wanted = replace(found.options, takeover=break_lock or carry.takeover(home(), found.site.name))
    asked = carry.Asked(found.legs, site_name, home(), language, yes, answers, as_json, found.strategy)
    return running.show(carry.carry_out(asked, wanted, running.confirm, asking.ask_phase), language, as_json=as_json)


@click.command()
@site_option
@_yes
@_answers
@_break_lock
@without_store_option
@language_option
@json_option
def abort(  # noqa: PLR0913 - one parameter per option is how click hands them over
    site_name: str, *, yes: bool, answers: str | None, break_lock: str | None, language: Language, as_json: bool
) -> int:
    """Put RDS back in service, as long as IDC was not made writable.

    Unlocks what the run locked, releases held requests towards AWS, checks that the names never moved. After the
    promotion it is refused (exit 3), with the reason.
    """
    asked = carry.Asked(("abort",), site_name, home(), language, yes=yes, answers=answers, silent=as_json)
    return running.show(carry.abort(asked, Options(takeover=break_lock), running.confirm), language, as_json=as_json)
