"""From what was asked and what was said to: answered, or waiting for whom. Pure but for the clock."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from failback.findings import Finding
from failback.people import calls, catalogue, lessons
from failback.people import team as teams
from failback.people.table import holder, human

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.people.catalogue import Ask
    from failback.people.lessons import Lesson
    from failback.people.team import Team
    from failback.people.words import Word, Words

_NAME = "set site_people and site_roles: without them a rollback has signatures (approve) and no team"
_SHORT = 12  # digits of a plan's digest that people compare


@dataclass(frozen=True)
class Missing:
    """Whose word is missing: keys of those of whom one is enough (or a contact's name), and for which roles."""

    who: tuple[str, ...]
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judgement:
    """``waiting`` is the sentence that says whose word is missing and how it is given; "" when it is answered.

    ``missing`` says the same in parts, for those who write it in another language.
    """

    evidence: dict[str, Any] = field(default_factory=dict)
    waiting: str = ""
    findings: tuple[Finding, ...] = ()
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True)
class Asked:
    """What an item is judged from. ``plan`` is the digest of the frozen plan, ``site`` goes into commands after ``-i``.

    ``contacts`` are those who must have answered for REVIEW-05: key and name. ``listed`` are the incident's lessons.
    ``now`` in seconds since 1970.
    """

    ask: Ask
    team: Team
    words: Words
    plan: str = ""
    site: str = ""
    contacts: tuple[tuple[str, str], ...] = ()
    listed: tuple[Lesson, ...] = ()
    now: float = field(default_factory=time.time)


def judge(asked: Asked) -> Judgement:
    """Judge one item of the catalogue."""
    ask = asked.ask
    if ask.of_plan and not asked.plan:
        return Judgement(waiting=f"{ask.item}: there is no frozen plan to speak about: rollback-runner plan --freeze")
    if ask.item == "REVIEW-05":
        found = _contacts(asked)
    elif ask.everyone is not None:
        found = _everyone(asked, ask.everyone)
    else:
        found = _one(asked)
    if found.waiting and asked.team.nobody and not asked.team.critical:
        said = f"{ask.item}: nobody is named who could say it (site_people, site_roles), so nobody is asked"
        return Judgement(
            found.evidence, findings=(*found.findings, Finding("warning", f"nobody:{ask.item}", said, _NAME))
        )
    waived = _waived(asked)
    if found.waiting and waived is not None:
        return _excused(ask, waived, found)
    return found


def command(asked: Asked, who: str = "") -> str:
    """Write the command that answers an item."""
    options = {
        "SIT-01": ' --category CATEGORY --note "the cause in one sentence"',
        "SIT-02": ' --at "2026-03-01T04:05:06+09:00" --source "alarm, log line or person"',
        "SIT-05": f' --severity {"|".join(catalogue.SEVERITIES)} --note "what users notice"',
        "REVIEW-05": ' --contact NAME --note "answered by phone"',
        "APPROVE-04": ' --note "go, on the conditions ..."',
        "APPROVE-05": ' --at "now+10m"',
        "FINAL-04": ' --source "support desk, reviews" --count N --note "what users say, in themes"',
        "FOLLOW-04": ' --at "2026-03-05 14:00" --note "where"',
        "DOC-02": ' --attach FILE --note "the cause, as analysed"',
        "FOLLOW-03": ' --attach FILE --note "what must be true first"',
    }
    site = f" -i {asked.site}" if asked.site else ""
    rest = options.get(asked.ask.item, "" if asked.ask.everyone else ' --note "..."')
    return f"rollback-runner confirm {asked.ask.item}{site} --as {who or 'NAME'}{rest}"


def may_say(ask: Ask, team: Team) -> tuple[str, ...]:
    """Name those whose word counts for an item: holders and deputies of its roles, or everybody."""
    if not ask.only:
        return tuple(team.people)
    return tuple(dict.fromkeys(key for role in ask.only for key in team.roles[role].holders))


