"""The site's own files that change what is done: templates, journeys, vaults. Reads files, touches none.

Plain variables are not among them: the plan holds their values, and a comment in `group_vars` changes nothing. Of a
vault only the bytes count: without its key nobody can tell what is in it, so encrypting the same values again lets
approvals fall too.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback import project

from rollback_runner.content import ROOT
from rollback_runner.errors import SiteError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollback_runner.site.site import Site

_VAULT = b"$ANSIBLE_VAULT;"
_OF_VARIABLES = ("group_vars", "host_vars", "hosts", "inventory")
# Answers are read in drills only, and a page for people does nothing.
_NEVER = ("answers.yml",)
_PAGES = (".md", ".txt")
_TEMPLATE = "_template"  # how a variable ends that names a file to fill in


def digests(site: Site) -> dict[str, str]:
    """Digest (SHA-256) each of them, by a name that is the same on every machine. Raises `SiteError`."""
    found = {}
    for name, path in (*_below(site), *_named(site)):
        try:
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise SiteError(
                [f"{path} cannot be read, so it is not known what would be done: {error.strerror}"],
                next_step=f"make {path} readable, then the same command again",
            ) from error
    return dict(sorted(found.items()))


def _below(site: Site) -> Iterator[tuple[str, Path]]:
    apart = {Path(one).resolve() for one in (*site.secret_files, *_signers(site))}
    for path in project.walk(site.directory):
        inside = path.relative_to(site.directory)
        if path.resolve() in apart or inside.name in _NEVER or inside.suffix in _PAGES:
            continue
        if not inside.parts[0].startswith(_OF_VARIABLES) or _is_vault(path):
            yield f"$SITE/{inside.as_posix()}", path


def _named(site: Site) -> Iterator[tuple[str, Path]]:
    """Find the templates that variables name, wherever they lie."""
    values = {value for host in site.variables.values() for key, value in host.items() if key.endswith(_TEMPLATE)}
    for value in sorted(value for value in values if isinstance(value, str)):
        path = Path(value).resolve()
        if path.is_file() and not path.is_relative_to(site.directory.resolve()):
            inside = path.is_relative_to(ROOT.resolve())
            yield (f"$PROJECT/{path.relative_to(ROOT.resolve()).as_posix()}" if inside else path.name), path


def _signers(site: Site) -> Iterator[str]:
    """Who may sign is judged with each signature, not here."""
    for host in site.variables.values():
        rules: Any = host.get("site_approvals")
        if isinstance(rules, dict) and rules.get("signers_file"):
            yield str(rules["signers_file"])


def _is_vault(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(len(_VAULT)) == _VAULT
    except OSError:
        return False
