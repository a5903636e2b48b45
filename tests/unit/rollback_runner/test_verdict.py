from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback_runner.errors import Exit
from rollback_runner.record.seen import Step, TaskSeen
from rollback_runner.record.verdict import (
    NOT_REHEARSED,
    ORDER,
    PASSED,
    Expected,
    exit_code,
    failures,
    judge,
    phase_status,
    stopped_by_a_gate,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rollback_runner.record.seen import Outcome
    from rollback_runner.record.verdict import ItemVerdict, Status

EXPECTED = (
    Expected("IDC-01", ("shop-db",)),
    Expected("IDC-04", ("shop-db",)),
    Expected("AWS-04", ("shop-db",), "not asked for: aws_network_fence is none"),
    Expected("SWITCH-01", ("shop-db", "idc-app1", "idc-app2")),
    Expected("SWITCH-02", ("idc-lb1", "aws-lb1")),
    Expected("SWITCH-03", ("shop",)),
)


def statuses(found: Sequence[ItemVerdict]) -> dict[str, Status]:
    return {item.id: item.status for item in found}


def seen(host: str, outcome: Outcome, name: str = "A-01 | Do it", message: str = "") -> TaskSeen:
    return TaskSeen("result", "t", "play", name, ("A-01",), host, outcome, 1.0, message)


STEPS = (
    Step("play", "Do it", ("A-01",)),
    Step("play", "Look at it", ("A-01",)),
    Step("play", "Mend", ("A-01",), optional=True),
)


def test_a_good_run(recorded: Callable[[str], list[TaskSeen]], steps: tuple[Step, ...]) -> None:
    found = judge(EXPECTED, steps, recorded("success"))
    assert statuses(found) == {
        "IDC-01": "already",
        "IDC-04": "already",
        "AWS-04": "skipped",
        "SWITCH-01": "done",
        "SWITCH-02": "done",
        "SWITCH-03": "done",
    }
    assert failures(recorded("success")) == ()
    assert phase_status(found, (), {"AWS-04"}) == "done"
    assert phase_status(found, ()) == "skipped"


def test_a_gate_that_refuses(recorded: Callable[[str], list[TaskSeen]], steps: tuple[Step, ...]) -> None:
    found = judge(EXPECTED, steps, recorded("refused"))
    assert statuses(found)["IDC-01"] == "refused"
    assert statuses(found)["SWITCH-02"] == "not_run"
    status = phase_status(found, failures(recorded("refused")), {"AWS-04"})
    assert (status, exit_code(status)) == ("refused", Exit.REFUSED)


def test_a_failure_in_the_middle(recorded: Callable[[str], list[TaskSeen]], steps: tuple[Step, ...]) -> None:
    found = judge(EXPECTED, steps, recorded("failed_before_promotion"))
    assert statuses(found)["IDC-04"] == "failed"
    assert statuses(found)["SWITCH-01"] == "not_run"
    assert phase_status(found, failures(recorded("failed_before_promotion"))) == "failed"


def test_a_rescued_failure_is_a_failure(recorded: Callable[[str], list[TaskSeen]], steps: tuple[Step, ...]) -> None:
    found = judge(EXPECTED, steps, recorded("rescued"))
    assert statuses(found)["SWITCH-03"] == "failed"
    assert phase_status(found, failures(recorded("rescued"))) == "failed"


def test_an_empty_group_is_not_run() -> None:
    (item,) = judge([Expected("A-01", ())], STEPS, [])
    assert (item.status, item.reason) == ("not_run", "no host of this site carries it out")


def test_an_item_without_a_task_is_not_run() -> None:
    (item,) = judge([Expected("A-01", ("h",))], [], [])
    assert (item.status, item.reason) == ("not_run", "no task carries this item out")


def test_a_host_without_a_result_is_not_run() -> None:
    events = [seen("h1", "ok"), seen("h1", "ok", "A-01 | Look at it")]
    (item,) = judge([Expected("A-01", ("h1", "h2"))], STEPS, events)
    assert item.status == "not_run"
    assert [host.status for host in item.hosts] == ["already", "not_run"]


def test_an_item_stopped_half_way_is_not_run() -> None:
    (item,) = judge([Expected("A-01", ("h1",))], STEPS, [seen("h1", "changed")])
    assert (item.status, item.reason) == ("not_run", "stopped before: Look at it")


def test_a_task_of_a_rescue_section_need_not_run() -> None:
    events = [seen("h1", "changed"), seen("h1", "ok", "A-01 | Look at it")]
    (item,) = judge([Expected("A-01", ("h1",))], STEPS, events)
    assert item.status == "done"


def test_a_node_that_may_be_missing_is_excused_with_the_reason_and_the_item_passes_on_the_others() -> None:
    item = Expected("A-01", ("h1", "h2"), absent=(("h2", "powered off, ticket 4711"),))
    done = [seen("h1", "changed"), seen("h1", "ok", "A-01 | Look at it")]
    (found,) = judge([item], STEPS, [*done, seen("h2", "skipped"), seen("h2", "skipped", "A-01 | Look at it")])
    assert found.status == "done"
    assert [(host.status, host.reason) for host in found.hosts] == [
        ("done", ""),
        ("skipped", "may be missing: powered off, ticket 4711"),
    ]
    # One that answers takes part as any other; and a node left out without the site's word still counts.
    (found,) = judge([item], STEPS, [*done, seen("h2", "failed", message="no")])
    assert found.status == "failed"
    (found,) = judge([Expected("A-01", ("h1", "h2"))], STEPS, [*done, seen("h2", "skipped")])
    assert found.status == "skipped"
    # Nobody left is nobody who proves it.
    (found,) = judge([item], STEPS, [seen("h2", "skipped")])
    assert found.status == "not_run"


def test_a_host_that_was_not_expected_still_counts_when_it_fails() -> None:
    events = [seen("h1", "ok"), seen("h1", "ok", "A-01 | Look at it"), seen("h9", "failed", message="broke")]
    (item,) = judge([Expected("A-01", ("h1",))], STEPS, events)
    assert (item.status, item.reason) == ("failed", "broke")


def test_all_tasks_skipped_is_skipped_with_the_reason() -> None:
    events = [seen("h1", "skipped", message="when was false"), seen("h1", "skipped", "A-01 | Look at it")]
    (item,) = judge([Expected("A-01", ("h1",))], STEPS, events)
    assert (item.status, item.reason) == ("skipped", "when was false")
    (rehearsed,) = judge([Expected("A-01", ("h1",))], STEPS, events, check=True)
    assert (rehearsed.status, rehearsed.reason) == ("already", NOT_REHEARSED)


def test_what_is_not_asked_for_is_not_asked_for_in_a_rehearsal_either() -> None:
    events = [seen("h1", "skipped"), seen("h1", "skipped", "A-01 | Look at it")]
    (item,) = judge([Expected("A-01", ("h1",), "not asked for: x is none")], STEPS, events, check=True)
    assert (item.status, item.reason) == ("skipped", "not asked for: x is none")


def test_what_one_host_rehearsed_is_rehearsed() -> None:
    left = [seen("h1", "skipped"), seen("h1", "skipped", "A-01 | Look at it")]
    looked = [seen("h2", "ok"), seen("h2", "ok", "A-01 | Look at it")]
    (item,) = judge([Expected("A-01", ("h1", "h2"))], STEPS, [*left, *looked], check=True)
    assert (item.status, item.reason) == ("already", "")


def test_a_host_that_may_be_missing_is_left_out_of_a_rehearsal_too() -> None:
    left = [seen("h1", "skipped"), seen("h1", "skipped", "A-01 | Look at it")]
    looked = [seen("h2", "ok"), seen("h2", "ok", "A-01 | Look at it")]
    expected = Expected("A-01", ("h1", "h2"), absent=(("h1", "it is away"),))
    (item,) = judge([expected], STEPS, [*left, *looked], check=True)
    assert [(host.status, host.reason) for host in item.hosts] == [
        ("skipped", "may be missing: it is away"),
        ("already", ""),
    ]
    assert (item.status, item.reason) == ("already", "")


def test_an_excuse_does_not_hide_a_failure() -> None:
    (item,) = judge([Expected("A-01", ("h1",), "not asked for")], STEPS, [seen("h1", "failed")])
    assert item.status == "failed"


def test_stop_because_is_a_refusal_whatever_the_module() -> None:
    events = [seen("h1", "failed", "A-01 | Stop because IDC was written", "found 3 transactions")]
    (item,) = judge([Expected("A-01", ("h1",))], STEPS, events)
    assert (item.status, item.reason) == ("refused", "found 3 transactions")


def test_a_failing_task_without_an_id_is_not_lost() -> None:
    events = [TaskSeen("result", "t", "play", "Stop because something was not proven", (), "h1", "failed", 0, "AWS-03")]
    assert phase_status((), failures(events)) == "refused"


def test_seconds_count_hosts_side_by_side() -> None:
    events = [seen("h1", "ok"), seen("h2", "ok"), seen("h1", "ok", "A-01 | Look at it")]
    (item,) = judge([Expected("A-01", ("h1", "h2"))], STEPS, events)
    assert item.seconds == 2.0


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("done", 0),
        ("already", 0),
        ("refused", 3),
        ("waiting", 4),
        ("failed", 1),
        ("unreachable", 1),
        ("not_run", 1),
        ("skipped", 1),
    ],
)
def test_exit_codes(status: Status, code: int) -> None:
    assert exit_code(status) == code


