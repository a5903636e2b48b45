"""What the action plugins of the role ``watching`` have in common: what the play knows, in this package's words."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failback import incident, journal
from failback.errors import FailbackError, RefusedError

from rollback_runner.telling.outbox import epoch
from rollback_runner.watching import required, series
from rollback_runner.watching.required import Service
from rollback_runner.watching.source import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rollback_runner.watching.usual_levels import Key


def home() -> Path:
    """Return where the record is."""
    return Path(os.environ.get("RR_HOME") or Path.cwd())


def place() -> Place:
    """Return the open incident's place. Raises RefusedError outside of one."""
    found = incident.of_environment()
    if found is None or not found.is_dir():
        raise RefusedError(
            "there is no open incident, so nobody can have watched one: run it with rollback-runner, which opens it"
        )
    return Place(home(), found)


def service_of(variables: Mapping[str, Any]) -> Service:
    """Read from a play's variables which hosts, databases and doors a service has."""
    groups = {str(name): [str(host) for host in hosts] for name, hosts in (variables.get("groups") or {}).items()}
    hostvars = variables.get("hostvars") or {}
    servers = [hostvars[pair].get("db_idc_host") for pair in groups.get("databases", ()) if pair in hostvars]
    return Service(groups, [str(one) for one in servers if one], [])


def keys_of(variables: Mapping[str, Any], doors: Iterable[Mapping[str, Any]], skip: Iterable[Any]) -> list[Key]:
    """List the figures and hosts that must be followed."""
    known = service_of(variables)
    names = [str(door.get("name")) for door in doors if door.get("name")]
    return required.required(Service(known.groups, known.databases, names), required.skips(skip))


def wait_for_samples(found: Place, keys: Iterable[Key], since: float, until: float, patience: float) -> series.Series:
    """Wait until every figure has a sample of ``until`` or later, at most ``patience`` seconds; return the span."""
    wanted = list(keys)
    limit = time.monotonic() + patience
    while True:
        seen = series.read(found.incident, since=since)
        late = [
            key
            for key in wanted
            if key[0] not in required.ONLY_WHEN_USED
            and not any(at >= until for at, _ in seen.values.get(key[0], {}).get(key[1], ())[-1:])
        ]
        if not late or time.monotonic() >= limit:
            return seen
        time.sleep(0.25)


def promoted_at(found: Place) -> float | None:
    """Return when IDC was first opened for writes in this incident, by its runs' journals; None: not on record."""
    moments = [
        epoch(str(entry["time"]))
        for entries in _runs(found)
        for entry in entries
        if entry["kind"] == "promoted" and not entry.get("found_open")
    ]
    return min(moments, default=None)


def _runs(found: Place) -> Iterator[list[dict[str, Any]]]:
    for path in sorted((found.home / "runs").glob("*/journal.jsonl")):
        if path.parent.is_symlink():
            continue
        try:
            entries = journal.read(path)
        except journal.JournalError:
            continue
        begun = entries[0] if entries else {}
        if str(begun.get("options", {}).get("incident") or "").rpartition("/")[2] == found.incident.name:
            yield entries


def mark(found: Place, name: str, *, keep: bool) -> float:
    """Return when something was first done in this incident; with ``keep`` it is put on record now, if it was not.

    Raises `FailbackError` when that cannot be kept.
    """
    target = found.incident / "facts" / f"{name}.json"
    if target.is_file():
        known = incident.facts(found.incident).get(name) or {}
        try:
            return float(known["at"])
        except (KeyError, TypeError, ValueError) as error:
            raise FailbackError(
                f"{target} says no moment ({error}): remove it, and what it says begins anew"
            ) from error
    now = time.time()
    if keep:
        incident.keep(found.incident, name, {"at": now})
    return now


def clock(seconds: float) -> str:
    """Write a span as people say it: 1:12 h, 12:05 min, 8 s."""
    whole = round(seconds)
    if whole >= 3600:  # noqa: PLR2004 - an hour
        return f"{whole // 3600}:{whole % 3600 // 60:02d} h"
    return f"{whole // 60}:{whole % 60:02d} min" if whole >= 60 else f"{whole} s"  # noqa: PLR2004 - a minute


def moment(at: float) -> str:
    """Write a moment as the record does."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
