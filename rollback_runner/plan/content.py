"""The content of the whole plan: what approvals cover, and nothing that changes by itself. Pure: site and legs in.

The same site and the same code give the same content on every machine: paths are named by what they stand for
(`$SITE`, `$PROJECT`, `$RR_HOME`), interpreters are left out, and so is whom to call: it changes nothing that is done.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from failback.approval import canonical

from rollback_runner.content import ROOT
from rollback_runner.site.inventory import is_template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rollback_runner.plan.leg import Plan
    from rollback_runner.record.seen import Step
    from rollback_runner.site.site import Site

    _Patterns = Sequence[tuple[re.Pattern[str], str]]

VERSION = 2
# Whom to call and where to look. Kept with the facts: changing it changes nothing that is done.
PEOPLE = frozenset(
    {
        "site_people",
        "site_channels",
        "site_ladder",
        "site_experts",
        "site_press",
        "site_dashboards",
        "site_title",
        "site_status_page",
        "site_messaging",
        "site_answer_url",
    }
)
_SECRET = re.compile(r"(^|_)(password|passphrase|secret|token|api_key|private_key|pass)$")
_HIDDEN = "(secret)"
_CARRIED = ("inventories", "lab", "playbooks", "plugins", "roles")


def make(  # noqa: PLR0913 - what approvals cover has these seven sources
    site: Site,
    plans: Sequence[Plan],
    *,
    backups: Mapping[str, Any],
    basis: Mapping[str, Any],
    code: str,
    files: Mapping[str, str],
    home: str,
) -> dict[str, Any]:
    """Make the content from the plans of the legs, in their order.

    `backups` are those chosen, `basis` is what was known and decides (can the data be saved, what blocks), `code` the
    digest of playbooks, roles and plugins, `files` those of the site's own files (`plan.site_files`).
    """
    legs = [_leg(plan) for plan in plans]
    content = {
        "version": VERSION,
        "site": site.name,
        "strategy": plans[0].strategy,
        "legs": legs,
        "point_of_no_return": next(
            ({"leg": leg["name"], "step": leg["point_of_no_return"]} for leg in legs if leg["point_of_no_return"]), None
        ),
        "groups": {name: list(hosts) for name, hosts in site.groups.items()},
        "variables": variables(site, home),
        "servers": {host: _servers(site.variables[host]) for host in site.hosts("databases")},
        "cutover": {host: str(site.variables[host].get("db_cutover_gtid", "")) for host in site.hosts("databases")},
        "backups": backups,
        "basis": basis,
        "code": code,
        "files": files,
    }
    made: dict[str, Any] = plain(content)
    return made


def variables(site: Site, home: str) -> dict[str, dict[str, Any]]:
    """Return each host's variables as the plan keeps them."""
    # Often RR_HOME is the checkout itself: only what the project carries is named by the project.
    stand_ins = {str(ROOT / part): f"$PROJECT/{part}" for part in _CARRIED} | {str(site.directory): "$SITE"}
    homes = {home, *(str(host.get("rr_home", "")) for host in site.variables.values())}
    stand_ins = {path: "$RR_HOME" for path in homes if path.strip("/") and not is_template(path)} | stand_ins
    longest = sorted(stand_ins, key=len, reverse=True)
    patterns = [(re.compile(re.escape(path) + r"(?![\w.-])"), stand_ins[path]) for path in longest]
    return {host: dict(_lasting(found, patterns)) for host, found in site.variables.items()}


def people(site: Site) -> dict[str, str]:
    """Digest what says whom to call, by variable: enough to tell that it changed."""
    found = {name: value for host in site.variables.values() for name, value in host.items() if name in PEOPLE}
    return {name: canonical.digest({"value": plain(value)}) for name, value in sorted(found.items())}


def plain(value: Any) -> Any:
    """Make it what JSON gives back when it is read again: tuples are lists, keys are texts, dates are texts."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def _leg(plan: Plan) -> dict[str, Any]:
    leg = {
        "name": plan.leg.name,
        "playbook": plan.leg.playbook,
        "budget": plan.budget,
        "items": [asdict(item) for item in plan.items],
        "steps": [_step(step) for step in plan.steps],
        "point_of_no_return": plan.point_of_no_return,
    }
    return {**leg, "digest": canonical.digest(plain(leg))}


def _step(step: Step) -> dict[str, Any]:
    return {"play": step.play, "hosts": step.hosts, "ids": list(step.ids), "name": step.name, "optional": step.optional}


def _servers(found: Mapping[str, Any]) -> dict[str, Any]:
    sides = {}
    for side, variable in (("idc", "db_idc"), ("aws", "db_aws")):
        server = found.get(variable)
        server = server if isinstance(server, dict) else {}
        sides[side] = {key: server.get(key) for key in ("host", "port", "server_uuid")}
    sides["aws"]["instance"] = found.get("aws_db_instance")
    return sides


def _lasting(found: Mapping[str, Any], stand_ins: _Patterns) -> Iterator[tuple[str, Any]]:
    for name, value in found.items():
        if name not in PEOPLE and name != "rr_home" and not name.endswith("python_interpreter"):
            yield name, _kept(name, value, stand_ins)


def _kept(name: str, value: Any, stand_ins: _Patterns) -> Any:
    if isinstance(value, dict):
        if "__ansible_vault" in value:
            return f"(vault {hashlib.sha256(str(value['__ansible_vault']).encode()).hexdigest()[:16]})"
        return {str(key): _kept(str(key), item, stand_ins) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_kept(name, item, stand_ins) for item in value]
    if isinstance(value, str):
        if _SECRET.search(name):
            return _HIDDEN
        for pattern, stand_in in stand_ins:
            value = pattern.sub(stand_in, value)
    return value
