"""Turns an event of a run into the messages it makes: from what stands in the record at that moment, and nothing else.

`announce` is called in the middle of an emergency. It is quick, never raises, and never stops anything: what goes wrong
here is put into ``incident/telling.jsonl``, which the items of the phase `communicate` look at.
"""

from __future__ import annotations

import time
import traceback
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from failback import journal

from rollback_runner.people import room as people
from rollback_runner.record import verdict
from rollback_runner.telling import audiences, escalation, outbox, proven, sections, stated, story, truth, wording
from rollback_runner.telling.events import Event
from rollback_runner.telling.facts import Fact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rollback_runner.checklist import Language
    from rollback_runner.record import store
    from rollback_runner.site.site import Site
    from rollback_runner.telling.audiences import Audience
    from rollback_runner.telling.facts import Facts
    from rollback_runner.telling.story import Line, Story

TROUBLE = "telling.jsonl"
# What a message that announces the next word carries among its facts, before the moment.
_NEXT = "next-word:"
_EARLY = timedelta(seconds=15)
# While one of these holds, people wait for the next word: a phase is under way, or it is open who takes writes.
_GOES_ON = ("leg_now", "stopped", "uncertain", "closing", "abort_unproven")


def announce(
    site: Site, home: Path, incident: Path | None, run: store.Run | None, event: str, **hints: object
) -> tuple[str, ...]:
    """Put the messages that an event makes, and return their keys. Never raises, whatever is wrong.

    Which events there are stands in `telling.events`. ``hints`` only say what to look for in the record (``leg``,
    ``act``: promoted or fenced, ``item``, ``host``); no text is made from them. Nothing is told outside of an incident,
    nor of a rehearsal.
    """
    if incident is None:
        return ()
    try:
        now = datetime.now(UTC)
        told = story.read(home, incident, metrics=event in {"closing", "service_level", "brief", "next_steps"})
        if run is not None and all(one.id != run.id for one in told.runs):
            return ()  # a rehearsal, or a run of something else
        said = Event(event, {name: str(value) for name, value in hints.items() if value})
        known = gathered(site, told, said, now, run.id if run is not None else "")
        keys = _put(site, incident, known, said)
        _escalate(site, incident, told, known, said)
    except Exception as error:  # noqa: BLE001 - people not told is bad; a rollback that stops over it is worse
        trouble(incident, event, error)
        return ()
    return keys


def still(site: Site, home: Path, incident: Path, now: datetime | None = None) -> tuple[str, ...]:
    """Write again to every audience that was told when the next word comes, and for which that moment has come.

    For whoever runs all the time (the messenger, by `NextWord`). Never raises.
    """
    try:
        moment = now or datetime.now(UTC)
        states = outbox.messages(incident)
        keys: list[str] = []
        told: Story | None = None
        for one in audiences.of_site(people.shared(site)):
            mine = [state for state in states if _is_for(state.message.key, one)]
            announced = [name for name in (mine[-1].message.facts if mine else ()) if name.startswith(_NEXT)]
            # A little before, so that the word is there at the moment that was named.
            if not announced or moment < stated.moment(announced[0].removeprefix(_NEXT)) - _EARLY:
                continue
            told = told or story.read(home, incident)
            event = Event("still", {"since": mine[-1].queued_at})
            keys += _put(site, incident, gathered(site, told, event, moment, ""), event, only=one)
    except Exception as error:  # noqa: BLE001 - as in `announce`
        trouble(incident, "still", error)
        return ()
    return tuple(keys)


class NextWord:
    """Looks now and then whether a word that was announced is due; for a companion's loop."""

    def __init__(self, site: Site, incident: Path, every: float = 10.0) -> None:
        """``every`` is in seconds."""
        self._site, self._incident, self._every = site, incident, every
        self._looked = time.monotonic()

    def look(self) -> tuple[str, ...]:
        """Look, if it is time to; cheap when it is not. Never raises."""
        if time.monotonic() - self._looked < self._every:
            return ()
        self._looked = time.monotonic()
        return still(self._site, self._incident.parents[2], self._incident)


def compose(site: Site, known: Facts, audience: Audience, language: Language, event: Event) -> truth.Text | None:
    """Write what an event tells an audience; None when that is nothing, or nothing that is proven."""
    path = audience.file(language)
    found = (sections.find(path, name, language, site.timezone) for name in event.sections(known))
    section = next((one for one in found if one is not None), None)
    if section is None:
        return None
    mine = known.plus(**audience.facts())
    if audience.every > 0 and not event.last and any(name in known for name in _GOES_ON):
        due: datetime = known.get("now") + timedelta(seconds=audience.every)
        mine = mine.plus(next_word=Fact(due, (f"{_NEXT}{wording.utc(due)}",)))
    text = truth.compose(section, mine.public() if audience.outside else mine, language)
    return signed(text, known, site, language) if text is not None else None


