"""What is shown and confirmed before production moves, and its digest. Pure.

What belongs to the decision stands in it; what changes by itself (times, counts, ages) does not. A run that was cut off
is not asked again: what is left of a confirmed plan may be carried out under its digest (`rest_of`).

The database's part is made of what DEPLOY-06 and DEPLOY-07 put on record: `Gate.as_dict` and `Choice.as_dict`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from failback.approval import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.deployment.model import Deployment, Project

# Under these two the database is changed; under all others it stays as it is.
CHANGING = ("reversal", "restore")
_SAME = ("site", "application", "provider", "kind", "from", "to", "domains")


def moved_from(project: Project, deployments: Sequence[Deployment], target: str) -> str:
    """Name the deployment that production moves away from; where it moved already, the one it came from."""
    if project.live != target:
        return project.live
    last = project.last_request
    if last is not None and last.to == target and last.since:
        return last.since
    arrived = max((moment for one in deployments if one.id == target for moment in one.served), default="")
    before = [(moment, one.id) for one in deployments if one.id != target for moment in one.served if moment < arrived]
    return max(before)[1] if before else ""


def content(  # noqa: PLR0913 - a plan has these parts
    *,
    site: str,
    application: str,
    provider: str,
    kind: str,
    source: str,
    target: str,
    domains: Sequence[str],
    gate: Mapping[str, Any] | None = None,
    choice: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Write the plan down as it is digested. ``gate`` and ``choice`` None: the application has no database."""
    return {
        "site": site,
        "application": application,
        "provider": provider,
        "kind": kind,
        "from": source,
        "to": target,
        "domains": sorted(domains),
        "database": None if gate is None or choice is None else _database(gate, choice),
    }


def _database(gate: Mapping[str, Any], choice: Mapping[str, Any]) -> dict[str, Any]:
    stable = dict(choice.get("stable") or {})
    return {
        "strategy": str(choice.get("strategy") or "refuse"),
        "migrations": [_migration(one) for one in gate.get("ahead") or ()],
        "reversals": list(stable.get("reversals") or ()),
        "backup": dict(stable.get("backup") or {}),
        "loses": list(stable.get("loses") or ()),
    }


def _migration(one: Mapping[str, Any]) -> dict[str, Any]:
    statements = [[each["number"], each["kind"], each["rule"]] for each in one.get("statements") or ()]
    return {"name": str(one.get("name") or ""), "sha256": str(one.get("sha256") or ""), "statements": statements}


def digest(plan: Mapping[str, Any]) -> str:
    """Give the digest of a plan: SHA-256 of its canonical form in hexadecimal digits."""
    return canonical.digest(plan)


def rest_of(confirmed: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Tell whether what would be done now is what is left of a plan that was confirmed and begun."""
    if any(confirmed.get(key) != now.get(key) for key in _SAME):
        return False
    then, left = confirmed.get("database"), now.get("database")
    if then == left:
        return True
    if not then or not left or then["strategy"] not in CHANGING:
        return False
    less = all(one in then["migrations"] for one in left["migrations"])
    if left["strategy"] in {"nothing", "compatible"}:
        return less and not any(_hurts(one) for one in left["migrations"])
    same = all(one in then["reversals"] for one in left["reversals"]) and left["backup"] == then["backup"]
    return less and same and left["strategy"] == then["strategy"]


def unsigned(signed: Mapping[str, Any], application: str, gate: Mapping[str, Any], choice: Mapping[str, Any]) -> str:
    """Say why what people signed does not cover this change of a database; "" when it does.

    ``signed`` is the plan as it stands in the frozen one. What is left of it after a run that was cut off is covered.
    """
    if signed.get("application") != application:
        return f"it is for {signed.get('application') or 'no application'}, not for {application}"
    now = {**signed, "database": _database(gate, choice)}
    return "" if rest_of(signed, now) else f"it differs in {', '.join(differences(signed, now))}"


def _hurts(migration: Mapping[str, Any]) -> bool:
    return any(kind != "compatible" for _number, kind, _rule in migration["statements"])


def differences(confirmed: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Name the parts in which two plans differ, for a person."""
    found = [key for key in _SAME if confirmed.get(key) != now.get(key)]
    then, left = confirmed.get("database") or {}, now.get("database") or {}
    return found + [f"database.{key}" for key in sorted({*then, *left}) if then.get(key) != left.get(key)]
