"""Carry the clean-up plan out, one resource after the other: looked at again, acted on, proven, on record.

Each act stands alone. Whatever keeps one from going is told and leaves the others; what was done stays done, so the
same command goes on where it was cut off.
"""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from failback import journal
from failback.errors import FailbackError
from failback.leftovers import usage
from failback.leftovers.model import Resource
from failback.leftovers.remove import Remover
from failback.mysql import Login

from rollback_runner.after import cleanup_gate, cleanup_plan
from rollback_runner.errors import LockedError, RecordError, RunnerError
from rollback_runner.record import store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from failback.leftovers.model import Found
    from failback.leftovers.site import Cloud

    from rollback_runner.after.cleanup_plan import Entry
    from rollback_runner.site.site import Site

Outcome = Literal["done", "already", "refused", "failed"]
PATIENCE = 900.0  # seconds for a last snapshot; RDS takes minutes
_GONE = frozenset({"gone", "terminated", "deleted", "deleting", "shutting-down"})
_STOPPED = frozenset({"stopped", "stopping"})


@dataclass(frozen=True)
class Ended:
    """What became of one line of the plan."""

    key: str
    action: str
    outcome: Outcome
    said: str


@dataclass(frozen=True)
class Sources:
    """Where the world is asked. A test puts its own in."""

    look: Callable[[Site, str, Sequence[Entry]], tuple[Cloud, Found]]
    world: Callable[[Site, str], usage.World]
    remover: Callable[[Cloud], Remover]


def sources() -> Sources:
    """Return the real ones."""
    return Sources(cleanup_plan.looked, world_of, lambda cloud: Remover(cloud.ending.client, PATIENCE))


def apply(
    site: Site, incident: Path, entries: Sequence[Entry], say: Callable[[Ended], None], use: Sources | None = None
) -> list[Ended]:
    """Carry these lines out, in the plan's order.

    Raises `LockedError` and `RecordError`, and `RefusedError` when a run began meanwhile.
    """
    asked = use or sources()
    ended: list[Ended] = []
    with _alone(incident):
        for entry in entries:
            # Asked again before each: deleting takes minutes, and a run may begin meanwhile.
            cleanup_gate.nobody_runs(site, incident.parents[2])
            found = _one(site, incident, entry, asked)
            _note(incident, "ended", key=found.key, action=found.action, outcome=found.outcome, said=found.said)
            ended.append(found)
            say(found)
    return ended


def _one(site: Site, incident: Path, entry: Entry, use: Sources) -> Ended:
    def told(outcome: Outcome, said: str = "") -> Ended:
        return Ended(entry.key, entry.action, outcome, said)

    try:
        cloud, found = use.look(site, entry.host, (entry,))
        remover = use.remover(cloud)
        resource = found.get(entry.key)
        if resource is None:
            return _absent(entry, found, remover, told)
        if entry.action == "stop" and resource.state in _STOPPED:
            return told("already", f"it is {resource.state}")
        if entry.action == "delete" and resource.state in _GONE:
            return told("already", f"it is {resource.state}")
        against = _against(entry, resource, found, remover) or usage.uses(resource, use.world(site, entry.host))
        if against:
            return told("refused", "; ".join(against))
        return told("done", _act(incident, entry, resource, remover))
    except (FailbackError, RunnerError) as error:
        if isinstance(error, RecordError):
            raise
        return told("failed", str(error))


def _absent(entry: Entry, found: Found, remover: Remover, told: Callable[..., Ended]) -> Ended:
    """Tell what is gone from what is only not the site's any more, or could not be read."""
    state = remover.state(_as_planned(entry))
    if state in _GONE:
        return told("already", f"it is {state}")
    why = found.unread[0] if found.unread else "it is not the site's any more (its tags, or the inventory, changed)"
    return told("refused", f"AWS has it ({state}), but {why}: make a new plan")


