"""Sentences about the two databases and what AWS says of RDS. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from failback.situation import times
from failback.situation.looks import channel_error, live_channel, takes_writes
from failback.situation.said import Said, rate, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from failback.situation.looks import Looks

_NAMES = {"idc": "IDC", "aws": "RDS"}
# Event categories of the RDS guide that speak of trouble; backups, configuration changes and the like do not.
GRAVE = frozenset({"availability", "failover", "failure", "low storage", "recovery", "restoration", "deletion"})
_MOST_EVENTS = 3


def sentences(looks: Looks) -> Iterator[Said]:
    """Say what is wrong with each database."""
    for name, seen in looks.databases.items():
        yield from _writers(name, seen)
        for side in ("idc", "aws"):
            yield from _side(name, side, seen[side])
        yield from _distance(name, seen)
    for name, cloud in looks.clouds.items():
        yield from _cloud(name, cloud)


def _writers(name: str, seen: Mapping[str, Any]) -> Iterator[Said]:
    idc, aws = takes_writes("idc", seen["idc"]), takes_writes("aws", seen["aws"])
    if idc and aws:
        step = "stop the writers of one side before anything else: two databases are growing apart"
        yield Said(f"{name}:writers:both", "blocker", 1, words("writers.both", database=name), step)
    elif idc is False and aws is False:
        yield Said(f"{name}:writers:none", "warning", 5, words("writers.none", database=name))


def _side(name: str, side: str, seen: Mapping[str, Any]) -> Iterator[Said]:
    if not seen["answers"]:
        text = words("side.silent", side=_NAMES[side], error=seen["error"])
        step = "find out why; without RDS nothing can be fetched" if side == "aws" else "phase emergency starts it"
        yield Said(f"{name}:{side}:silent", "warning", 6, text, step)
        return
    wanted = str(seen.get("expected_uuid") or "")
    if wanted and wanted != seen["server_uuid"]:
        told = words(
            "side.identity", side=_NAMES[side], address=seen["address"], seen=seen["server_uuid"], wanted=wanted
        )
        yield Said(f"{name}:{side}:identity", "warning", 2, told, f"correct db_{side} before you go on")
    locked = (seen.get("accounts") or {}).get("locked_by_us", 0)
    if side == "aws" and locked:
        yield Said(f"{name}:rds:fenced", "note", 40, words("rds.fenced", count=locked))
    if side == "aws" and seen.get("binlog_retention_hours") == "NULL":
        step = "CALL mysql.rds_set_configuration('binlog retention hours', 168);"
        yield Said(f"{name}:rds:retention", "warning", 4, words("rds.retention"), step)
    if seen.get("unread"):
        parts = "; ".join(seen["unread"])
        yield Said(f"{name}:{side}:unread", "note", 60, words("db.unread", side=_NAMES[side], what=parts))


def _distance(name: str, seen: Mapping[str, Any]) -> Iterator[Said]:
    """Say how IDC follows RDS. Once IDC takes the writes and RDS does not, it need not follow any more."""
    idc, aws = seen["idc"], seen["aws"]
    open_idc = takes_writes("idc", idc)
    extra = seen.get("only_idc")
    if extra and not (open_idc and not takes_writes("aws", aws)):
        step = "find out who wrote: rollback-runner explain IDC-01"
        yield Said(f"{name}:idc:errant", "warning", 3, words("idc.errant", extra=extra), step)
    missing = seen.get("idc_lacks")
    if missing is None or not idc["answers"] or open_idc:
        return
    channel = live_channel(idc)
    written = aws["writes"]["rate"]
    if channel is None:
        if missing:
            told = words("follow.nothing" if written else "follow.still", rate=rate(written), missing=missing)
            yield Said(f"{name}:follow:nothing", "warning", 12, told)
    elif error := channel_error(channel):
        told = words("follow.broken", channel=channel["channel"], error=_short(error), missing=missing)
        yield Said(f"{name}:follow:broken", "warning", 8, told)
    elif missing:
        told = words("follow.lag", channel=channel["channel"], missing=missing)
        yield Said(f"{name}:follow:lag", "note", 42, told)


def _cloud(name: str, cloud: Mapping[str, Any]) -> Iterator[Said]:
    if not cloud["answers"]:
        step = "the fail-back does not need it, the fence outside of SQL does"
        yield Said(
            f"{name}:cloud:silent", "warning", 16, words("aws.silent", name=cloud["name"], error=cloud["error"]), step
        )
    elif cloud.get("unread"):
        yield Said(f"{name}:cloud:unread", "warning", 30, words("aws.unread", what="; ".join(cloud["unread"])))
    instance = cloud.get("instance") or {}
    label = cloud["name"]
    if instance:
        yield from _instance(name, label, instance, cloud["wanted_groups"])
    group = cloud.get("parameter_group") or {}
    if group and not group.get("attached"):
        seen = ", ".join(instance.get("groups") or {}) or "?"
        told = words("aws.other_group", name=label, seen=seen, wanted=group["name"])
        yield Said(f"{name}:cloud:other_group", "warning", 26, told, "correct aws_parameter_group")
    if str(group.get("value", "")) in {"1", "ON"}:
        yield Said(f"{name}:cloud:read_only", "note", 41, words("aws.read_only", group=group["name"]))
    for group_id, sources in (cloud.get("security_groups") or {}).items():
        if not sources:
            told = words("aws.closed", group=group_id, port=str(cloud["port"]))
            yield Said(f"{name}:cloud:closed:{group_id}", "warning", 17, told)
    grave = [one for one in cloud.get("events") or [] if GRAVE & set(one["categories"])]
    for event in grave[-_MOST_EVENTS:]:
        told = words("aws.event", at=times.shown(event["at"]), text=event["text"])
        yield Said(f"{name}:cloud:event:{event['text'][:60]}", "warning", 18, told)


def _instance(name: str, label: str, instance: Mapping[str, Any], wanted: Sequence[str]) -> Iterator[Said]:
    if instance["status"] != "available":
        told = words("aws.status", name=label, status=instance["status"])
        yield Said(f"{name}:cloud:status", "warning", 5, told)
    if instance["pending"]:
        what = ", ".join(f"{key}={value}" for key, value in sorted(instance["pending"].items()))
        yield Said(f"{name}:cloud:pending", "warning", 25, words("aws.pending", name=label, what=what))
    for group, status in instance["groups"].items():
        if status not in {"in-sync", ""}:
            yield Said(f"{name}:cloud:group", "warning", 26, words("aws.group", group=group, status=status))
    if not instance["backup_retention_days"]:
        yield Said(f"{name}:cloud:backup", "warning", 7, words("aws.backup", name=label))
    if wanted and set(wanted) - set(instance["security_groups"]):
        seen = ", ".join(instance["security_groups"]) or "-"
        told = words("aws.other_groups", name=label, seen=seen, wanted=", ".join(wanted))
        yield Said(f"{name}:cloud:other_groups", "warning", 27, told, "correct aws_security_groups")


def _short(text: str) -> str:
    return text if len(text) <= 160 else text[:157] + "..."  # noqa: PLR2004 - what fits two lines
