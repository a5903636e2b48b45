"""Whatever cuts a run short: it is named, nothing of it keeps running, and `resume` gets to the same end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from failback import journal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from installed_command import Command

PAGE = 4096  # bytes a file on a tmpfs grows by
SHORTEST_LINE = 150  # bytes of a journal's line that says nothing


def left_over(command: Command) -> list[int]:
    """Find processes of any run of this home."""
    mark = f"RR_RUN_DIR={command.home}".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def wait_for_intent(command: Command, act: str, process: subprocess.Popen[str]) -> None:
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        journal = command.home / "runs" / "latest" / "journal.jsonl"
        if journal.exists() and f'"kind":"intent","act":"{act}"' in journal.read_text(encoding="utf-8"):
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    pytest.fail(f"{act} was never announced")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_run_and_names_what_is_unfinished(command: Command, number: signal.Signals) -> None:
    command.scenario(rds_final="hang")
    process = command.start()
    wait_for_intent(command, "set rds_final", process)
    process.send_signal(number)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert left_over(command) == []
    report = command.report()
    assert (report["outcome"], report["exit_code"]) == ("interrupted", 130)
    assert report["stopped_at"] == "AWS-03 | Record FINAL"
    assert [act["act"] for act in report["unfinished_acts"]] == ["set rds_final"]
    assert "rollback-runner resume" in out
    assert command.world()["shop-db.rds_accounts"] == "locked"
    kinds = [json.loads(line)["kind"] for line in (command.home / "runs/latest/journal.jsonl").read_text().splitlines()]
    assert "interrupted" in kinds

    command.scenario()
    on = command("resume", "-i", str(command.site), "--yes")
    assert on.returncode == 0, on.stderr
    assert command.statuses()["AWS-03"] == "done"
    assert command.statuses()["AWS-01"] == "already"


def test_a_signal_stops_the_recording_of_the_baseline(command: Command) -> None:
    command.scenario(recorded="hang")
    process = subprocess.Popen(
        command.argv("baseline", "-i", str(command.site)),
        env=command.environment,
        cwd=command.home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    limit = time.monotonic() + 60
    while not any('"kind":"intent"' in path.read_text() for path in command.home.glob("baseline-runs/*/journal.jsonl")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < limit
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert "Interrupted; what is recorded is whole" in out
    assert left_over(command) == []

    command.scenario()
    assert command("baseline", "-i", str(command.site)).returncode == 0


def test_killed_and_resumed(command: Command) -> None:
    command.scenario(rds_final="hang")
    process = command.start()
    wait_for_intent(command, "set rds_final", process)
    process.kill()
    process.communicate(timeout=120)

    again = command.phase()
    assert again.returncode == 5
    assert "that process is gone" in again.stderr
    assert "rollback-runner resume" in again.stderr
    shown = command("status", "--lang", "en")
    assert "Stopped during: AWS-03 | Record FINAL" in shown.stdout
    assert "set rds_final" in shown.stdout

    command.scenario()
    on = command("resume", "-i", str(command.site), "--yes")
    assert on.returncode == 0, on.stderr
    assert left_over(command) == []
    report = command.report()
    assert (report["epoch"], report["outcome"]) == (2, "proven")
    assert list((command.home / "runs").rglob("command")) == []


def test_a_stale_runner_must_not_act(command: Command) -> None:
    command.scenario(rds_final="until taken over")
    process = command.start()
    wait_for_intent(command, "set rds_final", process)
    taken = command.phase("--break-lock", "the first one hangs")
    process.communicate(timeout=120)
    assert taken.returncode == 0, taken.stderr
    assert process.returncode != 0
    assert left_over(command) == []


def test_a_held_lock_is_named_and_left_alone(command: Command) -> None:
    command.scenario(rds_final="slow8")
    process = command.start()
    wait_for_intent(command, "set rds_final", process)
    second = command.phase()
    assert second.returncode == 5
    assert "is locked by" in second.stderr
    assert f"pid {process.pid}" in second.stderr
    assert "--break-lock" in second.stderr
    rehearsal = command.phase("--check")
    assert rehearsal.returncode == 0
    process.communicate(timeout=120)
    assert process.returncode == 0


@pytest.fixture
def tiny_disk(command: Command) -> Iterator[Path]:
    """Mount a disk of 1 MiB where the runs go; needs root."""
    runs = command.home / "runs"
    runs.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(runs)], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("mounting a tmpfs needs root")
    yield runs
    subprocess.run(["umount", "-l", str(runs)], check=True)


def fill(directory: Path, leave: int) -> Path:
    """Fill the disk up to `leave` bytes."""
    path = directory / "filler"
    free = os.statvfs(directory).f_bavail * os.statvfs(directory).f_frsize
    with path.open("wb") as stream:
        stream.write(b"x" * max(0, free - leave))
    return path


def fill_the_page(path: Path) -> None:
    """Leave no line's room in the page the journal's end lies in: a full disk still lets a file fill its last one."""
    left = PAGE - path.stat().st_size % PAGE
    if left > 2 * SHORTEST_LINE:
        journal.append(path, "note", text="x" * (left - 2 * SHORTEST_LINE))


def test_a_full_disk_is_found_before_anything_is_done(command: Command, tiny_disk: Path) -> None:
    fill(tiny_disk, 64 * 1024)
    done = command.phase()
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert "nothing was done" in done.stderr
    assert command.world() == {}


def test_a_disk_that_fills_during_the_run_loses_nothing_of_the_record(command: Command, tiny_disk: Path) -> None:
    command.scenario(rds_accounts="slow3")
    process = command.start()
    wait_for_intent(command, "set rds_accounts", process)
    fill_the_page(tiny_disk / "latest" / "journal.jsonl")
    fill(tiny_disk, 0)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, (out, err)
    assert command("journal", "verify").returncode == 0
    entries = [json.loads(line) for line in (tiny_disk / "latest" / "journal.jsonl").read_text().splitlines()]
    done = {entry["fact"] for entry in entries if entry["kind"] == "intent"}
    assert done == {key.partition(".")[2] for key in command.world()}
    assert len([1 for entry in entries if entry["kind"] == "outcome" and entry["ok"]]) == len(command.world())