def _against(entry: Entry, resource: Resource, found: Found, remover: Remover) -> list[str]:
    """Say why the very resource of the plan may not go now."""
    if resource.owner != "site":
        return [f"it is {resource.owner} now: {resource.because}"]
    if resource.fingerprint != entry.fingerprint:
        changed = sorted(
            key for key in {*resource.facts, *entry.facts} if str(resource.facts.get(key)) != str(entry.facts.get(key))
        )
        return [
            f"it was changed since the plan was made ({', '.join(changed) or 'it is another one'}): make a new plan"
        ]
    if entry.action == "delete":
        there = {one.key: one for one in found.resources}
        users = [
            name
            for name in resource.used_by
            if (there[name].state if name in there else _state_of(name, remover)) not in _GONE
        ]
        if users:
            return [f"{', '.join(users)} still uses it"]
        if resource.facts.get("deletion_protection"):
            return ["its deletion protection is on; turn it off by hand if it is meant to go, then make a new plan"]
    return []


def _state_of(key: str, remover: Remover) -> str:
    """Ask for the state of a user that is not the site's, or gone already; what cannot be asked counts as there."""
    kind, _, name = key.partition(":")
    return remover.state(Resource(kind, name, name)) if kind in {"rds_instance", "ec2_instance"} else "there"


def _act(incident: Path, entry: Entry, resource: Resource, remover: Remover) -> str:
    last = f"rr-last-{resource.id}-{incident.name.lower()}" if resource.kind == "rds_instance" else ""
    _note(incident, "intent", key=entry.key, action=entry.action, fingerprint=entry.fingerprint, by=store.holder())
    try:
        seen = remover.stop(resource) if entry.action == "stop" else remover.delete(resource, last)
    except FailbackError as error:
        _note(incident, "outcome", key=entry.key, ok=False, error=str(error))
        raise
    _note(incident, "outcome", key=entry.key, ok=True, **seen)
    said = f"it is {seen['state']}"
    return said + (f"; the last snapshot is {seen['last_snapshot']}" if seen.get("last_snapshot") else "")


def _as_planned(entry: Entry) -> Resource:
    return Resource(entry.kind, entry.id, entry.name, entry.arn, facts=entry.facts)


def world_of(site: Site, host: str) -> usage.World:
    """Ask who uses RDS, where the names lead, and who serves. What cannot be asked counts as used."""
    database, service = site.variables[host], site.variables[site.hosts("service")[0]]
    records = service.get("dns_records") or []
    rds: dict[str, tuple[str, ...]] = {}
    for one in site.hosts("databases"):
        variables = site.variables[one]
        login = Login.from_dict(variables["db_aws"], "db_aws")
        rds[str(variables.get("aws_db_instance"))] = usage.rds(login, variables.get("db_exempt_users") or ())
    values = usage.aws_values(records)
    return usage.World(
        rds=rds,
        names=usage.names(records, service.get("dns_authoritative") or []),
        aws_values=values,
        doors=usage.doors(
            service.get("service_front_doors") or [],
            str(service.get("service_whoami_path") or "/"),
            str(database["db_idc"].get("server_uuid") or ""),
        ),
    )


def _note(incident: Path, kind: str, **fields: Any) -> None:
    try:
        journal.append(cleanup_plan.journal_of(incident), kind, **fields)
    except journal.JournalError as error:
        raise RecordError(
            f"Stopped: {error}; what is told as done is done.", next_step="make room, then again"
        ) from error


@contextmanager
def _alone(incident: Path) -> Iterator[None]:
    """Let one clean-up at a time work; the kernel lets go when the command is killed."""
    path = incident / cleanup_plan.FOLDER / "lock"
    try:
        with path.open("a", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise LockedError("A clean-up of this incident is under way already; nothing was touched.") from error
            yield
    except OSError as error:
        raise RecordError(f"{path} cannot be written: {error.strerror}; nothing was touched.") from error


__all__ = ["PATIENCE", "Ended", "Sources", "apply", "sources", "world_of"]
