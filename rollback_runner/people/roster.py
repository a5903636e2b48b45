"""Shows the team at a glance: roles, who answered, channels, and what is still asked. Decides and writes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from failback import incident as incidents
from failback.people import calls, catalogue, judge
from failback.people import team as teams

from rollback_runner import checklist
from rollback_runner.people.room import owned, proposals, shared

if TYPE_CHECKING:
    from failback.people.team import Role

    from rollback_runner.checklist import Language
    from rollback_runner.messages import Texts
    from rollback_runner.people.room import Room


def lines(where: Room, texts: Texts) -> list[str]:
    """Write the whole picture for people."""
    if not where.team.people:
        return [texts("people.nobody")]
    found = [texts("people.roles")]
    for name in where.team.needed:
        role = where.team.roles[name]
        found.append(f"  {texts(f'role.{name}')}: {_named(where, role, texts)}")
    found.append(texts("people.channels"))
    tried = _tried(where)
    names = [entry["name"] for entry in shared(where.site).get("site_channels") or ()]
    found += [f"  {name:<19} {_channel(tried.get(name), texts)}" for name in names]
    if where.incident is None:
        return [*found, texts("people.no_incident")]
    return [*found, texts("people.words"), *_words(where, texts), *_proposed(where, texts)]


def of_person(where: Room, person: str, texts: Texts) -> list[str]:
    """Write what one person is still asked, each with its command, and the items they answer for."""
    name = where.team.name(person, texts.language)
    found = []
    for ask in catalogue.ASKS:
        judged = where.judged(ask) if where.incident is not None else judge.Judgement()
        mine = teams.owner(where.team, where.said, ask.item) == person
        in_role = person in teams.acting(where.team, where.said).values()
        said = person in where.said.each(ask.item, ask.kind)
        if judged.waiting and ((ask.everyone and in_role and not said) or (not ask.everyone and mine)):
            found.append(f"  {checklist.item(ask.item).title(texts.language)}: {where.command(ask, person)}")
    return [texts("people.items", who=name, items=", ".join(owned(where, person)) or "-"), *found]


def as_dict(where: Room) -> dict[str, Any]:
    """Return the same as data; empty parts where no incident is open."""
    answers = where.said.each("TEAM-01", "acknowledge", "decline")
    return {
        "site": where.site.name,
        "incident": where.incident.name if where.incident is not None else "",
        "roles": [
            {
                "role": name,
                "person": where.team.roles[name].person,
                "deputy": where.team.roles[name].deputy,
                "acting": teams.acting(where.team, where.said).get(name, ""),
                "answers": {key: answers[key].kind for key in where.team.roles[name].holders if key in answers},
            }
            for name in where.team.needed
        ],
        "calls": calls.record(where.team, where.said),
        "channels": _tried(where),
        "items": [
            {"item": ask.item, "waiting": (found := where.judged(ask)).waiting, "evidence": found.evidence}
            for ask in (catalogue.ASKS if where.incident is not None else ())
        ],
        "proposals": proposals(where.incident),
    }


def proposal_line(entry: dict[str, Any], language: Language) -> str:
    """Write one proposal in a line."""
    statement = entry.get("statement", "")
    if isinstance(statement, dict):
        statement = statement.get(language) or statement.get("en", "")
    parts = [entry.get("category", ""), statement, entry.get("at", ""), entry.get("line", "")]
    told = ": ".join(str(part) for part in parts if part)
    return f"{told} ({entry['source']})" if entry.get("source") else told


def _named(where: Room, role: Role, texts: Texts) -> str:
    if not role.person:
        return texts("people.unnamed")
    deputy = where.team.name(role.deputy, texts.language)
    second = texts("people.deputy", who=deputy) if role.deputy else texts("people.no_deputy")
    return f"{where.team.name(role.person, texts.language)} ({second}): {_answer(where, role, texts)}"


def _answer(where: Room, role: Role, texts: Texts) -> str:
    answers = where.said.each("TEAM-01", "acknowledge", "decline")
    first, second = answers.get(role.person), answers.get(role.deputy)
    if first is not None and first.kind == "acknowledge":
        return texts("people.came", at=_clock(first.at))
    if second is not None and second.kind == "acknowledge":
        return texts("people.came_deputy", who=where.team.name(role.deputy, texts.language), at=_clock(second.at))
    if first is not None:
        return texts("people.declined", note=first.note)
    mine = [word for word in where.said.of("TEAM-01", "call") if word.details.get("to") == role.person]
    if not mine:
        return texts("people.not_called")
    through = [word for word in mine if word.details.get("delivered")]
    return texts("people.called", at=_clock(through[0].at)) if through else texts("people.not_reached")


def _words(where: Room, texts: Texts) -> list[str]:
    found = []
    for ask in catalogue.ASKS:
        judged = where.judged(ask)
        waived = judged.evidence.get("waived")
        title = checklist.item(ask.item).title(texts.language)
        if waived:
            line = texts("people.word_waived", item=ask.item, by=waived["by"], note=waived["note"])
        elif judged.missing:
            line = texts("people.word_open", who=missing(where, judged, texts), command=where.command(ask))
        elif judged.waiting:
            line = judged.waiting
        elif judged.findings and judged.findings[0].severity == "blocker":
            line = judged.findings[0].sentence
        else:
            line = texts("people.word_done", item=ask.item)
        found += [f"  {title}", f"    {line}"]
    return found


def missing(where: Room, judged: judge.Judgement, texts: Texts) -> str:
    """Name those whose word is missing, with their roles."""
    parts = []
    for one in judged.missing:
        names = " / ".join(where.team.name(key, texts.language) for key in one.who)
        roles = ", ".join(texts(f"role.{role}") for role in one.roles)
        parts.append(f"{names} ({roles})" if names and roles else names or roles)
    return "; ".join(parts)


def _proposed(where: Room, texts: Texts) -> list[str]:
    found = []
    for item, entries in proposals(where.incident).items():
        found.append(texts("people.proposals", item=item))
        found += [f"  {n}. {proposal_line(entry, texts.language)}" for n, entry in enumerate(entries, start=1)]
    return found


def _tried(where: Room) -> dict[str, Any]:
    """Collect what the canaries of this incident showed, by channel."""
    found: dict[str, Any] = {}
    for name, fact in (incidents.facts(where.incident) if where.incident is not None else {}).items():
        if name.partition(".")[0] == "channels":
            found |= fact
    return found


def _channel(tried: dict[str, Any] | None, texts: Texts) -> str:
    if tried is None:
        return texts("people.channel_unknown")
    if not tried["works"]:
        return texts("people.channel_dead", error=tried["error"] or "-")
    at = datetime.fromtimestamp(tried["at"], UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return texts("people.channel_works", code=tried["code"], at=_clock(at))


def _clock(at: str) -> str:
    return at.replace("T", " ")
