"""What the record suggests to learn: proposals for lessons, drawn by rule, each with what it rests on. Pure.

A proposal is no lesson. It becomes one when somebody takes it up with an owner and a date (`lesson add --proposal N`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rollback_runner import messages
from rollback_runner.record.timeline_words import leg, said, seconds_of, spent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from failback.people.lessons import Kind, Lesson

_LATE_NOTICE = 600.0  # seconds from the failure to the first step that are worth asking about
_MUCH_DECIDING = 300.0
_OPEN = ("failed", "unreachable", "refused", "skipped")
_CATEGORIES = ("data", "performance", "availability", "network", "configuration", "application", "capacity", "security")


@dataclass(frozen=True)
class Proposal:
    """One suggestion. ``key`` stays the same from look to look; ``rests_on`` names the place in the record."""

    key: str
    kind: Kind
    text: Mapping[str, str]
    rests_on: str

    def as_dict(self) -> dict[str, Any]:
        """Return it as data."""
        return asdict(self)


def of(told: Mapping[str, Any]) -> list[Proposal]:
    """Draw proposals from an incident's report, by kind and then in the order of the record; each key once."""
    found: dict[str, Proposal] = {}
    for part in (_time, _broken, _people, _found, _data, _watched, _cause):
        for one in part(told):
            found.setdefault(one.key, one)
    order = ("lesson", "process", "plan", "scenario", "monitoring")
    return sorted(found.values(), key=lambda one: order.index(one.kind))


def open_ones(told: Mapping[str, Any], lessons: Sequence[Lesson]) -> list[Proposal]:
    """Return the proposals that nobody has taken up yet."""
    taken = {one.rests_on.partition(" ")[0] for one in lessons}
    return [one for one in of(told) if one.key not in taken]


def _time(told: Mapping[str, Any]) -> Iterator[Proposal]:
    for row in told["phases"]:
        rests, name = f"runs/{row['run']}/report.json phases.{row['leg']}", leg(row["leg"])
        if row["budget"] and row["seconds"] > row["budget"]:
            took, budget = spent(row["seconds"]), spent(row["budget"])
            yield _said(f"budget:{row['leg']}", "process", rests, leg=name, spent=took, of=budget)
        elif row["deciding"] > max(_MUCH_DECIDING, row["seconds"] / 2):
            yield _said(f"deciding:{row['leg']}", "process", rests, leg=name, spent=spent(row["deciding"]))
    times = told["summary"]["times"]
    if times["failed"] and times["began"]:
        passed = seconds_of(times["began"]) - seconds_of(times["failed"])
        if passed > _LATE_NOTICE:
            yield _said("noticed", "monitoring", "people.jsonl SIT-02", spent=spent(passed))


def _broken(told: Mapping[str, Any]) -> Iterator[Proposal]:
    for row in told["failures"]:
        if row["task"].startswith("Stop because"):
            continue  # it only repeats what failed before it
        name = ", ".join(row["ids"]) or row["phase"]
        key = f"failed:{row['host']}:{name}"
        rests = f"runs/{row['run']}/report.json failures"
        yield _said(key, "scenario", rests, "failed", item=name, host=row["host"], task=row["task"])
    for row in told["items"]:
        if row["status"] in _OPEN and row.get("run"):
            rests = f"runs/{row['run']}/report.json items.{row['id']}"
            yield _said(f"open:{row['id']}", "plan", rests, item=row["id"], title=row["title"])
    for run in told["runs"]:
        if run["killed"] and not told["going_on"]:
            yield _said(f"killed:{run['run']}", "lesson", f"runs/{run['run']}/journal.jsonl", run=run["run"])


def _people(told: Mapping[str, Any]) -> Iterator[Proposal]:
    for word in told["words"]:
        if word["kind"] == "waive":
            rests = f"people.jsonl {word['item']}"
            yield _said(f"waived:{word['item']}", "process", rests, item=word["item"], reason=word["note"])
    glass = next((one for one in told["signatures"] if one["kind"] == "break_glass"), None)
    if glass is not None:
        yield _said("glass", "process", "approvals.jsonl break_glass", reason=glass["conditions"])
    lost = [one["subject"] for one in told["messages"] if one.get("gave_up") and not one.get("accepted_at")]
    if lost:
        yield _said("messages", "process", "deliveries.jsonl", count=len(lost), first=lost[0])


def _found(told: Mapping[str, Any]) -> Iterator[Proposal]:
    """Take up what was found and how it is cleared; what only describes the failure is the cause's business."""
    for row in told["findings"]:
        family = row["key"].partition(":")[0]
        if row["severity"] == "note" or family in {"situation", "waived", "declined", "nobody", "to_write"}:
            continue
        step = row["next_step"] or row["sentence"]
        kind: Kind = "process" if family in {"channel", "team", "contact", "drill"} else "plan"
        rests = ", ".join([*row["ids"], *row["hosts"]])
        yield _said(f"found:{row['key']}", kind, rests, "found", sentence=row["sentence"], step=step)


def _data(told: Mapping[str, Any]) -> Iterator[Proposal]:
    metrics = told["metrics"]
    for name, kind in (("lost_writes", "plan"), ("set_aside_writes", "plan"), ("unknown_writes", "scenario")):
        count = metrics.get(name)
        if isinstance(count, int) and count:
            yield _said(f"metric:{name}", kind, f"metrics.{name}", name, count=f"{count:,}")  # type: ignore[arg-type]  # a kind


def _watched(told: Mapping[str, Any]) -> Iterator[Proposal]:
    for event in told["events"]:
        if event["kind"] == "breach" and not event["ok"]:
            # The figure and its host; the values are others each time.
            key = f"breach:{event['host']}:{event['title']['en'].partition('(')[0].strip()}"
            yield _said(key, "monitoring", event["source"], "breach", title=event["title"], host=event["host"])
        elif event["kind"] == "gap":
            key = f"gap:{event['host']}:{event['title']['en'][:60]}"
            yield _said(key, "monitoring", event["source"], "gap", title=event["title"], host=event["host"])


def _cause(told: Mapping[str, Any]) -> Iterator[Proposal]:
    cause = told["cause"]
    if cause["category"] in _CATEGORIES:
        # The same failure, wanted: what would have shown it before anyone was moved.
        yield _said(f"cause:{cause['category']}", "scenario", "people.jsonl SIT-01", statement=cause["statement"])
        yield _said(f"alarm:{cause['category']}", "monitoring", "people.jsonl SIT-01", statement=cause["statement"])


def _said(key: str, kind: Kind, rests_on: str, text: str = "", **values: Any) -> Proposal:
    """Fill in the text of a proposal in both languages; a mapping is taken in each."""
    head, _, tail = key.partition(":")
    name = f"doc.propose.{text or head}"
    if not text and messages.Texts("en").has(f"{name}.{tail}"):
        name = f"{name}.{tail}"
    return Proposal(key.replace(" ", "_"), kind, said(name, **values), rests_on)
