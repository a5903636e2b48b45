"""From what was expected and what was seen to a verdict per item and host. Pure: no file, no clock.

Never from a return code: an item passes only if each of its tasks was seen, each expected host has a result, and
nothing failed on the way, not even where a rescue section caught it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from rollback_runner.errors import Exit
from rollback_runner.record.seen import CHECK, REFUSAL, Step, TaskSeen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Status = Literal["done", "already", "skipped", "refused", "failed", "unreachable", "not_run", "waiting"]

# The worst first: an item is as good as its worst host, a phase as its worst item.
ORDER: tuple[Status, ...] = ("failed", "unreachable", "refused", "waiting", "not_run", "skipped", "done", "already")
PASSED = frozenset({"done", "already"})
# What was skipped because it acts: its status is one that passes, and this reason says that nothing is proven by it.
NOT_REHEARSED = "not rehearsed: only the real run does it"
_WAIVED = "waived:"  # the key of the finding that tells of it, before the item's id


@dataclass(frozen=True)
class Expected:
    """An item and the hosts it must pass on. `excused` is the reason for which it is not asked for here.

    `absent` are hosts that the site said may be missing, each with the reason: skipped there, the item can still pass.
    """

    id: str
    hosts: tuple[str, ...]
    excused: str = ""
    absent: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class HostVerdict:
    """What became of an item on one host; `evidence` holds one entry per task that said something."""

    host: str
    status: Status
    reason: str
    evidence: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class ItemVerdict:
    """What became of an item. `seconds` is the time its tasks took, as one after the other."""

    id: str
    status: Status
    reason: str
    started: str
    ended: str
    seconds: float
    hosts: tuple[HostVerdict, ...]

    @property
    def passed(self) -> bool:
        """True when the item is proven, or was not asked for on this site."""
        return self.status in PASSED


@dataclass(frozen=True)
class Failure:
    """A task that failed or refused on a host, with its own words."""

    ids: tuple[str, ...]
    host: str
    task: str
    status: Status
    message: str


def judge(
    expected: Sequence[Expected], steps: Sequence[Step], seen: Sequence[TaskSeen], *, check: bool = False
) -> tuple[ItemVerdict, ...]:
    """Judge every expected item. In a rehearsal (`check`) a skipped task is no lack."""
    results = [event for event in seen if event.kind == "result"]
    ran = {(event.play, event.sentence) for event in results}
    return tuple(_item(item, steps, results, ran, check=check) for item in expected)


def failures(seen: Iterable[TaskSeen]) -> tuple[Failure, ...]:
    """List every task that failed, refused or lost its host, with or without an id, rescued or not."""
    found = []
    for event in seen:
        bad = _bad(event)
        if event.kind == "result" and bad is not None:
            found.append(Failure(event.ids, event.host, event.sentence, bad, event.message))
    return tuple(found)


def waived(seen: Iterable[TaskSeen]) -> frozenset[str]:
    """Name the items that a person waived, with a reason that stands among the findings."""
    keys = {one.get("key", "") for event in seen for one in event.findings}
    return frozenset(key.removeprefix(_WAIVED) for key in keys if key.startswith(_WAIVED))


def phase_status(items: Sequence[ItemVerdict], failed: Sequence[Failure], excused: Iterable[str] = ()) -> Status:
    """Return the worst status that counts; a phase with items that were not asked for can still be done."""
    spared = set(excused)
    found: set[Status] = {item.status for item in items if item.id not in spared}
    found |= {failure.status for failure in failed}
    if not found:
        return "not_run"
    return min(found, key=ORDER.index)


def stopped_by_a_gate(seen: Sequence[TaskSeen]) -> bool:
    """Tell whether the play ended at a task that can only pass or stop, by its first words, or lost a host there.

    As long as nothing was touched that is a gate that says no, and not a run that broke.
    """
    last = next((event.sentence for event in reversed(seen) if event.kind == "task"), "")
    failed = failures(seen)
    return bool(failed) and all(
        failure.task == last and (failure.status in {"refused", "unreachable"} or last.startswith(CHECK))
        for failure in failed
    )


def exit_code(status: Status) -> Exit:
    """Translate a phase's status into the command's exit code."""
    match status:
        case "done" | "already":
            return Exit.PROVEN
        case "refused":
            return Exit.REFUSED
        case "waiting":
            return Exit.WAITING
        case _:
            return Exit.FAILED


def _item(
    item: Expected, steps: Sequence[Step], results: Sequence[TaskSeen], ran: set[tuple[str, str]], *, check: bool
) -> ItemVerdict:
    mine = [event for event in results if item.id in event.ids]
    others = tuple(dict.fromkeys(event.host for event in mine if event.host not in item.hosts))
    hosts = tuple(
        _host(name, [event for event in mine if event.host == name], check=check) for name in item.hosts + others
    )
    hosts = tuple(_absent(host, dict(item.absent)) for host in hosts)
    counted = [host for host in hosts if host.status != "skipped" or host.host not in dict(item.absent)]
    wanted = [step for step in steps if item.id in step.ids and not step.optional]
    missing = next((step for step in wanted if (step.play, step.name) not in ran), None)
    status: Status = min((host.status for host in counted or hosts), key=ORDER.index, default="not_run")
    reason = next((host.reason for host in hosts if host.status == status and host.reason), "")
    unread = bool(hosts) and all(host.reason == NOT_REHEARSED for host in hosts)
    if status == "already" and reason == NOT_REHEARSED and not unread:
        reason = ""  # another host did rehearse it
    if item.excused and (status in {"not_run", "skipped"} or unread):
        status, reason = "skipped", item.excused
    elif not item.hosts:
        status, reason = "not_run", "no host of this site carries it out"
    elif not wanted and not mine:
        status, reason = "not_run", "no task carries this item out"
    elif missing is not None and ORDER.index(status) > ORDER.index("not_run"):
        status, reason = "not_run", f"stopped before: {missing.name}"
    elif status == "already" and any(host.status == "done" for host in hosts):
        status = "done"
    if status == "done" or (status == "already" and not reason):
        reason = ""
    return ItemVerdict(
        id=item.id,
        status=status,
        reason=reason,
        started=mine[0].time if mine else "",
        ended=mine[-1].time if mine else "",
        seconds=round(sum(event.seconds for event in _slowest(mine)), 3),
        hosts=hosts,
    )


def _absent(host: HostVerdict, absent: Mapping[str, str]) -> HostVerdict:
    """Give the site's own reason for a host that was left out; a skip's event carries none."""
    left_out = host.status == "skipped" or host.reason == NOT_REHEARSED
    if not left_out or host.host not in absent:
        return host
    return replace(host, status="skipped", reason=f"may be missing: {absent[host.host]}")


def _host(name: str, events: Sequence[TaskSeen], *, check: bool) -> HostVerdict:
    evidence = tuple(
        {
            "task": event.sentence,
            "outcome": event.outcome,
            "seconds": event.seconds,
            "message": event.message,
            **event.evidence,
        }
        for event in events
    )
    bad = [found for event in events if (found := _bad(event)) is not None]
    outcomes = {event.outcome for event in events}
    let_go = [one["sentence"] for event in events for one in event.findings if one["key"] in _waivers(event)]
    reason = ""
    status: Status
    if let_go and not bad:
        status, reason = "skipped", let_go[0]
    elif bad:
        status = min(bad, key=ORDER.index)
        reason = next(event.message for event in events if _bad(event) == status)
    elif not events:
        status, reason = "not_run", "no task of this item ran here"
    elif outcomes == {"skipped"}:
        status, reason = "skipped", next((event.message for event in events if event.message), "every task was skipped")
        if check:
            status, reason = "already", NOT_REHEARSED
    elif "changed" in outcomes:
        status = "done"
    else:
        status = "already"
    return HostVerdict(name, status, reason, evidence)


def _waivers(event: TaskSeen) -> set[str]:
    return {_WAIVED + name for name in event.ids}


def _bad(event: TaskSeen) -> Status | None:
    match event.outcome:
        case "unreachable":
            return "unreachable"
        case "refused":
            return "refused"
        case "waiting":
            return "waiting"
        case "failed":
            return "refused" if event.sentence.startswith(REFUSAL) else "failed"
        case _:
            return None


def _slowest(events: Sequence[TaskSeen]) -> list[TaskSeen]:
    """Hosts work side by side: of each task only the slowest host counts."""
    slowest: dict[tuple[str, str], TaskSeen] = {}
    for event in events:
        key = (event.play, event.name)
        if key not in slowest or event.seconds > slowest[key].seconds:
            slowest[key] = event
    return list(slowest.values())
