"""`approve`, `approvals` and `revoke`: the words of those who must sign the plan before anything is destroyed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from failback.approval import policy, signing
from failback.approval.judge import SHOWN
from failback.approval.statement import moment_text

from rollback_runner import messages
from rollback_runner.cli.common import json_option, language_option, site_option
from rollback_runner.content import home
from rollback_runner.errors import Exit, RefusedError, UsageError
from rollback_runner.people import approval_keys, approvals, approvals_view
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from failback.approval.statement import Statement

    from rollback_runner.checklist import Language
    from rollback_runner.messages import Texts
    from rollback_runner.site.site import Site

_role = click.option("--role", metavar="ROLE", help=f"In which role: {', '.join(policy.ROLES)}.")
_as = click.option("--as", "person", default="", metavar="NAME", help="Who signs, as the signers file names them.")
_key = click.option(
    "--key",
    default="",
    metavar="FILE|agent",
    help="The key to sign with: a file, or the one the agent holds. Its passphrase is asked for by ssh-keygen alone.",
)


@click.command()
@site_option
@_role
@_as
@_key
@click.option("--condition", default="", metavar="TEXT", help="What the approval depends on; goes on record with it.")
@click.option("--yes", is_flag=True, help="Do not ask for the site's name.")
@click.option(
    "--print", "only_print", is_flag=True, help="Write the statement to sign elsewhere, and sign nothing here."
)
@click.option(
    "--import",
    "signature",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE.sig",
    help="Take in a signature made elsewhere; the statement FILE lies beside it.",
)
@language_option
def approve(  # noqa: PLR0913 - one parameter per option is how click hands them over
    site_name: str,
    role: str | None,
    person: str,
    key: str,
    condition: str,
    *,
    yes: bool,
    only_print: bool,
    signature: Path | None,
    language: Language,
) -> int:
    """Sign the frozen plan in a role.

    Shows what is signed first: strategy, data at stake, open findings, digest. The signature counts for this site,
    incident and plan alone, and until it expires. Who made the plan cannot approve it.
    """
    site, texts = sites.load(site_name, applications=True), messages.Texts(language)
    if signature is not None:
        _report(approvals.bring(site, home(), signature), texts)
        return Exit.PROVEN
    if not role:
        raise UsageError(
            "In which role? --role is missing.", next_step=f"rollback-runner approve --role {policy.TECHNICAL_LEAD}"
        )
    chosen = approvals.role_of(role)
    person = _who(site, chosen, person, key)
    said = approvals.draft(site, home(), chosen, person, conditions=condition)
    shown = approvals_view.head(approvals.standing(site, home()), chosen, said.conditions, texts)
    if only_print:
        click.echo(shown, err=True)
        click.echo(said.text(), nl=False)
        click.echo(texts("approve.sign_elsewhere", namespace=signing.APPROVAL), err=True)
        return Exit.PROVEN
    _confirm(shown, site, person, texts, yes=yes)
    _report(approvals.sign_statement(site, home(), said, key, ask=sys.stdin.isatty()), texts)
    return Exit.PROVEN


@click.command(name="approvals")
@site_option
@language_option
@json_option
def status(site_name: str, language: Language, *, as_json: bool) -> int:
    """Show who signed the frozen plan, until when, what is missing, and the command to give.

    Exit code 0 when everyone whose word is needed has signed, 4 when words are missing, 3 when something is wrong.
    """
    found = approvals.standing(sites.load(site_name, applications=True), home())
    if as_json:
        click.echo(json.dumps(found.as_dict(), ensure_ascii=False, indent=2))
    else:
        click.echo(approvals_view.status(found, messages.Texts(language)))
    if found.judged.good:
        return Exit.PROVEN
    return Exit.WAITING if all(problem.waits for problem in found.judged.problems) else Exit.REFUSED


@click.command()
@site_option
@_role
@_as
@_key
@click.option("--reason", required=True, metavar="TEXT", help="Why; goes on record.")
@language_option
def revoke(  # noqa: PLR0913 - one parameter per option is how click hands them over
    site_name: str, role: str | None, person: str, key: str, *, reason: str, language: Language
) -> int:
    """Take the approvals of a role back. Whoever holds any role may do so, with a signature of their own.

    Counts until IDC takes writes: a run that is under way stops before it next closes RDS, opens IDC or restores.
    """
    site, texts = sites.load(site_name, applications=True), messages.Texts(language)
    if not role:
        raise UsageError(
            "Whose approval? --role is missing.",
            next_step=f"rollback-runner revoke --role {policy.TECHNICAL_LEAD} --reason TEXT",
        )
    chosen = approvals.role_of(role)
    person = _who(site, "", person, key)
    _report(approvals.revoke(site, home(), chosen, person, key, reason=reason, ask=sys.stdin.isatty()), texts)
    if approvals.standing(site, home()).seen.record.promoted:
        click.echo(texts("revoke.late"))
    return Exit.PROVEN


def _who(site: Site, role: str, person: str, key: str) -> str:
    asked = approvals.policy_of(site)
    if asked is None:
        return person
    return approval_keys.who(asked, role, person, key)


def _confirm(shown: str, site: Site, person: str, texts: Texts, *, yes: bool) -> None:
    """Show what is signed and have the site's name typed. Raises `UsageError` where nobody can be asked."""
    click.echo(shown, err=True)
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(
            "Nobody can be asked here: standard input is not a terminal.", next_step="the same command with --yes"
        )
    question = texts("approve.ask", site=site.name, person=person)
    if click.prompt(question, err=True, default="", show_default=False) != site.name:
        raise RefusedError(texts("approve.declined", site=site.name), next_step="the same command again, or with --yes")


def _report(made: Statement, texts: Texts) -> None:
    role = approvals_view.title(made.role, texts)
    if made.expires_at is None:
        click.echo(texts("revoke.done", person=made.principal, role=role))
        return
    until = moment_text(made.expires_at)
    click.echo(texts("approve.signed", person=made.principal, role=role, digest=made.plan[:SHOWN], until=until))
