"""`rollback` carries the legs of a strategy out as one run, and stops where one is not proven."""

from __future__ import annotations

from typing import TYPE_CHECKING

from test_outcomes import schema_problems

if TYPE_CHECKING:
    import subprocess

    from installed_command import Command

END = ["full", "complete", "watch"]


def rollback(command: Command, *arguments: str) -> subprocess.CompletedProcess[str]:
    return command("rollback", "-i", str(command.site), "--yes", "--lang", "en", *arguments)


def test_all_legs_make_one_run_with_one_report(command: Command) -> None:
    done = rollback(command, "--strategy", "restore-first")
    assert done.returncode == 0, done.stderr
    report = command.report()
    assert schema_problems(report) == []
    assert [phase["name"] for phase in report["phases"]] == ["prepare", "approve", "full:restore", "emergency", *END]
    assert (report["outcome"], report["promoted"], report["strategy"]) == ("proven", "yes", "restore-first")
    data = next(item for item in report["items"] if item["id"] == "DATA-03")
    # Loaded by one leg, proven again by another: one row with both.
    assert data["status"] == "done"
    assert [task["task"] for task in data["hosts"][0]["evidence"]] == ["Load the data", "Compare every table"]
    assert len(report["items"]) == len({item["id"] for item in report["items"]}) == 100
    assert command("journal", "verify").returncode == 0


def test_a_leg_that_is_not_proven_keeps_the_next_from_beginning(command: Command) -> None:
    command.scenario(data="fail")
    done = rollback(command, "--strategy", "restore-first")
    assert done.returncode == 1
    report = command.report()
    assert [phase["name"] for phase in report["phases"]] == ["prepare", "approve", "full:restore"]
    # RDS was never closed, so there is nothing to open again.
    assert (report["outcome"], report["promoted"]) == ("unproven", "no")
    assert command.statuses()["SWITCH-01"] == "not_run"
    assert "shop-db.rds_accounts" not in command.world()

    command.scenario()
    resumed = command("resume", "-i", str(command.site), "--yes")
    assert resumed.returncode == 0, resumed.stderr
    assert [phase["name"] for phase in command.report()["phases"]] == ["full:restore", "emergency", *END]


def test_a_failure_in_the_last_proof_takes_nothing_back(command: Command) -> None:
    command.scenario(journeys="fail")
    done = rollback(command)
    assert done.returncode == 1
    report = command.report()
    assert [phase["name"] for phase in report["phases"]] == ["prepare", "approve", "emergency", "full"]
    assert (report["outcome"], report["promoted"]) == ("unproven", "yes")
    assert command.world()["shop-db.rds_accounts"] == "locked"

    command.scenario()
    resumed = command("resume", "-i", str(command.site), "--yes")
    assert resumed.returncode == 0, resumed.stderr
    assert [phase["name"] for phase in command.report()["phases"]] == END


def test_the_full_phase_alone_refuses_while_idc_does_not_serve(command: Command) -> None:
    command.scenario(serving="refuse")
    done = command("phase", "full", "-i", str(command.site), "--yes", "--lang", "en")
    assert done.returncode == 3
    assert "says no on shop-db" in done.stdout
    assert command.world() == {}


def test_a_part_must_be_one_the_strategy_has(command: Command) -> None:
    for arguments, words in (
        (("full", "--part", "restore"), "switch-first has no leg full:restore"),
        (("emergency", "--strategy", "stop-first"), "splits the phase emergency: emergency:stop, emergency:open"),
    ):
        done = command("phase", *arguments, "-i", str(command.site), "--yes")
        assert done.returncode == 2
        assert words in done.stderr
