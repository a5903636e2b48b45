from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from rollback_runner.watching import notes, series
from rollback_runner.watching.notes import Breach, Gap
from rollback_runner.watching.series import Point

if TYPE_CHECKING:
    from pathlib import Path

HOUR = 1_700_000_000.0 // 3600 * 3600


@pytest.fixture(name="incident")
def _incident(tmp_path: Path) -> Path:
    (tmp_path / "figures").mkdir()
    return tmp_path


def test_points_come_back_by_figure_and_host_in_the_order_of_time(incident: Path) -> None:
    series.append(incident, [Point(HOUR + 2, "requests", "lb1", 20.0), Point(HOUR + 2, "errors", "lb1", 0.1)])
    series.append(incident, [Point(HOUR + 1, "requests", "lb1", 10.0), Point(HOUR + 1, "requests", "lb2", 5.0)])
    found = series.read(incident)
    assert found.of("requests") == {"lb1": [(HOUR + 1, 10.0), (HOUR + 2, 20.0)], "lb2": [(HOUR + 1, 5.0)]}
    assert found.hosts("requests") == ("lb1", "lb2")
    assert found.figures == ("errors", "requests")


def test_one_line_holds_all_figures_of_a_host_and_moment(incident: Path) -> None:
    series.append(incident, [Point(HOUR, "cpu_busy", "db1", 0.5), Point(HOUR, "memory_used", "db1", 0.25)])
    (path,) = (incident / "figures").glob("points-*.jsonl")
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {"at": HOUR, "host": "db1", "f": {"cpu_busy": 0.5, "memory_used": 0.25}}
    ]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_torn_line_costs_itself_only(incident: Path) -> None:
    series.append(incident, [Point(HOUR, "requests", "lb1", 1.0)])
    (path,) = (incident / "figures").glob("points-*.jsonl")
    with path.open("a") as stream:
        stream.write('{"at":17000000')
    series.append(incident, [Point(HOUR + 5, "requests", "lb1", 2.0)])
    assert series.read(incident).of("requests") == {"lb1": [(HOUR, 1.0), (HOUR + 5, 2.0)]}


def test_nothing_of_a_block_is_left_when_the_disk_fills(incident: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    series.append(incident, [Point(HOUR, "requests", "lb1", 1.0)])
    (path,) = (incident / "figures").glob("points-*.jsonl")
    before = path.read_bytes()
    written = []

    def full(descriptor: int, data: memoryview) -> int:
        if written:
            raise OSError(28, "No space left on device")
        written.append(data)
        return real(descriptor, data[:7])

    real = notes.os.write
    monkeypatch.setattr(notes.os, "write", full)
    with pytest.raises(OSError, match="No space left"):
        series.append(incident, [Point(HOUR + 1, "requests", "lb1", 2.0)])
    monkeypatch.undo()
    assert path.read_bytes() == before


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_no_point(incident: Path, value: float) -> None:
    assert series.append(incident, [Point(HOUR, "errors", "lb1", value)]) == 0
    assert series.read(incident).of("errors") == {}


def test_a_span_reads_no_more_than_its_hours_and_finds_its_begin(
    incident: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    series.append(incident, [Point(HOUR + at, "requests", f"lb{host}", at) for at in range(7200) for host in range(4)])
    assert len(list((incident / "figures").glob("points-*"))) == 2
    parsed = []
    real = series._parse
    monkeypatch.setattr(series, "_parse", lambda raw: parsed.append(1) or real(raw))
    found = series.read(incident, since=HOUR + 7100, until=HOUR + 7150).of("requests")["lb3"]
    assert [at - HOUR for at, _ in found] == list(range(7100, 7151))
    # A minute of slack, 64 kB of search and the end: not the 14 400 lines of the hour.
    assert len(parsed) < 2500


def test_thinning_keeps_ends_peak_and_trough() -> None:
    points = [(float(at), 10.0) for at in range(10_000)]
    points[4321], points[8765] = (4321.0, 99.0), (8765.0, -5.0)
    few = series.thin(points, 100)
    assert len(few) <= 100
    assert few[0] == points[0]
    assert few[-1] == points[-1]
    assert (4321.0, 99.0) in few
    assert (8765.0, -5.0) in few
    assert few == sorted(few)


def test_few_points_stay_as_they_are() -> None:
    assert series.thin([(1.0, 2.0), (2.0, 3.0)], 10) == [(1.0, 2.0), (2.0, 3.0)]
    assert series.thin([], 10) == []


def test_gaps_and_breaches_have_begin_and_end(incident: Path) -> None:
    notes.note_gap(incident, Gap("ssh", "db1", 100.0, None, "no answer"))
    notes.note_gap(incident, Gap("ssh", "db1", 100.0, 130.0, ""))
    notes.note_gap(incident, Gap("mysql", "db1", 120.0, None, "refused"))
    first = Breach("errors", "lb1", 10.0, None, 0.2, 0.05, 0.01, 1)
    notes.note_breach(incident, first, "breach_began")
    notes.note_breach(incident, Breach("errors", "lb1", 10.0, None, 0.3, 0.05, 0.01, 2), "breach_raised")
    notes.note_breach(incident, Breach("errors", "lb1", 10.0, 40.0, 0.3, 0.05, 0.01, 2), "breach_ended")
    found = series.read(incident)
    assert found.gaps == (Gap("ssh", "db1", 100.0, 130.0, "no answer"), Gap("mysql", "db1", 120.0, None, "refused"))
    assert found.breaches == (Breach("errors", "lb1", 10.0, 40.0, 0.3, 0.05, 0.01, 2),)
    assert series.read(incident, since=50.0).breaches == ()
    assert len(series.read(incident, since=125.0, until=126.0).gaps) == 2


def test_a_sampler_that_fell_silent_is_a_gap_that_lasts(incident: Path) -> None:
    notes.write(incident, "watch_began", at=1000.0, interval=1.0, pid=1, sources=[])
    beat = incident / "companions" / "sampler.beat"
    beat.parent.mkdir()
    beat.touch()
    alive = beat.stat().st_mtime
    assert notes.read(incident, now=alive + 5).gaps == ()
    (gap,) = notes.read(incident, now=alive + 60).gaps
    assert (gap.figure_source, gap.since, gap.until) == ("sampler", alive, None)
    notes.write(incident, "watch_ended", at=alive + 1, why="closed")
    assert notes.read(incident, now=alive + 60).gaps == ()


def test_an_incident_without_figures_reads_as_empty(tmp_path: Path) -> None:
    assert series.read(tmp_path) == series.Series()


def test_a_note_that_was_damaged_costs_itself_only(incident: Path) -> None:
    notes.write(incident, "gap_began", source="ssh")
    notes.write(incident, "breach_began", figure="errors", host="lb1", began="noon")
    notes.write(incident, "watch_began", at=None)
    notes.note_gap(incident, Gap("ssh", "db1", HOUR, HOUR + 5, "lost"))
    assert series.read(incident).gaps == (Gap("ssh", "db1", HOUR, HOUR + 5, "lost"),)
    assert series.read(incident).breaches == ()
    assert notes.read(incident).began is None
