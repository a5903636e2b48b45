"""Whether the next backup is tried when a restore fails: what there was, and what was tried in which order. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from failback.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_ITEM = "DATA-01"
_PROVE = "rollback-runner drill backup proves one; name another in backup_sources"


def tried(reports: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Collect what each run of the incident tried: the sources in order, each used or with the reason why not."""
    found = []
    for report in reports:
        if report.get("check"):
            continue
        for item in report.get("items", ()):
            if item.get("id") != _ITEM:
                continue
            for evidence in _inside(item):
                rows = [_row(one) for one in evidence["sources"]]
                found.append({"run": report.get("run", ""), "strategy": report.get("strategy", ""), "sources": rows})
    return found


def judge(
    known: Mapping[str, Any] | None, attempts: Sequence[Mapping[str, Any]], order: Sequence[str]
) -> list[Finding]:
    """Say what would keep the next source from being tried. ``known`` is the fact of the last look at the backups."""
    found: list[Finding] = []
    sources = list((known or {}).get("sources") or ())
    usable = [str(one["name"]) for one in sources if one.get("verdict") == "usable"]
    if not order:
        found.append(Finding("blocker", "contingency:none", "the site names no backup to restore from", _PROVE))
    elif known is None:
        told = "no look at the backups is on record in this incident, so nobody knows what could be tried"
        found.append(Finding("blocker", "contingency:unknown", told, "rollback-runner phase prepare"))
    elif not usable:
        found.append(Finding("blocker", "contingency:unusable", "no backup can be restored from", _PROVE))
    elif len(usable) == 1:
        told = f"only {usable[0]} can be restored from: there is nothing to try after it"
        found.append(Finding("warning", "contingency:one", told, _PROVE))
    for attempt in attempts:
        found += _order(attempt)
    return found


def _order(attempt: Mapping[str, Any]) -> Iterator[Finding]:
    """See that each source before the used one has its reason, and that one was used or all of them are explained."""
    for number, one in enumerate(attempt["sources"], start=1):
        if one["used"]:
            return
        if not one["reason"]:
            told = f"run {attempt['run']} passed over {one['name']} and does not say why"
            yield Finding("blocker", f"contingency:{attempt['run']}:{number}", told)
    told = f"run {attempt['run']} could use no backup: " + "; ".join(
        f"{one['name']} ({one['reason']})" for one in attempt["sources"]
    )
    yield Finding("warning", f"contingency:{attempt['run']}:all", told, _PROVE)


def _row(one: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": str(one.get("name", "")), "used": bool(one.get("used")), "reason": str(one.get("reason") or "")}


def _inside(value: Any) -> Iterator[Mapping[str, Any]]:
    """Find what the module backup_verify left as evidence, wherever the report puts it."""
    if isinstance(value, dict):
        rows = value.get("sources")
        if "chosen" in value and isinstance(rows, list) and all(isinstance(one, dict) for one in rows):
            yield value
            return
        for one in value.values():
            yield from _inside(one)
    elif isinstance(value, list):
        for one in value:
            yield from _inside(one)
