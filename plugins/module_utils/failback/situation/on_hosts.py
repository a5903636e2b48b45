"""Sentences about hosts and their containers, against the recorded baseline. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from failback.situation import times
from failback.situation.said import Said, short_image, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from failback.situation.looks import Looks

_MANY = 3  # error lines in a log that are worth a sentence
_FRESH = 300.0  # seconds: errors since then count as going on
_LONGEST = 90  # characters of a log line in a sentence


def sentences(looks: Looks) -> Iterator[Said]:
    """Say what is wrong with hosts and containers."""
    for host, seen in looks.hosts.items():
        if not seen["answers"] and not (looks.balancers.get(host) or {}).get("absent_ok"):
            yield Said(f"host:{host}:silent", "warning", 7, words("host.silent", host=host, error=seen["error"]))
    for host, name, container in looks.containers():
        yield from _state(host, name, container)
        yield from _against(host, name, container, looks.container_before(host, name))
        yield from _log(host, name, container.get("log") or {}, looks.hosts[host].get("now"))


def baseline(looks: Looks, broken: Mapping[str, str]) -> Iterator[Said]:
    """Say where nothing is compared, and why. ``broken`` has the error of each record that cannot be used."""
    for host, error in broken.items():
        yield Said(f"baseline:{host}:bad", "warning", 29, words("baseline.bad", error=error))
    absent = [host for host, found in looks.baseline.items() if found is None and host not in broken]
    if absent:
        step = "rollback-runner baseline records one; it must be made before a migration"
        yield Said("baseline:none", "note", 70, words("baseline.none", hosts=", ".join(absent)), step)


def why(container: Mapping[str, Any]) -> dict[str, str]:
    """Say why a container does not run, as docker knows it."""
    if container.get("out_of_memory"):
        return words("container.memory")
    return words("container.code", code=container.get("exit_code", 0))


def since(container: Mapping[str, Any]) -> str:
    """Say since when (UTC) a container does not run; "" when docker does not know."""
    moment = times.parse(str(container.get("finished_at") or ""))
    return times.utc(moment) if moment else ""


def _state(host: str, name: str, container: Mapping[str, Any]) -> Iterator[Said]:
    state = container["state"]
    here = {"host": host, "container": name}
    if state == "missing":
        yield Said(f"container:{host}:{name}:missing", "warning", 7, words("container.missing", **here))
    elif state == "unknown":
        told = words("container.unknown", **here, error=container["error"])
        yield Said(f"container:{host}:{name}:unknown", "warning", 15, told)
    elif state != "running":
        at = since(container)
        told = words(
            "container.stopped",
            **here,
            state=state,
            why=why(container) if state in {"exited", "dead"} else words("nothing"),
            since=words("container.since", at=times.shown(at))
            if at and state in {"exited", "dead"}
            else words("nothing"),
        )
        yield Said(f"container:{host}:{name}:stopped", "warning", 7, told)
    elif container["health"] not in {"", "healthy"}:
        told = words("container.unhealthy", **here, health=container["health"])
        yield Said(f"container:{host}:{name}:unhealthy", "warning", 9, told)


def _against(host: str, name: str, container: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[Said]:
    """Compare with the baseline: another image, and restarts that docker made by itself."""
    if "image" not in container:
        return
    if before and before["image"] != container["image"]:
        now, then = short_image(container["image"]), short_image(before["image"])
        told = words("container.image", host=host, container=name, now=now, then=then)
        yield Said(f"container:{host}:{name}:image", "warning", 10, told)
    # docker counts from 0 again in a container that was made anew
    count = container["restarts"] - (before.get("restarts", 0) if before.get("image") == container["image"] else 0)
    if count > 0:
        told = words("container.restarts", host=host, container=name, count=count)
        yield Said(f"container:{host}:{name}:restarts", "warning", 21, told)


def _log(host: str, name: str, log: Mapping[str, Any], now: float | None) -> Iterator[Said]:
    """Tell of errors in a log: a warning while they go on, by the host's own clock, else worth knowing."""
    endpoints = {one["name"] for one in log.get("endpoints") or []}  # failed requests have a sentence of their own
    kinds = [one for one in log.get("kinds") or [] if one["name"].rpartition(" ")[0] not in endpoints]
    count = sum(kind["count"] for kind in kinds)
    if count < _MANY:
        return
    worst = kinds[0]
    line = worst["line"] if len(worst["line"]) <= _LONGEST else worst["line"][: _LONGEST - 1] + "…"
    told = words(
        "container.log",
        host=host,
        container=name,
        count=count,
        first=times.shown(min((kind["first"] for kind in kinds if kind["first"]), default="?")),
        line=line,
    )
    newest = times.parse(max(kind["last"] for kind in kinds))
    fresh = newest is not None and now is not None and now - newest.timestamp() < _FRESH
    yield Said(f"container:{host}:{name}:log", "warning" if fresh else "note", 22 if fresh else 48, told)
