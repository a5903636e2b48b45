"""Where a fail-back stands, what may come next, and what must never be. Pure.

The state is derived from what was observed on both sides, never from a log: resuming is looking again. Whatever is
unknown (None) counts as the dangerous case. The machine and the invariants I1 to I10 are those of the design notes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from failback.fence_plan import ALWAYS_REQUIRED

if TYPE_CHECKING:
    from failback.gtid import GtidSet


class State(IntEnum):
    """In the order they are passed; PROMOTED is the point of no return."""

    IDLE = 0
    PREFLIGHT = 1
    ARMED = 2
    BLOCKED = 3
    DRAINED = 4
    FENCED = 5
    SALVAGED = 6
    VERIFIED = 7
    PROMOTED = 8
    SWITCHED = 9
    WATCHING = 10
    CLOSED = 11


DEFAULT_REQUIRED = ("accounts_locked", "no_sessions", "no_transactions", "position_frozen")


@dataclass(frozen=True)
class Observation:
    """Both sides at one moment. ``proofs`` are those of the fence, by name; a name that is absent is unknown."""

    proofs: dict[str, bool | None] = field(default_factory=dict)
    required: tuple[str, ...] = DEFAULT_REQUIRED
    rds_executed: GtidSet | None = None
    extras_harmless: bool | None = None  # what RDS wrote after FINAL decodes to mysql.rds_* only
    final: GtidSet | None = None
    cutover: GtidSet | None = None
    idc_uuid: str = ""
    idc_executed: GtidSet | None = None
    idc_super_read_only: bool | None = None
    gates_passed: bool | None = None
    armed: bool | None = None  # lock held under our epoch, catch-up running
    epoch_is_ours: bool | None = None
    sample_equal: bool | None = None
    lb_on_idc: bool | None = None  # False: every node on AWS; True: every node on IDC; None: mixed or unknown
    dns_on_idc: bool | None = None
    evidence_written: bool | None = None
    watched: bool | None = None
    loss_accepted: str = ""  # the reason a person typed; "" when nobody did

    @property
    def fenced(self) -> bool:
        """Every proof the site requires was seen to hold."""
        return all(self.proofs.get(name) is True for name in (*self.required, *ALWAYS_REQUIRED))

    @property
    def rds_writable(self) -> bool:
        """Unknown counts as writable."""
        return not self.fenced

    @property
    def idc_writable(self) -> bool:
        """Unknown counts as writable."""
        return self.idc_super_read_only is not True

    @property
    def idc_has_final(self) -> bool:
        """FINAL is known and contained in what IDC has."""
        return self.final is not None and self.idc_executed is not None and self.final <= self.idc_executed

    @property
    def errant(self) -> GtidSet | None:
        """What IDC has from neither the cut-over nor RDS; None when unknown."""
        if self.idc_executed is None or self.cutover is None or self.rds_executed is None:
            return None
        return self.idc_executed - self.cutover - self.rds_executed

    @property
    def idc_wrote(self) -> GtidSet | None:
        """What IDC wrote itself since the cut-over; None when unknown."""
        if self.idc_executed is None or self.cutover is None or not self.idc_uuid:
            return None
        return (self.idc_executed - self.cutover).of_server(self.idc_uuid)


@dataclass(frozen=True)
class Breach:
    """An invariant that does not hold, in one sentence."""

    invariant: str
    text: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.text}"


def state_of(seen: Observation) -> State:
    """Derive where the world stands. The least advanced state that fits: going over ground twice is safe."""
    if seen.idc_super_read_only is False and seen.fenced:
        return _after_promotion(seen)
    if seen.fenced and seen.final is not None:
        if not seen.idc_has_final:
            return State.FENCED
        return State.VERIFIED if seen.sample_equal else State.SALVAGED
    if seen.proofs.get("accounts_locked"):
        quiet = seen.proofs.get("no_sessions") and seen.proofs.get("no_transactions")
        return State.DRAINED if quiet else State.BLOCKED
    if seen.armed:
        return State.ARMED
    return State.PREFLIGHT if seen.gates_passed else State.IDLE


def _after_promotion(seen: Observation) -> State:
    if not (seen.lb_on_idc and seen.dns_on_idc):
        return State.PROMOTED
    if not seen.watched:
        return State.SWITCHED
    return State.CLOSED if seen.evidence_written else State.WATCHING


def breaches(seen: Observation) -> list[Breach]:
    """Every invariant that is broken right now, whatever the state. I6, I9, I10 are of transitions: ``refusals``."""
    found: list[Breach] = []
    if seen.rds_writable and seen.idc_writable:
        found.append(Breach("I1", "both sides accept writes, or one of them could not be seen"))
    if seen.idc_writable and not (seen.fenced and (seen.final is not None or seen.loss_accepted)):
        found.append(Breach("I2", "IDC is writable without a proven fence and a recorded FINAL"))
    if seen.idc_writable and not seen.idc_has_final and not seen.loss_accepted:
        found.append(Breach("I3", "IDC is writable and lacks transactions of FINAL"))
    found += _beyond_final(seen)
    if not seen.idc_writable and seen.errant is not None and seen.errant:
        found.append(Breach("I5", f"IDC was written since the cut-over: {seen.errant}"))
    if seen.idc_super_read_only and (seen.lb_on_idc or seen.dns_on_idc):
        found.append(Breach("I7", "traffic points at IDC, which does not accept writes yet"))
    return found


def _beyond_final(seen: Observation) -> list[Breach]:
    if seen.final is None or seen.rds_executed is None:
        return []
    extra = seen.rds_executed - seen.final
    if extra and seen.extras_harmless is not True:
        return [Breach("I4", f"RDS was written after FINAL: {extra}")]
    return []


def refusals(seen: Observation, wanted: State) -> list[str]:
    """Why the step to ``wanted`` must not be taken now; [] when it may."""
    now = state_of(seen)
    if wanted <= now:
        return []  # already there: repeating a step is always allowed
    found: list[str] = []
    if wanted > now + 1 and not (wanted is State.PROMOTED and now >= State.SALVAGED):
        found.append(f"{wanted.name} cannot follow {now.name}: {State(now + 1).name} comes first")
    if wanted >= State.BLOCKED and seen.epoch_is_ours is not True:
        found.append("I9: the lock does not carry this run's epoch")
    if wanted <= State.PROMOTED:
        found += [str(breach) for breach in breaches(seen) if breach.invariant in {"I4", "I5", "I7"}]
    if wanted in {State.BLOCKED, State.ARMED} and seen.idc_super_read_only is not True:
        found.append("I1: IDC must be seen super_read_only before anything is done to RDS")
    if wanted is State.PROMOTED:
        found += _may_not_promote(seen)
    if wanted is State.SWITCHED and seen.idc_super_read_only is not False:
        found.append("I7: load balancers and DNS move only after IDC was seen writable")
    if wanted is State.CLOSED and seen.evidence_written is not True:
        found.append("I10: the evidence is not written yet")
    return found


def _may_not_promote(seen: Observation) -> list[str]:
    found: list[str] = []
    if not seen.fenced:
        missing = [n for n in dict.fromkeys((*seen.required, *ALWAYS_REQUIRED)) if seen.proofs.get(n) is not True]
        found.append(f"I2: RDS is not proven closed ({', '.join(missing)})")
    if seen.proofs.get("write_refused") is not True:
        found.append("I6: no write was tried and refused")
    if not seen.loss_accepted and not seen.idc_has_final:
        found.append("I3: IDC lacks transactions of FINAL, or FINAL is unknown")
    if seen.errant is None or seen.idc_wrote is None:
        found.append("I5: it is unknown whether IDC was written since the cut-over")
    if seen.idc_super_read_only is None:
        found.append("I1: it is unknown whether IDC accepts writes already")
    if seen.extras_harmless is not True:
        found.append("I4: it is unknown whether RDS was written after FINAL")
    return found


def abort_refusals(seen: Observation) -> list[str]:
    """Why RDS must not be opened again; [] when it may. Once IDC may have taken a write there is no way back."""
    found: list[str] = []
    if seen.idc_super_read_only is not True:
        found.append("I8: IDC was not seen super_read_only, so opening RDS could make two writers")
    if seen.idc_wrote is None:
        found.append("I8: it is unknown whether IDC has written anything since the cut-over")
    elif seen.idc_wrote:
        found.append(f"I8: IDC has written {seen.idc_wrote.count()} transactions of its own since the cut-over")
    if seen.epoch_is_ours is not True:
        found.append("I9: the lock does not carry this run's epoch")
    return found
