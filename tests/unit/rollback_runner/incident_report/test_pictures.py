"""The pictures: well formed whatever they are given, told to who cannot see them, labels never on one another."""

from __future__ import annotations

import itertools
import math
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from incident_made import EVIL

from rollback_runner.picture import chart, phases, svg, timeline

SPACE = "{http://www.w3.org/2000/svg}"
NOW = 1_795_351_800.0


def parsed(text: str) -> ET.Element:
    root = ET.fromstring(text)  # noqa: S314 - our own picture
    assert root.find(f"{SPACE}title") is not None
    assert root.find(f"{SPACE}desc") is not None
    assert "script" not in {element.tag.rpartition("}")[2] for element in root.iter()}
    return root


@pytest.mark.parametrize(
    "points", [[], [(NOW, 1.0)], [(NOW, math.nan), (NOW + 1, math.inf)], [(NOW + n, n % 3) for n in range(50)]]
)
def test_a_graph_is_well_formed(points: list[tuple[float, float]]) -> None:
    marks = [chart.Mark(NOW, EVIL, "grave")]
    bands = [chart.Band(NOW, NOW + 5, EVIL, "gap")]
    root = parsed(chart.chart({EVIL: points}, unit="s", marks=marks, bands=bands, title=EVIL, lang="ko"))
    assert EVIL in "".join(root.itertext())


def test_a_silence_breaks_the_line() -> None:
    points = [(NOW + n, 1.0) for n in range(10)] + [(NOW + 100 + n, 1.0) for n in range(10)]
    path = next(p.attrib["d"] for p in parsed(chart.chart({"a": points})).iter(f"{SPACE}path") if "L" in p.attrib["d"])
    assert path.count("M") == 2


def test_the_description_says_what_the_lines_do() -> None:
    told = parsed(chart.chart({"p95": [(NOW, 0.1), (NOW + 1, 0.4), (NOW + 2, 0.2)]}, unit="s")).findtext(f"{SPACE}desc")
    assert told == "p95: from 100 ms to 400 ms, last 200 ms"


def test_marks_that_are_close_have_labels_apart() -> None:
    marks = [chart.Mark(NOW + 50, "fence"), chart.Mark(NOW + 50.5, "IDC open"), chart.Mark(NOW + 51, "released")]
    root = parsed(chart.chart({"a": [(NOW, 1), (NOW + 100, 2)]}, marks=marks))
    rows = {element.text: element.attrib["y"] for element in root.iter(f"{SPACE}text")}
    assert len({rows["fence"], rows["IDC open"], rows["released"]}) == 3


@given(
    st.lists(
        st.tuples(st.floats(0, 100), st.sampled_from(["a", "a long label of an event", "긴 한국어 사건 이름입니다"])),
        min_size=1,
        max_size=25,
    ),
    st.sampled_from([350.0, 860.0]),
)
def test_labels_of_a_timeline_never_lie_on_one_another(events: list[tuple[float, str]], width: float) -> None:
    ticks = [timeline.Tick(NOW + at, label, label) for at, label in events]
    root = parsed(
        timeline.picture([timeline.Lane("Lane", ticks)], window=(NOW, NOW + 100), title="t", described="d", width=width)
    )
    spans: dict[str, list[tuple[float, float]]] = {}
    labels = {label for _at, label in events}
    for element in root.iter(f"{SPACE}text"):
        words = element.text or ""
        if any(label.startswith(words.rstrip("…")) for label in labels) and words:
            start = float(element.attrib["x"])
            spans.setdefault(element.attrib["y"], []).append((start, start + svg.width_of(words, 11)))
    for row in spans.values():
        ordered = sorted(row)
        assert all(left[1] <= right[0] + 0.2 for left, right in itertools.pairwise(ordered))


def test_phases_that_overlap_lie_in_rows_of_their_own() -> None:
    bars = [timeline.Tick(NOW, "a", "a", "phase", NOW + 50), timeline.Tick(NOW + 20, "b", "b", "phase", NOW + 80)]
    root = parsed(
        timeline.picture([timeline.Lane("L", bars, bars=True)], window=(NOW, NOW + 100), title=EVIL, described=EVIL)
    )
    assert len({element.attrib["y"] for element in root.iter(f"{SPACE}rect")}) == 2


def test_a_phase_past_its_budget_says_so() -> None:
    bars = [phases.Bar("emergency", (10, 20, 30, 1000), 900, "grave", "past its budget")]
    words = ("deciding", "acting", "proving", "between")
    text = phases.picture(bars, title="t", words=words, of="{spent} of {budget}")
    assert "17 min 40 s of 15 min  past its budget" in "".join(parsed(text).itertext())


@pytest.mark.parametrize(
    ("seconds", "en", "ko"),
    [
        (0.877, "0.88 s", "0.88초"),
        (0, "0 s", "0초"),
        (47.2, "47 s", "47초"),
        (59.7, "1 min", "1분"),
        (7500, "2 h 5 min", "2시간 5분"),
        (-3, "-3 s", "-3초"),
    ],
)
def test_durations_read_as_people_say_them(seconds: float, en: str, ko: str) -> None:
    assert (svg.duration(seconds), svg.duration(seconds, "ko")) == (en, ko)


def test_text_that_xml_cannot_hold_is_replaced() -> None:
    parsed(chart.chart({"a\x00b\x1b": [(NOW, 1.0)]}))
