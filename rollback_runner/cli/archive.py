"""`archive`: everything of an incident in one sealed file, and the proof that it is what was sealed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from failback import lock
from failback.approval import policy, signers

from rollback_runner import korean, messages
from rollback_runner.archive import make as making
from rollback_runner.archive import place
from rollback_runner.archive import verify as proving
from rollback_runner.cli.common import DEFAULT_SITE, json_option, language_option, site_option
from rollback_runner.content import home
from rollback_runner.errors import Exit, LockedError, UsageError
from rollback_runner.people import approval_keys
from rollback_runner.people.room import ours, shared
from rollback_runner.record import incident_report, store
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from failback.approval.signers import Signers

    from rollback_runner.archive import reading
    from rollback_runner.archive.make import Made
    from rollback_runner.archive.verify import Proof
    from rollback_runner.checklist import Language
    from rollback_runner.site.site import Site

_SHOWN = 5


@click.group()
def archive() -> None:
    """Seal everything of an incident in one file, and prove such a file."""


@archive.command()
@site_option
@click.option("--incident", "incident_name", default=None, metavar="ID", help="Which incident; the open or newest one.")
@click.option(
    "--as", "by", default="", envvar="RR_PERSON", metavar="NAME", help="Who seals: a name of the signers file."
)
@click.option(
    "--key", default="", metavar="FILE", help="The private key to sign with, or `agent`. Found by itself if it can be."
)
@click.option(
    "--to",
    "directory",
    default="",
    metavar="DIR",
    help="Where the archive is kept; by default archives/SITE below RR_HOME.",
)
@click.option("--while-running", is_flag=True, help="Although a run is going on; the archive names it as unfinished.")
@language_option
@json_option
def make(site_name: str, *, language: Language, as_json: bool, **given: Any) -> int:
    """Pack the incident and its runs, prove that no known secret is in it, and sign it.

    Nothing half made ever lies under an archive's name, and none is written over. The record is only read.
    """
    site = sites.load(site_name)
    incident = incident_report.find(home(), site.name, given["incident_name"])
    if not given["while_running"]:
        _nobody_runs(site)
    asked = _asked(site, incident, given)
    made = ours(lambda: making.make(asked))
    proof = ours(lambda: proving.verify(made.path, _signers_of(site)))
    if as_json:
        click.echo(json.dumps(made.as_dict() | {"proven": proof.good}, ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(_made(made, proof, messages.Texts(language))))
    return Exit.PROVEN if proof.good else Exit.FAILED


@archive.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("-i", "--site", "site_name", default=DEFAULT_SITE, envvar="RR_SITE", metavar="SITE", show_default=True,
              help="Take the signers file of this site.")  # fmt: skip
@click.option(
    "--signers", "signers_file", default="", metavar="FILE", help="Whose signatures count; no site is needed then."
)
@click.option("--sha256", "digest", default="", metavar="DIGEST", help="The digest that was noted when it was made.")
@click.option(
    "--unpack",
    default=None,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Put the proven files into DIR, which must not exist yet.",
)
@language_option
@json_option
def verify(file: Path, *, language: Language, as_json: bool, **given: Any) -> int:
    """Prove FILE with nothing but itself and an allowed-signers file: here or anywhere else.

    Finds a single byte that was changed, added, cut off or moved. Unpacks nothing unless asked to, and then only what
    was proven. Exit 0 when it is proven, 1 when it is not.
    """
    named = str(given["signers_file"])
    trusted = ours(lambda: signers.read(named)) if named else _signers_of(sites.load(given["site_name"]))
    proof = ours(lambda: proving.verify(file, trusted, sha256=given["digest"], unpack=given["unpack"]))
    if as_json:
        click.echo(json.dumps(proof.as_dict(), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(_proven(proof, messages.Texts(language))))
    return Exit.PROVEN if proof.good else Exit.FAILED


@archive.command("list")
@site_option
@click.option("--to", "directory", default="", metavar="DIR", help="Look here instead of archives/SITE below RR_HOME.")
def show(site_name: str, directory: str) -> None:
    """List the archives that are kept of a site, the oldest first. Proves nothing."""
    site = sites.load(site_name)
    where = _directory(site, directory)
    found = sorted(where.glob(f"*{place.SUFFIX}")) if where.is_dir() else []
    for path in found:
        click.echo(f"{path}  {path.stat().st_size:,}")
    if not found:
        raise UsageError(f"There is no archive in {where}.", next_step="rollback-runner archive make")


def _asked(site: Site, incident: Path, given: dict[str, Any]) -> making.Asked:
    """Find who seals and with which key: as named, else what the site keeps for it, else the person's own key."""
    kept = shared(site).get("site_archive") or {}
    trusted = _policy(site)
    who, key = str(given["by"] or ""), str(given["key"] or "")
    if not who and not key and kept.get("key_file"):
        who, key = str(kept.get("signer") or ""), str(kept["key_file"])
    who = who or str(kept.get("signer") or "")
    if not who:
        raise UsageError("--as is missing: say who seals it.", next_step="the command with --as NAME --key FILE")
    chosen, public = ours(lambda: approval_keys.choose(trusted, who, key))
    sign = making.signed_with(chosen, ask=True, public=public)
    return making.Asked(home(), site.name, incident, _directory(site, given["directory"]), who, sign, site.secret_files)