def signed(text: truth.Text, known: Facts, site: Site, language: Language) -> truth.Text:
    """Say which service this is about, and that a drill is a drill: in the subject and in the first line."""
    title = truth.clean(str(site.titles.get(language) or site.name))
    subject, body = f"[{title}] {text.subject}", text.body
    if "drill" in known:
        mark = {"en": "DRILL", "ko": "훈련"}[language]
        line = {
            "en": "This is a drill, carried out to practise. Nothing needs to be done for the real service.",
            "ko": "연습을 위한 훈련입니다. 실제 서비스와 관련해 조치하실 것은 없습니다.",
        }[language]
        subject, body = f"[{mark}]{subject}", f"{line}\n\n{body}"
    return truth.Text(subject, body, tuple(dict.fromkeys([*text.facts, *known.sources(["drill"])])))


def gathered(site: Site, told: Story, event: Event, now: datetime, run: str) -> Facts:
    """Collect what is proven for an event."""
    where = people.room(site, None)
    hints = event.hints
    asked = proven.Asked(
        titles=site.titles,
        databases=site.hosts("databases"),
        team=where.team,
        now=now,
        budgets=site.budgets,
        run=run,
        leg=hints.get("leg", ""),
        item=hints.get("item", ""),
        host=hints.get("host", ""),
    )
    known = proven.gather(told, asked)
    if since := hints.get("since"):
        known = known.plus(since=Fact(stated.moment(since), ("messages",)))
    return known


def trouble(incident: Path, event: str, error: BaseException) -> None:
    """Note that something could not be told; whoever judges COMM-02 reads it."""
    with suppress(Exception):
        last = traceback.extract_tb(error.__traceback__)[-1] if error.__traceback__ else None
        where = f"{last.name}:{last.lineno}" if last else ""
        said = f"{type(error).__name__}: {error}"
        journal.append(incident / TROUBLE, "trouble", event=event, error=said, where=where)


def made(site: Site, home: Path, incident: Path, event: str, run: str = "", **hints: str) -> list[outbox.Message]:
    """Write the messages that an event would make now, and put none. Raises what reading the record raises."""
    told = story.read(home, incident, metrics=True)
    said = Event(event, hints)
    known = gathered(site, told, said, datetime.now(UTC), run)
    return [message for message, _error in _messages(site, known, said) if message is not None]


def _put(site: Site, incident: Path, known: Facts, event: Event, only: Audience | None = None) -> tuple[str, ...]:
    keys: list[str] = []
    for message, error in _messages(site, known, event, only):
        if error is not None:
            trouble(incident, event.name, error)
        if message is not None:
            outbox.put(incident, message)
            keys.append(message.key)
    return tuple(keys)


def _messages(
    site: Site, known: Facts, event: Event, only: Audience | None = None
) -> Iterator[tuple[outbox.Message | None, sections.TemplateError | None]]:
    given = people.shared(site)
    components = (given.get("site_status_page") or {}).get("components") or {}
    for audience in (only,) if only is not None else audiences.of_site(given):
        if audience.not_needed or (audience.partner and not audience.channels):
            continue  # told by a person; the item waits for their word
        for language in audience.languages:
            try:
                text = compose(site, known, audience, language, event)
            except sections.TemplateError as error:
                yield None, error
                continue
            if text is None:
                continue
            yield (
                outbox.Message(
                    key=f"{event.key(known, audience.key)}/{audience.key}/{language}",
                    event=event.name,
                    audience=audience.name,
                    language=language,
                    subject=text.subject,
                    body=text.body,
                    facts=text.facts,
                    urgency="high" if event.grave and not audience.outside else "normal",
                    needs_answer=event.needs_answer and audience.name == "team",
                    channels=audience.channels,
                    page=event.page(known, components) if audience.name == "users" else {},
                ),
                None,
            )


def _is_for(key: str, audience: Audience) -> bool:
    return any(key.endswith(f"/{audience.key}/{language}") for language in audience.languages)


def _escalate(site: Site, incident: Path, told: Story, known: Facts, event: Event) -> None:
    """Raise a problem up the ladder, and settle it once what failed was proven after all."""
    found: Any = known.get("problem")
    run: Any = known.get("run")
    if event.name == "problem" and found and run:
        what = found["ids"] or found["task"]
        told_as = {
            language: truth.clean(f"{title} ({what} @{found['host']}): {found['message']}")
            for language, title in found["title"].items()
        }
        sources = known.sources(["problem"])
        trigger = f"failed:{what}@{found['host']}"
        escalation.raise_(incident, site, trigger, told_as, occurrence=run["id"], facts=sources)
    elif event.name == "leg_ended":
        _settle(incident, told)


def _settle(incident: Path, told: Story) -> None:
    newest = {str(line.get("id")): line for line in told.lines() if line.kind == "item"}
    for one in escalation.read(incident):
        kind, _, what = one.trigger.partition(":")
        items = what.rpartition("@")[0].split(", ")
        if kind != "failed" or one.ended_at:
            continue
        if all(item in newest and _passed_since(newest[item], one.raised) for item in items):
            said = {"en": f"{', '.join(items)}: proven since", "ko": f"{', '.join(items)}: 이후 검증 완료"}
            escalation.settle(incident, one.id, said)


def _passed_since(line: Line, moment: float) -> bool:
    return line.get("status") in verdict.PASSED and stated.moment(line.time).timestamp() > moment
