"""A site: a service with its two homes, its applications, or both; read from an inventory and judged.

Nothing is contacted here. A site that names applications only (group `deployments`) has no service to take back: the
commands that take one back refuse it with one sentence.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema
from failback import way_out

from rollback_runner import our_yaml
from rollback_runner.checklist import nearest
from rollback_runner.content import ROOT
from rollback_runner.errors import SiteError, UsageError
from rollback_runner.site import inventory, named, parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

# A site may carry variables of its own under this prefix; Ansible's own begin with the others.
_FREE = ("x_", "ansible_")
# Seconds, where the site names none: what people need, not the machine.
_BUDGETS = {"prepare": 1800.0, "approve": 3600.0, "complete": 3600.0, "watch": 10800.0, "deployment": 900.0}
_LOGIN = re.compile(r"//[^/@\s]*@")  # of a URL
_SECRET_KEYS = re.compile(
    r"(password_file|credentials_file|key_file|private_key_file|url_file|token_file|bypass_file)$"
)


@dataclass(frozen=True)
class Site:
    """What the plan is made from. `variables` are those of each host, filled in as far as this machine can."""

    name: str
    directory: Path
    titles: Mapping[str, str]
    critical: bool
    strategy: str
    budgets: Mapping[str, float]
    timezone: str
    groups: Mapping[str, tuple[str, ...]]
    variables: Mapping[str, Mapping[str, Any]]
    secret_files: tuple[str, ...]

    def hosts(self, group: str) -> tuple[str, ...]:
        """Return the hosts of one group, in the inventory's order."""
        return self.groups.get(group, ())

    def may_be_missing(self, host: str) -> str:
        """Return the reason for which a load balancer node may be missing (lb_absent_ok), "" where it may not."""
        reasons = self.variables[host].get("lb_absent_ok")
        return str(reasons.get(host) or "").strip() if isinstance(reasons, dict) else ""

    @property
    def has_service(self) -> bool:
        """Whether there is a service to take back; otherwise the site has applications only."""
        return parts.has_service(self.groups)


def load(name: str, *, applications: bool = False) -> Site:
    """Read and judge a site. `applications`: one that has only applications will do as well.

    Raises `SiteError` with every problem found, `UsageError` when there is no such site, or no service to take back.
    """
    found = inventory.read(inventory.locate(name))
    problems = list(judge(found))
    if problems:
        raise SiteError(
            problems, next_step=f"correct the files below {found.directory}, then rollback-runner doctor -i {name}"
        )
    shared = next(iter(found.hosts.values()))
    way_out.take(shared)
    if not applications and not parts.has_service(found.groups):
        raise UsageError(
            f"{shared['site_name']} has only applications (group {parts.APPLICATIONS}), no service to take back.",
            next_step=f"rollback-runner deployment list -i {name}",
        )
    return Site(
        name=shared["site_name"],
        directory=found.directory,
        titles=shared["site_title"],
        critical=shared["site_critical"],
        strategy=shared["site_strategy"] if parts.has_service(found.groups) else parts.WAY,
        budgets={**_BUDGETS, **shared.get("site_budgets", {})},
        timezone=shared["site_timezone"],
        groups=found.groups,
        variables=found.hosts,
        secret_files=tuple(sorted(set(secret_files(found.hosts)))),
    )


def judge(found: inventory.Inventory) -> Iterator[str]:
    """Say what is wrong with the inventory, one sentence a problem, each once even if many hosts share it."""
    schema = parts.schema()
    said: set[str] = set()
    needed = parts.needed(found.groups)
    for group in needed:
        if not found.groups.get(group):
            yield f"{found.directory}/hosts.yml: the group {group} has no host, so its items would never run."
    if not found.hosts:
        yield f"{found.directory}: there is no host at all."
        return
    for host, variables in found.hosts.items():
        groups = ["all", *(g for g in schema["properties"] if g != "all" and host in found.groups.get(g, ()))]
        sentences = [*_unknown(found, host, groups, variables)]
        for group in groups:
            sentences += _invalid(found.directory, group, schema if needed else parts.without_service(), variables)
        for sentence in sentences:
            if sentence not in said:
                said.add(sentence)
                yield sentence
    yield from _different(found)
    yield from _same_server(found)
    for group, variable, problem in dict.fromkeys(named.strangers(found)):
        yield f"{_file(found.directory, group, variable)}: group {group}: {problem}."
    for variable, problem in parts.nowhere(found.groups, found.hosts):
        yield f"{_file(found.directory, parts.APPLICATIONS, variable)}: group {parts.APPLICATIONS}: {problem}."


