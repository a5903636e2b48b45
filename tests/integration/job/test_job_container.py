"""A job of AWX in a container that is thrown away: its secrets come as files of AWX, its record stays at the store."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from failback import journal
from project import SECRETS, Job

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.long


def in_a_container(job: Job, tmp_path: Path, name: str) -> Job:
    """Nothing of the host but the project, the credentials' files, and the store's address."""
    container = tmp_path / name
    container.mkdir()
    files = {f"RR_FILE_{one.upper().replace('-', '_')}": str(job.home / "secrets" / one) for one in SECRETS}
    awx = {"JOB_ID": "42", "AWX_HOST": "https://awx.example.org", "RR_HOME": "", "HOME": str(container)}
    store = {"RR_STORE": f"file://{tmp_path}/store", "TMPDIR": str(container)}
    return Job(job.place, container, {**awx, **files, **store})


def test_the_record_outlives_the_container_and_the_next_job_goes_on_from_it(job: Job, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    first = in_a_container(job, tmp_path, "one")
    done = first()
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (first.home / "runs").exists()  # its home was a directory of its own in there
    shutil.rmtree(first.home)
    reports = sorted((tmp_path / "store").rglob("report.json"))
    assert len(reports) == 1, [str(path) for path in (tmp_path / "store").rglob("*")]
    report = json.loads(reports[0].read_text(encoding="utf-8"))
    assert (report["outcome"], report["epoch"]) == ("proven", 1)
    assert journal.verify(reports[0].with_name("journal.jsonl")) == []

    second = in_a_container(job, tmp_path, "two")
    done = second()
    assert done.returncode == 0, done.stdout + done.stderr
    found = [json.loads(path.read_text(encoding="utf-8")) for path in (tmp_path / "store").rglob("report.json")]
    assert sorted(one["epoch"] for one in found) == [1, 2]
    homes = list(second.home.glob("rollback-runner-*"))
    assert len(list((homes[0] / "runs").glob("2*"))) == 2  # what the site has was brought here first


def test_a_store_that_is_silent_keeps_a_job_from_acting(job: Job, tmp_path: Path) -> None:
    silent = in_a_container(job, tmp_path, "one")
    (tmp_path / "store").write_text("no directory\n", encoding="utf-8")
    done = silent()
    assert done.returncode not in {0, 2}, done.stdout
    assert "TASK" not in done.stdout
    assert not list(silent.home.glob("rollback-runner-*/world.json"))
