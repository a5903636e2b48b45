"""All hosts of an application together: what serves production, and every release with what is against it. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from failback.deployment.compose import words
from failback.deployment.compose.release import Release, differences
from failback.deployment.model import Deployment, Named, Request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.deployment.compose.standing import Standing

_MOVES = ("rollback", "promote")


def live(fleet: Sequence[Standing]) -> tuple[str, tuple[str, ...]]:
    """Give the release that most hosts run (on a tie: the first host's), and those that others run beside it."""
    counted = Counter(one.live for one in fleet if one.live)
    if not counted:
        return "", ()
    most = counted.most_common(1)[0][0]
    return most, tuple(sorted(set(counted) - {most}))


def moving(fleet: Sequence[Standing], run: str) -> str:
    """Say who works on the application now, or that a change was cut short; "" when nothing moves."""
    for one in fleet:
        if one.lock is not None and one.lock.get("run") != run:
            return f"{one.host} is locked: {lock_words(one.lock)}"
    apart = [f"{one.host}: {one.problem}" for one in fleet if one.problem]
    _, beside = live(fleet)
    if beside:
        apart.append("the hosts run different releases: " + ", ".join(f"{one.host} {one.live}" for one in fleet))
    return "; ".join(apart)


def lock_words(lock: Mapping[str, Any]) -> str:
    """Say whose a lock is, since when and why."""
    run = f" (run {lock['run']})" if lock.get("run") else ""
    return f"by {lock.get('by') or 'unknown'}{run} since {lock.get('since') or '?'}: {lock.get('why') or 'no reason'}"


def deployments(fleet: Sequence[Standing], address: str) -> list[Deployment]:
    """Give every release that a host has or had, the newest first."""
    names = {name for one in fleet for name in one.releases} | {line.id for one in fleet for line in one.served}
    found = [_deployment(name, fleet, address) for name in names]
    return sorted(found, key=lambda one: (one.created, one.id), reverse=True)


def last_request(fleet: Sequence[Standing]) -> Request | None:
    """Give the newest change-over that a rollback or a promotion asked for, and how it ended."""
    lines = [line for one in fleet for line in one.served if line.kind in _MOVES]
    if not lines:
        return None
    newest = max(lines, key=lambda line: line.time)
    where = [one.live == newest.id for one in fleet]
    locked = any(one.lock is not None for one in fleet)
    ended = "succeeded" if all(where) else "pending" if locked else "failed"
    kind = "rollback" if newest.kind == "rollback" else "promote"
    return Request(kind, newest.id, newest.time, ended, newest.since, newest.by)  # type: ignore[arg-type]  # one of Ended


def pinned(fleet: Sequence[Standing]) -> bool | None:
    """Say whether new releases serve by themselves: False where a pin stands on every host, else unknown."""
    return False if fleet and all(one.pinned for one in fleet) else None


def unfit(fleet: Sequence[Standing], release: str) -> list[str]:
    """Say why not every host can run a release; nothing: they all can."""
    found = [said for one in fleet for said in one.unfit(release)]
    have = [one for one in fleet if release in one.releases]
    apart = [differences(have[0].host, have[0].releases[release], one.host, one.releases[release]) for one in have[1:]]
    return [*found, *(said for said in apart if said)]


def not_reverted(fleet: Sequence[Standing], since: str, target: str) -> list[Named]:
    """Name what stays as it is when the code goes back."""
    from_, to = _copy(fleet, since), _copy(fleet, target)
    names = {"since": since, "target": target}
    found = [
        Named.of("environment", name, words.SET_OUTSIDE.filled(**names), words.SET_AS.filled(**names))
        for name in sorted({*from_.environment, *to.environment})
    ]
    found += [
        Named.of("cron", name, words.CRON_LEFT.filled(name=name, **names), words.CRON_OFF)
        for name in sorted(set(from_.crons) - set(to.crons))
    ]
    found += [
        Named.of("cron", name, words.CRON_MISSING.filled(name=name, **names), words.CRON_THERE)
        for name in sorted(set(to.crons) - set(from_.crons))
    ]
    hosts = [one.host for one in fleet if one.host_env]
    if hosts:
        told = words.HOST_ENV.filled(hosts=", ".join(hosts))
        found.append(Named.of("configuration", "host.env", told, words.HOST_ENV_FITS.filled(**names)))
    volumes = sorted({name for one in fleet for name in one.config.get("volumes") or ()})
    found += [
        Named.of("other", name, words.VOLUME.filled(name=name, **names), words.VOLUME_READ.filled(**names))
        for name in volumes
    ]
    found.append(Named.of("cache", "answers", words.CACHES.filled(**names), words.CACHES_EMPTY))
    return found


def _deployment(name: str, fleet: Sequence[Standing], address: str) -> Deployment:
    times = sorted({line.time for one in fleet for line in one.served if line.id == name}, reverse=True)
    known = _copy(fleet, name)
    if not known.id:
        gone = "no host has it any more"
        return Deployment(name, "production", "deleted", times[-1], promoted=True, candidate=False, unsound=gone)
    problems = unfit(fleet, name)
    return Deployment(
        id=name,
        target="preview" if known.target == "preview" else "production",
        state="error" if known.unsound else "ready",
        created=known.created,
        commit=known.commit,
        ref=known.ref,
        message=known.message,
        author=known.author,
        address=address,
        build=known.build,
        promoted=bool(times),
        candidate=not problems,
        unsound="; ".join(problems),
        served=tuple(times),
        images=dict(known.images),
    )


def _copy(fleet: Sequence[Standing], name: str) -> Release:
    """Give the copy of the first host that has one; an empty one where none has."""
    return next((one.releases[name] for one in fleet if name in one.releases), Release(""))


def as_evidence(fleet: Sequence[Standing]) -> dict[str, Any]:
    """Reduce the fleet to what belongs on record."""
    return {
        one.host: {"live": one.live, "current": one.current, "problem": one.problem, "releases": sorted(one.releases)}
        for one in fleet
    }
