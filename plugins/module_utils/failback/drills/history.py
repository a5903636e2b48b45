"""Past runs as evidence: which were drills, of which plan, how they ended. Reads the record, writes nothing.

A run's `report.json` says how it ended; the plan it carried out lies with its incident, under the plan's digest. Both
may be edited by hand, so whoever leans on a run asks `doubts` first: the journal must hold together and say the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from failback import journal
from failback.approval import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_PASSED = frozenset({"done", "already"})
_GRAVE = frozenset({"blocker", "warning"})
_NEWEST = 200  # runs that are looked at
_BEFORE = frozenset({"prepare", "approve"})  # what every way begins with


@dataclass(frozen=True)
class Past:
    """One run. `drill` names its scenario, empty for a real one; `outage` and `seconds` are seconds, `ended` is UTC.

    `procedure` and `code` are the digests of what was carried out, empty where no frozen plan is kept with the run.
    """

    directory: Path
    run: str
    site: str
    drill: str
    strategy: str
    ended: datetime
    passed: bool
    outcome: str
    seconds: float
    legs: tuple[str, ...]
    went_back: bool
    outage: float | None
    lost: int | None
    open_findings: int
    plan: str
    procedure: str
    code: str
    whole: bool

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON would hold it."""
        hidden = {"directory", "ended"}
        return {name: value for name, value in vars(self).items() if name not in hidden} | {
            "ended": self.ended.isoformat().replace("+00:00", "Z"),
            "legs": list(self.legs),
        }


def read(home: Path) -> list[Past]:
    """Read the newest runs below `home`/runs, the newest first; a run without a readable report is left out."""
    base = home / "runs"
    if not base.is_dir():
        return []
    places = [path for path in base.iterdir() if path.is_dir() and not path.is_symlink()]
    places.sort(key=lambda path: path.name, reverse=True)
    found = [past for path in places[:_NEWEST] if (past := _past(home, path)) is not None]
    return sorted(found, key=lambda past: past.ended, reverse=True)


def procedure(content: Mapping[str, Any]) -> str:
    """Digest what a plan does wherever it is done: strategy, legs with their steps, and code; no site's variables."""
    legs = [{name: leg[name] for name in ("name", "playbook", "steps")} for leg in content["legs"]]
    return canonical.digest({"strategy": content["strategy"], "legs": legs, "code": content["code"]})


def doubts(past: Past) -> Iterator[str]:
    """Say why this run's record cannot be leant on; nothing when it can."""
    path = past.directory / "journal.jsonl"
    try:
        report = json.loads((past.directory / "report.json").read_text(encoding="utf-8"))
        kept = report["journal"]
        entries = journal.read(path)
        problems = journal.verify(path, journal.Head(int(kept["lines"]), str(kept["digest"])))
    except (OSError, ValueError, KeyError, TypeError, journal.JournalError) as error:
        yield f"its journal cannot be read: {error}"
        return
    yield from problems
    begin = next((entry for entry in entries if entry["kind"] == "begin"), {})
    end = next((entry for entry in entries if entry["kind"] == "end"), {})
    if begin.get("site") != past.site or begin.get("strategy") != past.strategy:
        yield "its journal names another site or strategy than its report"
    if past.passed and end.get("exit_code") != 0:
        yield "its journal does not say that it passed"


def _past(home: Path, directory: Path) -> Past | None:
    try:
        report = json.loads((directory / "report.json").read_text(encoding="utf-8"))
        return None if report.get("check") else _of_report(home, directory, report)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _of_report(home: Path, directory: Path, report: Mapping[str, Any]) -> Past:
    phases = [phase for phase in report["phases"] if phase["status"] in _PASSED]
    legs = tuple(phase["name"] for phase in phases if phase["name"] not in _BEFORE)
    content = _content(home, report)
    metrics = report.get("metrics") or {}
    wanted = [leg["name"] for leg in content.get("legs", ())]
    return Past(
        directory=directory,
        run=str(report["run"]),
        site=str(report["site"]),
        drill=_drill(directory, report),
        strategy=str(report["strategy"]),
        ended=datetime.fromisoformat(report["ended"]),
        passed=report["exit_code"] == 0 and report["outcome"] == "proven",
        outcome=str(report["outcome"]),
        seconds=float(report["seconds"]),
        legs=legs,
        went_back="abort" in legs,
        outage=metrics.get("write_outage_seconds"),
        lost=metrics.get("lost_writes"),
        open_findings=sum(found.get("severity") in _GRAVE for found in report.get("findings", ())),
        plan=str(report.get("approved_plan") or ""),
        procedure=procedure(content) if content else "",
        code=str(content.get("code", "")),
        whole=bool(wanted) and set(wanted) <= set(legs),
    )


def _drill(directory: Path, report: Mapping[str, Any]) -> str:
    """Name the scenario. Older reports do not; their journal gives the reason the run was started for."""
    if "drill" in report:
        return str(report["drill"] or "")
    try:
        with (directory / "journal.jsonl").open(encoding="utf-8") as stream:
            begin = json.loads(stream.readline())
    except (OSError, ValueError):
        return ""
    return "unnamed" if begin.get("options", {}).get("reason") == "drill" else ""


def _content(home: Path, report: Mapping[str, Any]) -> dict[str, Any]:
    """Find the plan the run was approved for; nothing when it is not there or is not the one with that digest."""
    digest, incident = report.get("approved_plan"), report.get("incident")
    if not digest or not incident:
        return {}
    base = home / "incidents" / str(report["site"]) / str(incident)
    for path in (base / "plans" / f"{digest}.json", base / "plan.json"):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))["content"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if isinstance(content, dict) and canonical.digest(content) == digest:
            return content
    return {}


def excuse(run_directory: Path | None) -> str:
    """Say why the run that goes on owes no drill: it is a `drill` itself, or went by `break_glass`; else nothing."""
    if run_directory is None:
        return ""
    try:
        with (run_directory / "journal.jsonl").open(encoding="utf-8") as stream:
            options = json.loads(stream.readline()).get("options", {})
    except (OSError, ValueError, AttributeError):
        return ""
    return "drill" if options.get("drill") else "break_glass" if options.get("break_glass") else ""
