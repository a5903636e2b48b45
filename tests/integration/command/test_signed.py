"""A rollback waits for people: prepare, a frozen and signed plan, then it goes on. Real keys, a pretended world."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from rollback_runner import companions

if TYPE_CHECKING:
    from pathlib import Path

    from installed_command import Command

PEOPLE = ("kim", "lee", "park")


@pytest.fixture(name="site")
def _site(command: Command, tmp_path: Path) -> Path:
    """The pretended site, with people who must sign."""
    site = tmp_path / "inventories" / "signed"
    shutil.copytree(command.site, site)
    keys = tmp_path / "keys"
    keys.mkdir()
    lines = []
    for name in PEOPLE:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(keys / name)], check=True)
        lines.append(f"{name} {(keys / f'{name}.pub').read_text(encoding='utf-8').strip()}\n")
    (keys / "allowed_signers").write_text("".join(lines), encoding="utf-8")
    (keys / "allowed_signers").chmod(0o600)
    rule = {
        "signers_file": str(keys / "allowed_signers"),
        "roles": {"planner": ["kim"], "technical_lead": ["lee"], "operations_manager": ["park"]},
    }
    more = f"site_approvals: {json.dumps(rule)}\n"
    with (site / "group_vars" / "all.yml").open("a", encoding="utf-8") as stream:
        stream.write(more)
    return site


def run(command: Command, site: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return command(*words, "-i", str(site), "--lang", "en")


def sign(command: Command, site: Path) -> None:
    keys = command.home / "keys"
    done = run(command, site, "plan", "--freeze", "--as", "kim", "--key", str(keys / "kim"))
    assert done.returncode == 0, done.stdout + done.stderr
    for role, name in (("technical_lead", "lee"), ("operations_manager", "park")):
        done = run(command, site, "approve", "--role", role, "--as", name, "--key", str(keys / name), "--yes")
        assert done.returncode == 0, done.stdout + done.stderr


def test_it_waits_for_the_signatures_and_then_goes_on(command: Command, site: Path) -> None:
    waits = run(command, site, "rollback", "--yes")
    assert waits.returncode == 4, waits.stdout + waits.stderr
    assert f"rollback-runner plan -i {site} --freeze" in waits.stdout
    assert [phase["name"] for phase in command.report()["phases"]] == ["prepare"]
    assert command.world() == {}

    sign(command, site)
    goes_on = run(command, site, "resume", "--yes")
    assert goes_on.returncode == 0, goes_on.stdout + goes_on.stderr
    report = command.report()
    assert [phase["name"] for phase in report["phases"]] == ["approve", "emergency", "full", "complete", "watch"]
    plan = json.loads((command.home / "incidents" / "pretend" / "current" / "plan.json").read_text(encoding="utf-8"))
    assert report["approved_plan"] == plan["digest"]
    assert report["promoted"] == "yes"


def test_an_act_without_approvals_is_refused_and_glass_can_be_broken(command: Command, site: Path) -> None:
    refused = run(command, site, "phase", "emergency", "--yes")
    assert refused.returncode == 3
    assert "No plan is frozen for pretend" in refused.stderr
    assert command.world() == {}

    broken = run(command, site, "phase", "emergency", "--yes", "--break-glass", "the house is on fire")
    assert broken.returncode == 0, broken.stdout + broken.stderr
    assert command.report()["break_glass"] == "the house is on fire"
    assert command.report()["incident"] == (command.home / "incidents" / "pretend" / "current").resolve().name
    assert "BREAK GLASS" in broken.stdout


def test_broken_glass_that_touched_nothing_leaves_no_incident_behind(command: Command, site: Path) -> None:
    command.scenario(idc_state="refuse")
    refused = run(command, site, "phase", "emergency", "--yes", "--break-glass", "the house is on fire")
    assert refused.returncode == 3, refused.stdout + refused.stderr
    shelf = command.home / "incidents" / "pretend"
    assert not (shelf / "current").exists()
    incident = shelf / command.report()["incident"]
    for _ in range(300):  # they end by themselves, once they see that it is closed
        if not any(one.alive for one in companions.states(incident)):
            return
        time.sleep(0.1)
    pytest.fail(f"still at work: {companions.states(incident)}")


def test_what_was_signed_is_what_is_done_or_nothing(command: Command, site: Path) -> None:
    run(command, site, "phase", "prepare", "--yes")
    sign(command, site)
    with (site / "group_vars" / "databases.yml").open("a", encoding="utf-8") as stream:
        stream.write("db_max_lag: 99.0\n")
    refused = run(command, site, "phase", "emergency", "--yes")
    assert refused.returncode == 3
    assert "approvals have fallen" in refused.stderr
    assert "db_max_lag" in refused.stderr
    assert command.world() == {}


def test_a_revoked_approval_stops_it(command: Command, site: Path) -> None:
    run(command, site, "phase", "prepare", "--yes")
    sign(command, site)
    key = str(command.home / "keys" / "park")
    words = ("--as", "park", "--key", key, "--reason", "the wrong evening")
    taken = run(command, site, "revoke", "--role", "operations_manager", *words)
    assert taken.returncode == 0, taken.stdout + taken.stderr
    refused = run(command, site, "phase", "emergency", "--yes")
    assert refused.returncode == 3
    assert "the wrong evening" in refused.stderr
    assert command.world() == {}


def test_a_no_to_the_plan_stops_it_until_it_is_taken_back(command: Command, site: Path) -> None:
    run(command, site, "phase", "prepare", "--yes")
    sign(command, site)
    people = json.dumps({"kim": {"name": {"en": "kim", "ko": "kim"}}})
    roles = json.dumps({"commander": {"person": "kim"}})
    with (site / "group_vars" / "all.yml").open("a", encoding="utf-8") as stream:
        stream.write(f"site_people: {people}\nsite_roles: {roles}\n")
    said = run(command, site, "confirm", "APPROVE-04", "--as", "kim", "--decline", "--note", "not in the sale")
    assert said.returncode == 0, said.stderr
    refused = run(command, site, "phase", "emergency", "--yes")
    assert refused.returncode == 3
    assert "kim said no to this plan" in refused.stderr
    assert "not in the sale" in refused.stderr
    assert command.world() == {}
    taken_back = run(command, site, "confirm", "APPROVE-04", "--as", "kim", "--note", "the sale is over")
    assert taken_back.returncode == 0, taken_back.stderr
    assert "said no" not in run(command, site, "phase", "emergency", "--yes").stderr


def test_once_idc_is_open_nothing_stops_the_way_forward(command: Command, site: Path) -> None:
    run(command, site, "phase", "prepare", "--yes")
    sign(command, site)
    command.scenario(lb="fail")
    halfway = run(command, site, "phase", "emergency", "--yes")
    assert halfway.returncode == 1, halfway.stdout + halfway.stderr
    assert command.report()["promoted"] == "yes"
    key = str(command.home / "keys" / "park")
    words = ("--as", "park", "--key", key, "--reason", "too late")
    assert run(command, site, "revoke", "--role", "operations_manager", *words).returncode == 0
    closed = command("incident", "-i", str(site), "close", "--reason", "closed too early")
    assert closed.returncode == 0, closed.stderr
    command.scenario()
    on = run(command, site, "resume", "--yes")
    assert on.returncode == 0, on.stdout + on.stderr


def test_a_drill_of_the_answers_signs_and_earnest_does_not(command: Command, site: Path) -> None:
    keys = command.home / "keys"
    answers = command.home / "answers.yml"
    who = {"APPROVE-01": "lee", "APPROVE-02": "park", "plan": "kim"}
    entries = {item: {"by": name, "key": str(keys / name)} for item, name in who.items()}
    answers.write_text(json.dumps({"site": "pretend", **entries}), encoding="utf-8")
    with (site / "group_vars" / "all.yml").open("a", encoding="utf-8") as stream:
        people = {name: {"name": {"en": name, "ko": name}} for name in PEOPLE}
        stream.write(f"site_people: {json.dumps(people)}\n")
    waits = run(command, site, "rollback", "--yes", "--answers", str(answers))
    assert waits.returncode == 4, waits.stdout + waits.stderr
    assert command.report()["approved_plan"] == ""
    assert not (command.home / "incidents" / "pretend" / "current" / "plan.json").exists()