def _one(asked: Asked) -> Judgement:
    ask = asked.ask
    word = asked.words.standing(ask.item, asked.plan if ask.of_plan else None)
    if word is None or word.kind == "waive":
        about = f" on plan {asked.plan[:_SHORT]}" if ask.of_plan else ""
        person = teams.owner(asked.team, asked.words, ask.item)
        whose = f"{asked.team.name(person)} ({human(ask.owner)})" if person else f"the {holder(ask.owner)}"
        empty = ask.lists and not lessons.of_kind(asked.listed, ask.lists)
        first = f"{_nothing_listed(asked)}; then " if empty else ""
        waiting = f"{ask.item}: {whose} has not said it yet{about}: {first}{command(asked)}"
        return Judgement(
            _of_plan(asked) | _list(asked), waiting, missing=(Missing((person,) if person else (), (ask.owner,)),)
        )
    evidence = _of_plan(asked) | {"said": word.shown(), "by_name": asked.team.name(word.by)} | _list(asked)
    before = [former.shown() for former in asked.words.of(ask.item) if former is not word]
    if before:
        evidence["before"] = before
    if word.by not in may_say(ask, asked.team):
        roles = ", ".join(human(role) for role in ask.only)
        said = f"{ask.item}: {asked.team.name(word.by)} said it, whose word does not count here ({roles})"
        return Judgement(evidence, f"{said}: {command(asked)}")
    if word.kind == "decline":
        said = f"{ask.item}: {asked.team.name(word.by)} said no: {word.note}"
        return Judgement(evidence, findings=(Finding("blocker", f"declined:{ask.item}", said, command(asked)),))
    if ask.item == "APPROVE-05":
        return _in_charge(asked, word, evidence)
    if ask.lists and not lessons.of_kind(asked.listed, ask.lists):
        # A word that a list is complete says nothing while the list is empty.
        return Judgement(evidence, f"{ask.item}: {_nothing_listed(asked)}", missing=(Missing((), (ask.owner,)),))
    return Judgement(evidence, findings=_unfinished(ask, word))


def _list(asked: Asked) -> dict[str, Any]:
    """Return the lessons that an item is about, as evidence."""
    kind = asked.ask.lists
    return {"listed": [one.shown() for one in lessons.of_kind(asked.listed, kind)]} if kind else {}


def _nothing_listed(asked: Asked) -> str:
    site = f" -i {asked.site}" if asked.site else ""
    kind = "" if asked.ask.lists == "lesson" else f" --kind {asked.ask.lists}"
    return f'nothing is listed yet: rollback-runner lesson add{site}{kind} "TEXT" --owner NAME --due DATE --as NAME'


def _unfinished(ask: Ask, word: Word) -> tuple[Finding, ...]:
    """Tell when the document a word is about has places that only a person can fill, and still does."""
    left = int(dict(word.details.get("document") or {}).get("to_write") or 0)
    if not left:
        return ()
    said = f"{ask.item}: {left} places of the document are still to be written by a person"
    return (Finding("warning", f"to_write:{ask.item}", said, "fill them in, then confirm again with --attach FILE"),)


def _everyone(asked: Asked, kind: catalogue.Kind) -> Judgement:
    """One word of each role: of the one who acts in it; for TEAM-01 of the person, or the deputy in their turn."""
    ask, team = asked.ask, asked.team
    about = asked.plan if ask.of_plan else None
    said = asked.words.each(ask.item, kind, "decline", about=about)
    yes = {person for person, word in said.items() if word.kind == kind}
    act = teams.acting(team, asked.words, asked.now)
    rows: list[dict[str, Any]] = []
    open_ones: dict[tuple[str, ...], list[str]] = {}
    for role in team.called:
        who = calls.counting(asked.words, role, now=asked.now) if ask.item == "TEAM-01" else (act[role.name],)
        by = next((key for key in who if key in yes), "")
        word = said.get(by)
        rows.append(
            {"role": role.name, "who": [team.name(key) for key in who], "by": by, "at": word.at if word else ""}
        )
        if not by:
            open_ones.setdefault(who, []).append(role.name)
    evidence = _of_plan(asked) | {"roles": rows}
    if ask.item == "REVIEW-02":
        evidence["items"] = {role: [p for p, owner in catalogue.OWNERS.items() if owner == role] for role in act}
    findings = tuple(
        Finding("warning", f"declined:{ask.item}:{person}", f"{ask.item}: {team.name(person)} said no: {word.note}")
        for person, word in said.items()
        if word.kind == "decline"
    )
    if not team.called:
        return Judgement(evidence, f"{ask.item}: no one is named who could be asked (site_roles)", findings)
    if not open_ones:
        return Judgement(evidence, findings=findings)
    missing = tuple(Missing(who, tuple(roles)) for who, roles in open_ones.items())
    return Judgement(evidence, _still_open(asked, missing), findings, missing)


