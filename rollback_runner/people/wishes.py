"""What somebody wants to say, on the command line or in answers: judged, then put on record in the open incident."""

from __future__ import annotations

import getpass
import socket
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from failback.people import attachments, catalogue, contacts, judge, moments, words
from failback.people import team as teams
from failback.people.words import Word

from rollback_runner import checklist
from rollback_runner.errors import UsageError
from rollback_runner.people.room import ours, proposals, shared

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from failback.people.catalogue import Ask

    from rollback_runner.people.room import Room
    from rollback_runner.site.site import Site

Act = Literal["confirm", "decline", "waive", "assign"]


@dataclass(frozen=True)
class Wish:
    """What somebody wants to say, as they wrote it. ``item`` is a role too where the act is assign.

    ``proposal`` is the number of one that `situation` drew up, from 1; 0 is none. ``answer`` marks a word that came
    from an answers file, so that it is not said again. ``seat`` is where it was said, "" for this terminal.
    """

    item: str
    by: str
    act: Act = "confirm"
    note: str = ""
    category: str = ""
    at: str = ""
    source: str = ""
    severity: str = ""
    contact: str = ""
    to: str = ""
    attach: str = ""
    proposal: int = 0
    answer: str = ""
    seat: str = ""
    count: str = ""


def speak(where: Room, wish: Wish) -> Word:
    """Judge a wish and put it on record. Raises `UsageError` with one sentence for whatever is wrong with it."""
    assert where.incident is not None
    word = ours(lambda: _word(where, wish))
    place = where.incident
    if wish.attach:
        file = Path(wish.attach).expanduser()
        word = replace(word, attachment=ours(lambda: attachments.take(place, file)))
    return ours(lambda: words.say(place, word))


def ask_of(name: str, verb: str) -> Ask:
    """Find what is asked for an item. Raises `UsageError` for one that no word answers, saying what does."""
    item = checklist.item(name)
    ask = catalogue.of(item.id)
    if ask is not None:
        return ask
    if item.id in catalogue.SIGNATURES:
        raise UsageError(
            f"{item.id} is a signature, and no word can stand for it.", next_step="rollback-runner approve --help"
        )
    if item.mode == "auto" or item.id == "TEAM-02":
        raise UsageError(
            f"{item.id} is proven by the tool; nobody's word can {verb} it.",
            next_step="rollback-runner assign ROLE --to NAME" if item.id == "TEAM-02" else _carried_out_by(item),
        )
    raise UsageError(
        f"{item.id} belongs to the phase {item.phase}, in which nobody is asked yet.", next_step="rollback-runner team"
    )


def _carried_out_by(item: checklist.Item) -> str:
    return f"rollback-runner explain {item.id}"


def _word(where: Room, wish: Wish) -> Word:
    by = where.team.named(wish.by)
    base = Word(
        "confirm",
        wish.item,
        by,
        note=wish.note.strip(),
        seat=wish.seat or f"{getpass.getuser()}@{socket.gethostname()}",
        details={"from_answers": wish.answer} if wish.answer else {},
    )
    if wish.act == "assign":
        return _assigned(where, wish, base)
    ask = ask_of(wish.item, wish.act)
    about = _about(where, ask)
    base = replace(base, item=ask.item, about=about)
    if wish.act in {"waive", "decline"} and not base.note:
        what = "--reason" if wish.act == "waive" else "--note"
        raise UsageError(f"{ask.item}: {wish.act} needs a reason ({what}); it goes on record.")
    if wish.act == "waive":
        if ask.never_waived:
            raise UsageError(
                f"{ask.item} cannot be waived: {ask.never_waived}.", next_step=f"rollback-runner explain {ask.item}"
            )
        return replace(base, kind="waive")
    if by not in judge.may_say(ask, where.team):
        raise UsageError(
            f"{ask.item} is for {', '.join(ask.only)} to say; {by} is none of them, nor their deputy.",
            next_step="rollback-runner team",
        )
    if wish.act == "decline":
        details = {"contact": _contact(where, wish)} if ask.item == "REVIEW-05" else {}
        return replace(base, kind="decline", details={**base.details, **details})
    details = {**base.details, **_details(where, ask, wish)}
    note = base.note or str(details.pop("note", ""))
    return replace(base, kind=ask.kind, note=note, details=details)


def _about(where: Room, ask: Ask) -> str:
    digest = words.plan_digest(where.incident)
    if ask.of_plan and not digest:
        raise UsageError(
            f"{ask.item} is about the frozen plan, and there is none yet.", next_step="rollback-runner plan --freeze"
        )
    return digest if ask.of_plan else ""


def _assigned(where: Room, wish: Wish, base: Word) -> Word:
    to = where.team.named(wish.to)
    role = wish.item.lower().replace("-", "_")
    if role in catalogue.ROLES:
        return replace(base, kind="assign", item=role, details={**base.details, "to": to})
    known = [item.id for item in checklist.items()]
    if wish.item.upper() not in known:
        near = checklist.nearest(role, list(catalogue.ROLES)) or checklist.nearest(wish.item.upper(), known)
        raise UsageError(f"{wish.item} is no role and no item{near}.", next_step="rollback-runner team")
    return replace(base, kind="assign", item=wish.item.upper(), details={**base.details, "to": to})


