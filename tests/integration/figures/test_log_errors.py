"""Logs of files and of a real container: a new kind of error is named, what was usual before is not."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from figures_site import Site, told

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Give an incident."""
    return Site(tmp_path / "home", monkeypatch)


def stamp(ago: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - ago))


def task(log: Path, baseline: Path, **more: Any) -> dict[str, Any]:
    arguments = {"files": [str(log)], "baseline_directory": str(baseline), "window": 3600, "quiet": 60, **more}
    return {"log_errors": arguments}


def test_a_new_error_is_named_and_a_usual_one_is_not(site: Site, tmp_path: Path) -> None:
    log, baseline = tmp_path / "app.log", tmp_path / "baseline"
    log.write_text(f"{stamp(300)} ERROR cannot reach mail server 10.0.0.1\n{stamp(300)} all well\n")
    recorded = site.play(task(log, baseline, record=True), host="lb1")
    assert recorded["changed"]
    assert not site.play(task(log, baseline, record=True), host="lb1")["changed"]
    with log.open("a") as stream:
        stream.write(
            f"{stamp(9)} ERROR cannot reach mail server 10.0.0.2\n{stamp(8)} FATAL disk quota exceeded for u7\n"
        )
    result = site.play(task(log, baseline), host="lb1")
    (sentence,) = told(result)
    assert "a new kind of error is in the log, once, at" in sentence
    assert "FATAL disk quota exceeded for u7" in sentence
    assert result["evidence"]["sources"] == {str(log): 4}
    assert (site.incident / "facts" / "logs.lb1.json").is_file()


def test_what_was_before_the_promotion_does_not_count(site: Site, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text(f"{stamp(300)} FATAL of the failed migration\n")
    site.run("r1", {"kind": "promoted", "host": "shop-db", "final": "x:1"})
    result = site.play(task(log, tmp_path / "baseline"), host="lb1")
    assert not told(result)
    assert result["evidence"]["errors"] == 0


def test_a_new_error_that_was_over_is_a_warning(site: Site, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text(f"{stamp(300)} FATAL once and never again\n")
    result = site.play(task(log, tmp_path / "baseline"), host="lb1")
    assert not told(result)
    assert "FATAL once and never again" in told(result, "warning")[0]


def test_a_log_that_cannot_be_read_is_no_clean_log(site: Site, tmp_path: Path) -> None:
    (sentence,) = told(site.play(task(tmp_path / "absent.log", tmp_path / "baseline"), host="lb1"))
    assert "absent.log cannot be read" in sentence
    assert "No such file" in sentence


def test_no_log_at_all_is_no_clean_log(site: Site) -> None:
    (sentence,) = told(site.play({"log_errors": {}}, host="lb1"))
    assert sentence == "lb1: no log is named, so nobody knows whether errors are in it"
