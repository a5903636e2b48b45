"""The two sites side by side, as figures and names; the command makes a screen of it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from failback.situation import effect
from failback.situation.looks import SIDES, channel_error, live_channel, takes_writes
from failback.situation.said import rate, short_image, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failback.situation.looks import Looks


def draw(looks: Looks) -> dict[str, Any]:
    """Draw both sides; each with the same keys."""
    flows = _shares(looks)
    return {
        side: {
            "share": flows[side],
            "names": [_name(side, seen) for seen in looks.names()],
            "balancers": [_node(node, seen) for node, seen in looks.balancers.items() if looks.sides.get(node) == side],
            "servers": _servers(side, looks),
            "databases": [_database(side, name, seen) for name, seen in looks.databases.items()],
            "hosts": _hosts(side, looks),
            "containers": _containers(side, looks),
            "cloud": [_cloud(cloud) for cloud in looks.clouds.values()] if side == "aws" else [],
        }
        for side in SIDES
    }


def headline(looks: Looks) -> dict[str, str]:
    """Say in one line who serves, who writes, and whether IDC follows."""
    parts = [_serves(looks), *_writes(looks)]
    english = "; ".join(part["en"] for part in parts)
    return {"en": english[:1].upper() + english[1:] + ".", "ko": ". ".join(part["ko"] for part in parts) + "."}


def _shares(looks: Looks) -> dict[str, float | None]:
    """Return the share of requests each side was given between the two readings; None without a request."""
    counted = dict.fromkeys(SIDES, 0)
    for seen in looks.answering_balancers().values():
        for side in SIDES:
            servers = seen["flow"]["servers"]
            counted[side] += sum(servers[name]["requests"] for name in seen[f"servers_{side}"] if name in servers)
    total = sum(counted.values())
    return {side: round(counted[side] / total, 4) if total else None for side in SIDES}


def _serves(looks: Looks) -> dict[str, str]:
    doors = looks.doors()
    if doors and all(effect.silent(door) for door in doors.values()):
        return words("serves.silent")
    nodes = looks.answering_balancers()
    if not nodes:
        return words("serves.unknown")
    serving = {seen["serving"] for seen in nodes.values()} - {"none"}
    if not serving:
        return words("serves.none")
    shares = _shares(looks)
    if len(serving) > 1 or "mixed" in serving:
        busy = [side for side in SIDES if shares[side]]
        return words(f"serves.{busy[0]}" if len(busy) == 1 else "serves.mixed")
    side = serving.pop()
    return words(f"serves.{side}" if side in SIDES else "serves.unknown")


def _writes(looks: Looks) -> list[dict[str, str]]:
    """Speak of every database; of the first only, where they are alike."""
    found: list[dict[str, str]] = []
    for seen in looks.databases.values():
        idc, aws = takes_writes("idc", seen["idc"]), takes_writes("aws", seen["aws"])
        if idc and aws:
            part = words("writes.both")
        elif aws:
            part = words("writes.aws", rate=rate(seen["aws"]["writes"]["rate"]))
        elif idc:
            part = words("writes.idc", rate=rate(seen["idc"]["writes"]["rate"]))
        else:
            part = words("writes.none" if idc is False and aws is False else "writes.unknown")
        found += [part, _follows(seen, open_idc=bool(idc))]
    return [part for place, part in enumerate(found) if part not in found[:place]]


def _follows(seen: Mapping[str, Any], *, open_idc: bool) -> dict[str, str]:
    missing = seen.get("idc_lacks")
    if missing is None:
        return words("follows.unknown")
    if not missing:
        return words("follows.done")
    channel = None if open_idc else live_channel(seen["idc"])
    if channel is None:
        return words("follows.nothing", missing=missing)
    return words("follows.broken" if channel_error(channel) else "follows.idc", missing=missing)


def _name(side: str, seen: Mapping[str, Any]) -> dict[str, Any]:
    here = [one for one in seen["answers"] if one["side"] == side]
    return {
        "name": seen["name"],
        "servers": len(here),
        "of": sum(1 for one in seen["answers"] if one["values"] or one["error"]),
        "ttl": max((one["ttl"] for one in here), default=None),
        "value": seen.get(side, ""),
    }


def _node(node: str, seen: Mapping[str, Any]) -> dict[str, Any]:
    if not seen["answers"]:
        return {"node": node, "answers": False, "error": seen["error"]}
    flow = seen["flow"]
    return {
        "node": node,
        "answers": True,
        "serving": seen["serving"],
        "rate": flow["rate"],
        "error_rate": flow["error_rate"],
        "in_flight": flow["in_flight"],
        "waiting": flow["waiting"],
        "held": bool(seen["hold_until"]) and seen["hold_until"] > seen["now"],
        "version": seen["version"],
    }


def _servers(side: str, looks: Looks) -> list[dict[str, Any]]:
    """List the side's servers as the load balancers see them: state and weight on each node, requests in all."""
    found: dict[str, dict[str, Any]] = {}
    for node, seen in looks.answering_balancers().items():
        for name in seen[f"servers_{side}"]:
            figures = seen["flow"]["servers"].get(name) or {}
            one = found.setdefault(name, {"name": name, "states": {}, "weights": {}, "rate": 0.0})
            one["states"][node] = seen["states"].get(name, "missing")
            one["weights"][node] = figures.get("weight")
            one["rate"] = round(one["rate"] + figures.get("requests", 0) / (seen["flow"]["seconds"] or 1), 1)
    return list(found.values())


