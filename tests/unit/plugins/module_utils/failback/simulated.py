"""A simulated pair of sides, and a runner that goes through the phase in small steps.

Each step decides by the very functions the plugins decide by, over what it observes right then. Like the playbook, a
run begins at the beginning and does nothing where the world is as wanted; nothing is remembered from run to run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from failback import fence_plan, gate, lift
from failback.errors import FailbackError, RefusedError, UnreachableError
from failback.fence_plan import Account, Proof, Proofs
from failback.gtid import GtidSet
from failback.observe import Identity
from failback.promotion import DURABLE, AwsView, Cut, IdcView, broken_on_aws, broken_on_idc

if TYPE_CHECKING:
    from collections.abc import Callable

IDC = "11111111-1111-4111-8111-111111111111"
RDS = "22222222-2222-4222-8222-222222222222"
CUTOVER = GtidSet.parse(f"{IDC}:1-10")
REQUIRED = ("accounts_locked", "no_sessions", "no_transactions", "position_frozen")
SETTINGS = dict.fromkeys(("log_bin", "enforce_gtid_consistency", "log_replica_updates", "gtid_mode"), "ON")
RIGHTS = {
    name for needs in (gate.grants.RDS_NEEDS, gate.grants.IDC_NEEDS) for names in needs.values() for name in names
}


class CrashError(Exception):
    """The runner dies here."""


@dataclass
class World:
    """What is true. The tool sees it only through the runner's readings."""

    locked: bool = False
    marked: bool = False
    sessions: int = 4
    transactions: int = 2
    events: bool = True
    rds_written: int = 5
    housekeeping: set[int] = field(default_factory=set)  # which of RDS's transactions are its own heartbeat
    idc_has: GtidSet = field(default_factory=GtidSet)
    idc_own: int = 0
    following: bool = False
    read_only: bool = True
    super_read_only: bool = True
    lb_on_idc: bool = False
    dns_on_idc: bool = False
    epoch: int = 1
    promotions: int = 0

    @property
    def rds_open(self) -> bool:
        return not self.locked or self.sessions > 0 or self.transactions > 0 or self.events

    @property
    def idc_open(self) -> bool:
        return not self.read_only

    @property
    def rds_gtids(self) -> GtidSet:
        return CUTOVER | GtidSet.parse(f"{RDS}:1-{self.rds_written}")

    @property
    def idc_gtids(self) -> GtidSet:
        own = GtidSet.parse(f"{IDC}:11-{10 + self.idc_own}") if self.idc_own else GtidSet()
        return CUTOVER | self.idc_has | own

    def go_on(self) -> None:
        """Time passes: clients write where they get in, a channel that runs brings everything over."""
        if self.rds_open and not self.lb_on_idc:
            self.rds_written += 1
        if self.idc_open and self.lb_on_idc:
            self.idc_own += 1
        if not self.locked:
            self.sessions, self.transactions = 4, 2
        if self.following:
            self.idc_has = self.rds_gtids - CUTOVER

    def heartbeat(self) -> None:
        self.rds_written += 1
        self.housekeeping.add(self.rds_written)

    def acknowledged(self) -> GtidSet:
        """Every write of a client that RDS took."""
        beats = ",".join(f"{RDS}:{number}" for number in sorted(self.housekeeping))
        return self.rds_gtids - (GtidSet.parse(beats) if beats else GtidSet())


