"""A job that is ended from outside: its record says where, its lock does not stay in the way, and it goes on."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from failback import journal
from project import left_over

if TYPE_CHECKING:
    from project import Job


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.long)])
def test_a_signal_closes_the_record_and_the_lock(job: Job, number: signal.Signals) -> None:
    job.scenario(rds_final="hang")
    process = job.start()
    job.wait_for("set rds_final", process)
    process.send_signal(number)
    said, _ = process.communicate(timeout=60)
    assert process.returncode != 0, said
    report = job.report()
    assert (report["outcome"], report["exit_code"]) == ("interrupted", 130), said
    assert report["stopped_at"] == "AWS-03 | Record FINAL"
    assert [act["act"] for act in report["unfinished_acts"]] == ["set rds_final"]
    assert not job.lock()["held"]
    assert journal.verify(job.latest / "journal.jsonl") == []
    assert "interrupted" in job.kinds()
    assert left_over(job.home) == []

    job.scenario()
    done = job()
    assert done.returncode == 0, done.stdout + done.stderr
    assert job.statuses()["AWS-01"] == "already"
    assert job.statuses()["AWS-03"] == "done"


@pytest.mark.long
def test_a_job_that_was_killed_goes_on_when_it_is_played_again(job: Job) -> None:
    job.scenario(rds_final="hang")
    process = job.start()
    job.wait_for("set rds_final", process)
    killed = job.latest
    os.killpg(process.pid, signal.SIGKILL)  # as a container ends: nothing gets to say a word
    for pid in left_over(job.home):
        os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=60)
    assert job.lock()["held"]
    assert not (killed / "report.json").exists()

    job.scenario()
    done = job()
    assert done.returncode == 0, done.stdout + done.stderr
    assert job.latest != killed
    assert job.report()["epoch"] == 2
    log = (job.home / "runs/locks/pretend.lock.log.jsonl").read_text(encoding="utf-8")
    assert f"of run {killed.name} is gone" in log