def _database(side: str, name: str, pair: Mapping[str, Any]) -> dict[str, Any]:
    seen = pair[side]
    if not seen["answers"]:
        return {"name": name, "answers": False, "error": seen["error"], "address": seen["address"]}
    channel = live_channel(seen)
    exempt = set(pair["exempt_users"])
    users = {user: one | {"exempt": user in exempt} for user, one in seen["sessions"].items()}
    return {
        "name": name,
        "answers": True,
        "address": seen["address"],
        "version": seen["version"],
        "read_only": "super_read_only" if seen["super_read_only"] else "read_only" if seen["read_only"] else "",
        "takes_writes": takes_writes(side, seen),
        "rate": seen["writes"]["rate"],
        "lacks": pair["idc_lacks"] if side == "idc" else pair["only_idc"],
        "gtid": seen["gtid_executed"],
        "channel": None
        if channel is None
        else {"name": channel["channel"], "source": channel["source"], "error": channel_error(channel)},
        "sessions": users,
        "application_sessions": sum(one["count"] for one in users.values() if not one["exempt"]),
        "event_scheduler": seen["event_scheduler"],
        "binlog_retention_hours": seen.get("binlog_retention_hours", ""),
    }


def _hosts(side: str, looks: Looks) -> dict[str, Any]:
    mine = {host: seen for host, seen in looks.hosts.items() if looks.sides.get(host) == side}
    return {"of": len(mine), "silent": [host for host, seen in mine.items() if not seen["answers"]]}


def _containers(side: str, looks: Looks) -> list[dict[str, Any]]:
    found = []
    for host, name, one in looks.containers():
        if looks.sides.get(host) != side:
            continue
        before = looks.container_before(host, name)
        changed = bool(before) and "image" in one and before["image"] != one["image"]
        found.append(
            {
                "host": host,
                "name": name,
                "state": one["state"],
                "health": one.get("health", ""),
                "image": short_image(one.get("image", "")),
                "image_name": one.get("image_name", ""),
                "restarts": one.get("restarts", 0),
                "changed": changed,
            }
        )
    return found


def _cloud(cloud: Mapping[str, Any]) -> dict[str, Any]:
    instance, group = cloud.get("instance") or {}, cloud.get("parameter_group") or {}
    events = cloud.get("events") or []
    return {
        "name": cloud["name"],
        "answers": cloud["answers"],
        "error": cloud["error"],
        "status": instance.get("status", ""),
        "class": instance.get("class", ""),
        "pending": sorted(instance.get("pending") or {}),
        "read_only": group.get("value", ""),
        "backup_retention_days": instance.get("backup_retention_days"),
        "security_groups": cloud.get("security_groups") or {},
        "last_event": events[-1] if events else None,
    }