def secret_files(hosts: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Name every file whose content must never be written down."""
    for variables in hosts.values():
        yield from _secret_files(variables)


def _secret_files(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, str) and _SECRET_KEYS.search(str(key)) and not inventory.is_template(item):
                yield item
            else:
                yield from _secret_files(item)
    elif isinstance(value, list):
        for item in value:
            yield from _secret_files(item)


def _invalid(directory: Path, group: str, schema: Mapping[str, Any], variables: Mapping[str, Any]) -> Iterator[str]:
    part = {**schema["properties"][group], "$defs": schema["$defs"]}
    for error in jsonschema.Draft202012Validator(part).iter_errors(variables):
        if inventory.is_template(error.instance):
            continue
        yield from _sentences(directory, group, error)


def _sentences(directory: Path, group: str, error: jsonschema.ValidationError) -> Iterator[str]:
    where = _dotted(error.absolute_path)
    value: Any = error.instance
    if error.validator == "required":
        name = re.findall(r"'([^']+)' is a required", error.message)[0]
        full = f"{where}.{name}" if where else name
        yield f"{_file(directory, group, where or name)}: group {group}: {full} is missing."
        return
    if error.validator == "additionalProperties":
        part: Any = error.schema
        known = list(part.get("properties", {}))
        place = f"{_file(directory, group, where)}: group {group}"
        for extra in sorted(set(value) - set(known)):
            yield f"{place}: {where}.{extra} is not known{nearest(extra, known)}."
        return
    place = f"{_file(directory, group, where)}: group {group}: {where}"
    wanted: Any = error.validator_value
    match error.validator:
        case "type":
            yield f"{place} must be {_article(wanted)}, not {json.dumps(value, ensure_ascii=False)}."
        case "enum":
            known = [str(choice) for choice in wanted]
            yield f"{place} is {value!r}; it must be one of {', '.join(known)}{nearest(str(value), known)}."
        case "minLength" | "minItems":
            yield f"{place} is empty."
        case "contains":
            yield f"{place} must contain {wanted.get('const')}."
        case "pattern":
            shown = _LOGIN.sub("//...@", repr(value))  # a password has no place there, nor on the screen
            described: Any = error.schema
            yield f"{place} is {shown}, which does not look like {described['description']}."
        case _:
            yield f"{place}: {error.message}."


def _unknown(found: inventory.Inventory, host: str, groups: list[str], variables: Mapping[str, Any]) -> Iterator[str]:
    schema = parts.schema()
    ours = {name for part in schema["properties"].values() for name in part["properties"]}
    known = {name for group in groups for name in schema["properties"][group]["properties"]} | (_role_options() - ours)
    for name in variables:
        if name in known or name.startswith(_FREE):
            continue
        group = next((g for g in groups if _mentions(found.directory, g, name)), groups[-1])
        elsewhere = [g for g, part in schema["properties"].items() if name in part["properties"]]
        place = f"{_file(found.directory, group, name)}: group {group}"
        if elsewhere:
            yield f"{place}: {name} belongs to the group {elsewhere[0]}, but is set for {host} as well."
        else:
            yield f"{place}: {name} is not known{nearest(name, sorted(known))}."


def _different(found: inventory.Inventory) -> Iterator[str]:
    """Compare what must be one for the whole site: its name, people and rule on approvals, whichever host is asked."""
    names = {name for variables in found.hosts.values() for name in variables if name.startswith("site_")}
    for name in sorted(names):
        values = {json.dumps(variables.get(name), sort_keys=True, default=str) for variables in found.hosts.values()}
        if len(values) > 1:
            yield f"{found.directory}: {name} is not the same on every host; it belongs into group_vars/all.yml alone."


def _same_server(found: inventory.Inventory) -> Iterator[str]:
    for host in found.groups.get("databases", ()):
        both = [found.hosts[host].get(side) for side in ("db_idc", "db_aws")]
        if not all(isinstance(side, dict) for side in both):
            continue
        idc, aws = both[0] or {}, both[1] or {}
        for keys in (("server_uuid",), ("host", "port")):
            if all(idc.get(key) is not None and idc.get(key) == aws.get(key) for key in keys):
                place = _file(found.directory, "databases", "db_aws")
                yield f"{place}: {host}: db_idc and db_aws are the same server (same {' and '.join(keys)})."
                break


@cache
def _role_options() -> frozenset[str]:
    """Collect the knobs that roles declare: a site may set those too."""
    names: set[str] = set()
    for path in ROOT.glob("roles/*/meta/argument_specs.yml"):
        specs = (our_yaml.read(path) or {}).get("argument_specs", {})
        for spec in specs.values():
            names.update(spec.get("options") or {})
    return frozenset(names)


def _mentions(directory: Path, group: str, name: str) -> bool:
    return _defining_file(directory, group, name) is not None


def _file(directory: Path, group: str, dotted: str) -> str:
    """Name the file to open: the one that sets the variable, else the one where it belongs."""
    found = _defining_file(directory, group, re.split(r"[.\[]", dotted, maxsplit=1)[0])
    return str(found or directory / "group_vars" / f"{group}.yml")


def _defining_file(directory: Path, group: str, name: str) -> Path | None:
    line = re.compile(rf"^\s*{re.escape(name)}\s*:", re.MULTILINE)
    shared = directory / "group_vars"
    candidates = [shared / f"{group}.yml", *sorted((shared / group).glob("*.yml"))]
    candidates += [*sorted((directory / "host_vars").rglob("*.yml")), directory / "hosts.yml", shared / "all.yml"]
    for path in candidates:
        if path.is_file() and line.search(path.read_text(encoding="utf-8")):
            return path
    return None


def _dotted(path: Iterable[str | int]) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".")


def _article(kind: str) -> str:
    names = {"string": "a text", "integer": "a whole number", "number": "a number", "boolean": "true or false"}
    return names.get(kind, {"array": "a list", "object": "a mapping"}.get(kind, kind))
