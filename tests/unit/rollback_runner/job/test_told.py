"""What a callback is told reads as what ansible-runner says: one parser serves both."""

from __future__ import annotations

from rollback_runner.job.told import Task, Teller
from rollback_runner.record.events import parse_event

TASK = Task(
    "u1", "AWS-02 | Wait until open transactions have ended", "mysql_settle", "rds", "/roles/rds/tasks/fence.yml:9"
)


def test_a_play_as_events() -> None:
    teller = Teller("emergency")
    raw = [
        teller.play("Move the writer"),
        teller.task(TASK),
        teller.started(TASK, "shop-db"),
        teller.retry(TASK, "shop-db", {"attempts": 1, "retries": 3}),
        teller.result("ok", TASK, "shop-db", {"changed": True, "evidence": {"open": 0}}),
        teller.end(),
    ]
    seen = [event for one in raw for event in parse_event(one)]
    assert [event.kind for event in seen] == ["play", "task", "started", "retry", "result", "end"]
    result = seen[4]
    assert (result.ids, result.host, result.outcome) == (("AWS-02",), "shop-db", "changed")
    assert (result.play, result.sentence) == ("Move the writer", "Wait until open transactions have ended")
    assert result.evidence == {"evidence": {"open": 0}}
    assert result.seconds >= 0
    assert {one["runner_ident"] for one in raw} == {"emergency"}
    assert all(one["created"].endswith("+00:00") for one in raw)


def test_what_answers_for_the_record_is_no_part_of_it() -> None:
    teller = Teller("emergency")
    own = Task("u2", "Check that all of it is proven", "record_verdict")
    for raw in (teller.task(own), teller.result("failed", own, "localhost", {"failed": True, "msg": "no"})):
        assert list(parse_event(raw)) == []
