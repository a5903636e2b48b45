"""What is known about the incident, in the form a plan is made from. Reads what the phase prepare kept.

Tolerant of what is missing: nobody must have looked at everything before a plan can be shown, and what was not looked
at is an open finding.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from failback import incident as incidents
from failback.errors import FailbackError
from failback.findings import SEVERITIES
from failback.people import words

from rollback_runner import messages
from rollback_runner.errors import RefusedError
from rollback_runner.plan.rule import Signals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from failback.people.words import Words

    from rollback_runner.checklist import Language
    from rollback_runner.plan.rule import Idc, Rds
    from rollback_runner.site.site import Site

# What prepare looks at, by the first word of the facts' names. Without those of the first set nobody can decide.
_NEEDED = ("stake", "situation", "permissions", "paths", "backup", "fitness", "room")
_DECIDES = frozenset({"stake", "permissions", "paths"})
RESTORING = frozenset({"restore-first", "stop-first"})
# Categories of the cause (SIT-01) that say the data on RDS is going bad.
_SPOILT = re.compile(r"data|corrupt|데이터")
_LANGUAGES: tuple[Language, ...] = ("en", "ko")
_FRESH_HOURS = 6.0
_MOMENTS = ("measured_at", "checked_at", "at")  # how facts say when they were found
_NOTHING = {"en": "", "ko": ""}
_DISABLES_EVENT = re.compile(r"^ALTER\b.*\bEVENT\b.*\bDISABLE\b", re.IGNORECASE | re.DOTALL)
_DDL_SHOWN = 120  # characters of a statement


@dataclass(frozen=True)
class Known:
    """All that was found, by name (`stake.shop-db`), and what people said.

    `reported` are the findings of the newest prepare.
    """

    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    said: Words = field(default_factory=words.Words)
    reported: Sequence[Mapping[str, Any]] = ()

    def of(self, kind: str) -> dict[str, Mapping[str, Any]]:
        """Return the facts of one kind, by host."""
        return {name.partition(".")[2]: one for name, one in self.facts.items() if name.partition(".")[0] == kind}


def read(incident: Path | None, reports: Iterable[Mapping[str, Any]] = ()) -> Known:
    """Read the open incident. Raises `RefusedError` when what is kept there cannot be read or was changed."""
    if incident is None:
        return Known()
    mine = (
        report
        for report in reports
        if report.get("incident") == incident.name and any(one["name"] == "prepare" for one in report["phases"])
    )
    newest = next(mine, {})
    try:
        return Known(incidents.facts(incident), words.read(incident), tuple(newest.get("findings", ())))
    except FailbackError as error:
        raise RefusedError(str(error), next_step="rollback-runner phase prepare looks again") from error


def stake(known: Known) -> dict[str, dict[str, Any]]:
    """Return what is at stake on each database, in what a plan quotes."""
    return {host: _stake(found) for host, found in sorted(known.of("stake").items())}


def _stake(found: Mapping[str, Any]) -> dict[str, Any]:
    verdict, counted = found.get("verdict") or {}, found.get("counted") or {}
    rows = counted.get("rows") or {}
    known = sum(count for count in rows.values() if isinstance(count, int))
    return {
        "savable": verdict.get("saved", "unknown"),
        "way": str(verdict.get("way") or ""),
        "sentence": found.get("sentence") or _NOTHING,
        "lines": list(found.get("lines") or ()),
        "verdict": verdict.get("sentence") or _NOTHING,
        "rows": int(counted.get("extrapolated_row_changes") or known),
        "complete": bool(counted.get("complete", True)),
        "transactions": int(counted.get("data_transactions") or 0),
        "ddl": [str(one.get("statement", ""))[:_DDL_SHOWN] for one in found.get("ddl") or () if _shapes(one)],
        "at": str(found.get("measured_at") or ""),
    }


def _shapes(statement: Mapping[str, Any]) -> bool:
    """Tell whether a statement changed the shape of what is restored or replicated.

    Accounts have findings of their own, and the fence of this very tool locks accounts and disables events.
    """
    return statement.get("kind") != "account" and not _DISABLES_EVENT.search(str(statement.get("statement", "")))


def backups(known: Known, strategy: str) -> dict[str, list[dict[str, str]]]:
    """Return the backup chosen for each database, with its digest; none where the strategy does not restore."""
    if strategy not in RESTORING:
        return {}
    # Verified again in the phase approve, where that is newer.
    facts = known.of("backup") | {
        host: again
        for host, again in known.of("backup_again").items()
        if str(again.get("checked_at", "")) > str(known.of("backup").get(host, {}).get("checked_at", ""))
    }
    chosen = {host: found.get("chosen") for host, found in facts.items()}
    return {
        host: [{"name": str(one["name"]), "digest": str(one.get("digest", ""))}] if one else []
        for host, one in sorted(chosen.items())
    }


def signals(known: Known, site: Site) -> list[Signals]:
    """Say per database what is known of both sides."""
    cause = known.said.standing("SIT-01")
    category = str(cause.details.get("category", "")) if cause is not None and cause.kind == "confirm" else ""
    spoilt = bool(_SPOILT.search(category.lower()))
    facts = known.of("stake")
    return [_signals(facts.get(host.lower(), {}), category if spoilt else "") for host in site.hosts("databases")]


def _signals(found: Mapping[str, Any], spoilt: str) -> Signals:
    """Read one database's facts. What cannot be asked counts as the dangerous case, as everywhere."""
    if not found:
        return Signals(rds="spoilt" if spoilt else "unknown", why={"rds": spoilt} if spoilt else {})
    idc, rds, ways = found.get("idc") or {}, found.get("rds") or {}, found.get("ways") or {}
    possible = {name: bool(way.get("possible")) for name, way in ways.items()}
    state: Idc = "usable" if idc.get("usable") else "damaged" if idc.get("reachable") else "gone"
    if idc.get("serving"):
        state = "serving"
    why = {} if state == "usable" else {"idc": str(idc.get("why") or "")}
    if state == "usable" and not possible.get("switch-first", True) and possible.get("restore-first"):
        # All of the cut-over is there, and yet it cannot be used: the two sides have parted.
        state, why["idc"] = "damaged", str((ways["switch-first"].get("why") or _NOTHING)["en"])
    other: Rds = "spoilt" if spoilt else "sound" if rds.get("reachable") else "unreachable"
    if other != "sound":
        why["rds"] = spoilt or str(rds.get("why") or "")
    return Signals(state, other, why)


