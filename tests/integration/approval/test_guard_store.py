"""Machines that share a store: what was taken back or refused on another one stops the next act."""

from __future__ import annotations

import copy
import shutil
from typing import TYPE_CHECKING

import pytest
from asked import code
from failback import incident as incidents
from failback import journal
from failback.approval import canonical, record
from failback.people import decision, words
from failback.people.words import Word
from failback.store import Settings, open_store, place, said, seam
from guarded import Run
from signed import CONTENT, SITE

if TYPE_CHECKING:
    from pathlib import Path

    from asked import Commands
    from signed import Signed


def join(site: Signed, base: Path) -> None:
    """Have this machine keep lock and record at the store below `base`."""
    (base / "there" / SITE).mkdir(parents=True, exist_ok=True)
    (base / "there" / SITE / place.MARKER).touch()
    seam.mark(
        incidents.store_marker(site.incident),
        Settings(kind="directory", site=SITE, directory=str(base / "there")),
    )


def another(site: Signed, home: Path) -> Signed:
    """Another machine that has all of it so far."""
    shutil.copytree(site.home, home, symlinks=True)
    found = copy.copy(site)
    found.home, found.incident = home, home / "incidents" / SITE / site.incident.name
    return found


@pytest.fixture
def machines(granted: Signed, tmp_path: Path) -> tuple[Signed, Signed]:
    """The machine that will run, and that of whoever speaks; both know the same approvals."""
    join(granted, tmp_path)
    store = seam.store_of(incidents.store_marker(granted.incident))
    said.bring(store, granted.home, f"incidents/{SITE}/{granted.incident.name}/approvals.jsonl")
    return granted, another(granted, tmp_path / "b")


def test_a_revocation_on_another_machine_stops_the_next_act(
    machines: tuple[Signed, Signed], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(machines[0], monkeypatch)
    assert "failed" not in run.destroy()
    machines[1].revoke("operations_manager", "park")
    result = run.destroy()
    assert result["refused"], result
    assert "not approved (any more)" in result["msg"]
    assert run.record() == ["approval", "approval", "revocation", "begun"]
    assert journal.verify(machines[0].incident / "approvals.jsonl") == []


def test_a_no_on_another_machine_stops_the_next_act(
    machines: tuple[Signed, Signed], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(machines[0], monkeypatch)
    plan = canonical.digest(CONTENT)
    words.say(machines[1].incident, Word("decline", decision.GO, "kim", "the sale began", about=plan))
    result = run.destroy()
    assert result["refused"], result
    assert "kim said no to this plan" in result["msg"]
    assert run.lines("intent") == []


def test_a_silent_store_counts_as_a_no_until_the_promotion(
    machines: tuple[Signed, Signed], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = Run(machines[0], monkeypatch)
    (tmp_path / "there").rename(tmp_path / "away")
    result = run.destroy()
    assert result["refused"], result
    assert "whether it is still approved cannot be known without the store" in result["msg"]
    assert run.lines("intent") == []
    # With the glass broken nobody is asked, and after the promotion nothing that closes RDS is.
    monkeypatch.setenv("RR_BREAK_GLASS", "the store burns")
    assert "failed" not in run.destroy()
    monkeypatch.delenv("RR_BREAK_GLASS")
    assert run.destroy()["refused"]
    record.add(machines[0].incident, "promoted", host="shop-db", run="run-1")
    assert "failed" not in run.destroy()


def test_whoever_began_to_open_idc_is_not_stopped_by_silence(
    machines: tuple[Signed, Signed], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = Run(machines[0], monkeypatch)
    journal.append(run.directory / "journal.jsonl", "begin", phase="emergency", options={})
    journal.append(run.directory / "journal.jsonl", "intent", act="open IDC for writes: the point of no return")
    (tmp_path / "there").rename(tmp_path / "away")
    assert "failed" not in run.destroy("promotes")


def test_who_goes_on_without_the_store_is_judged_by_what_is_here(
    machines: tuple[Signed, Signed], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "there").rename(tmp_path / "away")
    incidents.store_marker(machines[0].incident).unlink()
    assert "failed" not in Run(machines[0], monkeypatch).destroy()


def test_two_who_approve_on_two_machines_both_count(site: Signed, tmp_path: Path) -> None:
    join(site, tmp_path)
    other = another(site, tmp_path / "b")
    site.sign("technical_lead", "lee")
    other.sign("operations_manager", "park")
    assert other.refusal() == ""
    store = open_store(Settings(kind="directory", site=SITE, directory=str(tmp_path / "there")))
    said.bring(store, site.home, f"incidents/{SITE}/{site.incident.name}/approvals.jsonl")
    assert site.refusal() == ""


def test_a_signature_that_does_not_reach_the_store_is_no_success(commands: Commands, tmp_path: Path) -> None:
    join(commands.signed, tmp_path)
    (tmp_path / "there").rename(tmp_path / "away")
    result = commands.approve("technical_lead", "lee")
    assert code(result) == 3, result.output
    assert "counts once it is at the site's store" in str(result.exception)
    assert "approved" not in result.stdout
    assert not (commands.signed.incident / "approvals.jsonl").exists()
    (tmp_path / "away").rename(tmp_path / "there")
    assert code(commands.approve("technical_lead", "lee")) == 0
    (tmp_path / "there").rename(tmp_path / "away")
    before = (commands.signed.incident / "approvals.jsonl").read_bytes()
    key = str(commands.signed.key("lee"))
    said_back = ("--role", "technical_lead", "--as", "lee", "--key", key, "--reason", "the figures are wrong")
    result = commands("revoke", *said_back)
    assert code(result) == 3, (result.output, result.exception)
    assert "counts once it is at the site's store" in str(result.exception)
    assert (commands.signed.incident / "approvals.jsonl").read_bytes() == before
