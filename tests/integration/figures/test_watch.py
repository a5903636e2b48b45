"""The watch: long enough, without gaps, back at the usual level; interrupted and gone on with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from failback.baseline import store
from figures_site import DOORS, KEYS, Site, now, told

from rollback_runner.watching import notes, usual_levels
from rollback_runner.watching.notes import Gap

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Give an incident without figures."""
    return Site(tmp_path / "home", monkeypatch)


def length(**more: Any) -> dict[str, Any]:
    return {"watch_length": {"doors": DOORS, "needed": 60, "longest_gap": 10, **more}}


def levels(directory: Path | str = "", **more: Any) -> dict[str, Any]:
    arguments = {"doors": DOORS, "window": 30, "baseline_directory": str(directory), **more}
    return {"watch_levels": arguments}


def test_watched_long_enough(site: Site) -> None:
    site.began(now() - 70)
    site.figures(now() - 70, now() + 5)
    result = site.play(length())
    assert not told(result)
    assert "waiting" not in result
    assert result["evidence"]["watched_seconds"] >= 60
    assert result["evidence"]["samples"] > 60 * len(KEYS) * 0.8


def test_interrupted_and_gone_on_with(site: Site) -> None:
    """The first run ends waiting and says how far it is; the second takes up the same watch."""
    site.figures(now() - 5, now() + 60)
    first = site.play(length(needed=7200))
    assert first["waiting"].startswith("watched for ")
    assert "of 2:00 h; the sampler goes on by itself, come back with: rollback-runner" in first["waiting"]
    second = site.play(length(needed=0.2, timeout=5))
    assert second["evidence"]["began"] == first["evidence"]["began"]
    assert not told(second)
    assert "waiting" not in second


def test_it_waits_for_the_rest_where_it_may(site: Site) -> None:
    site.began(now() - 58)
    site.figures(now() - 58, now() + 60)
    result = site.play(length(timeout=30))
    assert "waiting" not in result
    assert result["evidence"]["watched_seconds"] >= 60


def test_a_gap_longer_than_allowed_fails_and_says_who_was_not_watched_and_why(site: Site) -> None:
    begun = now()
    site.began(begun - 70)
    site.figures(begun - 70, begun - 40)
    site.figures(begun - 20, begun + 5)
    notes.note_gap(site.incident, Gap("sampler", "", begun - 40, begun - 20, "the sampler was killed"))
    result = site.play(length())
    (sentence,) = told(result)
    assert "for 20 s from" in sentence
    assert "(10 s allowed): the sampler was killed" in sentence
    assert "db1" in sentence
    assert result["evidence"]["watched_seconds"] <= now() - (begun - 20)  # since the gap, not since the beginning


def test_a_gap_that_enough_was_watched_after_is_a_warning(site: Site) -> None:
    begun = now()
    site.began(begun - 130)
    site.figures(begun - 130, begun - 100)
    site.figures(begun - 80, begun + 5)
    result = site.play(length())
    assert not told(result)
    gap, short = sorted(told(result, "warning"))
    assert "nobody watched: nothing was noted of it" in gap
    # Nobody shall read that two hours were watched where the site asks for less.
    assert "the checklist asks for two hours (watching_length)" in short


def test_nobody_watches(site: Site) -> None:
    site.began(now() - 70)
    result = site.play(length(timeout=30))
    (sentence,) = told(result)
    assert sentence.startswith("no sample since the watch began: cpu_busy of db1")
    assert result["evidence"]["watched_seconds"] == 0


def test_a_host_fell_silent(site: Site) -> None:
    site.began(now() - 70)
    site.figures(now() - 70, now() - 20)
    result = site.play(length())
    assert "and it lasts" in told(result)[0]


@pytest.fixture
def usual(tmp_path: Path) -> Path:
    """Record 0.1 as the usual level of every figure."""
    found = {key: usual_levels.Usual(*key, 0.1, 0.1, 0.1, 100, "looked") for key in KEYS}
    store.write(str(tmp_path / "baseline"), "figures", {"figures": usual_levels.content(found), "recorded_at": "then"})
    return tmp_path / "baseline"


def test_back_at_the_usual_level(site: Site, usual: Path) -> None:
    site.figures(now() - 30, now() + 5)
    result = site.play(levels(usual))
    assert not told(result)
    assert result["evidence"]["back"] >= 10
    assert result["evidence"]["usual_from"] == ["looked"]


def test_figures_that_are_not_back_are_named_and_only_those(site: Site, usual: Path) -> None:
    site.figures(now() - 30, now() + 5, {"latency_p95": 3.0, "mysql_lock_waits": 40.0})
    sentences = told(site.play(levels(usual)))
    assert sorted(sentences) == [
        "not back at the usual level: latency_p95 of lb1 is 3 s (usual 100 ms, at most 200 ms)",
        "not back at the usual level: mysql_lock_waits of db1 is 40 (usual 0.1, at most 2.1)",
    ]


def test_without_samples_or_anything_usual_nothing_passes(site: Site, usual: Path) -> None:
    (silent,) = told(site.play(levels(usual)))
    assert silent.startswith("nothing was measured in the last 30 s")
    site.figures(now() - 30, now() + 5)
    (unknown,) = told(site.play(levels()))
    assert unknown.startswith("nobody recorded what is usual, so this cannot be judged: cpu_busy of db1")


def test_a_limit_that_is_still_broken_blocks(site: Site, usual: Path) -> None:
    site.figures(now() - 30, now() + 5)
    breach = notes.Breach("errors", "lb1", now() - 20, None, 0.4, 0.05, None, 2)
    notes.note_breach(site.incident, breach, "breach_began")
    (sentence,) = told(site.play(levels(usual)))
    assert "errors of lb1 is beyond its limit since" in sentence
    assert "40 %, not 5 %" in sentence


def test_outside_of_an_incident_it_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RR_INCIDENT")
    result = site.play(length())
    assert result["refused"]
    assert "there is no open incident" in result["msg"]
