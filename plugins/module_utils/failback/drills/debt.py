"""Drill debt: what a plan still owes before it may be carried out for real. Pure: past runs and a clock in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from failback.drills.history import Past

# held: nothing is owed. never: no drill of this way. other_code: only drills of another procedure. part: only drills of
# some legs. failed: the newest drill did not pass. stale: the newest that passed is too old. ahead: the clock was set
# back, or the drill's was ahead. doubtful: its record does not hold together.
State = Literal["held", "never", "other_code", "part", "failed", "stale", "ahead", "doubtful"]
VALID_DAYS = 90.0
_CLOCKS_DIFFER = timedelta(minutes=5)
_DAY = 86400.0


@dataclass(frozen=True)
class Wanted:
    """What must have been drilled. A digest that is not known yet is empty; then strategy and code decide.

    `at` are the sites whose drills count besides the site's own.
    """

    site: str
    strategy: str
    plan: str = ""
    procedure: str = ""
    code: str = ""
    at: Sequence[str] = ()
    valid_days: float = VALID_DAYS


@dataclass(frozen=True)
class Debt:
    """What is owed: the state, the run it rests on (or None), that run's age in days, and why its record is doubted."""

    strategy: str
    state: State
    past: Past | None = None
    days: float = 0.0
    doubt: str = ""

    @property
    def held(self) -> bool:
        """True when a drill proves the plan."""
        return self.state == "held"


def judge(
    runs: Iterable[Past], wanted: Wanted, now: datetime, doubts: Callable[[Past], Iterable[str]] = lambda _past: ()
) -> Debt:
    """Say whether the newest drill of this plan, or of this procedure at a site that counts, passed within its time."""
    sites = {wanted.site, *wanted.at}
    drills = [past for past in runs if past.drill and past.strategy == wanted.strategy and past.site in sites]
    drills.sort(key=lambda past: past.ended, reverse=True)
    if not drills:
        return Debt(wanted.strategy, "never")
    same = [past for past in drills if _same(past, wanted)]
    # A drill that failed counts whatever it got to; one that passed counts only if it did everything.
    whole = [past for past in same if past.whole or not past.passed]
    if not whole:
        return _aged(wanted, "part" if same else "other_code", (same or drills)[0], now)
    newest = whole[0]
    if not newest.passed and newest.ended <= now + _CLOCKS_DIFFER:
        return _aged(wanted, "failed", newest, now)
    return _proven(newest, wanted, now, doubts)


def way_back(
    runs: Iterable[Past], wanted: Wanted, now: datetime, doubts: Callable[[Past], Iterable[str]] = lambda _past: ()
) -> Debt:
    """Say whether going back was done and proven within its time, at this site or one that counts, drilled or real.

    Going back is one playbook whatever the strategy is. Where the run's plan is kept, its code must be today's.
    """
    sites = {wanted.site, *wanted.at}
    went = [past for past in runs if past.went_back and past.site in sites]
    went.sort(key=lambda past: past.ended, reverse=True)
    if not went:
        return Debt(wanted.strategy, "never")
    newest = next((past for past in went if past.code == wanted.code), went[0])
    found = _proven(newest, wanted, now, doubts)
    return _aged(wanted, "other_code", newest, now) if found.held and newest.code != wanted.code else found


def _proven(newest: Past, wanted: Wanted, now: datetime, doubts: Callable[[Past], Iterable[str]]) -> Debt:
    """Judge what would prove it by its date and by its record."""
    if newest.ended > now + _CLOCKS_DIFFER:
        return _aged(wanted, "ahead", newest, now)
    if _days(newest, now) > wanted.valid_days:
        return _aged(wanted, "stale", newest, now)
    doubt = next(iter(doubts(newest)), "")
    return Debt(wanted.strategy, "doubtful" if doubt else "held", newest, _days(newest, now), doubt)


def _same(past: Past, wanted: Wanted) -> bool:
    if wanted.plan and past.plan == wanted.plan:
        return True
    if wanted.procedure:
        return past.procedure == wanted.procedure
    return bool(wanted.code) and past.code == wanted.code


def _days(past: Past, now: datetime) -> float:
    return round((now - past.ended).total_seconds() / _DAY, 2)


def _aged(wanted: Wanted, state: State, past: Past, now: datetime) -> Debt:
    return Debt(wanted.strategy, state, past, _days(past, now))
