"""The items MON: what has no sample, is not true or is proven by nobody is named; the rest passes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from failback import incident
from figures_site import DOORS, KEYS, Site, now, told

from rollback_runner.watching import agreement, required, series
from rollback_runner.watching.agreement import Said
from rollback_runner.watching.series import Point

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Give an incident whose figures are all at 0.1."""
    made = Site(tmp_path / "home", monkeypatch)
    made.figures(now() - 30, now())
    return made


def seen(site: Site, beside: dict[tuple[str, str], float], **more: Any) -> dict[str, Any]:
    """What `figures_beside` would hand on."""
    until = now()
    points = [Point(until, *key, value) for key, value in beside.items()]
    whole = series.read(site.incident)
    said = {"the source": Said(points, until - 10, until)}
    compared = agreement.compare(whole, said, (until - 10, until), {}, KEYS)
    told_of = [one.as_dict() | {"proven": one.proven} for one in compared]
    return {"compared": told_of, "followed": {}, "breaches": [], "gaps": [], "lost": {}, **more}


def item(name: str, found: dict[str, Any]) -> dict[str, Any]:
    return {"figures_followed": {"item": name, "seen": found, "doors": DOORS}}


def test_what_its_source_confirms_passes(site: Site) -> None:
    result = site.play(item("MON-01", seen(site, dict.fromkeys(KEYS, 0.1))))
    assert not told(result)
    assert {one["figure"] for one in result["evidence"]["compared"]} >= {"cpu_busy", "memory_used"}
    assert all(one["proven"] for one in result["evidence"]["compared"])


def test_a_value_its_source_denies_is_named_with_both(site: Site) -> None:
    beside = dict.fromkeys(KEYS, 0.1) | {("memory_used", "db1"): 0.9}
    (sentence,) = told(site.play(item("MON-01", seen(site, beside))))
    assert sentence == "memory_used of db1: the sampler says 10 %, the source asked beside it 90 %"


def test_a_log_that_only_fits_itself_is_no_proof(site: Site) -> None:
    found = seen(site, {}, lost={"ssh db1": "connection refused"})
    (sentence,) = told(site.play(item("MON-02", found)))
    assert "nobody but the sampler gave a figure of MON-02" in sentence
    assert "ssh db1: connection refused" in sentence


def test_no_samples_name_figure_host_and_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = Site(tmp_path / "home", monkeypatch)
    gap = {"figure_source": "mysql", "host": "db1", "since": 1.0, "until": None, "why": "Access denied for rr_admin"}
    result = empty.play(item("MON-03", seen(empty, {}, gaps=[gap])))
    sentences = told(result)
    assert "mysql_queries of db1 has no sample: mysql: Access denied for rr_admin" in sentences
    wanted = [key for key in required.of_item(KEYS, "MON-03") if key[0] not in required.ONLY_WHEN_USED]
    assert len(sentences) == len(wanted) + 1


def test_patterns_of_errors_come_from_the_logs(site: Site) -> None:
    found = seen(site, dict.fromkeys(KEYS, 0.1))
    (sentence,) = told(site.play(item("MON-05", found)))
    assert sentence.startswith("no log was read in this incident")
    kinds = [{"signature": "x failed", "sample": "x failed", "count": 7}]
    incident.keep(site.incident, "logs.db1", {"sources": {"app.log": 12}, "kinds": kinds})
    result = site.play(item("MON-05", found))
    assert not told(result)
    assert result["evidence"]["patterns"]["top"] == [{"host": "db1", **kinds[0]}]


def test_an_item_no_figure_serves(site: Site) -> None:
    result = site.play(item("MON-99", seen(site, {})))
    assert "no figure serves MON-99" in result["msg"]
