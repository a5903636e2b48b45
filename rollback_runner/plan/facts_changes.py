"""What changed in the facts a plan was frozen with, and whether approvals outlive it. Pure: two sets of facts in.

The rules:

| what changed | approvals |
| --- | --- |
| more or fewer rows at stake, with the same verdict | stay |
| all could be saved, and now not all can (or it is not known any more) | fall |
| less was thought to be savable than is | stay |
| a table's definition was changed on RDS that was not before | fall |
| a new blocker, or one in place of a warning | fall |
| a new warning or note, or one that is gone | stay |
| the usual case (p50) is past the budget and was not | fall |
| only the slow case (p90) is past the budget and was not | stay |
| the rule takes another way than when the plan was made | fall |
| another version of this command | fall |
| a drill that counted does not count any more | stay (the gate of drills asks for itself) |
| whom to call | stay |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from failback.findings import SEVERITIES

from rollback_runner.plan.changes import Change, change

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# The better the later; only a step to the left lets approvals fall.
_SAVABLE = ("nothing", "unknown", "part", "all")


def of_facts(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    """Compare what was known when the plan was frozen with what is known now."""
    return [
        *_stake(before["stake"], now["stake"]),
        *_rule(before["choice"], now["choice"]),
        *_findings(before["findings"], now["findings"]),
        *_forecast(before["forecast"], now["forecast"]),
        *_drill(before["drill"], now["drill"]),
        *_people(before["people"], now["people"]),
        *_software(before["software"], now["software"]),
    ]


def _stake(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    for host in sorted(before.keys() | now.keys()):
        then, today = (found.get(host, {}) for found in (before, now))
        old, new = then.get("savable", "unknown"), today.get("savable", "unknown")
        if old != new:
            harmless = _SAVABLE.index(new) > _SAVABLE.index(old)
            key = f"stake:{host}:verdict"
            yield change(f"stake_{new}", key, harmless=harmless, host=host)
        more = today.get("rows", 0) - then.get("rows", 0)
        if more and today:
            kind = "stake_grows" if more > 0 else "stake_shrinks"
            yield change(kind, f"stake:{host}:rows", harmless=True, host=host, rows=abs(more), all=today.get("rows", 0))
        known = set(then.get("ddl", ()))
        for statement in [one for one in today.get("ddl", ()) if one not in known]:
            yield change("stake_ddl", f"stake:{host}:ddl", harmless=False, host=host, statement=statement)


def _rule(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    then, today = before["rule_says"], now["rule_says"]
    if then != today:
        # Knowing less than before is no reason for another way; the findings tell what is not known.
        kind = "rule" if today else "rule_unknown"
        falls = bool(today) and today != before["strategy"]
        yield change(kind, "rule", harmless=not falls, before=then or "-", now=today or "-")


def _findings(before: list[Mapping[str, Any]], now: list[Mapping[str, Any]]) -> Iterator[Change]:
    then = {found["key"]: found for found in before}
    today = {found["key"]: found for found in now}
    for key, found in today.items():
        old = then.get(key)
        if old is None or SEVERITIES.index(found["severity"]) < SEVERITIES.index(old["severity"]):
            grave = found["severity"] == "blocker"
            yield _finding(f"finding_{found['severity']}", key, found, harmless=not grave)
    for key, found in then.items():
        if key not in today:
            yield _finding("finding_gone", key, found, harmless=True)


def _finding(kind: str, key: str, found: Mapping[str, Any], *, harmless: bool) -> Change:
    told = change(kind, f"finding:{key}", harmless=harmless, told="{told}")
    sentences = {
        language: text.replace("{told}", str(found["sentence"][language])) for language, text in told.sentence.items()
    }
    return Change(sentences, harmless, told.key)


def _forecast(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    then = {phase["phase"]: phase for phase in before["phases"]}
    for phase in now["phases"]:
        old = then.get(phase["phase"], {})
        for case in ("p50", "p90"):
            if _past(phase, case) and not _past(old, case):
                values = {"phase": phase["phase"], "seconds": phase[case], "budget": phase["budget"]}
                yield change(f"forecast_{case}", f"forecast:{phase['phase']}", harmless=case != "p50", **values)
                break


def _past(phase: Mapping[str, Any], case: str) -> bool:
    return bool(phase) and phase.get(case) is not None and phase[case] > phase["budget"]


def _drill(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    if before["state"] != now["state"]:
        kind = "drill_held" if now["state"] == "held" else "drill_owed"
        yield change(kind, "drill", harmless=True)


def _people(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Change]:
    names = [name for name in sorted(before.keys() | now.keys()) if before.get(name) != now.get(name)]
    if names:
        yield change("people", "people", harmless=True, names=", ".join(names))


def _software(before: str, now: str) -> Iterator[Change]:
    if before != now:
        yield change("software", "software", harmless=False, before=before, now=now)
