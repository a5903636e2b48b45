"""The messenger: the companion that carries messages to people while the rollback goes on.

It follows what is put (`outbox`), hands each message to the channels of its route (`schedule`), writes every attempt
down before it and its outcome after it, looks whether messages arrived, reads answers, and climbs the ladder (`climb`).
Killed at any point and started again it sends nothing twice that a channel is known to have taken; where that cannot
be known and arrival cannot be looked for, it sends once more and the letter says that it may be a second copy.
"""

from __future__ import annotations

import threading
import time
import traceback
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Protocol

from failback import journal, scrub
from failback.people import channels
from failback.people import team as teams

from rollback_runner.errors import RunnerError
from rollback_runner.people import room as people
from rollback_runner.telling import announce, climb, escalation, letters, outbox, routes, schedule, status_page
from rollback_runner.telling.channels import AppriseWay
from rollback_runner.telling.ledger import Ledger
from rollback_runner.telling.reader import Reader
from rollback_runner.telling.schedule import Board, Flight, GiveUp, Rules, stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from failback.people.team import Team

    from rollback_runner.site.site import Site
    from rollback_runner.telling.channels import Letter, Way
    from rollback_runner.telling.outbox import State
    from rollback_runner.telling.schedule import Job

TICK = 0.25  # seconds between two looks at what was put
RESERVE = 256 * 1024  # bytes kept free in the incident for what must still be told when the disk is full
_BETWEEN_CLIMBS = 1.0  # seconds between two looks at the ladder
_DRAIN = 60.0  # seconds in which what waits is still sent after the incident was closed
_LAND = 4.0  # seconds that what is under way gets when the messenger is told to stop


class Context(Protocol):
    """What a companion is given (`rollback_runner.companion.Context`)."""

    site: Site
    incident: Path

    def over(self) -> str:
        """Say why it is over: "stopped", "closed", or "" while it goes on."""

    def wait(self, seconds: float) -> None:
        """Sleep, but not past the end."""

    def log(self, sentence: str) -> None:
        """Write one line into the companion's log."""


def run(context: Context) -> None:
    """Work until it is over; after the incident was closed, send what still waits, for a minute at most."""
    given = people.shared(context.site)
    _prepare(context)
    messenger = Messenger(context.site, context.incident, ways_of(given, context.incident.name), log=context.log)
    channels.prepare()
    messenger.resume()
    next_word = announce.NextWord(context.site, context.incident)
    while not context.over():
        messenger.step()
        next_word.look()
        context.wait(TICK)
    ends = time.monotonic() + (_DRAIN if context.over() == "closed" else _LAND)
    closed = context.over() == "closed"
    while time.monotonic() < ends and (messenger.flying or (closed and messenger.waiting)):
        messenger.step(start=closed)
        time.sleep(TICK)
    messenger.ledger.flush()
    if closed:
        (context.incident / journal.RESERVE).unlink(missing_ok=True)


def _prepare(context: Context) -> None:
    """Keep room for what must still be told on a full disk, and name the files whose content stands in no line."""
    with suppress(journal.JournalError):
        journal.reserve(context.incident, RESERVE)
    listing = context.incident / scrub.LIST
    with suppress(OSError):
        if not listing.exists():
            listing.write_text("\n".join(context.site.secret_files) + "\n", encoding="utf-8")


def ways_of(given: Mapping[str, Any], incident: str) -> dict[str, Way]:
    """Build every channel of the site, and its status page."""
    entries = given.get("site_channels") or ()
    found: dict[str, Way] = {
        channel.name: AppriseWay(channel, dict(entry.get("answers") or {}))
        for entry, channel in zip(entries, channels.of_site(entries), strict=True)
    }
    page = status_page.of_site(given, incident)
    return found | ({page.name: page} if page is not None else {})


def rules_of(given: Mapping[str, Any]) -> Rules:
    """Read ``site_messaging``; what it does not say stays as it is."""
    entry = given.get("site_messaging") or {}
    return Rules(**{key: float(value) for key, value in entry.items() if key in Rules.__dataclass_fields__})


