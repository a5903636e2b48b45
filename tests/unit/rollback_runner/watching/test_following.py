from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rollback_runner.site.site import Site
from rollback_runner.telling import escalation
from rollback_runner.watching import alarms, keeping, notes, readers, sampler, series
from rollback_runner.watching import source as base
from rollback_runner.watching.notes import Breach, Gap
from rollback_runner.watching.readers import Readers, Told
from rollback_runner.watching.sampler import Sampler, unwatched_since
from rollback_runner.watching.series import Point
from rollback_runner.watching.settings import Settings
from rollback_runner.watching.source import Reading, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollback_runner.companion import Context

SITE = Site("shop", Path(), {}, critical=False, strategy="", budgets={}, timezone="UTC", groups={}, variables={},
            secret_files=())  # fmt: skip


@dataclass
class Around:
    """What a sampler needs of its companion."""

    incident: Path
    site: Site = SITE
    last_beat: float | None = None

    def log(self, _sentence: str) -> None:
        return


@dataclass
class Source(base.Source):
    """A source that does as it is told."""

    give: Callable[[], Reading] = lambda: Reading([])
    name: str = "pretended"
    hosts: tuple[str, ...] = ("a", "b")
    interval: float = 0.0
    wake: Callable[[], None] = lambda: None
    read_by: int = 0
    closed_by: int = 0

    def read(self) -> Reading:
        self.read_by = threading.get_ident()
        return self.give()

    def interrupt(self) -> None:
        self.wake()

    def close(self) -> None:
        self.closed_by = threading.get_ident()


@pytest.fixture(name="context")
def _context(tmp_path: Path) -> Context:
    return Around(tmp_path)  # type: ignore[return-value]


def made(context: Context, **chosen: float) -> Sampler:
    found = Sampler(context, Settings(interval=1.0, patience=0.0, **chosen))
    found.begin([])
    return found


def test_a_source_lost_and_back_is_one_gap_from_its_last_sign(context: Context) -> None:
    source, now = Source(), time.time()
    one = made(context)
    one.take([Told(source, now, Reading([]))])
    one.take([Told(source, now + 5, None, "gone"), Told(source, now + 10, None, "still gone")])
    assert notes.read(context.incident).gaps == (
        Gap("pretended", "a", now, None, "gone"), Gap("pretended", "b", now, None, "gone"))  # fmt: skip
    one.take([Told(source, now + 20, Reading([], {"b": "half back"}))])
    assert [(gap.host, gap.until) for gap in notes.read(context.incident).gaps] == [("a", now + 20), ("b", None)]


def test_the_step_of_the_ladder_that_was_reached_is_on_record(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampler, "_REMIND", 0.0)
    one, source, now = made(context), Source(), time.time()
    one.take([Told(source, now, Reading([Point(now, "errors", "a", 0.5)]))])
    assert notes.read(context.incident).breaches[0].level == 1
    monkeypatch.setattr(alarms, "levels", lambda _incident, lasting: {(b.figure, b.host): 2 for b in lasting})
    one.take([])
    one.take([])
    assert notes.read(context.incident).breaches == (Breach("errors", "a", now, None, 0.5, 0.05, None, 2),)
    kinds = [line for line in notes.path(context.incident).read_text().splitlines() if "breach_raised" in line]
    assert len(kinds) == 1


