"""Reads a site's inventory: `ansible-inventory` says what stands where, this module fills in plain templates.

`ansible-inventory` prints variables as they are written. What operators put into a site (paths below RR_HOME, values
from a file) is filled in here, so that a wrong value is found before anything starts. A template that needs more
than that stays as text; the play sees its real value, and no check here judges it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from jinja2 import meta, sandbox

from rollback_runner.content import ROOT, environment
from rollback_runner.errors import SiteError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEADLINE = 120  # seconds; a static inventory takes half a second where the machine has time for it
_HOSTS = ("hosts.yml", "hosts.yaml", "hosts.ini", "hosts.json", "hosts")


@dataclass(frozen=True)
class Inventory:
    """The hosts of each group, and each host's variables after all groups were merged."""

    directory: Path
    groups: Mapping[str, tuple[str, ...]]
    hosts: Mapping[str, Mapping[str, Any]]


def locate(name: str) -> Path:
    """Find the site's directory: the path as given, or one of the sites this project carries."""
    places = [place for place in (Path(name), ROOT / name, ROOT / "inventories" / name) if place.exists()]
    # A folder that merely has the site's name (lab/ beside inventories/lab) is not meant.
    places.sort(key=lambda place: place.is_dir() and not any((place / name).is_file() for name in _HOSTS))
    if places:
        return places[0].resolve()
    known = ", ".join(sorted(path.name for path in (ROOT / "inventories").iterdir() if path.is_dir()))
    raise UsageError(
        f"There is no site at {name}; sites that come with this command: {known}.",
        next_step="rollback-runner init DIR makes a commented site to fill in",
    )


def read(directory: Path) -> Inventory:
    """Ask `ansible-inventory`. Raises `SiteError` with its own words when it cannot read the files."""
    argv = ["ansible-inventory", "-i", str(directory), "--list"]
    try:
        done = subprocess.run(
            argv,
            # Ansible refuses an input that does not block, such as the one a play gives its plugins.
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_DEADLINE,
            check=False,
            # Within a run Ansible keeps in files what modules found out, and would list it as values of the site.
            env=os.environ | environment() | {"ANSIBLE_CACHE_PLUGIN": "memory"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SiteError([f"{directory}: the inventory could not be read: {error}."]) from error
    if done.returncode != 0:
        raise SiteError([f"{directory}: {_reason(done.stderr)}"], next_step=f"ansible-inventory -i {directory} --list")
    listing = json.loads(done.stdout)
    raw: dict[str, dict[str, Any]] = listing.pop("_meta", {}).get("hostvars", {})
    groups = {name: _members(name, listing) for name in listing}
    hosts = {
        host: fill_in(raw.get(host, {}), _magic(host, directory))
        for host in sorted({h for m in groups.values() for h in m})
    }
    return Inventory(directory, groups, hosts)


def fill_in(variables: Mapping[str, Any], magic: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in every template that `lookup` of env and file, and jinja2's own filters, can answer."""
    return _Filler({**variables, **magic}).all(variables)


def is_template(value: object) -> bool:
    """Tell whether this text still waits for Ansible to fill it in, or for the vault to open it."""
    if isinstance(value, dict):
        return "__ansible_vault" in value
    return isinstance(value, str) and ("{{" in value or "{%" in value)


class _Filler:
    """Resolves variables on demand, so that their order does not matter; a circle stays as text."""

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self._raw = variables
        self._done: dict[str, Any] = {}
        self._busy: set[str] = set()
        self._jinja = sandbox.SandboxedEnvironment(undefined=jinja2.StrictUndefined)
        self._jinja.filters["from_json"] = json.loads
        self._jinja.globals["lookup"] = _lookup

    def all(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._variable(name) for name in variables}

    def _variable(self, name: str) -> Any:
        if name not in self._done:
            if name in self._busy:
                return self._raw[name]
            self._busy.add(name)
            self._done[name] = self._value(self._raw[name])
            self._busy.discard(name)
        return self._done[name]

    def _value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._value(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._value(item) for item in value]
        return self._text(value) if is_template(value) else value

    def _text(self, text: str) -> Any:
        try:
            names = meta.find_undeclared_variables(self._jinja.parse(text))
            context = {name: self._variable(name) for name in names if name in self._raw}
            if any(is_template(value) for value in context.values()):
                return text
            stripped = text.strip()
            if stripped.startswith("{{") and stripped.endswith("}}") and stripped.count("{{") == 1:
                return self._jinja.compile_expression(stripped[2:-2], undefined_to_none=False)(**context)
            return self._jinja.from_string(text).render(context)
        except (jinja2.TemplateError, OSError, ValueError, TypeError):
            return text


def _lookup(plugin: str, name: str, **_options: Any) -> str:
    match plugin.removeprefix("ansible.builtin."):
        case "env":
            return os.environ.get(name, "") or environment().get(name, "")
        case "file":
            return Path(name).read_text(encoding="utf-8").rstrip()
        case other:
            raise ValueError(f"only Ansible knows the lookup {other}")


def _magic(host: str, directory: Path) -> dict[str, Any]:
    return {
        "inventory_hostname": host,
        "inventory_dir": str(directory if directory.is_dir() else directory.parent),
        "ansible_playbook_python": sys.executable,
    }


def _members(group: str, listing: Mapping[str, Any]) -> tuple[str, ...]:
    body = listing.get(group, {})
    members = list(body.get("hosts", ()))
    for child in body.get("children", ()):
        members.extend(_members(child, listing))
    return tuple(dict.fromkeys(members))


def _reason(stderr: str) -> str:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    said = [line for line in lines if line.startswith(("ERROR", "[ERROR]", "Error", "fatal"))] or lines[-1:]
    return said[0] if said else "ansible-inventory could not read it and did not say why"