outcomes = st.sampled_from(["ok", "changed", "skipped", "failed", "refused", "unreachable"])


@given(
    st.lists(st.tuples(st.sampled_from(["h1", "h2"]), outcomes, st.sampled_from(["Do it", "Look at it"])), max_size=8)
)
def test_never_passed_with_anything_bad_or_missing(drawn: list[tuple[str, Outcome, str]]) -> None:
    events = [seen(host, outcome, f"A-01 | {name}") for host, outcome, name in drawn]
    (item,) = judge([Expected("A-01", ("h1", "h2"))], STEPS, events)
    assert item.status in ORDER
    if item.status in PASSED:
        assert {host for host, _, _ in drawn} == {"h1", "h2"}
        assert {name for _, _, name in drawn} == {"Do it", "Look at it"}
        assert not {outcome for _, outcome, _ in drawn} & {"failed", "refused", "unreachable"}


def stopped(*events: tuple[str, str, str]) -> bool:
    return stopped_by_a_gate(
        [
            TaskSeen(kind, "", play="p", name=name, ids=("AWS-01",), host="h", outcome=outcome or "ok")  # type: ignore[arg-type]
            for kind, name, outcome in events
        ]
    )


def test_a_gate_is_what_can_only_pass_or_stop() -> None:
    check, act = "AWS-01 | Check that all is well", "AWS-01 | Lock the accounts"
    assert stopped(("task", check, ""), ("result", check, "failed"))
    assert stopped(("task", act, ""), ("result", act, "unreachable"))
    assert not stopped(("task", act, ""), ("result", act, "failed"))
    assert not stopped(("task", check, ""), ("result", check, "ok"))
    # What a rescue section caught is no gate: the play went on after it.
    assert not stopped(("task", check, ""), ("result", check, "failed"), ("task", act, ""), ("result", act, "ok"))
