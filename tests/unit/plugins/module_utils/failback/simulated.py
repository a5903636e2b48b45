"""A simulated pair of sides, and a runner that walks the state machine on it in small steps."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from failback.gtid import GtidSet
from failback.state import Observation, State, abort_refusals, refusals, state_of

IDC = "11111111-1111-4111-8111-111111111111"
RDS = "22222222-2222-4222-8222-222222222222"
CUTOVER = GtidSet.parse(f"{IDC}:1-10")
PROOFS = ("accounts_locked", "no_sessions", "no_transactions", "position_frozen", "events_off", "write_refused")


class CrashError(Exception):
    """The runner dies here."""


@dataclass
class World:
    """What is true. The tool sees it only through ``observe``."""

    locked: bool = False
    sessions: int = 4
    transactions: int = 2
    events: bool = True
    rds_written: int = 5
    idc_has: int = 0
    idc_own: int = 0
    idc_read_only: bool = True
    lb_on_idc: bool = False
    dns_on_idc: bool = False
    epoch: int = 1
    promotions: int = 0

    @property
    def rds_open(self) -> bool:
        return not self.locked or self.sessions > 0 or self.transactions > 0 or self.events

    @property
    def idc_open(self) -> bool:
        return not self.idc_read_only

    def clients_write(self) -> None:
        if self.rds_open and not self.lb_on_idc:
            self.rds_written += 1
        if self.idc_open and self.lb_on_idc:
            self.idc_own += 1
        if not self.locked:
            self.sessions = 4


@dataclass
class Runner:
    """The tool: looks, asks the machine, takes one small step. ``memory`` dies with it."""

    world: World
    epoch: int
    crash_after: int = -1
    blind: frozenset[str] = frozenset()
    steps: int = 0
    gates: bool = False
    armed: bool = False
    sample: bool = False
    watched: bool = False
    evidence: bool = False
    final: GtidSet | None = None
    log: list[str] = field(default_factory=list)

    def rds_gtids(self) -> GtidSet:
        return CUTOVER | GtidSet.parse(f"{RDS}:1-{self.world.rds_written}")

    def idc_gtids(self) -> GtidSet:
        found = CUTOVER
        if self.world.idc_has:
            found |= GtidSet.parse(f"{RDS}:1-{self.world.idc_has}")
        if self.world.idc_own:
            found |= GtidSet.parse(f"{IDC}:11-{10 + self.world.idc_own}")
        return found

    def observe(self) -> Observation:
        world = self.world
        quiet = world.locked and not world.sessions and not world.transactions and not world.events
        proofs: dict[str, bool | None] = {
            "accounts_locked": world.locked,
            "no_sessions": not world.sessions,
            "no_transactions": not world.transactions,
            "events_off": not world.events,
            "position_frozen": quiet,
            "write_refused": world.locked,
        }
        if quiet and self.final is None:
            self.final = self.rds_gtids()  # re-derived from the world, as after a restart
        seen = Observation(
            proofs=proofs,
            rds_executed=self.rds_gtids(),
            extras_harmless=self.final is None or self.rds_gtids() <= self.final,
            final=self.final,
            cutover=CUTOVER,
            idc_uuid=IDC,
            idc_executed=self.idc_gtids(),
            idc_super_read_only=world.idc_read_only,
            gates_passed=self.gates,
            armed=self.armed,
            epoch_is_ours=world.epoch == self.epoch,
            sample_equal=self.sample,
            lb_on_idc=world.lb_on_idc,
            dns_on_idc=world.dns_on_idc,
            evidence_written=self.evidence,
            watched=self.watched,
        )
        hidden = {name: None for name in self.blind if name not in PROOFS}
        return replace(seen, proofs={k: None if k in self.blind else v for k, v in proofs.items()}, **hidden)  # type: ignore[arg-type]

    def did(self, what: str) -> None:
        self.log.append(what)
        self.steps += 1
        assert not (self.world.rds_open and self.world.idc_open), f"two writers after {self.log}"
        self.world.clients_write()
        if self.steps == self.crash_after:
            raise CrashError

    def step(self) -> bool:
        """Take one step forward; False when the machine refuses or there is nowhere to go."""
        seen = self.observe()
        now = state_of(seen)
        if now is State.CLOSED:
            return False
        wanted = State(now + 1)
        if refusals(seen, wanted):
            return False
        getattr(self, f"to_{wanted.name.lower()}")()
        return True

    def to_preflight(self) -> None:
        self.gates = True
        self.did("preflight")

    def to_armed(self) -> None:
        self.world.idc_has = self.world.rds_written
        self.armed = True
        self.did("armed")

    def to_blocked(self) -> None:
        self.world.locked = True
        self.did("locked")

    def to_drained(self) -> None:
        self.world.events = False
        self.did("events off")
        self.world.sessions = 0
        self.did("killed")
        self.world.transactions = 0
        self.did("rolled back")

    def to_fenced(self) -> None:
        self.world.events = False
        self.final = self.rds_gtids()
        self.did("final")

    def to_salvaged(self) -> None:
        self.world.idc_has = self.world.rds_written
        self.did("salvaged")

    def to_verified(self) -> None:
        self.sample = True
        self.did("sampled")

    def to_promoted(self) -> None:
        self.world.idc_read_only = False
        self.world.promotions += 1
        assert self.world.idc_has == self.world.rds_written, "an acknowledged write was left behind"
        self.did("promoted")

    def to_switched(self) -> None:
        self.world.lb_on_idc = True
        self.did("lb")
        self.world.dns_on_idc = True
        self.did("dns")

    def to_watching(self) -> None:
        self.watched = True
        self.did("watched")

    def to_closed(self) -> None:
        self.evidence = True
        self.did("closed")

    def abort(self) -> bool:
        if abort_refusals(self.observe()):
            return False
        self.world.locked, self.world.events, self.final = False, True, None
        self.did("opened again")
        return True
