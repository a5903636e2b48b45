"""Whether people were told: the items COMM-01 to COMM-05 and EXT-01 to EXT-05. Pure: what is on record in, verdict out.

A message counts as told once a channel took it, at the moment it did; or when somebody put on record that they told it
themselves. What was to be told follows from the runs' journals, not from the messages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from failback.findings import Finding

from rollback_runner.telling import sla, stated
from rollback_runner.telling.steps import Step, problems, start, steps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rollback_runner.telling.audiences import Audience
    from rollback_runner.telling.escalation import Escalation
    from rollback_runner.telling.outbox import State
    from rollback_runner.telling.story import Story

INSIDE = ("team", "management", "support")
ITEMS = (
    *(f"COMM-0{number}" for number in range(1, 6)),
    *(f"EXT-0{number}" for number in range(1, 6)),
)
BY_HAND = "told"  # the detail of a word in people.jsonl that says whom somebody told themselves


@dataclass(frozen=True)
class Told:
    """Everything that is asked. ``lag`` is how many seconds after an event a message may be taken without remark."""

    story: Story
    states: Sequence[State]
    climbs: Sequence[Escalation]
    audiences: Sequence[Audience]
    troubles: Sequence[Mapping[str, Any]] = ()
    lag: float = 60.0
    site: str = ""
    agreed: bool = False

    def of(self, audience: str, *events: str) -> list[State]:
        """Return the messages to an audience (``partners/KEY`` for one partner), of these events or of all."""
        name, _, partner = audience.partition("/")
        return [
            state
            for state in self.states
            if state.message.audience == name
            and (not events or state.message.event in events)
            and (not partner or f"/{audience}/" in state.message.key)
        ]

    def audience(self, key: str) -> Audience | None:
        """Find an audience of the site."""
        return next((one for one in self.audiences if one.key == key), None)

    def by_hand(self, audience: str, since: str = "") -> list[dict[str, str]]:
        """Return who said that they told this audience themselves, at ``since`` or later."""
        return [
            {"by": word.by, "at": word.at, "note": word.note}
            for _number, word in self.story.said
            if word.kind == "confirm"
            and word.details.get(BY_HAND) == audience
            and (not since or stated.moment(word.at) >= stated.moment(since))
        ]

    def command(self, audience: str) -> str:
        """Write the command by which a person tells an audience."""
        name, _, partner = audience.partition("/")
        site = f" -i {self.site}" if self.site else ""
        return f"rollback-runner tell {name}{f' --partner {partner}' if partner else ''}{site} --as NAME --text '...'"


@dataclass(frozen=True)
class Judged:
    """The verdict on an item: what was seen, what is wrong, and whose word is missing."""

    evidence: dict[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    waiting: str = ""


def judge(item: str, told: Told) -> Judged:
    """Judge one item. Raises `KeyError` for an item that is none of ours."""
    rules: dict[str, Callable[[Told], Judged]] = {
        "COMM-01": _before_the_start,
        "COMM-02": _each_step,
        "COMM-03": _each_problem,
        "COMM-04": _the_end,
        "COMM-05": lambda told: _audiences(told, ("next_steps", "personal"), ("team", "management")),
        "EXT-01": _users,
        "EXT-02": lambda told: _audiences(told, ("brief", "personal"), ("management",), must=True),
        "EXT-03": _partners,
        "EXT-04": lambda told: _audiences(told, ("brief", "personal"), ("support",), must=True),
        "EXT-05": _service_level,
    }
    return rules[item](told)


def _before_the_start(told: Told) -> Judged:
    begun = start(told.story)
    findings: list[Finding] = []
    rows: list[dict[str, Any]] = []
    for audience in INSIDE:
        if told.audience(audience) is None:
            continue
        states = told.of(audience, "run_began")
        row = {"audience": audience, **_row(states, told.by_hand(audience))}
        rows.append(row)
        if not row["told_at"]:
            findings.append(_untold(told, audience, f"{audience} was not told that the rollback begins", states))
        elif begun is not None and stated.moment(row["told_at"]) > stated.moment(begun.time):
            late = (stated.moment(row["told_at"]) - stated.moment(begun.time)).total_seconds()
            sentence = f"{audience} was told {late:.0f} s after the start"
            findings.append(Finding("warning", f"told:late:{audience}", sentence))
    if not rows:
        return Judged(waiting=f"site_audiences names nobody inside; {told.command('team')}")
    return Judged({"start": begun.time if begun else "", "told": rows}, tuple(findings))


def _each_step(told: Told) -> Judged:
    rows, findings = [], []
    for step in steps(told.story):
        row, finding = _step(told, step, told.of("team", *step.events), f"step:{step.name}")
        rows.append(row)
        findings += finding
    findings += [
        Finding("warning", f"trouble:{one.get('event')}", f"{one.get('event')} could not be told: {one.get('error')}")
        for one in told.troubles
    ]
    return Judged({"steps": rows, "slowest_seconds": max((row["lag_seconds"] or 0 for row in rows), default=0)},
                  tuple(findings))  # fmt: skip


def _each_problem(told: Told) -> Judged:
    rows: list[dict[str, Any]] = []
    findings: list[Finding] = []
    for step in problems(told.story):
        row, finding = _step(told, step, told.of("team", "problem"), f"problem:{step.name}")
        climb = next((one for one in told.climbs if one.trigger == f"failed:{step.name}"), None)
        rows.append(row | _climb(climb))
        findings += finding
    for climb in told.climbs:
        if not climb.trigger.startswith("failed:") and not climb.joined:
            rows.append({"what": climb.trigger, **_climb(climb)})
        if climb.climbing:
            sentence = f"nobody has answered for {climb.trigger}; it went up to level {climb.level}"
            findings.append(Finding("warning", f"answer:{climb.id}", sentence, "rollback-runner acknowledge"))
    return Judged({"problems": rows} if rows else {"problems": [], "note": "none on record"}, tuple(findings))


def _the_end(told: Told) -> Judged:
    """Ask for the end; what somebody told before it was another matter."""
    ended = [line.time for line in told.story.lines() if line.kind == "leg" and line.get("leg") == "full"]
    # To the second, as people's words carry it.
    since = f"{ended[-1][:19]}+00:00" if ended else ""
    return _audiences(told, ("closing",), tuple(one.key for one in told.audiences), since=since)


def _audiences(
    told: Told, events: tuple[str, ...], keys: tuple[str, ...], *, must: bool = False, since: str = ""
) -> Judged:
    rows: list[dict[str, Any]] = []
    findings: list[Finding] = []
    waiting: list[str] = []
    for key in keys:
        audience = told.audience(key)
        states, hand = told.of(key, *events), told.by_hand(key, since)
        if audience is None and not must and not states and not hand:
            continue
        row = {"audience": key, **_row(states, hand)}
        rows.append(row)
        if audience is not None and audience.not_needed:
            row["not_needed"] = audience.not_needed
        elif not row["told_at"]:
            by_person = audience is None or (audience.partner and not audience.channels)
            if by_person:
                waiting.append(f"nobody told {key} yet: {told.command(key)} (--by-hand if you told them yourself)")
            else:
                findings.append(_untold(told, key, f"{key} was not told: no channel has taken the message", states))
    return Judged({"told": rows}, tuple(findings), "; ".join(waiting))


def _users(told: Told) -> Judged:
    users = told.audience("users")
    hand = told.by_hand("users")
    if users is None and not hand and not told.of("users"):
        return Judged(
            waiting="the site does not say whether users need a notice: set site_audiences.users"
            f" (not_needed: the reason, if they do not), or {told.command('users')}"
        )
    if users is not None and users.not_needed:
        note = f"users get no notice, as the site says: {users.not_needed}"
        return Judged({"not_needed": users.not_needed}, (Finding("warning", "users:not_needed", note),))
    states = told.of("users")
    row = _row(states, hand)
    entries = [_entry(state) for state in states]
    if row["told_at"]:
        return Judged({"told": [row], "entries": entries})
    return Judged({"entries": entries}, (_untold(told, "users", "users were not told by any channel", states),))


def _partners(told: Told) -> Judged:
    keys = tuple(one.key for one in told.audiences if one.partner)
    if not keys:
        sentence = "the site names no vendor or partner"
        return Judged({"told": []}, (Finding("warning", "partners:none", sentence, "set site_partners"),))
    events = ("run_began", "leg_began", "leg_ended", "aborted", "closing", "personal")
    return _audiences(told, events, keys, must=True)


def _service_level(told: Told) -> Judged:
    kept = told.story.found.get("sla")
    if not told.agreed:
        sentence = "the site names no service level agreement, so only the downtime is known"
        return Judged({"computed": kept}, (Finding("warning", "sla:none", sentence, "set site_sla"),))
    if not isinstance(kept, dict) or kept.get("source") == "none":
        sentence = "the downtime was not measured: there is no clients' ledger and no reading at a load balancer"
        return Judged(
            {"computed": kept}, (Finding("blocker", "sla:unmeasured", sentence, "rollback-runner watch start"),)
        )
    passed_on = _audiences(told, ("service_level", "brief"), ("management", "team"))
    sentence, matters = sla.unmeasured(kept)
    asked = "ask who saw the service then, and put it on record"
    findings = [Finding("warning", "sla:unknown", sentence, asked)] if matters else []
    note = {"note": sentence} if sentence and not matters else {}
    evidence = {"computed": kept, **passed_on.evidence, **note}
    return Judged(evidence, (*passed_on.findings, *findings), passed_on.waiting)


def _step(told: Told, step: Step, states: Sequence[State], key: str) -> tuple[dict[str, Any], list[Finding]]:
    """Find the message about a step, else a later one that a channel took."""
    about = [state for state in states if set(step.lines) & set(state.message.facts)]
    at = min((state.accepted_at for state in about if state.accepted_at), default="")
    row: dict[str, Any] = {"what": step.name, "at": step.time, "told_at": at, "lag_seconds": None}
    moment = stated.moment(step.time)
    if at:
        row["lag_seconds"] = round((stated.moment(at) - moment).total_seconds(), 3)
        if row["lag_seconds"] > told.lag:
            sentence = f"{step.name} was told {row['lag_seconds']:.0f} s after it happened"
            return row, [Finding("warning", f"{key}:late", sentence)]
        return row, []
    later = min(
        (one.accepted_at for one in told.of("team") if one.accepted_at and stated.moment(one.accepted_at) >= moment),
        default="",
    )
    if later:
        row["told_at"], row["by_later_message"] = later, True
        sentence = f"{step.name} was not told by itself, the team heard of it from a later message at {later}"
        return row, [Finding("warning", f"{key}:later", sentence)]
    return row, [_untold(told, "team", f"{step.name} was told to nobody", about)]


def _row(states: Sequence[State], hand: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Say when somebody was first told, by which channels, and by whom where a person did it."""
    taken = [(one.accepted_at, one.channel, one.delivered_at) for state in states for one in state.channels.values()
             if one.accepted_at]  # fmt: skip
    moments = [at for at, _channel, _seen in taken] + [one["at"] for one in hand]
    row: dict[str, Any] = {
        "messages": len(states),
        "told_at": min(moments, default=""),
        "channels": sorted({channel for _at, channel, _seen in taken}),
        "seen": any(seen for _at, _channel, seen in taken),
    }
    return row | ({"by_hand": list(hand)} if hand else {})


def _entry(state: State) -> dict[str, Any]:
    return {
        "event": state.message.event,
        "language": state.message.language,
        "subject": state.message.subject,
        "at": state.accepted_at,
        "status": state.message.page.get("status", ""),
    }


def _climb(climb: Escalation | None) -> dict[str, Any]:
    if climb is None:
        return {"level": 0, "acknowledged_at": ""}
    return {"level": climb.level, "acknowledged_at": climb.acknowledged_at, "by": climb.by, "ended_at": climb.ended_at}


def _untold(told: Told, audience: str, sentence: str, states: Sequence[State]) -> Finding:
    errors = "; ".join(dict.fromkeys(state.error for state in states if state.error))
    why = f" ({errors})" if errors else ""
    step = "rollback-runner messages resend" if states else told.command(audience)
    mark = re.sub(r"[^a-z0-9]+", "-", sentence.lower()).strip("-")[:60]
    return Finding("blocker", f"untold:{mark}", f"{sentence}{why}", step)
