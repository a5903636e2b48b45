"""Carries changes out: the playbook with the collection makes and changes, the API takes away what has gone."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from rollback_runner.awx import collection, credentials, names
from rollback_runner.awx.client import NotThereError
from rollback_runner.content import ROOT, environment
from rollback_runner.errors import RunnerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rollback_runner.awx.changes import Change, Difference
    from rollback_runner.awx.client import Awx
    from rollback_runner.awx.content import Content
    from rollback_runner.awx.observed import Observed

_PLAYBOOK = ROOT / "playbooks" / "awx" / "configure.yml"
_DEADLINE = 1800  # seconds; a project that is fetched anew takes minutes
_REQUEST = 60  # seconds for one request
_SAID = 4


def has_secrets_to_send(awx: Awx, wanted: Content, found: Observed) -> bool:
    """Tell whether this machine has secret files whose contents AWX lacks."""
    return any(_credential(awx, entry, found, secrets=True)["files"] for entry in wanted.objects["credentials"])


def play(awx: Awx, wanted: Content, found: Observed, difference: Difference, *, secrets: bool) -> None:
    """Make and change. `secrets`: hand over the contents of the site's secret files that AWX lacks.

    Raises `RunnerError` with the words of the task that failed; what was made until then stays, the next run goes on.
    """
    there = collection.find()
    body = {
        "awx_organization": wanted.objects["projects"][0]["organization"],
        "awx_fresh_nodes": difference.fresh,
        "awx_content": _needed(awx, wanted, found, difference, secrets=secrets),
    }
    with tempfile.TemporaryDirectory(prefix="rr-awx-") as folder:
        _log_in(awx, Path(folder))
        told = Path(folder) / "content.yml"
        told.write_text(_as_written(body), encoding="utf-8")
        argv = ["ansible-playbook", "-i", "localhost,", "-e", f"@{told}", str(_PLAYBOOK)]
        extra = {"ANSIBLE_COLLECTIONS_PATH": str(there), "HOME": folder, "ANSIBLE_PIPELINING": "True"}
        if awx.login.ca_file:
            # The collection has no option for it; Python's own TLS reads this variable.
            extra["SSL_CERT_FILE"] = str(Path(awx.login.ca_file).expanduser().resolve())
        try:
            done = subprocess.run(
                argv,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_DEADLINE,
                check=False,
                cwd=folder,
                env=_clean(os.environ) | environment() | extra,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise RunnerError(
                f"The playbook did not end: {error}.", next_step="the same command again goes on"
            ) from error
    if done.returncode != 0:
        raise RunnerError(
            f"AWX is not as the site needs it: {_reason(done.stdout + done.stderr)}",
            next_step="clear what is named, then the same command again: it goes on where it stopped",
        )


def _log_in(awx: Awx, folder: Path) -> None:
    """Write what the collection reads from its user's home: where AWX is, and the token."""
    place = folder / ".tower_cli.cfg"
    place.touch(mode=0o600)
    token = awx.login.token_file.expanduser().read_text(encoding="utf-8").strip()
    body = {"host": awx.login.url, "oauth_token": token, "verify_ssl": True, "request_timeout": _REQUEST}
    place.write_text(yaml.safe_dump(body), encoding="utf-8")


def _clean(given: Mapping[str, str]) -> dict[str, str]:
    """Leave out what would send the collection to another AWX: its variables outrank its file."""
    return {name: value for name, value in given.items() if not name.startswith(("CONTROLLER_", "TOWER_"))}


def take_away(awx: Awx, site: str, gone: Iterable[Change]) -> int:
    """Remove objects by their number, and count them. Each is looked at again first: it must still be ours."""
    count = 0
    for change in gone:
        path = f"{change.kind}/{change.number}/"
        try:
            there = awx.get(path)
            if there.get("name") != change.name or not names.made(site, change.kind, there):
                raise RunnerError(f"{change.kind} {change.number} is not what it was a moment ago; it stays.")
            awx.send("DELETE", path)
        except NotThereError:
            continue
        count += 1
    return count


def let_go(awx: Awx, gone: Iterable[Change]) -> int:
    """Take rights from our teams, and people out of them, and count what was taken. Whoever has gone already is."""
    count = 0
    for change in gone:
        path = f"roles/{change.role}/{'users' if change.act == 'leave' else 'teams'}/"
        try:
            if any(one["id"] == change.number for one in awx.all(path)):
                awx.send("POST", path, {"id": change.number, "disassociate": True})
                count += 1
        except NotThereError:
            continue
    return count


def _credential(awx: Awx, entry: dict[str, Any], found: Observed, *, secrets: bool) -> dict[str, Any]:
    """Say what is sent of a credential: AWX takes its inputs as a whole, so what it has is sent back hidden."""
    there = found.find("credentials", entry["name"])
    held = dict((there or {}).get("inputs") or {})
    own = {credentials.URL: awx.login.url} if entry["name"].endswith(": record") else {}
    lacking = {
        name: path for name, path in entry["files"].items() if not held.get(name) and Path(path).expanduser().is_file()
    }
    files = {name: str(Path(path).expanduser()) for name, path in lacking.items()} if secrets else {}
    inputs = {**own, **held}
    return {**entry, "inputs": inputs, "files": files, "send": bool(files) or (there is None and bool(own))}


def _needed(
    awx: Awx, wanted: Content, found: Observed, difference: Difference, *, secrets: bool
) -> dict[str, list[Any] | dict[str, Any]]:
    """Keep what differs: each object costs the collection a second and several requests, changed or not."""
    differs = {(change.kind, change.name) for change in difference.changes}
    grants = {(change.team, change.kind) for change in difference.changes if change.act == "grant"}
    joins = {change.team for change in difference.changes if change.act == "join"}
    held = [_credential(awx, entry, found, secrets=secrets) for entry in wanted.objects["credentials"]]
    teams = {names.of(wanted.site, team): people for team, people in wanted.members.items()}
    return {
        **{kind: [one for one in made if (kind, one["name"]) in differs] for kind, made in wanted.objects.items()},
        "credentials": [one for one in held if one["send"] or ("credentials", one["name"]) in differs],
        "roles": [dict(entry) for entry in wanted.roles if (entry["team"], entry["role"]) in grants],
        "members": {
            team: [one for one in people if one in found.users] for team, people in teams.items() if team in joins
        },
    }


class _Unsafe(yaml.SafeDumper):
    """Writes texts so that Ansible leaves the braces in them alone: they are AWX's."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    braces = "{{" in value or "{%" in value
    return dumper.represent_scalar("!unsafe" if braces else "tag:yaml.org,2002:str", value, style='"')


_Unsafe.add_representer(str, _text)


def _as_written(body: dict[str, Any]) -> str:
    plain = {
        **body,
        "awx_content": {**body["awx_content"], "roles": [dict(one) for one in body["awx_content"]["roles"]]},
    }
    return yaml.dump(plain, Dumper=_Unsafe, allow_unicode=True, width=10_000)


def _reason(output: str) -> str:
    """Find what the failed task said; anything the collection hides stays hidden."""
    found = re.findall(r"(?:\[ERROR\]: |\"msg\": \"|fatal: .*?=> )(.*)", output)
    lines = list(dict.fromkeys(line.strip().rstrip('",') for line in found if line.strip()))
    return " ".join(lines[:_SAID]) or "the playbook failed and did not say why"
