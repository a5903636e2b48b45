"""The clean-up plan: what becomes of each resource, what it costs, until when it stays.

It lies in the incident. Its digest stands in the clean-up's own journal, whose lines hold together: a plan that was
changed by hand is found, and only a resource that is in the plan can ever be touched.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from failback import journal, whole
from failback.approval import canonical
from failback.errors import FailbackError
from failback.leftovers import find, prices, propose
from failback.leftovers import site as clouds

from rollback_runner.errors import RecordError, RefusedError, UsageError
from rollback_runner.record import store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from failback.leftovers.model import Action, Found

    from rollback_runner.site.site import Site

FOLDER = "cleanup"
VERSION = 1


@dataclass(frozen=True)
class Entry:
    """One line of the plan."""

    host: str
    key: str
    kind: str
    id: str
    name: str
    arn: str
    fingerprint: str
    facts: Mapping[str, Any]
    action: Action
    hold_until: str
    why: str
    because: str
    through: str
    owner: str
    state: str
    cost_day: float | None
    cost_unknown: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """What stands in the file. ``costs`` are the sums of prices.Sum by host."""

    site: str
    incident: str
    made_at: str
    made_by: str
    entries: tuple[Entry, ...]
    costs: Mapping[str, Mapping[str, Any]]
    neighbours: Mapping[str, int]
    unread: tuple[str, ...]
    digest: str

    def get(self, key: str) -> Entry | None:
        """Find a line by its key or the resource's id."""
        return next((one for one in self.entries if key in {one.key, one.id}), None)

    @property
    def acts(self) -> tuple[Entry, ...]:
        """Return the lines that end something."""
        return tuple(one for one in self.entries if one.action != "keep")


def path_of(incident: Path) -> Path:
    """Return where the plan lies."""
    return incident / FOLDER / "plan.json"


def journal_of(incident: Path) -> Path:
    """Return where all that was planned and done is on record."""
    return incident / FOLDER / "journal.jsonl"


def make(site: Site, incident: Path, wishes: Mapping[str, Action], today: date, hold: str = "") -> Plan:
    """Look at AWS, propose, and write the plan. ``hold`` (a date) is the earliest for all that goes.

    Raises `UsageError` for a wish or setting that cannot be, `RecordError` when AWS or the disk does not answer.
    """
    content: dict[str, Any] = {
        "version": VERSION,
        "site": site.name,
        "incident": incident.name,
        "made_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "made_by": store.holder(),
        "entries": [],
        "costs": {},
        "neighbours": {},
        "unread": [],
    }
    seen: set[str] = set()
    left = dict(wishes)
    for host in site.hosts("databases"):
        cloud, found = looked(site, host)
        mine = {key: left.pop(key) for key in list(left) if found.get(key) is not None}
        try:
            proposals = propose.propose(found, cloud.rule, today, mine)
        except FailbackError as error:
            raise UsageError(f"{error}.", next_step="rollback-runner cleanup plan") from error
        costed = [(one.resource, prices.cost(one.resource, cloud.prices)) for one in proposals]
        for one, (resource, cost) in zip(proposals, costed, strict=True):
            if resource.key in seen:
                continue
            seen.add(resource.key)
            row = resource.as_dict()
            content["entries"].append(
                {
                    name: row[name]
                    for name in ("key", "kind", "id", "name", "arn", "fingerprint", "facts", "because", "through")
                }
                | {"owner": resource.owner, "state": resource.state, "host": host, "action": one.action, "why": one.why}
                | {"hold_until": max(one.hold_until, hold) if one.action == "delete" else one.hold_until}
                | {"cost_day": cost.day, "cost_unknown": list(cost.unknown)}
            )
        total = prices.sum_up(costed, cloud.prices)
        content["costs"][host] = {
            "day": total.day,
            "month": total.month,
            "currency": total.currency,
            "unknown": list(total.unknown),
            "budget_month": total.budget_month,
            "over_budget": total.over_budget,
            "sentence": total.sentence(),
        }
        content["neighbours"] |= found.neighbours
        content["unread"] += list(found.unread)
    if left:
        raise UsageError(
            f"{', '.join(left)} was not found among what is the site's.", next_step="rollback-runner cleanup plan"
        )
    return _write(incident, content)


def looked(site: Site, host: str, known: Sequence[Entry] = ()) -> tuple[clouds.Cloud, Found]:
    """Look at AWS for one database. Raises `UsageError` for settings, `RecordError` when AWS does not answer.

    ``known`` are lines of a plan: what was the site's through another resource of it still is, when that one is gone.
    """
    service = site.variables[site.hosts("service")[0]]
    try:
        cloud = clouds.cloud(site.variables[host], service)
    except FailbackError as error:
        raise UsageError(f"{error}.", next_step="rollback-runner doctor") from error
    more: dict[str, tuple[str, ...]] = {}
    for entry in known:
        if entry.through:
            more[entry.kind] = (*more.get(entry.kind, ()), entry.id)
    try:
        return cloud, find.look(cloud.looking, cloud.scope.with_names(more))
    except FailbackError as error:
        raise RecordError(
            f"{error}; nothing was changed.", next_step="the same command again when AWS answers"
        ) from error


def load(incident: Path) -> Plan:
    """Read the plan as it was made. Raises `RefusedError` when there is none or it is not what was written."""
    path = path_of(incident)
    again = "rollback-runner cleanup plan"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RefusedError(f"There is no clean-up plan in incident {incident.name}.", next_step=again) from error
    except (OSError, ValueError) as error:
        raise RefusedError(f"{path} cannot be read: {error}.", next_step=again) from error
    said = content.pop("digest", "")
    problems = journal.verify(journal_of(incident))
    if problems:
        raise RefusedError(f"{journal_of(incident)} was changed: {problems[0]}.", next_step=again)
    noted = [line["digest"] for line in journal.read(journal_of(incident)) if line["kind"] == "plan"]
    if not noted or canonical.digest(content) != said or noted[-1] != said:
        raise RefusedError(f"{path} is not the plan that was made: it was changed since.", next_step=again)
    return _plan(content, said)


def _write(incident: Path, content: dict[str, Any]) -> Plan:
    content = json.loads(json.dumps(content, default=str))
    digest = canonical.digest(content)
    path = path_of(incident)
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        # Killed between the two, the plan that lies there is refused and a new one is asked for.
        journal.append(
            journal_of(incident), "plan", digest=digest, by=content["made_by"], entries=len(content["entries"])
        )
        text = json.dumps(content | {"digest": digest}, ensure_ascii=False, indent=2) + "\n"
        whole.write(path, text.encode())
    except (OSError, journal.JournalError) as error:
        raise RecordError(f"The clean-up plan cannot be kept: {error}; nothing was changed.") from error
    return _plan(content, digest)


def _plan(content: Mapping[str, Any], digest: str) -> Plan:
    entries = tuple(Entry(**(row | {"cost_unknown": tuple(row["cost_unknown"])})) for row in content["entries"])
    return Plan(
        site=content["site"],
        incident=content["incident"],
        made_at=content["made_at"],
        made_by=content["made_by"],
        entries=entries,
        costs=content["costs"],
        neighbours=content["neighbours"],
        unread=tuple(content["unread"]),
        digest=digest,
    )
