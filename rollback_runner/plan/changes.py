"""What changed in the content of a plan: sentences, each with its judgement. Pure: two contents in, changes out.

What approvals cover is what was read by those who signed. So whatever changed in it lets approvals fall, however small
it looks; what may change without that is not in the content (`plan_facts_changes`).
"""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from failback.deployment import plan as plans

from rollback_runner import messages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rollback_runner.checklist import Language

_SHOWN = 90  # characters of a value in a sentence
_LISTED = 5  # names in a sentence; more are counted
_ALIKE = 0.6  # a step this much like the one that stood there was renamed
# Told by sentences of their own, so not again as variables.
_IDENTITY = frozenset({"db_cutover_gtid", "aws_db_instance"})
_OF_SERVER = frozenset({f"{side}.{key}" for side in ("db_idc", "db_aws") for key in ("host", "port", "server_uuid")})
DEPLOYMENT = "deployment"  # the key of a change in the plan of a release's rollback
_MISSING = object()


@dataclass(frozen=True)
class Change:
    """One thing that is not as it was. `key` is stable and in English; `sentence` is for people, in both languages."""

    sentence: Mapping[Language, str]
    harmless: bool
    key: str


def change(kind: str, key: str, *, harmless: bool, **values: Any) -> Change:
    """Make a change from a sentence of the catalogue (`plan.change.KIND`)."""
    told: dict[Language, str] = {}
    for language in ("en", "ko"):
        told[language] = messages.Texts(language)(f"plan.change.{kind}", **values)
    return Change(told, harmless, key)


def of_content(
    before: Mapping[str, Any], now: Mapping[str, Any], files: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {})
) -> list[Change]:
    """Compare two contents. `files` are the code's files by name then and now, as far as they are known."""
    return [
        *_plain(before, now),
        *_legs(before, now),
        *_groups(before["groups"], now["groups"]),
        *_servers(before["servers"], now["servers"]),
        *_values("cutover", before["cutover"], now["cutover"]),
        *_backups(before["backups"], now["backups"]),
        *_variables(before["variables"], now["variables"]),
        *_code(before["code"], now["code"], files),
        *_site_files(before.get("files", {}), now["files"]),
        *_deployment(before.get("deployment") or {}, now.get("deployment") or {}),
    ]


def _falls(kind: str, key: str, **values: Any) -> Change:
    return change(kind, key, harmless=False, **values)


