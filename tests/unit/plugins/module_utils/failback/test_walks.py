"""The phase walked in a simulated world by the plugins' own decisions: every step interrupted, and at random.

The invariants (at most one writer, nothing acknowledged left behind) are asserted after every single act.
"""

from __future__ import annotations

from contextlib import suppress

import pytest
from failback.errors import FailbackError, RefusedError
from failback.gtid import GtidSet
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import RDS, CrashError, Runner, World


def last_step() -> int:
    runner = Runner(World(), epoch=1)
    runner.run()
    return runner.steps


STEPS = range(1, last_step() + 1)


def killed_after(steps: int) -> tuple[World, Runner]:
    """A world in which a run died right after its n-th act, and the next runner."""
    world = World()
    with pytest.raises(CrashError):
        Runner(world, epoch=1, crash_after=steps).run()
    world.epoch = 2
    return world, Runner(world, epoch=2)


def gone_home(world: World) -> bool:
    closed = world.idc_open and not world.rds_open and world.promotions == 1
    return closed and world.lb_on_idc and world.dns_on_idc and world.acknowledged() <= world.idc_gtids


def test_goes_all_the_way_and_a_second_run_does_nothing() -> None:
    world = World()
    Runner(world, epoch=1).run()
    assert gone_home(world)
    again = Runner(world, epoch=1)
    again.run()
    assert again.log == []


@pytest.mark.parametrize("steps", STEPS)
def test_killed_after_any_act_the_next_run_ends_the_same(steps: int) -> None:
    world, again = killed_after(steps)
    again.run()
    assert gone_home(world)


@pytest.mark.parametrize("second", STEPS)
@pytest.mark.parametrize("first", STEPS)
def test_killed_twice_the_third_run_ends_the_same(first: int, second: int) -> None:
    world, again = killed_after(first)
    again.crash_after = second
    with suppress(CrashError):
        again.run()
    world.epoch = 3
    Runner(world, epoch=3).run()
    assert gone_home(world)


@pytest.mark.parametrize("steps", STEPS)
def test_the_abort_is_allowed_exactly_until_the_promotion(steps: int) -> None:
    world, again = killed_after(steps)
    assert again.abort() is (world.promotions == 0)
    assert world.rds_open is (world.promotions == 0)
    assert world.idc_open is (world.promotions == 1)
    assert world.idc_open or world.super_read_only


@pytest.mark.parametrize("steps", STEPS)
def test_after_an_abort_the_whole_way_is_open_again(steps: int) -> None:
    world, again = killed_after(steps)
    if again.abort():
        Runner(world, epoch=2).run()
        assert gone_home(world)


@pytest.mark.parametrize("steps", STEPS)
def test_a_runner_whose_lock_was_taken_does_nothing_more(steps: int) -> None:
    world = World()
    stale = Runner(world, epoch=1, crash_after=steps)
    with pytest.raises(CrashError):
        stale.run()
    world.epoch, stale.crash_after = 2, -1
    before = stale.log[:]
    with suppress(RefusedError):
        stale.run()
    assert stale.log == before
    assert not stale.abort()


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("side", ["IDC", "RDS"])
def test_with_one_side_out_of_sight_nothing_is_opened(side: str, steps: int) -> None:
    world, again = killed_after(steps)
    again.silent = {side}
    opened = world.promotions
    with pytest.raises(FailbackError):
        again.run()
    assert world.promotions == opened
    assert not again.abort()


def fenced_and_salvaged() -> tuple[World, Runner]:
    world = World()
    runner = Runner(world, epoch=1)
    while runner.done < runner.order.index(runner.promote):
        runner.step()
    return world, runner


def test_a_write_behind_the_fence_stops_the_promotion() -> None:
    world, runner = fenced_and_salvaged()
    world.rds_written += 1  # by an account that is exempt
    with pytest.raises(RefusedError, match="I4"):
        runner.run()
    assert not world.idc_open


def test_an_account_unlocked_behind_the_fence_stops_the_promotion() -> None:
    world, runner = fenced_and_salvaged()
    world.locked = False  # nobody has come in yet
    with pytest.raises(RefusedError, match="I1: accounts can log in"):
        runner.run()
    assert not world.idc_open


def test_an_idc_that_lost_what_it_had_is_not_opened() -> None:
    world, runner = fenced_and_salvaged()
    world.idc_has = GtidSet.parse(f"{RDS}:1-3")
    with pytest.raises(RefusedError, match="I3"):
        runner.run()
    assert not world.idc_open


def test_idc_written_by_someone_else_stops_promotion_and_abort() -> None:
    world, runner = fenced_and_salvaged()
    world.idc_own += 1
    with pytest.raises(RefusedError, match="I5"):
        runner.run()
    assert not runner.abort()
    assert not world.idc_open
    assert not world.rds_open


class Walk:
    """What may happen between two acts: the runner's steps, its death, people, and the world."""

    def __init__(self) -> None:
        self.world = World()
        self.runner = Runner(self.world, epoch=1)
        self.spoilt = False

    def step(self, _side: str) -> None:
        with suppress(FailbackError):
            self.runner.step()

    def run(self, _side: str) -> None:
        with suppress(FailbackError):
            self.runner.run()

    def crash(self, _side: str) -> None:
        self.world.epoch += 1
        self.runner = Runner(self.world, epoch=self.world.epoch)

    def abort(self, _side: str) -> None:
        was_promoted = self.world.promotions > 0
        assert not (self.runner.abort() and was_promoted)
        self.runner.done = 0

    def heartbeat(self, _side: str) -> None:
        self.world.heartbeat()

    def unlock(self, _side: str) -> None:
        if not self.world.idc_open:  # after the promotion it would be past the tool
            self.world.locked = False

    def write_on_idc(self, _side: str) -> None:
        if self.world.read_only:
            self.world.idc_own += 1
            self.spoilt = True

    def silent(self, side: str) -> None:
        self.runner.silent.add(side)

    def see(self, _side: str) -> None:
        self.runner.silent.clear()

    def check(self) -> None:
        world = self.world
        assert not (world.rds_open and world.idc_open)
        if world.idc_open:
            assert not self.spoilt
            assert world.acknowledged() <= world.idc_gtids


ACTS = ["step"] * 10 + ["run", "crash", "abort", "heartbeat", "unlock", "write_on_idc", "silent", "see"]


@given(st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from(["IDC", "RDS"]), st.booleans()), max_size=60))
@settings(max_examples=400)
def test_random_walks_never_make_two_writers_and_lose_nothing(acts: list[tuple[str, str, bool]]) -> None:
    walk = Walk()
    for act, side, time_passes in acts:
        getattr(walk, act)(side)
        if time_passes:
            walk.world.go_on()
        walk.check()
    # Whatever a walk leaves behind, the next run gives up or finishes a world that nobody has spoilt.
    if not walk.spoilt:
        walk.crash("")
        assert walk.runner.abort() is not walk.world.idc_open
        Runner(walk.world, epoch=walk.world.epoch).run()
        assert gone_home(walk.world)