def _details(where: Room, ask: Ask, wish: Wish) -> dict[str, Any]:
    """Read what the word must carry, from the options or from a proposal; a missing part is named with its option."""
    drawn = _proposal(where, ask.item, wish.proposal) if wish.proposal else {}
    make: Mapping[str, Callable[[], dict[str, Any]]] = {
        "SIT-01": lambda: _cause(wish, drawn),
        "SIT-02": lambda: _moment(where.site, wish, drawn),
        "SIT-05": lambda: {"severity": _one_of("severity", wish.severity, catalogue.SEVERITIES)},
        "REVIEW-05": lambda: {"contact": _contact(where, wish)},
        "APPROVE-04": lambda: {"decision": "go"},
        "APPROVE-05": lambda: {
            "start": moments.parse(_needed("--at", wish.at), where.site.timezone).as_dict(),
            "in_charge": teams.acting(where.team, where.said),
        },
        "FINAL-04": lambda: _feedback(wish),
        "FOLLOW-04": lambda: {"moment": _to_come(where.site, wish)},
        "DOC-02": lambda: _document(where, wish, "post-mortem"),
        "FOLLOW-03": lambda: _document(where, wish, "re-migration"),
    }
    return make[ask.item]() if ask.item in make else {}


def _cause(wish: Wish, drawn: Mapping[str, Any]) -> dict[str, Any]:
    drawn_category = drawn.get("category", "") if drawn.get("category") in catalogue.CATEGORIES else ""
    category = _one_of("category", wish.category or drawn_category, catalogue.CATEGORIES)
    statement = wish.note.strip() or drawn.get("statement")
    if not statement:
        raise UsageError("SIT-01 needs the cause in one sentence (--note), or a proposal (--proposal N).")
    found = {"category": category, "statement": statement}
    return found | ({"source": drawn["source"]} if drawn.get("source") else {})


def _moment(site: Site, wish: Wish, drawn: Mapping[str, Any]) -> dict[str, Any]:
    moment = moments.parse(_needed("--at", wish.at or str(drawn.get("at") or "")), site.timezone)
    if moments.after(moment):
        raise UsageError(f"SIT-02: {moment.local} is still to come; a failure that is on record has happened.")
    source = _needed("--source", wish.source or str(drawn.get("source") or ""))
    line = {"line": drawn["line"]} if drawn.get("line") else {}
    return {"moment": moment.as_dict(), "source": source, **line}


def _feedback(wish: Wish) -> dict[str, Any]:
    source = _needed("--source", wish.source)
    count = _needed("--count", wish.count)
    if not count.isdecimal():
        raise UsageError(f"FINAL-04: --count is how many voices were read, a whole number, not {count!r}.")
    if not wish.note.strip():
        raise UsageError("FINAL-04 needs what users say, in themes (--note); `none` is an answer too.")
    return {"source": source, "count": int(count)}


def _to_come(site: Site, wish: Wish) -> dict[str, str]:
    moment = moments.parse(_needed("--at", wish.at), site.timezone)
    if not moments.after(moment, slack=0):
        raise UsageError(f"FOLLOW-04: {moment.local} is over; the retrospective needs a date that is still to come.")
    return moment.as_dict()


def _document(where: Room, wish: Wish, name: str) -> dict[str, Any]:
    """Say which document the word is about: the one attached, else the draft, drawn up now where there is none."""
    # Both read the whole record; nobody else's word has a use for them.
    from rollback_runner.documents import drafts, render, told  # noqa: PLC0415 - heavy, as said above

    if wish.attach:
        file = Path(wish.attach).expanduser()
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            text = ""  # no text: whoever attached it says that it is finished
        return {"document": {"name": file.name, "to_write": render.to_write(text)}}
    assert where.incident is not None
    incident = where.incident
    found = drafts.newest(incident, name)
    if not found:
        ours(lambda: drafts.draw_up(told.read(incident.parents[2], incident, where.site), [name]))
        found = drafts.newest(incident, name)
    return {"document": found}


def _contact(where: Room, wish: Wish) -> str:
    given = shared(where.site)
    known = dict(
        contacts.emergency(where.team, teams.rungs(given.get("site_ladder") or ()), given.get("site_experts") or ())
    )
    wanted = _needed("--contact", wish.contact)
    found = next((key for key, name in known.items() if wanted.casefold() in {key.casefold(), name.casefold()}), None)
    if found is None:
        near = checklist.nearest(wanted, list(known))
        raise UsageError(f"{wanted} is no emergency contact{near}; they are {', '.join(known) or 'not named yet'}.")
    return found


def _proposal(where: Room, item: str, number: int) -> Mapping[str, Any]:
    known = proposals(where.incident).get(item, [])
    if not 1 <= number <= len(known):
        raise UsageError(
            f"{item} has {len(known)} proposals; there is no number {number}.", next_step="rollback-runner team"
        )
    return known[number - 1]


def _one_of(option: str, value: str, known: tuple[str, ...]) -> str:
    wanted = _needed(f"--{option}", value).lower()
    if wanted not in known:
        raise UsageError(
            f"{value!r} is no {option}{checklist.nearest(wanted, list(known))}; they are {', '.join(known)}."
        )
    return wanted


def _needed(option: str, value: str) -> str:
    if not value.strip():
        raise UsageError(f"{option} is missing.")
    return value.strip()
