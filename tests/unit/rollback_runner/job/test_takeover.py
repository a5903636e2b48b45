"""The lock of an AWX job is taken by itself only once AWX calls the job over and its holder gives no sign of life."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from failback import awx_api, lock

from rollback_runner.job import takeover
from rollback_runner.record import store

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
LONG_AGO, A_MINUTE_AGO, JUST_NOW = "2026-03-01T11:00:00Z", "2026-03-01T11:59:00Z", "2026-03-01T11:59:01Z"


class Awx:
    """Answers with one status, and notes what it was asked."""

    def __init__(self, status: str) -> None:
        self.status = status
        self.asked: list[str] = []

    def get(self, path: str) -> dict[str, Any]:
        self.asked.append(path)
        return {"status": self.status}


@pytest.fixture
def awx(monkeypatch: pytest.MonkeyPatch) -> Awx:
    made = Awx("error")
    monkeypatch.setattr(awx_api.Api, "of", classmethod(lambda _cls, *_args: made))
    return made


def held(home: Path, *, job: int = 900, beat: str = LONG_AGO, time: str = LONG_AGO, reason: str = "emergency") -> None:
    path = store.lock_path(home, "shop")
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {"site": "shop", "epoch": 5, "held": True, "holder": "awx", "host": "pod", "pid": 47, "started": "x:1"}
    told |= {"time": time, "reason": reason, "run": "r5", "foreign": True, "beat": beat, "job": job}
    path.write_text(json.dumps(told))


@pytest.mark.parametrize("beat", [LONG_AGO, A_MINUTE_AGO, ""])
def test_a_job_that_is_over_and_quiet_is_taken_over(tmp_path: Path, awx: Awx, beat: str) -> None:
    held(tmp_path, beat=beat)
    assert takeover.reason(tmp_path, "shop", NOW) == "AWX job 900 of run r5 is over (error)"
    assert awx.asked == ["jobs/900/"]
    awx.status = "running"
    assert takeover.reason(tmp_path, "shop", NOW) is None


def test_what_somebody_wrote_into_a_reason_names_no_job(tmp_path: Path, awx: Awx) -> None:
    held(tmp_path, job=0, reason="AWX job 412 broke the checkout")
    assert takeover.reason(tmp_path, "shop", NOW) is None
    assert awx.asked == []


@pytest.mark.parametrize(
    ("beat", "time"),
    [(JUST_NOW, LONG_AGO), ("2026-03-01T12:05:00Z", LONG_AGO), ("not a time", LONG_AGO), ("", JUST_NOW)],
)
def test_a_job_that_awx_lost_but_that_still_lives_is_left_alone(tmp_path: Path, awx: Awx, beat: str, time: str) -> None:
    held(tmp_path, beat=beat, time=time)
    assert takeover.reason(tmp_path, "shop", NOW) is None
    assert awx.asked == []


def test_the_number_of_the_job_stands_in_the_lock(tmp_path: Path) -> None:
    taken = lock.acquire(tmp_path / "shop.lock", site="shop", reason="emergency", run="r1", job=900)
    assert (lock.read(tmp_path / "shop.lock") or taken).job == 900
    lock.release(tmp_path / "shop.lock", taken.epoch)
    lock.acquire(tmp_path / "shop.lock", site="shop", reason="emergency", run="r2")
    assert '"job"' not in (tmp_path / "shop.lock").read_text()
