"""A phase played by plain ansible-playbook, as AWX does, keeps the same record as under our command."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from failback import journal, lock

if TYPE_CHECKING:
    from pathlib import Path

    from project import Job


def test_a_good_run_is_recorded_proven_and_handed_over(job: Job) -> None:
    done = job("emergency", "-e", '{"awx_job_id": 42, "awx_user_name": "kim", "rr_reason": "drill"}')
    assert done.returncode == 0, done.stdout + done.stderr
    report = job.report()
    assert (report["outcome"], report["exit_code"], report["status"]) == ("proven", 0, "done")
    assert report["strategy"] == "switch-first"
    assert report["promoted"] == "yes"
    assert report["epoch"] == 1
    assert {name: status for name, status in job.statuses().items() if status not in {"done", "already"}} == {
        "AWS-04": "skipped"
    }
    assert journal.verify(job.latest / "journal.jsonl") == []
    kinds = job.kinds()
    assert kinds[:2] == ["begin", "leg_began"]
    assert kinds[-2:] == ["leg", "end"]
    assert kinds.count("intent") == kinds.count("outcome") > 3
    held = job.lock()
    assert (held["held"], held["reason"]) == (False, "emergency, AWX job 42, drill")
    assert (job.latest / "report.md").stat().st_size > 0
    handed = json.loads((job.latest / "handover.json").read_text(encoding="utf-8"))
    assert (handed["run"], handed["status"], handed["proven"]) == (job.latest.name, "done", True)
    # What the last play does is no part of what is judged.
    assert not [row for row in report["failures"] if "proven" in row["task"]]


@pytest.mark.long
def test_what_is_done_is_seen_the_second_time(job: Job) -> None:
    assert job().returncode == 0
    assert job().returncode == 0
    assert set(job.statuses().values()) <= {"already", "skipped"}
    assert job.report()["epoch"] == 2


@pytest.mark.long
def test_artifacts_are_those_of_set_stats(job: Job) -> None:
    job.environment["ANSIBLE_SHOW_CUSTOM_STATS"] = "1"
    done = job()
    assert done.returncode == 0
    for name in ("rr_run", "rr_status", "rr_plan_digest", "rr_report"):
        assert f'"{name}"' in done.stdout or f"{name}:" in done.stdout, done.stdout[-2000:]


@pytest.mark.long
def test_a_failed_task_fails_the_job_and_the_report_is_there(job: Job) -> None:
    job.scenario(idc_container="fail")
    done = job()
    assert done.returncode == 2, done.stdout
    report = job.report()
    assert (report["outcome"], report["exit_code"]) == ("unproven", 1)
    assert job.statuses()["IDC-02"] == "failed"
    assert "mend it and try again" in json.dumps(report["failures"])
    assert not job.lock()["held"]
    assert job.kinds()[-1] == "end"


def test_a_failure_after_the_fence_goes_back_as_the_command_does(job: Job) -> None:
    job.scenario(sample="fail")
    done = job()
    assert done.returncode == 2, done.stdout
    report = job.report()
    assert report["outcome"] == "aborted", done.stdout
    assert [phase["name"] for phase in report["phases"]] == ["emergency", "abort"]
    assert not job.lock()["held"]


@pytest.mark.long
def test_who_wants_to_stay_fenced_stays(job: Job) -> None:
    job.scenario(sample="fail")
    assert job("emergency", "-e", "rr_stay_fenced=true").returncode == 2
    assert [phase["name"] for phase in job.report()["phases"]] == ["emergency"]
    assert job.report()["outcome"] == "unproven"


def test_a_rescued_task_ends_the_job_red_with_a_sentence(job: Job) -> None:
    job.scenario(dns="fail")
    done = job()
    assert done.returncode == 2, done.stdout
    assert "is not proven (failed): SWITCH-03 is failed" in done.stdout.replace("\n", " ")
    report = job.report()
    assert job.statuses()["SWITCH-03"] == "failed"
    assert [row["task"] for row in report["failures"]] == ["Point the names at IDC"]
    assert report["promoted"] == "yes"


@pytest.mark.long
def test_an_unreachable_host_is_named(job: Job, tmp_path: Path) -> None:
    job = _with_a_host_that_is_gone(job, tmp_path)
    done = job()
    assert done.returncode != 0
    failed = job.report()["failures"]
    assert {(row["host"], row["status"]) for row in failed} == {("idc-app1", "unreachable")}
    assert job.statuses()["IDC-03"] == "unreachable"


def test_a_limit_cannot_make_a_job_green(job: Job) -> None:
    done = job("emergency", "--limit", "databases")
    assert done.returncode == 2, done.stdout
    assert "is not proven (not_run)" in done.stdout.replace("\n", " ")
    assert job.report()["outcome"] != "proven"


def test_tags_that_leave_the_last_play_out_cannot_either(job: Job) -> None:
    done = job("emergency", "--tags", "nothing-of-ours")
    assert done.returncode == 1, done.stdout
    assert "not proven, though no task failed" in (done.stderr + done.stdout).replace("\n", " ")
    assert job.report()["outcome"] != "proven"


@pytest.mark.long
def test_a_rehearsal_takes_no_lock_and_touches_nothing(job: Job) -> None:
    done = job("emergency", "--check", "--diff")
    assert done.returncode == 0, done.stdout + done.stderr
    assert job.report()["outcome"] == "rehearsed"
    assert job.world() == {}
    assert not (job.home / "runs" / "locks" / "pretend.lock").exists()


@pytest.mark.long
def test_a_gate_that_says_no_is_a_refusal(job: Job) -> None:
    job.scenario(idc_state="refuse")
    assert job().returncode == 2
    report = job.report()
    assert (report["outcome"], report["exit_code"]) == ("refused", 3)


@pytest.mark.long
def test_secrets_are_in_no_file_of_the_record(job: Job) -> None:
    job.scenario(idc_container="leak")
    assert job().returncode == 2
    for path in job.latest.rglob("*"):
        if path.is_file():
            assert "value-of-idc-4711" not in path.read_text(encoding="utf-8", errors="replace"), path


@pytest.mark.parametrize(
    ("orders", "code", "words"),
    [
        (["-e", "rr_confirm_site=other"], 3, "confirms the site other"),
        (["-e", "rr_strategy=sideways"], 2, "There is no strategy sideways"),
        pytest.param(["-e", "rr_strategy=stop-first"], 2, "has no leg emergency.yml", marks=pytest.mark.long),
        pytest.param(["-e", "rr_stay_fenced=perhaps"], 2, "must be true or false", marks=pytest.mark.long),
        pytest.param(["-i", "other,"], 2, "2 inventories", marks=pytest.mark.long),
    ],
)
def test_bad_orders_end_the_play_before_its_first_task(job: Job, orders: list[str], code: int, words: str) -> None:
    done = job("emergency", *orders)
    assert done.returncode == code, done.stdout + done.stderr
    assert words in done.stderr.replace("\n", " ")
    assert "TASK" not in done.stdout
    assert job.world() == {}


def test_under_our_command_the_callback_does_nothing(job: Job) -> None:
    """It lies beside the playbook, so Ansible loads it there too: one run, one record, one lock, no word twice."""
    done = subprocess.run(
        [sys.executable, "-m", "rollback_runner", "phase", "emergency", "-i", "inventories/pretend", "--yes"],
        cwd=job.place,
        env=job.variables | {"PYTHONPATH": str(job.place)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [path.name for path in (job.home / "runs").glob("2*")] == [job.latest.name]
    assert (job.report()["epoch"], job.report()["outcome"]) == (1, "proven")
    assert not (job.latest / "handover.json").exists()
    events = (job.latest / "events.jsonl").read_text(encoding="utf-8").splitlines()
    own = [json.loads(line) for line in events if "record_verdict" in line and "runner_on_ok" in line]
    assert [one["event_data"]["res"]["msg"] for one in own] == ["the command judges this run itself"]
    assert len([line for line in events if '"playbook_on_stats"' in line]) == 1


def test_a_site_that_is_locked_is_left_alone(job: Job) -> None:
    path = job.home / "runs" / "locks" / "pretend.lock"
    lock.acquire(path, site="pretend", reason="somebody else", run="r0")
    done = job()
    assert done.returncode == 5, done.stdout + done.stderr
    assert "somebody else" in done.stderr
    assert "TASK" not in done.stdout
    assert job.world() == {}
    done = job("emergency", "-e", '{"rr_break_lock": "kim said so"}')
    assert done.returncode == 0, done.stderr
    log = (path.parent / "pretend.lock.log.jsonl").read_text(encoding="utf-8")
    assert "kim said so" in log


@pytest.mark.long
def test_a_record_that_cannot_be_kept_keeps_the_play_from_beginning(job: Job) -> None:
    (job.home / "runs").write_text("no directory\n", encoding="utf-8")
    done = job()
    assert done.returncode == 1, done.stdout
    assert "TASK" not in done.stdout
    assert job.world() == {}


def test_without_a_record_nothing_acts(job: Job) -> None:
    job.environment = {}
    done = job()
    assert done.returncode == 2
    assert "nobody keeps the record of this run" in done.stdout.replace("\n", " ")
    assert job.world() == {}
    assert not (job.home / "runs").exists()


@pytest.mark.long
def test_without_a_record_nothing_is_called_proven(job: Job) -> None:
    job.environment = {}
    done = job("prepare")
    assert done.returncode == 2, done.stdout
    assert "nothing can be said of it" in done.stdout.replace("\n", " ")


def test_the_container_of_a_job_is_no_place_for_a_record(job: Job) -> None:
    awx = {"JOB_ID": "42", "AWX_HOST": "https://awx.example.org"}
    job.environment = {**awx, "RR_HOME": "", "TMPDIR": str(job.home)}
    done = job()
    assert done.returncode == 3, done.stdout + done.stderr
    assert "would vanish with its container" in done.stderr.replace("\n", " ")
    assert "TASK" not in done.stdout


def _with_a_host_that_is_gone(job: Job, tmp_path: Path) -> Job:
    place = tmp_path / "project"
    shutil.copytree(job.place, place)
    folder = place / "inventories" / "pretend" / "host_vars"
    folder.mkdir()
    gone = "ansible_connection: ssh\nansible_host: 127.0.0.1\nansible_port: 1\n"
    (folder / "idc-app1.yml").write_text(f"---\n{gone}", encoding="utf-8")
    path = place / "playbooks" / "emergency.yml"
    before = "    - name: IDC-03 | Check that IDC MySQL answers\n"
    asks = (
        "    - name: IDC-03 | Read the clock of the host\n      ansible.builtin.raw: date\n      changed_when: false\n"
    )
    path.write_text(path.read_text(encoding="utf-8").replace(before, asks + before), encoding="utf-8")
    return replace(job, place=place)
