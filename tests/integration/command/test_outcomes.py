"""A run through ansible-runner ends as what happened, never as what the return code says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
from installed_command import PROJECT, VALUES

if TYPE_CHECKING:
    from installed_command import Command


def schema_problems(report: dict[str, Any]) -> list[str]:
    schema = json.loads((PROJECT / "rollback_runner" / "schema" / "report.schema.json").read_text(encoding="utf-8"))
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(report)]


def test_success_then_a_second_run_finds_all_done_already(command: Command) -> None:
    first = command.phase()
    assert first.returncode == 0, first.stderr
    report = command.report()
    assert schema_problems(report) == []
    assert (report["outcome"], report["promoted"]) == ("proven", "yes")
    statuses = command.statuses()
    assert statuses.pop("AWS-04") == "skipped"
    assert set(statuses.values()) == {"done", "already"}
    assert statuses["SWITCH-01"] == "done"
    assert [host["host"] for item in report["items"] if item["id"] == "SWITCH-01" for host in item["hosts"]] == [
        "shop-db",
        "idc-app1",
        "idc-app2",
    ]
    assert "SWITCH-02" in first.stderr
    assert command("journal", "verify").returncode == 0

    second = command.phase()
    assert second.returncode == 0
    statuses = command.statuses()
    assert set(statuses.values()) == {"already", "skipped"}
    assert command.report()["epoch"] == 2


def test_a_rehearsal_predicts_and_touches_nothing(command: Command) -> None:
    done = command.phase("--check")
    assert done.returncode == 0, done.stderr
    assert command.world() == {}
    report = command.report()
    assert (report["outcome"], report["epoch"], report["promoted"]) == ("rehearsed", 0, "no")
    assert command.statuses()["SWITCH-02"] == "done"
    assert command.statuses()["AWS-04"] == "skipped"
    assert schema_problems(report) == []
    assert "items proven" not in done.stdout
    assert " of 14 items rehearsed, " in done.stdout
    assert ", 1 not asked for\n" in done.stdout
    assert f"Next: rollback-runner phase emergency -i {command.site} (without --check) carries it out\n" in done.stdout
    assert "would change SWITCH-02" in done.stderr


def test_a_rehearsal_that_failed_is_run_again_and_not_resumed(command: Command) -> None:
    command.scenario(sample="fail")
    done = command.phase("--check")
    assert done.returncode != 0
    again = f"rollback-runner phase emergency -i {command.site} --check"
    assert f"Next: clear what is named above, then the same command again: {again}\n" in done.stdout
    assert "resume" not in done.stdout


def test_a_failure_before_the_promotion_goes_back(command: Command) -> None:
    command.scenario(sample="fail")
    done = command.phase()
    assert done.returncode == 1
    report = command.report()
    assert schema_problems(report) == []
    assert (report["outcome"], report["promoted"]) == ("aborted", "no")
    assert [phase["name"] for phase in report["phases"]] == ["emergency", "abort"]
    assert command.world()["shop-db.rds_accounts"] == "open"
    statuses = command.statuses()
    assert statuses["IDC-04"] == "failed"
    assert statuses["SWITCH-02"] == "not_run"
    assert "sample broke on shop-db; mend it" in done.stdout


def test_stay_fenced_does_not_go_back(command: Command) -> None:
    command.scenario(sample="fail")
    done = command.phase("--stay-fenced")
    assert done.returncode == 1
    assert command.world()["shop-db.rds_accounts"] == "locked"
    assert command.report()["outcome"] == "unproven"
    back = command("abort", "-i", str(command.site), "--yes")
    assert back.returncode == 0, back.stderr
    assert command.world()["shop-db.rds_accounts"] == "open"


def test_a_failure_after_the_promotion_does_not_go_back(command: Command) -> None:
    command.scenario(lb="fail")
    done = command.phase()
    assert done.returncode == 1
    report = command.report()
    assert (report["outcome"], report["promoted"]) == ("unproven", "yes")
    assert command.world()["shop-db.rds_accounts"] == "locked"
    back = command("abort", "-i", str(command.site), "--yes")
    assert back.returncode == 3
    assert "no way back" in back.stderr
    command.scenario()
    on = command("resume", "-i", str(command.site), "--yes")
    assert on.returncode == 0, on.stderr
    assert command.statuses()["SWITCH-02"] == "done"
    assert command("resume", "-i", str(command.site), "--yes").returncode == 2


def test_a_refusing_gate_exits_3_and_nothing_was_touched(command: Command) -> None:
    command.scenario(idc_state="refuse")
    done = command.phase()
    assert done.returncode == 3
    assert command.world() == {}
    report = command.report()
    assert (report["outcome"], report["status"]) == ("refused", "refused")
    assert command.statuses()["IDC-01"] == "refused"
    assert len(report["phases"]) == 1


def test_what_a_rescue_caught_counts_as_failed(command: Command) -> None:
    command.scenario(dns="fail")
    done = command.phase()
    assert done.returncode == 1
    statuses = command.statuses()
    assert statuses["SWITCH-03"] == "failed"
    assert statuses["SWITCH-05"] == "already"


def test_secrets_are_nowhere_in_the_record(command: Command) -> None:
    command.scenario(sample="leak")
    done = command.phase()
    assert done.returncode == 1
    assert "[secret removed]" in json.dumps(command.report())
    everything = done.stdout + done.stderr
    for path in (command.home / "runs").rglob("*"):
        if path.is_file() and not path.is_symlink():
            everything += path.read_text(encoding="utf-8", errors="replace")
    assert [value for value in VALUES if value in everything] == []


def test_a_plugin_that_breaks_is_a_failure(command: Command) -> None:
    (command.home / "world.json").write_text("{", encoding="utf-8")
    done = command.phase()
    assert done.returncode == 1
    assert command.report()["status"] == "failed"
