"""Looks where channels can be read: whether messages arrived, and who answered. One look at a time on each channel."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from rollback_runner.people import room as people
from rollback_runner.telling import acknowledge, outbox
from rollback_runner.telling.schedule import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from rollback_runner.site.site import Site
    from rollback_runner.telling.channels import Letter, Way
    from rollback_runner.telling.ledger import Ledger
    from rollback_runner.telling.outbox import State
    from rollback_runner.telling.schedule import Rules

_BETWEEN = 1.0  # seconds between two looks at a channel


class Reader:
    """`look` returns at once; each look has a thread of its own and puts what it finds on record."""

    def __init__(  # noqa: PLR0913, PLR0917 - what it shares with the messenger that has it
        self,
        site: Site,
        ways: Mapping[str, Way],
        ledger: Ledger,
        rules: Rules,
        letter: Callable[[Job], Letter],
        log: Callable[[str], None],
    ) -> None:
        self._site, self._ways, self._ledger, self._rules = site, ways, ledger, rules
        self._letter, self._log = letter, log
        self._last: dict[str, float] = {}

    @property
    def _incident(self) -> Path:
        return self._ledger.incident

    def look(self, states: Sequence[State], now: float) -> None:
        """Begin to look on every channel where something may have arrived or been answered; ``now`` since 1970."""
        for name, way in self._ways.items():
            if now - self._last.get(name, 0.0) < _BETWEEN:
                continue
            arriving = [one for one in states if self._may_arrive(one, name, now)] if way.readable else []
            asked = [one for one in states if _may_answer(one, name)] if way.answerable else []
            if arriving or asked:
                self._last[name] = float("inf")
                threading.Thread(target=self._read, args=(way, arriving, asked, now), daemon=True).start()

    def _may_arrive(self, state: State, name: str, now: float) -> bool:
        one = state.channels.get(name)
        if one is None or not one.accepted_at or one.delivered_at:
            return False
        return now - outbox.epoch(one.accepted_at) < self._rules.look

    def _read(self, way: Way, arriving: Sequence[State], asked: Sequence[State], now: float) -> None:
        try:
            for state in arriving:
                if way.seen(self._letter(Job(state, way.name))):
                    self._ledger.keep("seen", state.message.key, way.name, how="read back")
            for state in asked:
                self._answered(way, state)
        except Exception as error:  # noqa: BLE001 - a page that reads oddly must not end the messenger
            self._log(f"{way.name}: cannot be read: {type(error).__name__}: {error}")
        finally:
            self._last[way.name] = now

    def _answered(self, way: Way, state: State) -> None:
        where = people.room(self._site, self._incident)
        for answer in way.answers(state.message.code):
            person = acknowledge.person_or_none(where, answer.by)
            details = {"by": person or answer.by, "known": bool(person), "how": "in the channel", "note": answer.text}
            if person or not self._stranger(state, answer.by):
                self._ledger.keep("answered", state.message.key, way.name, **details)
            if person:
                self._log(f"{way.name}: {person} answered {state.message.key}")
                return

    def _stranger(self, state: State, name: str) -> bool:
        """Whether this stranger's answer is on record already."""
        lines = outbox.lines(self._incident / outbox.DELIVERIES)
        return any((one.get("key"), one.get("by")) == (state.message.key, name) for one in lines)


def _may_answer(state: State, name: str) -> bool:
    one = state.channels.get(name)
    asked = state.message.needs_answer and not state.acknowledged_at
    return asked and one is not None and bool(one.accepted_at)