@dataclass
class Runner:
    """The tool. ``memory`` (FINAL) dies with it; ``silent`` names sides that do not answer."""

    world: World
    epoch: int
    crash_after: int = -1
    silent: set[str] = field(default_factory=set)
    steps: int = 0
    done: int = 0
    final: GtidSet | None = None
    log: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Go to the end. Raises FailbackError where a step refuses or cannot see."""
        while self.step():
            pass

    def step(self) -> bool:
        """Take the next step of this run; False at the end."""
        if self.done == len(self.order):
            return False
        self.order[self.done]()
        self.done += 1
        return True

    @property
    def order(self) -> list[Callable[[], None]]:
        return [self.gate, self.follow, self.fence, self.salvage, self.promote, self.switch]

    def did(self, what: str) -> None:
        """One act has taken effect; then the world goes on, and perhaps the runner does not."""
        self.log.append(what)
        self.steps += 1
        assert not (self.world.rds_open and self.world.idc_open), f"two writers after {self.log}"
        self.world.go_on()
        if self.steps == self.crash_after:
            raise CrashError

    def act(self, what: str) -> None:
        """Guard an act as FailbackAction does: a runner whose lock was taken does nothing more (I9)."""
        if self.world.epoch != self.epoch:
            raise RefusedError(f"will not {what}: another run holds the lock")

    def look(self, *sides: str) -> None:
        for side in sides:
            if side in self.silent:
                raise UnreachableError(f"{side} does not answer")

    def accounts(self) -> list[Account]:
        world = self.world
        return [
            Account("shop_app", "%", locked=world.locked, marked=world.marked),
            Account("rr_admin", "%", locked=False, marked=False),
        ]

    def identity(self, side: str) -> Identity:
        self.look(side)
        world, idc = self.world, side == "IDC"
        return Identity(
            uuid=IDC if idc else RDS,
            server_id=11 if idc else 51,
            version="8.4.5",
            hostname=side,
            read_only=idc and world.read_only,
            super_read_only=idc and world.super_read_only,
            executed=world.idc_gtids if idc else world.rds_gtids,
            purged=GtidSet(),
            gtid_mode="ON",
            scheduler="ON",
        )

    def gate(self) -> None:
        accounts = self.accounts()
        lock = tuple(str(one) for one in fence_plan.accounts_to_lock(accounts, ["rr_admin"]))
        marked = tuple(str(one) for one in fence_plan.accounts_to_open(accounts))
        rds = gate.SideFacts(self.identity("RDS"), RDS, SETTINGS, RIGHTS, open_accounts=lock, marked_accounts=marked)
        idc = gate.SideFacts(self.identity("IDC"), IDC, SETTINGS, RIGHTS)
        has_all = self.world.acknowledged() <= self.world.idc_gtids
        promoted = gate.maybe_promoted(rds, idc) and has_all
        found = gate.findings(rds, idc, CUTOVER, promoted=promoted)
        if found:
            raise RefusedError("; ".join(finding.text for finding in found))

    def follow(self) -> None:
        self.look("IDC", "RDS")
        if self.world.idc_open or self.world.following:
            return
        self.act("follow")
        self.world.following = True
        self.did("follows")

    def fence(self) -> None:
        self.look("RDS")
        world = self.world
        if fence_plan.accounts_to_lock(self.accounts(), ["rr_admin"]):
            self.act("lock")
            world.locked = world.marked = True
            self.did("locked")
        for what, close in (("events", False), ("sessions", 0), ("transactions", 0)):
            if getattr(world, what):
                self.act(f"end the {what}")
                setattr(world, what, close)
                self.did(f"{what} ended")
        self.look("RDS")
        proofs = Proofs(
            {
                "accounts_locked": Proof(world.locked, ""),
                "no_sessions": Proof(not world.sessions, ""),
                "no_transactions": Proof(not world.transactions, ""),
                "position_frozen": Proof(holds=True, detail=""),
                "events_off": Proof(not world.events, ""),
                "write_refused": Proof(world.locked, ""),
            }
        )
        if missing := proofs.missing(REQUIRED):
            raise FailbackError(f"not proven closed: {missing}")
        # Housekeeping that nothing brings over any more is left out, as the plugin does on a later run.
        behind = self.world.rds_gtids - self.world.idc_gtids
        self.final = world.rds_gtids & world.idc_gtids if not behind & world.acknowledged() else world.rds_gtids

    def salvage(self) -> None:
        self.look("IDC")
        assert self.final is not None
        world = self.world
        if not self.final <= world.idc_gtids:
            self.look("RDS")
            self.act("salvage")
            world.idc_has |= self.final - CUTOVER
            self.did("salvaged")
        if world.following:
            self.act("stop following")
            world.following = False
            self.did("follows no more")

    def promote(self) -> None:
        self.look("IDC", "RDS")
        world = self.world
        assert self.final is not None
        idc = IdcView(
            uuid=IDC,
            read_only=world.read_only,
            super_read_only=world.super_read_only,
            executed=world.idc_gtids,
            running_channels=("rollback_runner",) if world.following else (),
            settings=dict(DURABLE),
        )
        beyond = (world.rds_gtids - self.final) & world.acknowledged()
        aws = AwsView(
            uuid=RDS,
            open_accounts=() if world.locked else ("shop_app@%",),
            sessions=("shop_app (Query)",) * world.sessions,
            events=("shop.tick",) if world.events else (),
            read_only=False,
            beyond_final=str(beyond),
            executed=world.rds_gtids,
        )
        broken = broken_on_aws(aws, REQUIRED) + broken_on_idc(idc, Cut(CUTOVER, self.final, world.rds_gtids))
        if broken:
            raise RefusedError("; ".join(broken))
        if idc.writable:
            return
        self.act("raise the counters")
        world.super_read_only = False
        self.did("counters raised")
        self.act("open")
        world.read_only = False
        world.promotions += 1
        assert world.acknowledged() <= world.idc_gtids, "an acknowledged write was left behind"
        self.did("promoted")

    def switch(self) -> None:
        for what in ("lb_on_idc", "dns_on_idc"):
            if not getattr(self.world, what):
                self.act(what)
                setattr(self.world, what, True)
                self.did(what)

    def abort(self) -> bool:
        """Open RDS again, or be refused."""
        world = self.world
        try:
            lift.refuse_if_opened(self.identity("IDC"), IDC, "IDC", CUTOVER)
            self.look("RDS")
            self.act("open RDS")
        except FailbackError:
            return False
        if not world.super_read_only:
            world.super_read_only = True
            self.did("IDC closed")
        if fence_plan.accounts_to_open(self.accounts()):
            world.events = True
            self.did("events on")
            world.locked = world.marked = False
            self.did("unlocked")
        return True
