"""From all that was read to what is kept: the picture, the sentences, the effect, the proposals. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from failback.situation import causes, effect, moments, on_databases, on_hosts, on_traffic, picture, times

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from failback.situation.effect import Rule
    from failback.situation.looks import Looks
    from failback.situation.said import Said


def sentences(looks: Looks, met: Mapping[str, Any], broken: Mapping[str, str]) -> list[Said]:
    """Return every sentence, the most important first; ``met`` is the effect, ``broken`` the unusable baselines."""
    found = [
        *on_databases.sentences(looks),
        *on_traffic.sentences(looks, met),
        *on_hosts.sentences(looks),
        *on_hosts.baseline(looks, broken),
    ]
    return sorted(found, key=lambda one: (one.rank, one.key))


def whole(looks: Looks, broken: Mapping[str, str], rule: Rule, now: datetime) -> tuple[dict[str, Any], list[Said]]:
    """Return the fact ``situation`` and its sentences."""
    met = effect.estimate(looks, rule)
    said = sentences(looks, met, broken)
    where = times.zone(str(looks.site.get("timezone") or "UTC"))
    recorded = [str(found["recorded_at"]) for found in looks.baseline.values() if found]
    fact: dict[str, Any] = {
        "at": times.utc(now),
        "at_local": times.local(now, where) if where else "",
        "timezone": str(looks.site.get("timezone") or "UTC"),
        "title": looks.site.get("title") or {},
        "headline": picture.headline(looks),
        "sentences": [one.as_fact() for one in said],
        "sites": picture.draw(looks),
        "effect": met,
        "baseline_at": min(recorded, default=""),
        "proposals": {"SIT-01": causes.propose(looks), "SIT-02": moments.propose(looks, now, where)},
    }
    return fact, said