def findings(known: Known, strategy: str, now: datetime | None = None) -> list[dict[str, Any]]:
    """List all that is open, the gravest first, each once; what nobody looked at, or long ago, is part of it."""
    found: dict[str, dict[str, Any]] = {}
    for one in [
        *_missing(known, strategy),
        *_old(known, now or datetime.now(UTC)),
        *_kept(known.facts),
        *known.reported,
    ]:
        row = _row(one)
        if row["key"] not in found or SEVERITIES.index(row["severity"]) < SEVERITIES.index(
            found[row["key"]]["severity"]
        ):
            found[row["key"]] = row
    return sorted(found.values(), key=lambda row: (SEVERITIES.index(row["severity"]), row["key"]))


def _missing(known: Known, strategy: str) -> Iterator[dict[str, Any]]:
    seen = {re.split(r"[.-]", name, maxsplit=1)[0] for name in known.facts}
    for kind in _NEEDED:
        if kind not in seen:
            decides = kind in _DECIDES or (kind == "backup" and strategy in RESTORING)
            sentence: dict[str, str] = {}
            for language in _LANGUAGES:
                texts = messages.Texts(language)
                sentence[language] = texts("plan.not_looked", what=texts(f"plan.looked.{kind}"))
            yield {
                "severity": "blocker" if decides else "warning",
                "key": f"not_looked:{kind}",
                **sentence,
                "next_step": "rollback-runner phase prepare",
            }


def _old(known: Known, now: datetime) -> Iterator[dict[str, Any]]:
    """Name what was looked at too long ago to decide by."""
    for name, fact in known.facts.items():
        said = next((fact[key] for key in _MOMENTS if isinstance(fact.get(key), str)), "")
        try:
            hours = (now - datetime.fromisoformat(said)).total_seconds() / 3600
        except (ValueError, TypeError):
            continue
        kind = name.partition(".")[0]
        if kind in _NEEDED and hours > _FRESH_HOURS:
            sentence: dict[str, str] = {
                language: messages.Texts(language)(
                    "plan.looked_long_ago", what=messages.Texts(language)(f"plan.looked.{kind}"), hours=hours
                )
                for language in _LANGUAGES
            }
            step = "rollback-runner phase prepare"
            yield {"severity": "warning", "key": f"looked_long_ago:{name}", **sentence, "next_step": step}


def _kept(node: Any) -> Iterator[Mapping[str, Any]]:
    """Find every list of findings, however deep it lies."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name in {"findings", "sentences"} and isinstance(value, list):
                # The situation tells its findings as sentences; in the run's report their keys carry its name.
                prefix = "situation:" if name == "sentences" else ""
                rows = (one for one in value if isinstance(one, dict) and {"severity", "key"} <= one.keys())
                yield from ({**one, "key": prefix + str(one["key"])} for one in rows)
            else:
                yield from _kept(value)
    elif isinstance(node, list):
        for value in node:
            yield from _kept(value)


def _row(one: Mapping[str, Any]) -> dict[str, Any]:
    said = one.get("sentence") or one.get("en") or ""
    told = said if isinstance(said, dict) else {"en": str(said), "ko": str(one.get("ko") or said)}
    severity = one["severity"] if one["severity"] in SEVERITIES else "warning"
    return {
        "severity": severity,
        "key": str(one["key"]),
        "sentence": told,
        "next_step": str(one.get("next_step") or ""),
    }
