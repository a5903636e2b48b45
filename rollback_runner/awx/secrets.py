"""The site's secrets as AWX keeps them: which file goes into which credential, and how a job finds it again.

A site names files; a job begins in a container that has none of them. AWX writes each secret into a file of its own and
tells where in RR_FILE_<FIELD>; `place` then puts it where the site's variables look for it. Pure apart from `place`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollback_runner.errors import RecordError
from rollback_runner.site import inventory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KINDS = ("mysql", "aws", "ssh", "dns", "vercel", "notification", "other")
RECORD = "record"
KNOWN_HOSTS = "known_hosts"
KNOWN_HOSTS_VARIABLE = "RR_KNOWN_HOSTS_FILE"
_SECRET = re.compile(r"(password_file|credentials_file|key_file|url_file|token_file|bypass_file)$")
# Never handed to a job: what is only for the command that deletes, with a key of its own.
_KEPT_BACK = "aws_cleanup_"
_ORDER = (
    ("vercel", ("vercel_",)),
    ("notification", ("site_channels", "site_status_page", "site_messaging")),
    ("ssh", ("ansible_ssh_", "ansible_private_")),
    ("mysql", ("db_", "deployment_database")),
    ("dns", ("dns_",)),
    ("aws", ("aws_",)),
)


@dataclass(frozen=True)
class SecretFile:
    """One file. `field` names it within its credential, `used_by` are the variables that name it."""

    kind: str
    field: str
    path: str
    used_by: tuple[str, ...]

    @property
    def variable(self) -> str:
        """Return the environment variable that says where a job has it."""
        return f"RR_FILE_{self.field.upper()}"


def of(hosts: Mapping[str, Mapping[str, Any]]) -> tuple[SecretFile, ...]:
    """List the secret files of a site, each once. The same site gives the same fields on every machine."""
    used: dict[str, list[str]] = {}
    for host in sorted(hosts):
        for dotted, path in _walk(hosts[host], ""):
            users = used.setdefault(path, [])
            if dotted not in users:
                users.append(dotted)
    found: list[SecretFile] = []
    taken: set[str] = set()
    # By what uses them, not by path: the paths begin differently on every machine.
    for path, users in sorted(used.items(), key=lambda entry: (entry[1], Path(entry[0]).name)):
        field = _field(path, taken)
        taken.add(field)
        found.append(SecretFile(_kind(users[0]), field, path, tuple(users)))
    return tuple(found)


def place(hosts: Mapping[str, Mapping[str, Any]], environment: Mapping[str, str]) -> tuple[str, ...]:
    """Put the files of a job where the site looks for them, and say which; what is there already stays.

    Only links are made: the secrets stay where AWX wrote them. A field that nobody filled in comes as an empty file,
    and is no secret. Raises `RecordError` when a folder cannot be written.
    """
    wanted = {one.path: environment.get(one.variable, "") for one in of(hosts)}
    wanted["~/.ssh/known_hosts"] = environment.get(KNOWN_HOSTS_VARIABLE, "")
    placed = []
    for path, source in wanted.items():
        target = Path(path).expanduser()
        if not source or not target.is_absolute() or target.exists() or _is_blank(Path(source)):
            continue
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            target.symlink_to(source)
        except OSError as error:
            raise RecordError(f"{target} cannot be made, so a secret of AWX has no place: {error.strerror}.") from error
        placed.append(str(target))
    return tuple(placed)


def _is_blank(source: Path) -> bool:
    try:
        return not source.read_bytes().strip()
    except OSError:
        return True


def _walk(value: object, dotted: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            name = f"{dotted}.{key}" if dotted else str(key)
            if not dotted and name.startswith(_KEPT_BACK):
                continue
            if isinstance(item, str):
                if item and _SECRET.search(str(key)) and not inventory.is_template(item) and _is_here(name, item):
                    yield name, item
            else:
                yield from _walk(item, name)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            which = item.get("name", number) if isinstance(item, dict) else number
            yield from _walk(item, f"{dotted}.{which}")


def _is_here(name: str, path: str) -> bool:
    """Leave out what is a path on another machine: the application's own password file is on its host."""
    return not name.startswith(("app_", "service_containers")) and path.startswith(("/", "~"))


def _kind(used_by: str) -> str:
    if used_by.endswith("credentials_file"):
        return "aws"
    return next((kind for kind, starts in _ORDER if used_by.startswith(starts)), "other")


def _field(path: str, taken: set[str]) -> str:
    parts = Path(path).parts
    for length in (1, 2, 3):
        name = re.sub(r"\W+", "_", "_".join(parts[-length:])).strip("_").lower()
        name = name if name[:1].isalpha() else f"f_{name}"
        if name not in taken and name != "tower":
            return name
    return next(f"{name}_{number}" for number in range(2, len(taken) + 3) if f"{name}_{number}" not in taken)
