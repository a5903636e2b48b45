"""The items a person may answer in the war room, each with the fields its word must carry. Reads only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from failback.approval import policy
from failback.people import catalogue, contacts, words
from failback.people import team as teams

from rollback_runner import checklist
from rollback_runner.people import mine, room
from rollback_runner.people.roster import proposal_line
from rollback_runner.people.wishes import Wish

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from failback.people.catalogue import Ask

    from rollback_runner.messages import Texts
    from rollback_runner.people.mine import Mine
    from rollback_runner.people.room import Room
    from rollback_runner.war_room.board import Board, Wait

# What a word may need, and the field of the form in which it is given. What is not here is given by the command.
_FIELDS = {
    "category": "category",
    "statement": "note",
    "moment": "at",
    "source": "source",
    "severity": "severity",
    "contact": "contact",
}
_TAKEN = ("note", "category", "at", "source", "severity", "contact")
_LONG = frozenset({"note"})
_YES = {"TEAM-01": "acknowledge", "REVIEW-01": "read", "REVIEW-02": "know", "APPROVE-04": "go"}


def rows(where: Room, person: str, texts: Texts, board: Board, form: Callable[[str], str]) -> list[dict[str, Any]]:
    """List what a person is asked, their missing words first. ``form`` gives the once-only mark of a form."""
    signed = [_signature(where, wait, texts) for wait in board.waits if wait.signature and person in wait.who]
    return [
        *signed,
        *(
            _row(where, one, person, texts, form)
            for one in mine.of_person(where, person)
            if one.ask.phase in board.reached
        ),
    ]


def wish(person: str, item: str, act: str, given: Mapping[str, str], seat: str) -> Wish:
    """Read what somebody wrote into a form: what they want to say, as the command would have it."""
    proposal = given.get("proposal", "")
    number = int(proposal) if proposal.isdecimal() else 0
    said = {name: given.get(name, "").strip() for name in _TAKEN}
    return Wish(item, person, "decline" if act == "decline" else "confirm", **said, proposal=number, seat=seat)


def _row(where: Room, one: Mine, person: str, texts: Texts, form: Callable[[str], str]) -> dict[str, Any]:
    ask = one.ask
    plan = words.plan_digest(where.incident) if ask.of_plan else ""
    fields = _fields(where, ask, texts)
    later = ask.of_plan and not plan
    yes = _YES.get(ask.item, "confirm")
    return {
        "item": ask.item,
        "title": checklist.item(ask.item).title(texts.language),
        "wanted": one.wanted and not later,
        "answered": not one.judged.waiting and not any(f.severity == "blocker" for f in one.judged.findings),
        "said": _said(one, texts),
        "said_note": one.word.note if one.word else "",
        "signature": False,
        "later": later,
        "plan": plan,
        "fields": fields,
        "form": form(ask.item) if fields is not None and not later else "",
        "command": where.command(ask, person),
        "yes": texts(f"room.say.{yes}"),
    }


def _signature(where: Room, wait: Wait, texts: Texts) -> dict[str, Any]:
    role = next(role for role, item in policy.ITEMS.items() if item == wait.item)
    site = f" -i {where.option}" if where.option else ""
    return {
        "item": wait.item,
        "title": checklist.item(wait.item).title(texts.language),
        "wanted": True,
        "answered": False,
        "said": "",
        "said_note": "",
        "signature": True,
        "later": False,
        "plan": "",
        "fields": None,
        "form": "",
        "command": f"rollback-runner approve --role {role}{site}",
        "yes": "",
    }


def _fields(where: Room, ask: Ask, texts: Texts) -> list[dict[str, Any]] | None:
    """Name the fields of a form; None for a word that carries something a form here does not take."""
    if any(need not in _FIELDS for need in ask.needs):
        return None
    wanted = [_FIELDS[need] for need in ask.needs]
    found = [_field(where, name, texts, cause=ask.item == "SIT-01") for name in wanted]
    drawn = room.proposals(where.incident).get(ask.item, [])
    if drawn:
        options = [(str(number), proposal_line(one, texts.language)) for number, one in enumerate(drawn, start=1)]
        label = texts("room.field.proposal")
        found.insert(0, {"name": "proposal", "label": label, "options": options, "long": False})
    if "note" not in wanted:
        found.append(_field(where, "note", texts))
    return found


def _field(where: Room, name: str, texts: Texts, *, cause: bool = False) -> dict[str, Any]:
    options: list[tuple[str, str]] = []
    if name == "category":
        options = [
            (word, texts(f"category.{word}") if texts.has(f"category.{word}") else word)
            for word in catalogue.CATEGORIES
        ]
    elif name == "severity":
        options = [(word, texts(f"room.severity.{word}")) for word in catalogue.SEVERITIES]
    elif name == "contact":
        given = room.shared(where.site)
        ladder, experts = teams.rungs(given.get("site_ladder") or ()), given.get("site_experts") or ()
        options = list(contacts.emergency(where.team, ladder, experts))
    label = texts("room.field.statement" if cause and name == "note" else f"room.field.{name}")
    return {"name": name, "label": label, "options": options, "long": name in _LONG}


def _said(one: Mine, texts: Texts) -> str:
    if one.word is None:
        return ""
    return texts("room.mine_said", kind=texts(f"people.kind.{one.word.kind}"), at=one.word.at.replace("T", " "))
