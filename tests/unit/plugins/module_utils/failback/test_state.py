"""The state machine walked in a simulated world: every step interrupted, and at random with faults and blindness."""

from __future__ import annotations

from dataclasses import replace

import pytest
from failback.gtid import GtidSet
from failback.state import Observation, State, breaches, refusals, state_of
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import CUTOVER, IDC, PROOFS, RDS, CrashError, Runner, World


def run_to_the_end(runner: Runner) -> None:
    for _ in range(40):
        if runner.evidence:
            return
        if not runner.step():
            seen = runner.observe()
            now = state_of(seen)
            if now in {State.SWITCHED, State.WATCHING} and not runner.evidence:
                runner.evidence = True  # I10: written before CLOSED
                continue
            raise AssertionError(f"stuck in {now.name}: {refusals(seen, State(now + 1))}")


def last_step() -> int:
    runner = Runner(World(), epoch=1)
    run_to_the_end(runner)
    return runner.steps


def test_goes_all_the_way() -> None:
    world = World()
    run_to_the_end(Runner(world, epoch=1))
    assert world.idc_open
    assert not world.rds_open
    assert world.lb_on_idc
    assert world.dns_on_idc
    assert world.promotions == 1


@pytest.mark.parametrize("crash_after", range(1, last_step() + 1))
def test_killed_after_any_step_the_next_run_ends_the_same(crash_after: int) -> None:
    world = World()
    try:
        run_to_the_end(Runner(world, epoch=1, crash_after=crash_after))
    except CrashError:
        world.epoch = 2
        run_to_the_end(Runner(world, epoch=2))
    assert world.idc_open
    assert not world.rds_open
    assert world.dns_on_idc
    assert world.promotions == 1


@pytest.mark.parametrize("crash_after", range(1, last_step() + 1))
def test_abort_is_allowed_exactly_until_promotion(crash_after: int) -> None:
    world = World()
    runner = Runner(world, epoch=1, crash_after=crash_after)
    with pytest.raises(CrashError):
        run_to_the_end(runner)
    again = Runner(world, epoch=2)
    world.epoch = 2
    assert again.abort() is (world.promotions == 0)
    assert not (world.rds_open and world.idc_open)


@pytest.mark.parametrize("crash_after", range(1, last_step()))
def test_a_runner_whose_lock_was_taken_over_does_nothing_more(crash_after: int) -> None:
    world = World()
    stale = Runner(world, epoch=1, crash_after=crash_after)
    with pytest.raises(CrashError):
        run_to_the_end(stale)
    world.epoch, stale.crash_after = 2, -1
    before = stale.log[:]
    acting = [State.BLOCKED, State.DRAINED, State.FENCED, State.SALVAGED, State.PROMOTED, State.SWITCHED]
    if State(state_of(stale.observe()) + 1) in acting:
        assert not stale.step()
        assert stale.log == before
    assert not stale.abort()


BLINDABLE = (
    *PROOFS, "rds_executed", "extras_harmless", "final", "idc_executed", "idc_super_read_only", "cutover",
    "epoch_is_ours",
)  # fmt: skip


@pytest.mark.parametrize("unknown", BLINDABLE)
def test_whatever_is_unknown_nothing_is_promoted(unknown: str) -> None:
    world = World()
    runner = Runner(world, epoch=1)
    while state_of(runner.observe()) < State.SALVAGED:
        assert runner.step()
    seen = replace(Runner(world, epoch=1, blind=frozenset({unknown}), final=runner.final).observe())
    assert refusals(seen, State.PROMOTED)


ACTS = ["step"] * 8 + ["crash", "abort", "writes", "blind", "see"]


@given(st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from(BLINDABLE))))
@settings(max_examples=300, deadline=None)
def test_random_walks_never_make_two_writers(walk: list[tuple[str, str]]) -> None:
    world = World()
    runner = Runner(world, epoch=1)
    for act, what in walk:
        if act == "step":
            runner.step()
        elif act == "crash":
            world.epoch += 1
            runner = Runner(world, epoch=world.epoch)
        elif act == "abort":
            was_promoted = world.promotions > 0
            assert not (runner.abort() and was_promoted)
        elif act == "blind":
            runner.blind |= {what}
        elif act == "see":
            runner.blind = frozenset()
        world.clients_write()
        assert not (world.rds_open and world.idc_open)


def good() -> Observation:
    """Promoted, with everything in order."""
    rds = CUTOVER | GtidSet.parse(f"{RDS}:1-9")
    return Observation(
        proofs=dict.fromkeys(PROOFS, True),
        rds_executed=rds,
        extras_harmless=True,
        final=rds,
        cutover=CUTOVER,
        idc_uuid=IDC,
        idc_executed=rds | GtidSet.parse(f"{IDC}:11-12"),
        idc_super_read_only=False,
        epoch_is_ours=True,
    )


def test_all_in_order_breaks_nothing() -> None:
    assert breaches(good()) == []


@pytest.mark.parametrize(
    ("change", "invariant"),
    [
        ({"proofs": {}}, "I1"),
        ({"proofs": {**dict.fromkeys(PROOFS, True), "no_sessions": None}}, "I1"),
        ({"proofs": {**dict.fromkeys(PROOFS, True), "events_off": False}}, "I1"),
        ({"final": None}, "I2"),
        ({"idc_executed": CUTOVER}, "I3"),
        ({"rds_executed": CUTOVER | GtidSet.parse(f"{RDS}:1-10"), "extras_harmless": False}, "I4"),
        ({"rds_executed": CUTOVER | GtidSet.parse(f"{RDS}:1-10"), "extras_harmless": None}, "I4"),
        ({"idc_super_read_only": True}, "I5"),
        ({"idc_super_read_only": True, "lb_on_idc": True}, "I7"),
        ({"idc_super_read_only": None, "proofs": {}}, "I1"),
    ],
)
def test_each_invariant_is_noticed(change: dict[str, object], invariant: str) -> None:
    assert invariant in {breach.invariant for breach in breaches(replace(good(), **change))}  # type: ignore[arg-type]


def test_with_accepted_loss_final_may_be_unknown_but_the_fence_may_not() -> None:
    seen = replace(good(), final=None, idc_super_read_only=True, idc_executed=CUTOVER, loss_accepted="RDS is gone")
    assert not any("I3" in reason for reason in refusals(seen, State.PROMOTED))
    assert any("I2" in reason for reason in refusals(replace(seen, proofs={}), State.PROMOTED))
