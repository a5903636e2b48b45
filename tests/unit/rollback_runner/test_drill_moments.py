from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

import pytest

from rollback_runner.drill import moments
from rollback_runner.drill.scenarios import Moment
from rollback_runner.errors import RunnerError

if TYPE_CHECKING:
    from pathlib import Path

HOLD = Moment("Hold new requests", "rds_dead")
LATER = Moment("Promote", "idc_dead")
# Stands in for the lab's command: says that it is ready, and writes the fault's name down when a line comes.
SCRIPT = """import sys
sys.stdout.write("ready\\n"); sys.stdout.flush()
if sys.stdin.readline():
    open({done!r}, "a").write(sys.argv[2] + "\\n")
    sys.exit({code})
"""


def lab(tmp_path: Path, code: int = 0) -> tuple[str, str]:
    script = tmp_path / "lab.py"
    script.write_text(SCRIPT.format(done=str(tmp_path / "done"), code=code))
    return sys.executable, str(script)


def task(name: str) -> str:
    return json.dumps({"kind": "task", "task": name})


def journal(home: Path, run: str) -> Path:
    place = home / "runs" / run
    place.mkdir(parents=True)
    return place / "journal.jsonl"


def until_done(fault: moments.Fault) -> None:
    limit = time.monotonic() + 60
    while not fault.done:
        assert time.monotonic() < limit, "the fault never came"
        time.sleep(0.01)


def test_a_fault_comes_when_its_task_begins_in_the_new_run_and_once(tmp_path: Path) -> None:
    journal(tmp_path, "20260101T000000Z-lab-emergency").write_text(task("SWITCH-02 | Hold new requests") + "\n")
    with moments.watched(tmp_path, [HOLD, LATER], lab(tmp_path)) as faults:
        new = journal(tmp_path, "20260102T000000Z-lab-emergency")
        lines = [task(name) for name in ("AWS-01 | Check", "SWITCH-02 | Hold new requests until", "Hold new requests")]
        new.write_text("\n".join(lines) + "\n")
        until_done(faults[0])
    assert [fault.done for fault in faults] == [True, False]
    assert (tmp_path / "done").read_text() == "rds_dead\n"


def test_nothing_to_do_starts_nothing(tmp_path: Path) -> None:
    with moments.watched(tmp_path, [], lab(tmp_path)) as faults:
        assert faults == []


def test_a_fault_that_fails_is_told(tmp_path: Path) -> None:
    def watch() -> None:
        with moments.watched(tmp_path, [HOLD], lab(tmp_path, code=1)) as faults:
            journal(tmp_path, "20260102T000000Z-lab-emergency").write_text(task("Hold new requests") + "\n")
            until_done(faults[0])

    with pytest.raises(RunnerError, match="The fault rds_dead could not be done at 'Hold new requests'"):
        watch()


def test_a_fault_that_cannot_be_made_ready_is_told_before_anything_begins(tmp_path: Path) -> None:
    with (
        pytest.raises(RunnerError, match="The fault rds_dead cannot be made ready"),
        moments.watched(tmp_path, [HOLD], (sys.executable, "-c", "")),
    ):
        pytest.fail("it must not begin")


@pytest.mark.parametrize(
    ("line", "begun"),
    [
        (task("SWITCH-02 | Hold new requests until those in flight have ended"), True),
        (json.dumps({"kind": "intent", "task": "Hold new requests"}), False),
        (task("Promote"), False),
        ('{"kind": "task", "ta', False),
    ],
)
def test_only_the_beginning_of_a_task_counts(line: str, begun: bool) -> None:  # noqa: FBT001 - a case's outcome
    assert moments.begins(line, HOLD) is begun


def test_a_line_that_is_being_written_waits_for_its_end(tmp_path: Path) -> None:
    place = tmp_path / "journal.jsonl"
    place.write_text("one\nhal")
    lines, read = moments._new_lines(place, 0)
    assert lines == ["one"]
    place.write_text("one\nhalf\n")
    assert moments._new_lines(place, read) == (["half"], 9)
