"""`rehearse` plays every leg in check mode, records it aside, and takes no lock."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import subprocess

    from installed_command import Command


def rehearse(command: Command, *arguments: str) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    done = command("rehearse", "-i", str(command.site), "--json", *arguments)
    assert done.stdout, done.stderr
    return done, json.loads(done.stdout)


def test_every_leg_is_rehearsed_aside_and_nothing_is_touched(command: Command) -> None:
    done, made = rehearse(command)
    assert done.returncode == 0
    assert [(leg["leg"], leg["result"]) for leg in made["legs"]] == [("emergency", "passed"), ("full", "passed")]
    assert command.world() == {}
    assert not (command.home / "runs").exists()
    record = command.home / "rehearsals"
    kept = next(record.iterdir())
    assert json.loads((kept / "rehearsal.json").read_text(encoding="utf-8"))["passed"] is True
    assert (kept / "journal.jsonl").exists()
    assert command("status").stdout.startswith("There is no run")


def test_it_runs_beside_a_run_that_holds_the_lock(command: Command) -> None:
    command.scenario(rds_final="slow6")
    running = command.start()
    try:
        done, _ = rehearse(command)
        assert done.returncode == 0
    finally:
        running.communicate(timeout=60)
    assert running.returncode == 0


def test_what_fails_is_named_and_the_legs_after_it_are_rehearsed_too(command: Command) -> None:
    command.scenario(sample="fail", serving="refuse")
    done, made = rehearse(command)
    assert done.returncode == 1
    emergency, full = made["legs"]
    assert emergency["result"] == "failed"
    assert [(one["task"], one["host"]) for one in emergency["failures"]] == [
        ("Check that a sample is equal", "shop-db")
    ]
    assert emergency["failures"][0]["message"].startswith("sample broke on shop-db")
    assert full["result"] == "not_yet"
    assert command.world() == {}


def test_a_secret_in_a_message_is_scrubbed(command: Command) -> None:
    command.scenario(sample="leak")
    done, _ = rehearse(command)
    assert "pw-of-idc-4711" not in done.stdout + done.stderr
    assert "pw-of-idc-4711" not in "".join(
        path.read_text(encoding="utf-8") for path in (command.home / "rehearsals").rglob("*.json*")
    )
