"""`bundle`: everything to run without a network but the site's, in one file, and the proof that it is whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from failback.approval import policy, signers, signing

from rollback_runner import korean, messages
from rollback_runner.bundle import make as making
from rollback_runner.bundle import verify as proving
from rollback_runner.bundle import wheels
from rollback_runner.cli.common import json_option, language_option, site_option
from rollback_runner.content import home
from rollback_runner.errors import Exit, RunnerError, UsageError
from rollback_runner.people import approval_keys
from rollback_runner.people.room import ours, shared
from rollback_runner.runbook import render
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollback_runner.bundle.make import Made
    from rollback_runner.bundle.verify import Proof
    from rollback_runner.checklist import Language
    from rollback_runner.site.site import Site

_SHOWN = 5
_OLDEST_GLIBC = 28  # the minor number: Debian 10, RHEL 8 and whatever is newer


@click.group()
def bundle() -> None:
    """Pack everything into one file that installs without a network, and prove such a file."""


@bundle.command()
@site_option
@click.option(
    "--to", "directory", default="", metavar="DIR", help="Where the bundle is put; by default bundles below RR_HOME."
)
@click.option(
    "--python",
    "pythons",
    multiple=True,
    type=click.Choice(wheels.PYTHONS),
    help="A Python of the machine it is for; may be given more than once. By default the one this runs on.",
)
@click.option(
    "--glibc",
    "glibc_minor",
    type=click.IntRange(17, 99),
    default=_OLDEST_GLIBC,
    show_default=True,
    metavar="N",
    help="The oldest glibc of that machine, 2.N: 28 is Debian 10 or RHEL 8, 36 Debian 12.",
)
@click.option("--with-lab", is_flag=True, help="Also what the lab needs, its images too: then it can run a drill.")
@click.option("--image", "more", multiple=True, metavar="NAME", help="Also this image of the Docker Engine here.")
@click.option(
    "--as", "by", default="", envvar="RR_PERSON", metavar="NAME", help="Who signs it; by default nobody does."
)
@click.option("--key", default="", metavar="FILE", help="The private key to sign with, or `agent`.")
@language_option
@json_option
def make(site_name: str, *, language: Language, as_json: bool, **given: Any) -> int:
    """Pack wheels, content, the site's inventory, public keys and the printed runbook into one file.

    Reaches a package registry by this machine's own settings of pip. No secret goes in: files of secrets and vaults are
    left out and named, and a site with a secret in plain is refused. What is packed stands there with its SHA-256.
    """
    site = sites.load(site_name)
    texts = messages.Texts(language)
    signer, sign = _signing(site, str(given["by"]), str(given["key"]))
    pythons = given["pythons"] or (wheels.own_python(),)
    missing: list[str] = []
    asked = making.Asked(
        site,
        home(),
        Path(given["directory"]).expanduser() if given["directory"] else home() / "bundles",
        [wheels.Target(python, glibc_minor=given["glibc_minor"]) for python in pythons],
        lambda: _runbook(site_name, missing),
        lambda line: click.echo(line, err=True),
        given["with_lab"],
        given["more"],
        signer,
        sign,
    )
    made = ours(lambda: making.make(asked))
    if as_json:
        proof = proving.Proof(made.path, made.sha256, (), made.manifest)
        click.echo(json.dumps(proof.as_dict() | {"size": made.size}, ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(_made(made, missing, texts)))
    return Exit.PROVEN


@bundle.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--signers", "signers_file", default="", metavar="FILE", help="Whose signatures count: an allowed-signers file."
)
@click.option("--sha256", "digest", default="", metavar="DIGEST", help="The digest that was noted when it was made.")
@language_option
@json_option
def verify(file: Path, *, language: Language, as_json: bool, **given: Any) -> int:
    """Prove FILE: its shape, every digest in it, and with --signers who made it. Unpacks nothing.

    Exit 0 when it is proven, 1 when it is not. The script inside does the same before it installs anything.
    """
    named = str(given["signers_file"])
    trusted = ours(lambda: signers.read(named)) if named else None
    proof = ours(lambda: proving.verify(file, trusted, sha256=given["digest"]))
    if as_json:
        click.echo(json.dumps(proof.as_dict(), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(_proven(proof, messages.Texts(language))))
    return Exit.PROVEN if proof.good else Exit.FAILED


def _signing(site: Site, by: str, key: str) -> tuple[str, Callable[[bytes], bytes] | None]:
    """Find the key of who signs; nobody does unless asked to."""
    if not by:
        if key:
            raise UsageError("--key needs --as NAME: a key says nothing without whose it is.", next_step="--as NAME")
        return "", None
    chosen, public = key, list[str]()
    if not key:
        trusted = ours(lambda: policy.read(shared(site)))
        if trusted is None or not trusted.signers_file:
            raise UsageError(f"The site {site.name} names no signers file.", next_step="the command with --key FILE")
        chosen, public = ours(lambda: approval_keys.choose(trusted, by, ""))
    return by, lambda message: signing.sign(message, chosen, making.NAMESPACE, ask=True, public=public)


def _runbook(site_name: str, missing: list[str]) -> dict[str, str]:
    """Write the runbook in both languages; a site that has no plan yet travels without one, and it is told."""
    from rollback_runner.cli import runbook  # noqa: PLC0415 - reads the whole plan

    try:
        made = runbook.make(site_name)
    except RunnerError as error:
        missing.append(error.what)
        return {}
    found: dict[str, str] = {}
    for language in ("en", "ko"):
        found[f"runbook.{language}.html"] = render.html(made, language)
        found[f"runbook.{language}.md"] = render.markdown(made, language)
    return found


def _made(made: Made, missing: list[str], texts: messages.Texts) -> list[str]:
    told = made.manifest
    lines = [
        texts("bundle.made", path=made.path, size=f"{made.size:,}"),
        texts("bundle.sha256", digest=made.sha256),
        texts(
            "bundle.holds",
            pythons=", ".join(told.pythons),
            machine=told.machine,
            files=len(told.files),
            images=len(told.images),
        ),
    ]
    lines += [
        texts("bundle.left_out", name=one.name, why=korean.said(one.why, texts.language)) for one in told.left_out
    ]
    if told.by_hand:
        lines.append(texts("bundle.by_hand", names=", ".join(told.by_hand)))
    lines += [texts("bundle.no_runbook", why=korean.said(why, texts.language)) for why in missing]
    if not told.signer:
        lines.append(texts("bundle.unsigned"))
    return lines


def _proven(proof: Proof, texts: messages.Texts) -> list[str]:
    told = proof.manifest
    if not proof.good or told is None:
        problems = [texts(one.key, what=one.what, why=one.why) for one in proof.problems[:_SHOWN]]
        return [texts("bundle.not_proven", path=proof.path), *(f"  {line}" for line in problems)]
    lines = [
        texts("bundle.proven" if proof.key else "bundle.whole", path=proof.path),
        texts("bundle.sha256", digest=proof.sha256),
        texts("bundle.of", version=told.tool, site=told.site, at=told.made_at),
    ]
    if proof.key:
        lines.append(texts("bundle.by", signer=told.signer, fingerprint=proof.key, at=told.made_at))
    return lines