class Messenger:
    """One incident's messages on their way. `step` never waits for a channel: each has threads of its own."""

    def __init__(
        self,
        site: Site,
        incident: Path,
        ways: Mapping[str, Way],
        *,
        log: Callable[[str], None] = lambda _sentence: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.site, self.incident, self.ways = site, incident, ways
        self.given = people.shared(site)
        self.rules = rules_of(self.given)
        self.ledger = Ledger(incident, clock)
        self._log, self._clock, self._began = log, clock, clock()
        self._flights: dict[str, Flight] = {}
        self._climbed = 0.0
        self._said: dict[str, str] = {}
        self._guard = threading.Lock()
        directory = site.directory
        option = "" if directory.parts[-2:] == ("inventories", "lab") else f" -i {directory}"
        self._answering = letters.Answering(option, str(self.given.get("site_answer_url") or ""))
        self._reader = Reader(site, ways, self.ledger, self.rules, self.letter, log)

    def letter(self, job: Job) -> Letter:
        """Write a letter; on a channel that names what it takes, it carries the name of the last."""
        found = [one.channels[job.channel].reference for one in self.ledger.states() if job.channel in one.channels]
        reference = next((one for one in reversed(found) if one), "")
        return letters.write(job, self._answering, reference)

    @property
    def flying(self) -> bool:
        """Whether a message is under way on any channel."""
        return bool(self._flights)

    @property
    def waiting(self) -> bool:
        """Whether a message has neither been taken by a channel nor been given up."""
        return any(not state.accepted_at and not state.gave_up for state in self.ledger.states())

    def resume(self) -> None:
        """Close the attempts whose outcome nobody wrote down: they arrived if that can be seen, else nobody knows."""
        for state in self.ledger.states():
            for name, one in state.channels.items():
                if not one.begun_at:
                    continue
                key, way = state.message.key, self.ways.get(name)
                if way is not None and self._is_there(way, schedule.Job(state, name)):
                    self._landed(key, name, how="found there after the messenger was started again")
                    continue
                self.ledger.keep("lost", key, name, error="the messenger ended before the channel's answer came")
                self._log(f"{name}: whether {key} arrived is not known; it is sent once more, and says so")

    def _is_there(self, way: Way, job: Job) -> bool:
        """Look for a letter where that can be done; what cannot be looked for, however it fails, is not there."""
        try:
            return way.readable and bool(way.seen(self.letter(job)))
        except Exception as error:  # noqa: BLE001 - a channel that answers oddly must not keep the others waiting
            self._log(f"{way.name}: cannot be read: {type(error).__name__}: {error}")
            return False

    def step(self, *, start: bool = True) -> None:
        """Do all that is due now. With ``start`` False nothing new is begun. Never raises for what channels do.

        The parts stand alone: a ladder that cannot be climbed must not keep the other messages from going out.
        """
        with self._going_on("record"):
            outbox.flush(self.incident)
            self.ledger.sync()
            if self.ledger.flush():
                self._log("the disk takes no line: what was sent is kept in memory")
        if start:
            with self._going_on("ladder"):
                self._climb(self.ledger.states())
            with self._going_on("channels"):
                states = self.ledger.states()
                self._give_up(states)
                self._send(states)
        with self._going_on("arrival"):
            self._reader.look(self.ledger.states(), self._clock())

    @contextmanager
    def _going_on(self, part: str) -> Iterator[None]:
        """Say what broke, once: the next look is a moment away and finds the same."""
        said = ""
        try:
            yield
        except journal.JournalError as error:
            said = str(error)
        except Exception:  # noqa: BLE001 - one odd message, or a wrong rung, must not silence all the others
            said = traceback.format_exc()
        if said and said != self._said.get(part):
            self._log(f"{part}: {said}")
        self._said[part] = said

    def _climb(self, states: Sequence[State]) -> None:
        """Put what is due on the ladder."""
        now = self._clock()
        if not self.ledger.escalated or now - self._climbed < _BETWEEN_CLIMBS:
            return
        self._climbed = now
        rungs = climb.rungs_of(self.given.get("site_ladder") or ())
        team, acting = self._team()
        known = frozenset(self.ways) - {routes.page_name(self.given)}
        ladder = climb.Ladder(rungs, team, acting, known, self.site.name)
        put = {state.message.key for state in states}
        for one in escalation.escalations(self.ledger.escalated, states):
            message = ladder.due(one, put, now)
            if message is not None:
                outbox.put(self.incident, message)
                put.add(message.key)
                self._log(f"escalation {one.id}: {message.key} to {message.to or 'those who were told'}")

    def _team(self) -> tuple[Team, Mapping[str, str]]:
        """Return the team as it is now and who acts in which role; as the site says where words cannot be read."""
        try:
            where = people.room(self.site, self.incident)
        except RunnerError as error:
            self._log(str(error))
            where = people.room(self.site, None)
        return where.team, teams.acting(where.team, where.said)

    def _give_up(self, states: Sequence[State]) -> None:
        for state in states:
            why = schedule.hopeless(state, routes.route(self.given, state.message))
            if why:
                self.ledger.keep("gave_up", state.message.key, "", why=why)
                self._log(f"{state.message.key} reaches nobody: {why}")

    def _send(self, states: Sequence[State]) -> None:
        ways = {state.message.key: routes.route(self.given, state.message) for state in states}
        with self._guard:
            flights = dict(self._flights)
        for name in self.ways:
            board = Board(states, ways, flights, self._clock(), self._began, self.rules)
            found = board.due(name) if name not in flights else None
            if isinstance(found, GiveUp):
                self.ledger.keep("gave_up", found.state.message.key, name, why=found.why)
                self._log(f"{name}: gave up {found.state.message.key}: {found.why}")
            elif found is not None:
                with self._guard:
                    self._flights[name] = Flight(found.state.message.key, self._clock())
                threading.Thread(target=self._fly, args=(found,), daemon=True).start()

    def _fly(self, job: Job) -> None:
        name, key = job.channel, job.state.message.key
        try:
            way = self.ways[name]
            letter = self.letter(job)
            if job.look_first and self._is_there(way, job):
                self._landed(key, name, how="found there: an earlier attempt had arrived")
                return
            number = (job.state.channels[name].attempts if name in job.state.channels else 0) + 1
            self.ledger.keep("attempt", key, name, number=number, twice=job.twice, late=job.late)
            self._handed(way, letter, number)
        except Exception as error:  # noqa: BLE001 - one odd message must not end the messenger
            reason = f"{type(error).__name__}: {error}"
            self.ledger.keep("refused", key, name, error=reason, sure=False, again_at=self._again(1))
            self._log(f"{name}: {key}: {reason}")
        finally:
            with self._guard:
                self._flights.pop(name, None)

    def _handed(self, way: Way, letter: Letter, number: int) -> None:
        begun = time.monotonic()
        said = way.hand(letter, self.rules.deadline)
        seconds = round(time.monotonic() - begun, 3)
        if said.taken:
            kept = {"seconds": seconds, "reference": said.reference, "note": said.note}
            self.ledger.keep("accepted", letter.key, way.name, **{k: v for k, v in kept.items() if v})
            self._log(f"{way.name}: took {letter.key} ({seconds:g} s)")
            return
        again = "" if said.never else self._again(number, said.after)
        self.ledger.keep("refused", letter.key, way.name, error=said.error, sure=said.sure, again_at=again)
        self._log(f"{way.name}: did not take {letter.key}: {said.error}")
        if said.never:
            self.ledger.keep("gave_up", letter.key, way.name, why=f"will never be taken: {said.error}")

    def _again(self, number: int, after: float = 0.0) -> str:
        return stamp(self._clock() + max(after, schedule.pause(number, self.rules)))

    def _landed(self, key: str, name: str, how: str) -> None:
        self.ledger.keep("accepted", key, name, how=how)
        self.ledger.keep("seen", key, name, how=how)
        self._log(f"{name}: {key}: {how}")
