"""How the board's facts are said: times in the site's own zone, marks, and sentences. One object a rendering. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from rollback_runner import checklist, korean
from rollback_runner.screen import long_work
from rollback_runner.war_room import graphs
from rollback_runner.war_room.runs import seconds
from rollback_runner.watching import catalogue

if TYPE_CHECKING:
    from failback.progress import Work

    from rollback_runner.messages import Texts
    from rollback_runner.telling.outbox import Delivery, State
    from rollback_runner.war_room.board import Board, RunLine, Trouble
    from rollback_runner.war_room.runs import LegState

# What a state looks like: a tone and a sign, so that nobody has to tell colours apart.
_TONES = {
    "good": ("done", "already", "proven", "rehearsed", "acknowledge", "acknowledged", "delivered", "accepted"),
    "busy": ("running", "going"),
    "warn": ("waiting", "skipped", "refused", "called", "trying", "aborted"),
    "grave": ("failed", "unreachable", "interrupted", "stopped", "unproven", "decline", "gave_up"),
}
_TONE = {status: tone for tone, found in _TONES.items() for status in found}
_SIGN = {"good": "✓", "busy": "…", "warn": "!", "grave": "\N{MULTIPLICATION SIGN}", "rest": "·"}
_HOUR = 3600


@dataclass(frozen=True)
class Words:
    """Says what is on the board, in one language."""

    b: Board
    t: Texts

    def tone(self, status: str) -> str:
        """Name the tone of a state."""
        return _TONE.get(status, "rest")

    def sign(self, status: str) -> str:
        """Give the sign of a state."""
        return _SIGN[self.tone(status)]

    def minutes(self, given: float) -> str:
        """Write a duration as a clock does."""
        whole = max(0, int(given))
        hours = f"{whole // _HOUR}:" if whole >= _HOUR else ""
        return f"{hours}{whole % _HOUR // 60:0{2 if hours else 1}d}:{whole % 60:02d}"

    def clock(self, at: float) -> str:
        """Write a moment: the time, with the day where it is another one."""
        moment = self._local(at)
        return f"{moment:%H:%M:%S}" if moment.date() == self._local(self.b.at).date() else f"{moment:%m-%d %H:%M:%S}"

    def full(self, at: float) -> str:
        """Write a moment with everything."""
        return f"{self._local(at):%Y-%m-%d %H:%M:%S %Z} · {datetime.fromtimestamp(at, UTC):%H:%M:%S} UTC"

    def iso(self, at: float) -> str:
        """Write a moment for machines."""
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

    def moment(self, at: str) -> Markup | str:
        """Write a moment as the record has it."""
        found = seconds(at)
        if not found:
            return at
        shown = '<time datetime="{}" title="{}">{}</time>'
        return Markup(shown).format(self.iso(found), self.full(found), self.clock(found))  # noqa: S704 - format escapes

    def plain(self, at: str) -> str:
        """Write a moment of the record as plain text, for a place inside a sentence."""
        found = seconds(at)
        return self.clock(found) if found else at

    def limited(self, share: float) -> str:
        """Write a per cent for a bar, which ends at its end."""
        return f"{min(100.0, max(0.0, share)):.1f}"

    def item(self, name: str) -> str:
        """Write an item's title; a name that is no item stays as it is."""
        found = next((item for item in checklist.items() if item.id == name), None)
        return found.title(self.t.language) if found else name

    def phase(self, name: str) -> str:
        """Write a phase or a leg."""
        return graphs.phase_name(name, self.t)

    def mood(self, board: Board) -> str:
        """Say how it stands."""
        if board.mood == "running":
            if board.now.check:
                return self.t("room.mood.rehearsal")
            return self.t("room.mood.running", leg=self.phase(board.now.leg or "abort")).capitalize()
        return self.t(f"room.mood.{board.mood}")

    def writer(self, given: Any) -> str:
        """Say who takes writes, and by which line of the record."""
        if given.taker == "aws" and given.since:
            return self.t("room.writer_says.lifted", at=self.clock(given.since))
        return self.t(f"room.writer_says.{given.taker}", at=self.clock(given.since))

    def work(self, work: Work) -> str:
        """Say how far long work is."""
        return long_work.line(self.t, work)

    def legword(self, leg: LegState) -> str:
        """Say a leg's state."""
        if leg.status in {"", "interrupted"}:
            return self.t(f"room.leg.{leg.status or 'open'}")
        over = leg.budget and leg.ended and leg.ended - leg.began > leg.budget
        return self.t.status(leg.status) + (f", {self.t('room.over')}" if over else "")

    def share(self, leg: LegState) -> float:
        """Say how much of its budget a leg has used."""
        if not leg.began or not leg.budget:
            return 0.0
        return ((leg.ended or self.b.at) - leg.began) / leg.budget

    def trouble(self, one: Trouble) -> str:
        """Say what is wrong in a sentence."""
        if one.kind == "breach":
            return self._breach(one)
        if one.kind == "broken_off":
            return self.t("room.trouble.broken_off", run=one.text, task=one.values["task"])
        if one.kind == "gap":
            where = f"{one.item} ({one.host})" if one.host else one.item
            return self.t("room.trouble.gap", source=where, why=one.text)
        if one.kind == "read":
            return self.t("room.trouble.read", part=one.values["part"], text=one.text)
        if one.kind == "failure":
            return f"{self.t.status(str(one.values['outcome']))}: {one.values['task']}"
        return korean.said(one.text, self.t.language)

    def waiting(self, board: Board) -> list[dict[str, Any]]:
        """Group what is missing by whose word it is."""
        groups: dict[str, list[dict[str, Any]]] = {}
        for one in board.waits:
            roles = ", ".join(self._role(role) for role in one.roles)
            names = " / ".join(board.name(key, self.t.language) for key in one.who)
            who = f"{names} ({roles})" if names and roles and not one.signature else names or roles
            who = f"{names} ({roles})" if one.signature and names else who
            groups.setdefault(who, []).append({"id": one.item, "signature": one.signature})
        return [{"who": who, "asked": found} for who, found in groups.items()]

    def graphs(self, board: Board) -> list[dict[str, Any]]:
        """Draw the figures."""
        drawn = graphs.draw(board, self.t)
        return [{"title": one.title, "last": one.last, "svg": Markup(one.svg)} for one in drawn]  # noqa: S704 - escaped there

    def counted(self, board: Board) -> str:
        """Count the items that are proven."""
        rows = [row for group in self.grouped(board) for row in group["rows"]]
        good = sum(self.tone(row["status"]) == "good" for row in rows)
        return self.t("room.items_count", good=good, all=len(rows))

    def grouped(self, board: Board) -> list[dict[str, Any]]:
        """List the checklist by phase; a phase that has begun and is not through is laid open."""
        groups: dict[str, list[dict[str, Any]]] = {}
        for item in checklist.items():
            state = board.items.get(item.id)
            status = state.status if state else ""
            bad = (
                [f"{host} {self.t.status(word)}" for host, word in state.hosts if self.tone(word) == "grave"]
                if state
                else []
            )
            row = {
                "id": item.id,
                "title": item.title(self.t.language),
                "status": status,
                "word": self.t.status(status) if status else self.t("room.item.open"),
                "reason": state.reason if state else "",
                "hosts": ", ".join(bad),
            }
            groups.setdefault(item.phase, []).append(row)
        groups.pop("deployment", None)  # another kind of rollback, which is no part of an incident
        return [
            {
                "phase": phase,
                "rows": rows,
                "good": sum(self.tone(row["status"]) == "good" for row in rows),
                "open": any(self.tone(row["status"]) in {"busy", "grave"} for row in rows),
            }
            for phase, rows in groups.items()
        ]

    def toldmark(self, one: State) -> str:
        """Name the state of a message."""
        if one.acknowledged_at or one.delivered_at:
            return "delivered"
        if one.accepted_at:
            return "accepted"
        return "gave_up" if one.gave_up else "trying" if one.attempts else "open"

    def told(self, one: State) -> str:
        """Say what became of a message: no more than what was seen."""
        if one.acknowledged_at:
            by = self.b.name(one.by, self.t.language)
            return self.t("room.message.acknowledged", by=by)
        if one.delivered_at:
            return self.t("room.message.delivered")
        if one.accepted_at:
            return self.t("room.message.accepted")
        if one.gave_up:
            return self.t("room.message.gave_up")
        return self.t("room.message.trying", count=one.attempts) if one.attempts else self.t("room.message.queued")

    def audience(self, name: str) -> str:
        """Write an audience for people."""
        return self.t(f"telling.audience.{name}") if self.t.has(f"telling.audience.{name}") else name

    def channel(self, one: Delivery) -> str:
        """Say what became of a message on one channel."""
        for key, at in (("delivered", one.delivered_at), ("accepted", one.accepted_at)):
            if at:
                return f"{self.t(f'room.message.{key}')} {self.clock(seconds(at))}"
        return one.gave_up or one.error or self.t("room.message.queued")

    def runmark(self, run: RunLine) -> str:
        """Name the state of a run."""
        return run.outcome or "going"

    def outcome(self, run: RunLine) -> str:
        """Say how a run ended."""
        if not run.outcome:
            return self.t("room.run.going")
        known = self.t.has(f"room.outcome.{run.outcome}")
        took = f", {self.minutes(run.ended - run.began)}" if run.ended else ""
        return (self.t(f"room.outcome.{run.outcome}") if known else run.outcome) + took

    def _breach(self, one: Trouble) -> str:
        figure = catalogue.FIGURES.get(one.item)
        title = figure.title[self.t.language] if figure else one.item
        value, limit = one.values["value"], one.values["limit"]
        shown = [catalogue.shown(figure, number) if figure else str(number) for number in (value, limit)]
        return self.t("room.trouble.breach", figure=title, host=one.host or self.b.site, value=shown[0], limit=shown[1])

    def _role(self, role: str) -> str:
        return self.t(f"role.{role}") if self.t.has(f"role.{role}") else role

    def _local(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, ZoneInfo(self.b.timezone))
