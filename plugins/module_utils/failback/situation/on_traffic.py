"""Sentences about what users meet on their way: errors, doors, names, load balancers. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from failback.situation import effect, times
from failback.situation.said import Said, percent, seconds, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from failback.situation.looks import Looks

_NAMES = {"idc": "IDC", "aws": "AWS"}
_SLOWER = 2.0  # times the baseline
_LEAST = 0.05  # seconds above the baseline


def sentences(looks: Looks, met: Mapping[str, Any]) -> Iterator[Said]:
    """Say what is wrong on the way from the user to the application."""
    yield from _errors(met)
    yield from _doors(looks, met)
    for name in looks.names():
        yield from _name(name)
    for node, seen in looks.balancers.items():
        yield from _balancer(node, seen)
    serving = {node: seen["serving"] for node, seen in looks.answering_balancers().items()}
    if len(set(serving.values()) - {"none"}) > 1:
        shown = ", ".join(f"{node}: {_NAMES.get(side, side)}" for node, side in serving.items())
        yield Said("lb:differ", "warning", 10, words("lb.differ", list=shown))


def _errors(met: Mapping[str, Any]) -> Iterator[Said]:
    rate, grave = met["error_rate"], met["severity"] in {"critical", "major"}
    if rate and met["errors"]:
        told = words(
            "effect.errors",
            share=percent(rate),
            errors=met["errors"],
            requests=met["requests"],
            seconds=f"{met['window_seconds']:.0f}",
        )
        yield Said("effect:errors", "warning", 2 if grave else 13, told)
    if met["endpoints"]:
        worst = met["endpoints"][0]
        told = words(
            "effect.endpoint",
            endpoint=worst["endpoint"],
            count=worst["count"],
            container=worst["container"],
            first=times.shown(worst["first"]),
        )
        yield Said(f"effect:endpoint:{worst['endpoint']}", "warning", 4 if grave else 19, told)


def _doors(looks: Looks, met: Mapping[str, Any]) -> Iterator[Said]:
    for name, door in looks.doors().items():
        if effect.silent(door):
            figures = door.get("figures")
            kinds = (figures or {}).get("errors") or {}
            error = next(iter(kinds), "") or door.get("error") or "no answer"
            yield Said(f"door:{name}:silent", "warning", 3, words("door.silent", door=name, error=error))
            continue
        for check in door.get("checks") or []:
            if not check["well"]:
                status = check["status"] or check.get("error") or "nothing"
                told = words("door.health", door=name, path=check["path"], status=status)
                yield Said(f"door:{name}:health:{check['path']}", "warning", 7, told)
        now, then = met["doors"][name]["p95"], met["doors"][name]["p95_before"]
        if now and then and now > then * _SLOWER and now > then + _LEAST:
            told = words("door.slow", door=name, now=seconds(now), then=seconds(then))
            yield Said(f"door:{name}:slow", "warning", 11, told)


def _name(seen: Mapping[str, Any]) -> Iterator[Said]:
    name, found = seen["name"], seen["answers"]
    heard = [one for one in found if one["values"]]
    for one in found:
        if one["error"]:
            told = words("dns.silent", name=name, server=one["server"], error=one["error"])
            yield Said(f"dns:{name}:silent:{one['server']}", "warning", 14, told)
    if seen.get("error"):
        told = words("dns.silent", name=name, server="-", error=seen["error"])
        yield Said(f"dns:{name}:silent", "warning", 14, told)
    strange = [one for one in heard if one["side"] == "other"]
    if strange:
        values = ", ".join(sorted({value for one in strange for value in one["values"]}))
        told = words("dns.other", name=name, values=values, servers=", ".join(one["server"] for one in strange))
        yield Said(f"dns:{name}:other", "warning", 9, told, "correct the record, or dns_records")
    sides = {one["side"] for one in heard}
    if len(sides) > 1:
        shown = ", ".join(f"{one['server']} {_NAMES.get(one['side'], one['side'])} ({one['ttl']} s)" for one in heard)
        yield Said(f"dns:{name}:disagree", "warning", 10, words("dns.disagree", name=name, list=shown))
    elif sides & set(_NAMES):
        side = sides.pop()
        count = len(heard)
        what = words({1: "dns.one", 2: "dns.both"}.get(count, "dns.all"), count=count)
        told = words("dns.side", name=name, side=_NAMES[side], value=_tail(seen[side]), what=what)
        yield Said(f"dns:{name}:side", "note", 45, told)


def _balancer(node: str, seen: Mapping[str, Any]) -> Iterator[Said]:
    if not seen["answers"]:
        reason = seen.get("absent_ok")
        if reason:
            yield Said(f"lb:{node}:absent", "note", 46, words("lb.absent", node=node, reason=reason))
        elif seen.get("reached"):  # else the host's own sentence says it
            yield Said(f"lb:{node}:silent", "warning", 7, words("lb.silent", node=node, error=seen["error"]))
        return
    yield from _servers(node, seen)
    if seen["hold_until"] and seen["hold_until"] > seen["now"]:
        yield Said(f"lb:{node}:held", "warning", 6, words("lb.held", node=node, until=_clock(seen["hold_until"])))
    if seen["unknown"]:
        told = words("lb.strangers", node=node, servers=", ".join(seen["unknown"]))
        yield Said(f"lb:{node}:strangers", "warning", 20, told, "add them to lb_servers_idc or lb_servers_aws")
    if seen["missing"]:
        told = words("lb.missing", node=node, servers=", ".join(seen["missing"]))
        yield Said(f"lb:{node}:missing", "warning", 20, told, "correct lb_servers_* or the node's configuration")


def _servers(node: str, seen: Mapping[str, Any]) -> Iterator[Said]:
    states, servers = seen["states"], seen["flow"]["servers"]
    if seen["serving"] == "none":
        shown = ", ".join(f"{name} {state}" for name, state in states.items())
        yield Said(f"lb:{node}:none", "warning", 4, words("lb.none", node=node, states=shown))
    for name, state in states.items():
        if state == "down":
            said = str((servers.get(name) or {}).get("said") or "")
            why = {"en": f" ({said})", "ko": f"({said})"} if said else words("nothing")
            yield Said(f"lb:{node}:down:{name}", "warning", 8, words("lb.down", node=node, server=name, why=why))
        elif state in {"drain", "idle"}:
            yield Said(f"lb:{node}:drained:{name}", "warning", 28, words("lb.drained", node=node, server=name))


def _tail(address: str) -> str:
    """Write the end of an address, which is what tells the two apart."""
    return "…" + re.split(r"[.:]", address)[-1]


def _clock(unix: float) -> str:

    return f"{datetime.fromtimestamp(unix, UTC):%H:%M:%S} UTC"
