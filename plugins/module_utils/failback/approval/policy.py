"""What a site asks for before anything is destroyed: whose word is needed, and how long it holds.

Read from the site variable ``site_approvals``. What is left out is asked for: two roles, a day of validity. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from failback.errors import ConfigError

TECHNICAL_LEAD = "technical_lead"
OPERATIONS_MANAGER = "operations_manager"
EXECUTIVE = "executive"
PLANNER = "planner"
ROLES = (TECHNICAL_LEAD, OPERATIONS_MANAGER, EXECUTIVE)
ITEMS = {TECHNICAL_LEAD: "APPROVE-01", OPERATIONS_MANAGER: "APPROVE-02", EXECUTIVE: "APPROVE-03"}
VALID_HOURS = 24.0
# Seconds by which the clocks of two machines may differ: more is a clock that was set, not one that drifted.
CLOCK_TOLERANCE = 300.0
_KNOWN = frozenset(
    {"signers_file", "roles", "required", "valid_hours", "clock_tolerance", "deployment", "source", "nodes", "teams"}
)
# Where people's words are read: signatures with the incident, or the approval nodes of an AWX workflow.
SIGNATURES = "signatures"
AWX = "awx"
# When the rollback of a release asks for approvals: where it changes data, always, or never.
DEPLOYMENT = ("data", "always", "never")
_FEWEST = 2  # people whose word is needed, whatever the site says


@dataclass(frozen=True)
class Policy:
    """Judged and complete. ``roles`` lists who may sign in each; ``valid_hours`` is the longest an approval holds.

    ``required`` are the roles whose approval is needed, the executive's included where the site is critical.
    ``deployment`` says when the rollback of a release asks for them (`DEPLOYMENT`). ``source`` is where people's words
    are read; for AWX ``nodes`` and ``teams`` name, by role, the workflow's node and the team its approver must be in.
    """

    site: str
    signers_file: str
    roles: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...]
    valid_hours: float
    clock_tolerance: float
    deployment: str = DEPLOYMENT[0]
    source: str = SIGNATURES
    nodes: Mapping[str, str] = field(default_factory=dict)
    teams: Mapping[str, str] = field(default_factory=dict)

    def asks_of_deployment(self, *, changes_data: bool) -> bool:
        """Tell whether the rollback of a release needs approvals."""
        return self.deployment == "always" or (self.deployment == "data" and changes_data)

    def may(self, person: str, role: str) -> bool:
        """Tell whether this person may sign in this role."""
        return person in self.roles.get(role, ())

    def holds_a_role(self, person: str) -> bool:
        """Tell whether this person holds any role at all, and may so take an approval back."""
        return any(person in people for people in self.roles.values())

    @property
    def people(self) -> tuple[str, ...]:
        """Everyone who holds a role."""
        return tuple(dict.fromkeys(person for people in self.roles.values() for person in people))


def read(variables: Mapping[str, Any]) -> Policy | None:
    """Make the policy of a site from its variables; None when it asks for no approvals.

    Raises `ConfigError` naming what is wrong: a policy that cannot be understood lets nothing pass.
    """
    given = variables.get("site_approvals")
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise ConfigError("site_approvals must be a mapping with signers_file and roles; see docs/inventory.md")
    if unknown := sorted(set(given) - _KNOWN):
        raise ConfigError(f"site_approvals: {', '.join(unknown)} is not known; known: {', '.join(sorted(_KNOWN))}")
    source = _source(given.get("source", SIGNATURES))
    signers_file = given.get("signers_file", "" if source == AWX else None)
    if not isinstance(signers_file, str) or not (signers_file.strip() or source == AWX):
        raise ConfigError("site_approvals.signers_file is missing: name the allowed-signers file of this site")
    roles = _roles(given.get("roles", {} if source == AWX else None))
    required = _required(given.get("required"), critical=variables.get("site_critical") is not False)
    for role in required:
        if not roles.get(role) and source == SIGNATURES:
            raise ConfigError(f"site_approvals.roles names nobody for {role}, whose approval is required: add a person")
    return Policy(
        site=str(variables.get("site_name", "")),
        signers_file=signers_file,
        roles=roles,
        required=required,
        valid_hours=_number(given, "valid_hours", VALID_HOURS),
        clock_tolerance=_number(given, "clock_tolerance", CLOCK_TOLERANCE, zero=True),
        deployment=_deployment(given.get("deployment", DEPLOYMENT[0])),
        source=source,
        nodes=_by_role(given, "nodes", "approve-{role}"),
        teams=_by_role(given, "teams", "rollback-runner {site}: {role}", str(variables.get("site_name", ""))),
    )


def _source(given: object) -> str:
    if given not in (SIGNATURES, AWX):
        raise ConfigError(f"site_approvals.source is {given!r}; it must be {SIGNATURES} or {AWX}")
    return str(given)


def _by_role(given: Mapping[str, Any], name: str, usual: str, site: str = "") -> dict[str, str]:
    """Return a name for each role: the site's, or the one that `rollback-runner awx configure` gives it."""
    told = given.get(name, {})
    if not isinstance(told, Mapping) or not all(isinstance(one, str) and one.strip() for one in told.values()):
        raise ConfigError(f"site_approvals.{name} must give a name for each role")
    if unknown := sorted(str(role) for role in set(told) - set(ROLES)):
        raise ConfigError(f"site_approvals.{name}: {', '.join(unknown)} is no role; roles: {', '.join(ROLES)}")
    return {role: str(told.get(role) or usual.format(role=role, site=site)) for role in ROLES}


def _roles(given: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(given, Mapping):
        raise ConfigError("site_approvals.roles is missing: list the people who may sign in each role")
    known = (*ROLES, PLANNER)
    if unknown := sorted(str(role) for role in set(given) - set(known)):
        raise ConfigError(f"site_approvals.roles: {', '.join(unknown)} is no role; roles: {', '.join(known)}")
    roles: dict[str, tuple[str, ...]] = {}
    for role, people in given.items():
        if not isinstance(people, list | tuple) or not all(isinstance(one, str) and one.strip() for one in people):
            raise ConfigError(f"site_approvals.roles.{role} must be a list of names, as in the signers file")
        roles[str(role)] = tuple(dict.fromkeys(str(one) for one in people))
    return roles


def _required(given: object, *, critical: bool) -> tuple[str, ...]:
    if given is None:
        given = [TECHNICAL_LEAD, OPERATIONS_MANAGER]
    if not isinstance(given, list | tuple):
        raise ConfigError("site_approvals.required must be a list of roles")
    if unknown := sorted({str(role) for role in given} - set(ROLES)):
        raise ConfigError(f"site_approvals.required: {', '.join(unknown)} is no role; roles: {', '.join(ROLES)}")
    required = tuple(role for role in ROLES if role in given or (critical and role == EXECUTIVE))
    if len(required) < _FEWEST:
        raise ConfigError("site_approvals.required names fewer than two roles: two people must sign, name two")
    return required


def _deployment(given: object) -> str:
    if given not in DEPLOYMENT:
        raise ConfigError(f"site_approvals.deployment is {given!r}; it must be one of {', '.join(DEPLOYMENT)}")
    return str(given)


def _number(given: Mapping[str, Any], name: str, default: float, *, zero: bool = False) -> float:
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        value = None
    if value is None or not (value or zero):
        wanted = "0 or more" if zero else "a number above 0"
        raise ConfigError(f"site_approvals.{name} is {given[name]!r}; it must be {wanted}")
    return float(value)
