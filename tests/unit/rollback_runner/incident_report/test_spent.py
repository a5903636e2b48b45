"""Deciding, acting and proving: every second counts once, and they add up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from incident_made import moment

from rollback_runner.record import spent
from rollback_runner.record.seen import TaskSeen
from rollback_runner.record.timeline_words import seconds_of

BASE = seconds_of(moment(0))


def task(name: str, ended: float, seconds: float, outcome: str = "ok", host: str = "a") -> TaskSeen:
    ids = (name.partition(" | ")[0],)
    return TaskSeen("result", moment(ended), name=name, ids=ids, host=host, outcome=outcome, seconds=seconds)  # type: ignore[arg-type]


def test_what_runs_side_by_side_counts_once() -> None:
    seen = [task("AWS-01 | Check", 10, 10, host=host) for host in "abc"]
    assert spent.of_leg((BASE, BASE + 20), seen, []) == (0, 0, 10, 10)


def test_an_act_is_acting_and_the_rest_of_its_task_proves() -> None:
    seen = [task("AWS-01 | Close it", 10, 10)]
    assert spent.of_leg((BASE, BASE + 10), seen, [(BASE + 2, BASE + 5)]) == (0, 3, 7, 0)


def test_a_task_that_changed_something_is_acting_and_a_persons_item_deciding() -> None:
    seen = [task("DATA-03 | Restore", 10, 4, "changed"), task("TEAM-01 | Wait", 5, 5)]
    assert spent.of_leg((BASE, BASE + 10), seen, []) == (5, 4, 0, 1)


def test_a_skipped_task_takes_no_time() -> None:
    assert spent.of_leg((BASE, BASE + 5), [task("AWS-01 | Check", 5, 5, "skipped")], []) == (0, 0, 0, 5)


@given(
    st.lists(st.tuples(st.sampled_from(["AWS-01", "TEAM-01"]), st.floats(0, 40), st.floats(0, 20),
                       st.sampled_from(["ok", "changed", "failed"])), max_size=12),
    st.lists(st.tuples(st.floats(0, 40), st.floats(0, 10)), max_size=6),
)  # fmt: skip
def test_the_parts_always_add_up(tasks: list[tuple[str, float, float, str]], acts: list[tuple[float, float]]) -> None:
    seen = [task(f"{name} | Do", ended, seconds, outcome) for name, ended, seconds, outcome in tasks]
    span = (BASE, BASE + 30)
    parts = spent.of_leg(span, seen, [(BASE + at, BASE + at + length) for at, length in acts])
    assert all(part >= 0 for part in parts)
    assert abs(sum(parts) - 30) < 1e-3