def _plain(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    for name in ("version", "site", "strategy"):
        if before[name] != now[name]:
            yield _falls(name, name, before=before[name], now=now[name])
    points = [(found or {}).get("step", "") for found in (before["point_of_no_return"], now["point_of_no_return"])]
    if points[0] != points[1]:
        yield _falls("point", "point_of_no_return", before=points[0] or "-", now=points[1] or "-")


def _legs(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    then = {leg["name"]: leg for leg in before["legs"]}
    today = {leg["name"]: leg for leg in now["legs"]}
    for name in then.keys() - today.keys():
        yield _falls("leg_gone", f"leg:{name}", leg=name)
    for name in today.keys() - then.keys():
        yield _falls("leg_new", f"leg:{name}", leg=name)
    common = [name for name in then if name in today]
    if common != [name for name in today if name in then]:
        yield _falls("leg_order", "legs", now=", ".join(today))
    for name in common:
        for what in ("playbook", "budget"):
            if then[name][what] != today[name][what]:
                yield _falls(what, f"leg:{name}:{what}", leg=name, before=then[name][what], now=today[name][what])
        yield from _items(name, then[name]["items"], today[name]["items"])
        yield from _steps(name, then[name]["steps"], today[name]["steps"])


def _items(leg: str, before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> Iterator[Change]:
    then, today = ({item["id"]: item for item in items} for items in (before, now))
    for name in sorted(then.keys() - today.keys()):
        yield _falls("item_gone", f"item:{leg}:{name}", leg=leg, item=name)
    for name in sorted(today.keys() - then.keys()):
        yield _falls("item_new", f"item:{leg}:{name}", leg=leg, item=name)
    for name in sorted(then.keys() & today.keys()):
        if (then[name]["excused"] or "") != (today[name]["excused"] or ""):
            kind = "item_excused" if today[name]["excused"] else "item_asked"
            yield _falls(kind, f"item:{leg}:{name}:excused", leg=leg, item=name)
        if then[name]["absent"] != today[name]["absent"]:
            yield _falls("item_absent", f"item:{leg}:{name}:absent", leg=leg, item=name)


def _steps(leg: str, before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> Iterator[Change]:
    then, today = ([_line(step) for step in steps] for steps in (before, now))
    matcher = difflib.SequenceMatcher(a=then, b=today, autojunk=False)
    for kind, first, last, start, end in matcher.get_opcodes():
        if kind == "equal":
            continue
        gone, new = list(before[first:last]), list(now[start:end])
        for old, step in list(zip(gone, new, strict=False)):
            if difflib.SequenceMatcher(a=old["name"], b=step["name"]).ratio() >= _ALIKE:
                gone.remove(old)
                new.remove(step)
                what = "step_renamed" if old["name"] != step["name"] else "step_moved"
                values = {"leg": leg, "before": _name(old), "now": _name(step), "play": step["play"]}
                yield _falls(what, f"step:{leg}:{step['name']}", **values)
        for old in gone:
            yield _falls("step_gone", f"step:{leg}:{old['name']}", leg=leg, step=_name(old), play=old["play"])
        for step in new:
            yield _falls("step_new", f"step:{leg}:{step['name']}", leg=leg, step=_name(step), play=step["play"])


def _line(step: Mapping[str, Any]) -> str:
    return json.dumps([step["play"], step["hosts"], step["ids"], step["name"], step["optional"]])


def _name(step: Mapping[str, Any]) -> str:
    return f"{', '.join(step['ids'])} | {step['name']}" if step["ids"] else str(step["name"])


def _groups(before: Mapping[str, Sequence[str]], now: Mapping[str, Sequence[str]]) -> Iterator[Change]:
    for group in sorted((before.keys() | now.keys()) - {"all", "ungrouped"}):
        then, today = before.get(group, ()), now.get(group, ())
        if list(then) == list(today):
            continue
        new, gone = [host for host in today if host not in then], [host for host in then if host not in today]
        if new:
            yield _falls("hosts_new", f"group:{group}", group=group, hosts=", ".join(new))
        if gone:
            yield _falls("hosts_gone", f"group:{group}", group=group, hosts=", ".join(gone))
        if not new and not gone:
            yield _falls("hosts_order", f"group:{group}", group=group, hosts=", ".join(today))


def _servers(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    for host in sorted(before.keys() & now.keys()):
        for side, name in (("idc", "IDC"), ("aws", "RDS")):
            then, today = before[host][side], now[host][side]
            for key in sorted(then.keys() | today.keys()):
                if then.get(key) != today.get(key):
                    values = {"side": name, "host": host, "what": key, "before": then.get(key), "now": today.get(key)}
                    yield _falls("server", f"server:{host}:{side}:{key}", **values)


def _values(kind: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    for host in sorted(before.keys() & now.keys()):
        if before[host] != now[host]:
            yield _falls(kind, f"{kind}:{host}", host=host, before=_short(before[host]), now=_short(now[host]))


def _backups(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    for host in sorted(before.keys() | now.keys()):
        then, today = before.get(host) or [], now.get(host) or []
        names = {one["name"]: one for one in today}
        for one in then:
            if one["name"] not in names:
                yield _falls("backup_gone", f"backup:{host}:{one['name']}", host=host, backup=one["name"])
            elif one != names[one["name"]]:
                yield _falls("backup_changed", f"backup:{host}:{one['name']}", host=host, backup=one["name"])
        for name in names.keys() - {one["name"] for one in then}:
            yield _falls("backup_new", f"backup:{host}:{name}", host=host, backup=name)


def _variables(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    """Tell each changed value once, with all hosts it changed on."""
    changed: dict[tuple[str, str, str], list[str]] = {}
    for host in before.keys() & now.keys():
        for name in before[host].keys() | now[host].keys():
            if name in _IDENTITY:
                continue
            for path, old, new in _differences(name, before[host].get(name, _MISSING), now[host].get(name, _MISSING)):
                if path not in _OF_SERVER:
                    changed.setdefault((path, _short(old), _short(new)), []).append(host)
    for (path, old, new), hosts in sorted(changed.items()):
        values = {"name": path, "before": old, "now": new, "hosts": _listed(sorted(hosts))}
        kind = "variable_new" if old == _short(_MISSING) else "variable_gone" if new == _short(_MISSING) else "variable"
        yield _falls(kind, f"variable:{path}", **values)


def _differences(path: str, before: Any, now: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(before, dict) and isinstance(now, dict):
        for key in before.keys() | now.keys():
            yield from _differences(f"{path}.{key}", before.get(key, _MISSING), now.get(key, _MISSING))
    elif before is _MISSING or now is _MISSING or before != now:
        yield path, before, now


def _code(before: str, now: str, files: tuple[Mapping[str, str], Mapping[str, str]]) -> Iterator[Change]:
    if before == now:
        return
    then, today = files
    names = [name for name in sorted(then.keys() | today.keys()) if then.get(name) != today.get(name)]
    if not then or not names:
        yield _falls("code_unknown", "code", before=before[:12], now=now[:12])
    else:
        yield _falls("code", "code", count=len(names), files=_listed(names))


def _site_files(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Change]:
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) != now.get(name):
            kind = "file_new" if name not in before else "file_gone" if name not in now else "file"
            yield _falls(kind, f"file:{name}", file=name)


def _deployment(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    """Compare the plans of a release's rollback; other plans have none."""
    if before != now:
        differs = plans.differences(before.get("plan") or {}, now.get("plan") or {})
        yield _falls("deployment", DEPLOYMENT, what=", ".join(differs) or "-")


def _short(value: Any) -> str:
    if value is _MISSING:
        return ""
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" (+{more})" if more > 0 else "")
