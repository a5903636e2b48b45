"""Gates that need no look at the outside: what must be in order on this machine before a play may start.

Gates that need one (identity, binlogs, errant transactions) are the first part of the phase's playbook.
"""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollback_runner.errors import SiteError, UsageError
from rollback_runner.site import inventory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rollback_runner.site.site import Site

_TOOLS = ("ssh",)
_LOGINS = (
    *("db_idc", "db_aws", "db_app_login", "db_replication"),
    *("deployment_database", "deployment_database_application"),
)


def check(site: Site) -> None:
    """Refuse to start without the tools and secret files the run needs. Raises `UsageError` or `SiteError`."""
    missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
    if missing:
        raise UsageError(
            f"The run needs what is not on this machine: {', '.join(missing)}.",
            next_step="apt-get install openssh-client",
        )
    problems = list(secret_problems(site))
    if problems:
        raise SiteError(problems, next_step=f"rollback-runner doctor -i {site.directory}")


def secret_problems(site: Site) -> Iterator[str]:
    """Say which files of passwords and keys on this machine are missing, unreadable, empty or open to others."""
    seen: set[str] = set()
    for name, path in _local_secrets(site):
        if path in seen:
            continue
        seen.add(path)
        problem = _problem(Path(path))
        if problem:
            yield f"{name}: {path} {problem}."


def _local_secrets(site: Site) -> Iterator[tuple[str, str]]:
    for host, variables in site.variables.items():
        yield from _named(host, "ansible_ssh_private_key_file", variables.get("ansible_ssh_private_key_file"))
        yield from _named(host, "aws_credentials_file", variables.get("aws_credentials_file"))
        for name in ("vercel_token_file", "vercel_bypass_file"):
            yield from _named(host, name, variables.get(name))
        for login in _LOGINS:
            yield from _named(host, f"{login}.password_file", _get(variables, login, "password_file"))
        yield from _named(host, "dns_servers.rfc2136.key_file", _get(variables, "dns_servers", "rfc2136", "key_file"))


def _named(host: str, name: str, path: Any) -> Iterator[tuple[str, str]]:
    if isinstance(path, str) and path and not inventory.is_template(path):
        yield f"{host}: {name}", str(Path(path).expanduser())


def _get(variables: Mapping[str, Any], *keys: str) -> Any:
    value: Any = variables
    for key in keys:
        value = value.get(key) if isinstance(value, dict) or hasattr(value, "get") else None
    return value


def _problem(path: Path) -> str:
    try:
        found = path.stat()
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if not os.access(path, os.R_OK):
        return "cannot be read (permission denied)"
    if found.st_size == 0:
        return "is empty"
    if stat.S_IMODE(found.st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        return f"is open to others (mode {stat.S_IMODE(found.st_mode):04o}); chmod 600 it"
    return ""