def test_a_breach_that_was_recorded_but_not_told_is_told_at_the_next_start(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(alarms, "raise_", lambda _incident, _site, breach: told.append(f"raised {breach.host}"))
    monkeypatch.setattr(alarms, "settle", lambda _incident, breach: told.append(f"settled {breach.host}"))
    notes.note_breach(context.incident, Breach("errors", "a", 1.0, None, 0.5, 0.05, None, 1), "breach_began")
    notes.note_breach(context.incident, Breach("errors", "b", 1.0, 9.0, 0.5, 0.05, None, 1), "breach_ended")
    made(context)
    assert told == ["raised a", "settled b"]


def test_a_breach_of_a_figure_nobody_knows_does_not_keep_the_sampler_from_beginning(context: Context) -> None:
    context.incident.joinpath("figures").mkdir(exist_ok=True)
    for ended in (None, 9.0):
        notes.note_breach(
            context.incident, notes.Breach(f"odd{ended}", "a", 5.0, ended, 1.0, 0.5, None, 1), "breach_began"
        )
    made(context)._remind()
    assert escalation.read(context.incident) == []
    assert notes.read(context.incident).began is not None


def test_a_process_that_stood_still_says_so(context: Context) -> None:
    one = made(context)
    one._moment -= 3600
    one.take([])
    (gap,) = notes.read(context.incident).gaps
    assert gap.until is not None
    assert gap.until - gap.since == pytest.approx(3600, abs=5)
    assert "stood still" in gap.why


@pytest.mark.parametrize(
    ("before", "beat", "since"),
    [
        (notes.Notes(), None, None),
        (notes.Notes(began=10.0), 50.0, 50.0),
        (notes.Notes(began=10.0), None, 10.0),
        (notes.Notes(began=10.0, ended=40.0), 50.0, 40.0),
    ],
)
def test_since_when_nobody_watched(before: notes.Notes, beat: float | None, since: float | None) -> None:
    assert unwatched_since(before, beat) == since


def test_what_cannot_be_written_is_kept_in_order_and_its_loss_is_on_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    keeper = keeping.Keeper(tmp_path, said.append)
    monkeypatch.setattr(keeping, "_MOST", 100)

    def full(*_arguments: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(series, "append", full)
    for at in range(150):
        keeper.points([Point(1000.0 + at, "errors", "a", 0.0)])
        assert not keeper.flush()
    keeper.gap(Gap("ssh", "a", 1100.0, None, "gone"))
    assert not keeper.flush()
    assert len(said) == 1
    monkeypatch.undo()
    assert keeper.flush()
    found = series.read(tmp_path)
    assert [at for at, _ in found.of("errors")["a"]] == [1000.0 + at for at in range(50, 150)]
    lost = next(gap for gap in found.gaps if gap.figure_source == "sampler")
    assert (lost.since, lost.until) == (1000.0, 1049.0)
    assert "No space left" in lost.why
    assert said[-1] == "figures are written again"


def test_a_slow_source_keeps_nobody_waiting_and_a_broken_one_costs_only_itself() -> None:
    over, interrupted = threading.Event(), threading.Event()

    def slow() -> Reading:
        interrupted.wait(30)
        return Reading([])

    def stubborn() -> Reading:
        over.wait(30)
        return Reading([])

    def broken() -> Reading:
        raise KeyError("a fault of ours")

    def lost() -> Reading:
        raise SourceError("not there")

    quick = Source(lambda: Reading([Point(1.0, "errors", "a", 0.0)]), name="quick")
    every = [Source(slow, name="slow", wake=interrupted.set), Source(broken, name="broken"), Source(lost, name="lost")]
    every += [quick, hanging := Source(stubborn, name="stubborn")]
    work = Readers(every, 0.05)
    work.begin()
    told: list[Told] = []
    deadline = time.monotonic() + 10
    while sum(one.source.name == "quick" for one in told) < 3 and time.monotonic() < deadline:
        told += work.take(0.1)
    work.end(patience=2.0)
    assert not hanging.closed_by, "what its thread still reads from is not closed under it"
    over.set()
    assert sum(one.source.name == "quick" for one in told) >= 3
    assert all(one.source.name not in {"slow", "stubborn"} for one in told)
    said = {one.source.name: one.why for one in told if one.reading is None}
    assert said["lost"] == "not there"
    assert "a fault of ours" in said["broken"]
    assert interrupted.is_set()
    deadline = time.monotonic() + 10
    while not hanging.closed_by and time.monotonic() < deadline:
        time.sleep(0.01)
    assert all(source.closed_by == source.read_by for source in every)


def test_a_lost_source_is_tried_less_often_but_never_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        if len(waited) > 11:
            work._over.set()
        return False

    def lost() -> Reading:
        raise SourceError("not there")

    work = Readers([Source(lost)], 1.0)
    monkeypatch.setattr(work._over, "wait", wait)
    work._follow(Source(lost))
    assert [round(pause) for pause in waited[:6]] == [1, 2, 4, 8, 15, 15]
    assert readers._LONGEST == 15.0
