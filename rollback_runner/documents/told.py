"""What the record tells, as documents need it: the incident's report, its lessons, and what they leave open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from failback.people import lessons, words

from rollback_runner.documents import proposals
from rollback_runner.people.room import ours
from rollback_runner.record import incident_report

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from failback.people.lessons import Lesson
    from failback.people.words import Words

    from rollback_runner.documents.proposals import Proposal
    from rollback_runner.site.site import Site

PASSED = frozenset({"done", "already"})
_WORST = ("failed", "unreachable", "refused", "waiting", "skipped", "not_run")
# What stays out of a document's timeline: the report of the incident has every event.
_SMALL = frozenset({"item", "act", "word", "call", "message"})
_MOST_EVENTS = 60


@dataclass(frozen=True)
class Told:
    """Everything a draft is filled from.

    ``report`` is the incident's, as rollback_runner.record.incident_report has it. ``listed`` are the lessons,
    ``proposed`` what nobody has taken up yet, ``said`` people's words. ``at`` is now, UTC.
    """

    incident: Path
    report: Mapping[str, Any]
    listed: Sequence[Lesson]
    proposed: Sequence[Proposal]
    said: Words
    at: str

    @property
    def events(self) -> list[Mapping[str, Any]]:
        """What happened, without the small steps; of more than a page only what is grave, and both ends."""
        found = [
            event
            for event in self.report["events"]
            if (event["kind"] not in _SMALL or event["grave"]) and not self._moves(event)
        ]
        if len(found) <= _MOST_EVENTS:
            return found
        keep = {id(event) for event in (found[0], found[-1])}
        return [event for event in found if event["grave"] or event["kind"] == "leg" or id(event) in keep]

    @property
    def unfinished(self) -> frozenset[str]:
        """The runs whose record has no end."""
        runs = self.report["runs"]
        newest = {runs[-1]["run"]} if self.report["going_on"] else set()
        return frozenset(newest | {run["run"] for run in runs if run["killed"]})

    def _moves(self, event: Mapping[str, Any]) -> bool:
        """Tell whether an event only says how far the record of a run goes that may still be going on."""
        newest = self.report["runs"][-1]["run"]
        live = bool(self.report["going_on"]) and event["run"] == newest
        return live and event["kind"] == "leg" and not event["until"]

    @property
    def open_groups(self) -> list[dict[str, Any]]:
        """The items that are not proven, together where status and reason are the same, the broken ones first."""
        groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for row in self.report["items"]:
            if row["status"] not in PASSED:
                groups.setdefault((row["status"], row["reason"]), []).append(row)
        found = sorted(groups.items(), key=lambda group: _WORST.index(group[0][0]))
        return [{"status": status, "reason": reason, "rows": rows} for (status, reason), rows in found]

    @property
    def warnings(self) -> list[Mapping[str, Any]]:
        """What was found that had to be known, blockers first; not what the failed migration itself looked like."""
        return [
            row
            for row in self.report["findings"]
            if row["severity"] in {"blocker", "warning"} and not row["key"].startswith("situation:")
        ]

    def answered(self, item: str) -> bool:
        """Tell whether somebody gave their word on an item, and it stands."""
        word = self.said.standing(item)
        return word is not None and word.kind == "confirm"

    def words_on(self, item: str) -> list[words.Word]:
        """Return what was confirmed about an item, in order."""
        return list(self.said.of(item, "confirm"))

    def lessons(self, *kinds: str) -> list[Lesson]:
        """Return the lessons of these kinds."""
        return [one for one in self.listed if one.kind in kinds]

    def proposals(self, *kinds: str) -> list[tuple[int, Proposal]]:
        """Return the proposals of these kinds with the number they are taken up by."""
        return [(number, one) for number, one in enumerate(self.proposed, start=1) if one.kind in kinds]


def read(home: Path, incident: Path, site: Site | None = None) -> Told:
    """Read everything of an incident. Raises `UsageError` while no run belongs to it."""
    report = incident_report.build(incident_report.gather(home, incident, site))
    listed = ours(lambda: lessons.read(incident))
    return Told(
        incident=incident,
        report=report,
        listed=listed,
        proposed=proposals.open_ones(report, listed),
        said=ours(lambda: words.read(incident)),
        at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    )
