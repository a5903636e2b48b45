"""`rollback-runner deployment` as people type it, on a site of applications alone, against the stand-in for Vercel."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import released_site
import vercel_world
from failback import journal
from released_site import APP, Released

from rollback_runner.errors import RefusedError, UsageError
from rollback_runner.record import report, store
from rollback_runner.site import doctor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(name="released")
def _released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Released]:
    world, stand_in = vercel_world.start(tmp_path)
    made = released_site.make(tmp_path, world)
    monkeypatch.setenv("RR_HOME", str(made.home))
    yield made
    stand_in.stop()


def test_from_the_list_to_undo(released: Released) -> None:
    """List, plan, rehearse, roll back, be cut off, go on, undo: one story, so that each play counts once."""
    listed = {one["id"]: one["mark"]["word"] for one in released.json("list")["deployments"]}
    assert (listed["dpl_5"], listed["dpl_2"], listed["dpl_3"]) == ("live", "previous", "no")

    planned = released("plan", "--reason", "orders fail")
    assert planned.return_value == 0, planned.exception
    for words in (
        "shop-edge goes back from dpl_5 to dpl_2",
        "Chosen by the rule",
        "What does not go back with the code:",
        "PAYMENT_URL: It was changed at",
        "No approvals are asked for",
    ):
        assert words in planned.stdout
    rehearsed = released("rollback", "--check")
    assert rehearsed.return_value == 0, rehearsed.stdout + str(rehearsed.exception)
    assert released.vercel.requests("POST") == []
    assert released.live() == "dpl_5"

    done = released("rollback", "--yes", "--reason", "orders fail")
    assert done.return_value == 0, done.stdout + str(done.exception)
    assert released.live() == "dpl_2"
    assert "Done and proven: dpl_2 serves shop-edge." in done.stdout
    assert "IDC" not in done.stdout
    content = store.find(released.home, None).read_report()
    assert content is not None
    assert report.problems(content) == []
    assert {item["id"]: item["status"] for item in content["items"] if item["status"] not in {"done", "already"}} == {}
    told = content["deployment"]
    assert (told["from"], told["to"], told["strategy"], told["auto_assign"]) == ("dpl_5", "dpl_2", "nothing", False)
    assert 0 < told["seconds_to_switched"] <= told["seconds_to_proven"]
    assert {"PAYMENT_URL"} <= {one["name"] for one in told["named"]}
    run = store.find(released.home, None).directory
    assert "dpl_2" in (run / "report.ko.html").read_text(encoding="utf-8")
    assert vercel_world.TOKEN not in "".join(
        path.read_text(encoding="utf-8", errors="replace") for path in run.rglob("*") if path.is_file()
    )

    stands = released("status")
    for words in ("dpl_2 serves production", "until someone says so", "Last request: rollback to dpl_2", "proven"):
        assert words in stands.stdout, words
    cut_off(run.name, released)
    resumed = released.command("resume")
    assert resumed.return_value == 0, resumed.stdout + str(resumed.exception)
    again = store.find(released.home, None)
    assert again.id != run.name
    begun = journal.read(again.journal)[0]
    assert begun["options"]["deployment"]["deployment_plan"] == told["digest"], "nobody was asked twice"
    assert len(released.vercel.requests("POST")) == 1, "what serves already was not asked for again"

    undone = released("undo", "--yes", "--to", "dpl_5", "--reason", "the fault was elsewhere")
    assert undone.return_value == 0, undone.stdout + str(undone.exception)
    assert "dpl_5 is the deployment production went back from" in undone.stderr
    assert released.live() == "dpl_5"
    assert "nothing to undo" in released("undo", "--yes").stdout
    assert released.vercel.api.wrong == []


def test_nothing_moves_before_two_people_signed(released: Released) -> None:
    released.signed_by_people()
    frozen = released("plan", "--freeze", "--as", "kim", "--key", str(released.home / "kim"))
    assert frozen.return_value == 0, frozen.exception
    unsigned = released("rollback", "--yes")
    assert isinstance(unsigned.exception, RefusedError), unsigned.stdout
    assert "has not signed" in unsigned.exception.what
    for role, name in (("technical_lead", "lee"), ("operations_manager", "park")):
        key = str(released.home / name)
        signed = released.command("approve", "--role", role, "--as", name, "--key", key, "--yes")
        assert signed.return_value in {0, None}, signed.exception
    assert "goes back from dpl_5 to dpl_2" in signed.stderr, "who signs reads what would be done"
    other = released("rollback", "--yes", "--to", "dpl_1")
    assert isinstance(other.exception, RefusedError), other.stdout
    assert "not what would be done now" in other.exception.what
    assert released.vercel.requests("POST") == []

    done = released("rollback", "--yes")
    assert done.return_value == 0, done.stdout + str(done.exception)
    assert released.live() == "dpl_2"
    content = store.find(released.home, None).read_report()
    assert content is not None
    assert content["approved_plan"]


def cut_off(run: str, released: Released) -> None:
    """Leave a run as if it had been killed after the switch and before the proof."""
    found = store.find(released.home, run)
    (found.directory / "report.json").unlink()
    lines = found.journal.read_text(encoding="utf-8").splitlines(keepends=True)
    found.journal.write_text("".join(line for line in lines if json.loads(line)["kind"] != "end"), encoding="utf-8")


def test_what_needs_a_service_says_in_one_sentence_that_there_is_none(released: Released) -> None:
    for words in (["rollback", "--yes"], ["situation"]):
        done = released.command(*words)
        assert isinstance(done.exception, UsageError), words
        assert "released has only applications" in done.exception.what, words
    assert isinstance(released.command("phase", "deployment").exception, UsageError)
    wrong = released("list", "--app", "shop-egde")
    assert isinstance(wrong.exception, UsageError)
    assert f"did you mean {APP}?" in wrong.exception.what


def test_the_doctor_examines_the_application(released: Released) -> None:
    found = {one.what: one for one in doctor.examine(str(released.directory))}
    assert found[f"Vercel project of {APP}"].well, found[f"Vercel project of {APP}"].said
    assert "dpl_5 serves" in found[f"Vercel project of {APP}"].said
    assert found[f"{vercel_world.DOMAINS[0]} of {APP}"].said.startswith("build r5 answers")
    (released.vercel.folder / "token").write_text("expired\n", encoding="utf-8")
    found = {one.what: one for one in doctor.examine(str(released.directory))}
    assert not found[f"Vercel project of {APP}"].well