def _directory(site: Site, given: str) -> Path:
    wanted = given or str((shared(site).get("site_archive") or {}).get("directory") or "")
    return Path(wanted).expanduser() if wanted else place.folder(home(), site.name)


def _policy(site: Site) -> policy.Policy:
    found = ours(lambda: policy.read(shared(site)))
    if found is None or not found.signers_file:
        raise UsageError(
            f"The site {site.name} names no signers file (site_approvals), so nobody's seal could be proven.",
            next_step="rollback-runner approve --help",
        )
    return found


def _signers_of(site: Site) -> Signers:
    return ours(lambda: signers.read(_policy(site).signers_file))


def _nobody_runs(site: Site) -> None:
    """Refuse while a run holds the site. Raises `LockedError`."""
    try:
        held = lock.read(store.lock_path(home(), site.name))
    except lock.LockError as error:
        raise LockedError(f"{error}.", next_step="rollback-runner status") from error
    if held is not None and held.held and not held.stale:
        raise LockedError(
            f"A run is going on ({held.run}, by {held.holder} on {held.host}); it would be sealed without its end.",
            next_step="wait for it, or add --while-running",
        )


def _made(made: Made, proof: Proof, texts: messages.Texts) -> list[str]:
    told = made.manifest
    lines = [
        texts("archive.made", path=made.path, size=f"{made.size:,}"),
        texts("archive.sha256", digest=made.sha256),
        texts("archive.holds", files=len(told.files), runs=len(told.runs), signer=told.signer),
        texts("archive.searched", files=told.searched.files, values=told.searched.values),
    ]
    lines += [texts("archive.secret", name=file.name) for file in told.files if file.scrubbed]
    lines += [
        texts("archive.left_out", name=one.name, why=korean.said(one.why, texts.language))
        for one in making.worth_telling(told)
    ]
    if told.searched.unread:
        lines.append(texts("archive.unread", names=", ".join(told.searched.unread)))
    if told.going_on:
        lines.append(texts("archive.going_on", runs=", ".join(told.going_on)))
    return lines + [_problem(one, texts) for one in proof.problems]


def _proven(proof: Proof, texts: messages.Texts) -> list[str]:
    if not proof.good:
        told = [_problem(one, texts) for one in proof.problems[:_SHOWN]]
        return [texts("archive.not_proven", path=proof.path), *(f"  {line}" for line in told)]
    told_of = proof.manifest
    assert told_of is not None
    lines = [
        texts("archive.proven", path=proof.path),
        texts("archive.sha256", digest=proof.sha256),
        texts("archive.by", signer=told_of.signer, fingerprint=proof.key, at=told_of.made_at),
        texts(
            "archive.of",
            incident=told_of.incident,
            site=told_of.site,
            files=len(told_of.files),
            journals=proof.journals,
        ),
    ]
    if proof.ended:
        lines.append(texts("archive.ended", signer=told_of.signer, at=told_of.made_at))
    lines += [texts("archive.scrubbed", name=name) for name in proof.scrubbed]
    if told_of.going_on:
        lines.append(texts("archive.going_on", runs=", ".join(told_of.going_on)))
    return lines


def _problem(one: reading.Problem, texts: messages.Texts) -> str:
    return texts(one.key, what=one.what, why=one.why)
