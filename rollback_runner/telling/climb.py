"""Climbs the ladder: which rung of an escalation is to be told now, and with which words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from failback.people import team as teams

from rollback_runner.messages import Texts
from rollback_runner.telling import escalation, outbox
from rollback_runner.telling.letters import LANGUAGES
from rollback_runner.telling.outbox import Message

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from failback.people.team import Rung, Team

    from rollback_runner.checklist import Language
    from rollback_runner.telling.escalation import Escalation

BOTH = "both"
REPEATS = 3  # how often the last rung is told once more
_LEAST_BETWEEN = 60.0  # seconds between two times the last rung is told


def rungs_of(ladder: Sequence[Mapping[str, Any]]) -> tuple[Rung, ...]:
    """Read ``site_ladder``. Somebody is told at once: the commander, where its first rung comes later.

    Raises ConfigError for a rung without a time.
    """
    found = teams.rungs(ladder)
    return (teams.Rung(0.0, "commander", ""), *found) if not found or found[0].after > 0 else found


@dataclass(frozen=True)
class Ladder:
    """The site's ladder at this moment: who acts in which role, and the names of the channels there are."""

    rungs: Sequence[Rung]
    team: Team
    acting: Mapping[str, str]
    channels: frozenset[str]
    site: str

    def due(self, one: Escalation, put: Container[str], now: float) -> Message | None:
        """Return the message that is due; None when none is. ``put`` holds the keys of those that were put.

        A rung's time has come ``after`` seconds from when it was raised, or when no channel reached any rung told so
        far. A rung whose role nobody has is passed over; the last one is told again while nobody answers.
        """
        if not one.climbing:
            return next((message for message in self._ends(one) if message.key not in put), None)
        told = {level.number for level in one.levels}
        lost = bool(told) and all(level.unreachable for level in one.levels)
        passed = False
        for number, rung in enumerate(self.rungs, start=1):
            if number in told:
                continue
            if self._person(rung) not in self.team.people:
                passed = passed or not told
                continue
            if now - one.raised < rung.after and not lost and not passed:
                return None
            return self._level(one, number)
        return self._repeat(one, now)

    def _person(self, rung: Rung) -> str:
        role = self.team.roles.get(rung.role)
        return self.acting.get(rung.role, "") or (role.person if role else "")

    def _repeat(self, one: Escalation, now: float) -> Message | None:
        if not one.levels:
            return None
        last = max(level.number for level in one.levels)
        times = sum(1 for level in one.levels if level.number == last)
        steps = [later.after - earlier.after for earlier, later in pairwise(self.rungs)]
        between = max(_LEAST_BETWEEN, steps[-1] if steps else 0.0)
        newest = outbox.epoch(max(level.raised_at for level in one.levels))
        return self._level(one, last, repeat=times) if times <= REPEATS and now - newest >= between else None

    def _level(self, one: Escalation, number: int, repeat: int = 0) -> Message:
        rung = self.rungs[number - 1]
        person = self._person(rung)
        bodies = []
        for language in LANGUAGES:
            texts = Texts(language)
            words = {"name": self.team.name(person, language), "sentence": _ended(_said(one.sentence, language))}
            role = texts(f"role.{rung.role}") if texts.has(f"role.{rung.role}") else rung.role
            words |= {"role": role, "at": outbox.clock(one.raised)}
            lines = [texts("escalation.body", **words, level=number, levels=len(self.rungs))]
            for key, keys in _before(one):
                names = ", ".join(self.team.name(other, language) for other in keys)
                lines += [texts(key, names=names)] if names else []
            bodies.append("\n".join(lines))
        ways = dict.fromkeys([rung.channel, *self.team.people[person].contact])
        return Message(
            escalation.level_key(one.id, number, repeat),
            escalation.EVENT,
            "team",
            BOTH,
            _subject("escalation.subject", one, site=self.site, level=number),
            "\n\n".join(bodies),
            one.facts,
            "high",
            needs_answer=True,
            channels=tuple(way for way in ways if way in self.channels),
            to=person,
            role=rung.role,
        )

    def _ends(self, one: Escalation) -> Iterator[Message]:
        """Tell those who were told: first that somebody answers, then that it is over."""
        ways = tuple(dict.fromkeys(way for level in one.levels if level.told_at for way in level.channels))
        moments = (("answered", one.acknowledged_at), ("over", one.ended_at))
        for kind, at in sorted(moments, key=lambda pair: pair[1]):
            if not ways or not at:
                continue
            bodies = []
            for language in LANGUAGES:
                words = {"name": self.team.name(one.by, language), "outcome": _ended(_said(one.outcome, language))}
                bodies.append(Texts(language)(f"escalation.{kind}", **words, at=outbox.clock(outbox.epoch(at))))
            yield Message(
                escalation.end_key(one.id, kind),
                f"escalation_{kind}",
                "team",
                BOTH,
                _subject(f"escalation.{kind}_subject", one, site=self.site),
                "\n\n".join(bodies),
                one.facts,
                channels=ways,
            )


def _before(one: Escalation) -> list[tuple[str, list[str]]]:
    reached = list(dict.fromkeys(level.person for level in one.levels if not level.unreachable))
    lost = [level.person for level in one.levels if level.unreachable and level.person not in reached]
    return [("escalation.before", reached), ("escalation.unreachable", list(dict.fromkeys(lost)))]


def _subject(key: str, one: Escalation, **words: object) -> str:
    said = {language: _said(one.sentence, language).rstrip(".") for language in LANGUAGES}
    both = (Texts(language)(key, sentence=said[language], **words) for language in LANGUAGES)
    return " / ".join(dict.fromkeys(both))


def _said(sentence: Mapping[str, str], language: Language) -> str:
    return str(sentence.get(language) or sentence.get("en") or "")


def _ended(sentence: str) -> str:
    return sentence if not sentence or sentence.endswith((".", "!", "?")) else f"{sentence}."
