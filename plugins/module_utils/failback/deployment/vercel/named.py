"""What does not go back with the code on Vercel, by name. Pure.

Facts (vercel.com/docs/instant-rollback): the old build keeps the environment of its time, its configuration may be
stale, and cron jobs return to what the old build knew. Values are never read: keys and times are enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from failback.deployment.model import Named
from failback.deployment.vercel import reading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failback.deployment.model import Deployment

_PROJECT_SETTINGS = ("nodeVersion", "framework", "rootDirectory", "buildCommand", "outputDirectory")


def named(answer: Mapping[str, Any], since: Deployment, target: Deployment) -> Sequence[Named]:
    """Name it from the project's answer. ``since`` serves now, ``target`` will."""
    return (
        *_environment(answer, target),
        *_crons(answer, since, target),
        *_stores(answer),
        *_domains(answer),
        *_cache(answer),
        *_configuration(answer, target),
    )


def _environment(answer: Mapping[str, Any], target: Deployment) -> list[Named]:
    found = []
    for entry in _rows(answer.get("env")):
        key, changed = str(entry.get("key") or ""), reading.moment(entry.get("updatedAt") or entry.get("createdAt"))
        if not key or not _of_production(entry.get("target")) or not changed or changed <= target.created:
            continue
        found.append(
            Named(
                "environment",
                key,
                f"It was changed at {changed}; {target.id} was built at {target.created} and keeps the older value.",
                "If the old value no longer works (a rotated key, a moved address), make the old value work again, or "
                f"build the commit {target.commit[:12] or 'of the target'} anew with today's environment.",
            )
        )
    return found


def _crons(answer: Mapping[str, Any], since: Deployment, target: Deployment) -> list[Named]:
    crons = answer.get("crons")
    if not isinstance(crons, dict):
        return []
    owner = str(crons.get("deploymentId") or since.id)
    return [
        Named(
            "cron",
            f"{one.get('schedule')} {one.get('path')}",
            f"It is defined by {owner}. Vercel puts the cron jobs back to those that {target.id} knew.",
            "Compare Settings, Cron Jobs after the rollback; a job that only the newer code has does not run.",
        )
        for one in _rows(crons.get("definitions"))
    ]


def _stores(answer: Mapping[str, Any]) -> list[Named]:
    """Name what keeps data of its own and stays as it is: connected stores and Edge Config."""
    found = {}
    for entry in _rows(answer.get("env")):
        hint = entry.get("contentHint")
        store = str(hint.get("storeId") or "") if isinstance(hint, dict) else ""
        store = store or str(entry.get("edgeConfigId") or "")
        if store:
            kind = str(hint.get("type") or "") if isinstance(hint, dict) else "edge-config"
            found[store] = kind
    return [
        Named(
            "other",
            f"{kind} {store}",
            "A store that is connected to the project keeps its content, whatever code serves.",
            "Check that the older code can read what the newer one has written there.",
        )
        for store, kind in sorted(found.items())
    ]


def _domains(answer: Mapping[str, Any]) -> list[Named]:
    names = reading.domains(reading.live(answer))
    return [
        Named(
            "domain",
            name,
            "The domain moves; its redirects, certificate and DNS records stay as they are now.",
            "",
        )
        for name in names
    ]


def _cache(answer: Mapping[str, Any]) -> list[Named]:
    shared = isinstance(answer.get("dataCache"), dict) and not answer["dataCache"].get("userDisabled")
    if not shared:
        return []
    return [
        Named(
            "cache",
            "data cache",
            "The project's data cache is kept between deployments: the older code may read entries of the newer one.",
            "If entries have another form, purge it: `vercel cache purge --type data`.",
        )
    ]


def _configuration(answer: Mapping[str, Any], target: Deployment) -> list[Named]:
    changed = reading.moment(answer.get("updatedAt"))
    if not changed or changed <= target.created:
        return []
    kept = ", ".join(f"{name} {answer[name]}" for name in _PROJECT_SETTINGS if answer.get(name))
    return [
        Named(
            "configuration",
            "project settings",
            f"The project was last changed at {changed}, after {target.id} was built; the build keeps what it was "
            f"built with{f' (now: {kept})' if kept else ''}.",
            "Look at the project's activity for what was changed since.",
        )
    ]


def _of_production(target: Any) -> bool:
    return target is None or target == "production" or (isinstance(target, list) and "production" in target)


def _rows(found: Any) -> list[dict[str, Any]]:
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