def _still_open(asked: Asked, missing: Sequence[Missing]) -> str:
    """Say who is missing, one entry a person, and what they type; whoever read another plan is told so."""
    parts = [
        f"{' or '.join(asked.team.name(key) for key in one.who)} ({', '.join(human(role) for role in one.roles)})"
        for one in missing
    ]
    words = {"acknowledge": "has not acknowledged", "read": "has not read the plan"}[asked.ask.kind]
    about = f" {asked.plan[:_SHORT]}" if asked.ask.of_plan else ""
    former = ""
    if asked.ask.of_plan:
        before = {w.by for w in asked.words.of(asked.ask.item, asked.ask.kind) if w.about != asked.plan}
        again = before & {key for one in missing for key in one.who}
        if again:
            former = f" ({teams.listing(asked.team, sorted(again))} spoke about another plan)"
    return f"{asked.ask.item}: {'; '.join(parts)} {words}{about} yet{former}: {command(asked)}"


def _contacts(asked: Asked) -> Judgement:
    """Each emergency contact answered: by coming (TEAM-01), or as somebody reports who reached them."""
    came = asked.words.each("TEAM-01", "acknowledge")
    told = {str(word.details.get("contact")): word for word in asked.words.of("REVIEW-05", "confirm", "decline")}
    rows, open_ones, missing = [], [], []
    for key, name in asked.contacts:
        # The last word on a contact counts, of whoever reached them, did not, or saw them come.
        word = max((one for one in (told.get(key), came.get(key)) if one), key=lambda one: one.at, default=None)
        answered = word.at if word is not None and word.kind != "decline" else ""
        rows.append({"contact": name, "answered": answered, "how": word.note if word else ""})
        if not answered:
            open_ones.append(f"{name} (did not answer: {word.note})" if word else name)
            missing.append(Missing((key,)))
    evidence = {"contacts": rows}
    if not asked.contacts:
        return Judgement(evidence, "REVIEW-05: the site names no emergency contact (site_ladder, site_experts)")
    if not open_ones:
        return Judgement(evidence)
    waiting = f"REVIEW-05: no answer yet from {', '.join(open_ones)}: {command(asked)}"
    return Judgement(evidence, waiting, missing=tuple(missing))


def _in_charge(asked: Asked, word: Word, evidence: dict[str, Any]) -> Judgement:
    """Check that the people named with the start time are still those who act."""
    act = teams.acting(asked.team, asked.words, asked.now)
    named = dict(word.details.get("in_charge") or {})
    changed = [role for role in act if named.get(role, act[role]) != act[role]]
    if not changed:
        return Judgement(evidence)
    who = ", ".join(f"{human(role)} is now {asked.team.name(act[role])}" for role in changed)
    return Judgement(evidence, f"APPROVE-05: the people in charge changed since ({who}): {command(asked)}")


def _waived(asked: Asked) -> Word | None:
    if asked.ask.never_waived:
        return None
    about = asked.plan if asked.ask.of_plan else None
    word = asked.words.standing(asked.ask.item, about)
    return word if word is not None and word.kind == "waive" else None


def _excused(ask: Ask, word: Word, found: Judgement) -> Judgement:
    said = f"{ask.item} was waived by {word.by} at {word.at}: {word.note}"
    loud = Finding("warning", f"waived:{ask.item}", said, f"what is missing: {found.waiting}")
    return Judgement(found.evidence | {"waived": word.shown()}, findings=(*found.findings, loud))


def _of_plan(asked: Asked) -> dict[str, Any]:
    return {"plan": asked.plan} if asked.ask.of_plan else {}
