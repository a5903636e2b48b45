"""A job of AWX in a container that is thrown away: its secrets come as files of AWX, its record stays at the store."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
from failback import journal
from failback.store import open_store
from project import SECRETS, Job, left_over

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

_T = TypeVar("_T")

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
    open_store(f"file://{tmp_path}/store", "pretend").init(b"{}")
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


def test_a_job_whose_record_does_not_reach_the_store_never_ends_green(job: Job, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    open_store(f"file://{tmp_path}/store", "pretend").init(b"{}")
    one = in_a_container(job, tmp_path, "one")
    process = one.start()
    home = _until(process, lambda: list(one.home.glob("rollback-runner-*/runs/locks")))[0].parents[1]
    Job(job.place, home).scenario(idc_writable="hang")
    # The act that opens IDC is announced at the store and hangs; then the store goes, and the run goes on without it.
    hanging = _until(process, lambda: [pid for pid in left_over(home) if _name(pid) == "sleep"])
    (tmp_path / "store").rename(tmp_path / "away")
    os.kill(hanging[0], signal.SIGKILL)
    said = process.communicate(timeout=120)[0]
    assert json.loads(next((home / "runs").glob("2*/report.json")).read_text(encoding="utf-8"))["outcome"] == "proven"
    assert process.returncode not in {0, 2}, said
    assert "vanishes with its container" in said


def _until(process: subprocess.Popen[str], look: Callable[[], list[_T]]) -> list[_T]:
    """Wait until a job has come so far that something is found."""
    limit = time.monotonic() + 60
    while not (found := look()):
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < limit
        time.sleep(0.01)
    return found


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except OSError:
        return ""
