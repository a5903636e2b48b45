"""The stop-gap command: what it refuses, what goes on record, and that two of them are one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from failback import incident as incidents
from failback import journal, lock

from rollback_runner.after import stopgap
from rollback_runner.after.stopgap import Standing
from rollback_runner.cli import root
from rollback_runner.errors import LockedError, RefusedError, UsageError
from rollback_runner.record import store
from rollback_runner.record.verdict import Failure
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from pathlib import Path

    from rollback_runner.site.site import Site

WELL = Standing({"lb1": "page"}, ("lb1",), (), (), passed=True, interrupted=False)


@pytest.fixture(name="site", scope="module")
def _site() -> Site:
    return sites.load("inventories/lab")


@pytest.fixture(name="played")
def _played(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    modes: list[str] = []

    def play(_site: Site, _home: Path, _book: Path, mode: str, _say: Any) -> Standing:
        modes.append(mode)
        return WELL

    monkeypatch.setattr(stopgap, "_play", play)
    return modes


def put(site: Site, home: Path, mode: Any, during_run: str = "") -> Standing:
    return stopgap.put(site, home, mode, reason="slow", during_run=during_run, say=lambda _: None)


def test_while_a_run_goes_on_it_needs_a_word_and_off_needs_none(site: Site, tmp_path: Path, played: list[str]) -> None:
    path = store.lock_path(tmp_path, site.name)
    path.parent.mkdir(parents=True)
    lock.acquire(path, site=site.name, reason="emergency", run="r")
    for mode in ("page", "read-only"):
        with pytest.raises(RefusedError, match="A run is going on"):
            put(site, tmp_path, mode)
    put(site, tmp_path, "off")
    put(site, tmp_path, "page", during_run="the restore takes two hours")
    assert played == ["off", "page"]


def test_a_lock_whose_holder_is_gone_stops_nobody(site: Site, tmp_path: Path, played: list[str]) -> None:
    path = store.lock_path(tmp_path, site.name)
    path.parent.mkdir(parents=True)
    held = lock.acquire(path, site=site.name, reason="emergency", run="r")
    path.write_text(json.dumps(vars(replace(held, pid=2**22 + 1, started="0"))), encoding="utf-8")
    put(site, tmp_path, "page")
    assert played == ["page"]


def test_it_goes_on_the_incidents_record(site: Site, tmp_path: Path, played: list[str]) -> None:
    place = incidents.begin(tmp_path, site.name)
    put(site, tmp_path, "page")
    line = journal.read(place / "people.jsonl")[-1]
    assert (line["kind"], line["mode"], line["note"], line["nodes"]["changed"]) == ("stopgap", "page", "slow", ["lb1"])
    assert played == ["page"]


def test_a_site_without_one_is_told_so(site: Site, tmp_path: Path, played: list[str]) -> None:
    bare = replace(site, variables={host: {**v, "site_stopgap": "none"} for host, v in site.variables.items()})
    for act in (lambda: put(bare, tmp_path, "page"), lambda: stopgap.look(bare, tmp_path, lambda _: None)):
        with pytest.raises(RefusedError, match="has no stop-gap service"):
            act()
    assert played == []


def test_two_at_once_are_one(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def play(*_: Any) -> Standing:
        with pytest.raises(LockedError):
            put(site, tmp_path, "off")
        return WELL

    monkeypatch.setattr(stopgap, "_play", play)
    put(site, tmp_path, "page")


def run(*words: str) -> Any:
    return CliRunner().invoke(root, ["stopgap", *words], standalone_mode=False)


def test_the_command(site: Site, tmp_path: Path, played: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sites, "load", lambda _name: site)
    monkeypatch.setenv("RR_HOME", str(tmp_path))
    assert isinstance(run("page", "--yes").exception, UsageError), "without a reason"
    assert isinstance(run("page", "--reason", "slow").exception, UsageError), "nobody can be asked"
    done = run("page", "--reason", "slow", "--yes", "--lang", "ko")
    assert (done.return_value, "lb1: 점검 페이지" in done.output) == (0, True), done.output
    assert json.loads(run("off", "--json").output)["modes"] == {"lb1": "page"}
    assert played == ["page", "off"]
    bad = replace(WELL, passed=False, failures=(Failure((), "lb2", "Set it", "failed", "no answer"),))
    monkeypatch.setattr(stopgap, "_play", lambda *_: bad)
    found = run("status", "--lang", "en")
    assert (found.return_value, "lb2: not done: no answer" in found.output) == (1, True)
