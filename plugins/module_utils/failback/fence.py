"""Carries the fence out: lock, drain, kill, prove. What to do is decided in ``fence_plan``.

Safe to interrupt anywhere: each step is derived from what is seen, so the next run goes on from there. Times are
seconds.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from failback import fence_plan, observe
from failback.fence_plan import Account, Event, Proof, Proofs, Session
from failback.mysql_errors import ER_UNKNOWN_THREAD
from failback.sql import quote_account, quote_name, quote_text
from failback.timing import Timings

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from failback.mysql import Server
    from failback.observe import Activity, Position

POLL = 0.02


class Act(Protocol):
    """``FailbackAction.act``: wraps a side effect, keeps the record."""

    def __call__(self, what: str, **fields: object) -> AbstractContextManager[dict[str, object]]:
        """Yield a dict for what is worth keeping of the result."""


@dataclass(frozen=True)
class Settings:
    """What the site decides."""

    exempt: tuple[str, ...]
    tool_account: tuple[str, str]
    run: str
    drain_timeout: float = 1.0
    settle_reads: int = 5
    settle_interval: float = 0.05
    settle_timeout: float = 60.0


@dataclass(frozen=True)
class Plan:
    """What has to be done, from one look."""

    lock: list[Account]
    events: list[Event]
    sessions: list[Session]

    @property
    def changed(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.lock or self.events or self.sessions)


@dataclass
class Report:
    """What was done and seen on the way."""

    killed: list[dict[str, object]] = field(default_factory=list)
    killed_in_transaction: int = 0
    looks: int = 0
    final: Position | None = None
    proofs: Proofs = field(default_factory=Proofs)
    timings: Timings = field(default_factory=Timings)


class Fence:
    """One fencing of one server over one open connection."""

    def __init__(self, server: Server, settings: Settings, *, version: str) -> None:
        self._server = server
        self._settings = settings
        self._log_status = observe.log_status_statement(version)
        self._own = (server.thread_id,)
        self._kill = "CALL mysql.rds_kill({})" if observe.has_procedure(server, "mysql", "rds_kill") else "KILL {}"
        self._trx_read = 0.0
        self._first_after_lock: int | None = 0
        self._before_lock: tuple[str, int] | None = None
        self.report = Report()

    def plan(self) -> Plan:
        """Look, and decide what has to be done."""
        lock = fence_plan.accounts_to_lock(observe.accounts(self._server), self._settings.exempt)
        # Where all is locked already, a login in progress is a client that keeps trying, not a writer.
        self._first_after_lock = 0 if lock else None
        found = self._look(with_transactions=False)
        self._before_lock = found.position.log_file, found.position.log_position
        return Plan(
            lock=lock,
            events=self._events(),
            sessions=self._foreign(found),
        )

    def carry_out(self, plan: Plan, act: Act, after_lock: Callable[[], int]) -> Report:
        """Lock, disable events, drain, kill, and prove that nothing moves any more.

        ``after_lock`` is called once the accounts are locked; it tries to log in and returns the id the server gave the
        attempt, 0 when unknown.
        """
        if plan.lock or plan.events:
            names = {"accounts": [str(a) for a in plan.lock], "events": [str(e) for e in plan.events]}
            with act("lock the accounts and disable the events on RDS", **names), self.report.timings.step("lock"):
                self._lock(plan.lock)
                self._disable(plan.events)
        with self.report.timings.step("write_test"):
            self._first_after_lock = after_lock()
        deadline = time.monotonic() + self._settings.drain_timeout
        with self.report.timings.step("drain"):
            self._drain(deadline, act)
        with self.report.timings.step("settle"):
            self._settle(act)
        self._prove_accounts()
        return self.report

    def _lock(self, accounts: list[Account]) -> None:
        if not accounts:
            return
        names = ", ".join(quote_account(account.user, account.host) for account in accounts)
        text = quote_text(json.dumps(fence_plan.mark(self._settings.run, log=self._before_lock)))
        # One statement: it is atomic, so lock and mark come together for all or for none.
        self._server.execute(f"ALTER USER {names} ACCOUNT LOCK ATTRIBUTE {text}")

    def _disable(self, events: list[Event]) -> None:
        if not events:
            return
        # The list goes on record on the server first, on the tool's own account: what `open` must enable again.
        noted = sorted({*observe.noted_events(self._server), *(str(event) for event in events)})
        text = quote_text(json.dumps({fence_plan.MARK: {"events": noted, "run": self._settings.run}}))
        self._server.execute(f"ALTER USER {quote_account(*self._settings.tool_account)} ATTRIBUTE {text}")
        word = "REPLICA" if self._log_status.startswith("SHOW BINARY") else "SLAVE"
        for event in events:
            # DISABLE ON REPLICA, not DISABLE: the statement travels to IDC, and there it leaves the very state in which
            # a replicated event waits to be enabled at promotion. The definer is kept by naming it.
            user, _, host = event.definer.rpartition("@")
            name = f"{quote_name(event.schema)}.{quote_name(event.name)}"
            self._server.execute(f"ALTER DEFINER={quote_account(user, host)} EVENT {name} DISABLE ON {word}")

    def _drain(self, deadline: float, act: Act) -> None:
        while True:
            past = time.monotonic() >= deadline
            fresh = time.monotonic() - self._trx_read >= observe.TRX_CACHE_AGE
            sessions = self._foreign(self._look(with_transactions=fresh or past))
            if fresh or past:
                self._kill_sessions(fence_plan.sessions_to_kill(sessions, past_deadline=past), act, idle=not past)
            if past or not sessions:
                return
            time.sleep(POLL)

    def _settle(self, act: Act) -> None:
        """Wait until no session, no transaction, no prepared one is left and N reads of the position agree."""
        begun = time.monotonic()
        timings = self.report.timings
        reads: list[Position] = []
        clear_since: float | None = None
        transactions_clear = False
        prepared = 0
        while True:
            now = time.monotonic()
            fresh = clear_since is not None and not transactions_clear and now - self._trx_read >= observe.TRX_CACHE_AGE
            found = self._look(with_transactions=fresh)
            sessions = self._foreign(found)
            if sessions:
                clear_since, transactions_clear, reads = None, False, []
                self._kill_sessions(sessions, act, idle=False)
            else:
                if clear_since is None:
                    clear_since = now
                    timings.seconds["no_sessions"] = timings.elapsed
                if found.transactions is not None:
                    prepared = found.prepared or 0
                    left = self._foreign_transactions(found)
                    transactions_clear = not left and not prepared
                    if transactions_clear:
                        timings.seconds["no_transactions"] = timings.elapsed
                reads = reads[-self._settings.settle_reads + 1 :] if reads and reads[-1] == found.position else []
                reads.append(found.position)
            if transactions_clear and len(reads) >= self._settings.settle_reads:
                break
            if time.monotonic() - begun > self._settings.settle_timeout:
                break
            time.sleep(self._settings.settle_interval if not sessions else POLL)
        timings.seconds["position_frozen"] = timings.elapsed
        self._prove_quiet(sessions, reads, found, transactions_clear=transactions_clear, prepared=prepared)

    def _prove_quiet(
        self,
        sessions: list[Session],
        reads: list[Position],
        found: Activity,
        *,
        transactions_clear: bool,
        prepared: int,
    ) -> None:
        proofs, seconds = self.report.proofs.by_name, self.report.timings.seconds
        kept = sorted({f"{s.user} ({s.command})" for s in found.sessions if s.id not in self._own})
        detail = f"{len(sessions)} left" if sessions else f"none; left alone: {', '.join(kept) or 'nobody'}"
        proofs["no_sessions"] = Proof(not sessions, detail, seconds.get("no_sessions", 0.0))
        trouble = f"{prepared} prepared XA transactions" if prepared else "still open or rolling back"
        proofs["no_transactions"] = Proof(
            transactions_clear, "none" if transactions_clear else trouble, seconds.get("no_transactions", 0.0)
        )
        frozen = transactions_clear and len(reads) >= self._settings.settle_reads
        proofs["position_frozen"] = Proof(
            frozen, f"{len(reads)} equal reads after the last session", seconds["position_frozen"]
        )
        self.report.final = reads[-1] if frozen else None

    def _prove_accounts(self) -> None:
        """Read again what was written: the accounts and events as they are now."""
        proofs, now = self.report.proofs.by_name, self.report.timings.elapsed
        left = fence_plan.accounts_to_lock(observe.accounts(self._server), self._settings.exempt)
        names = ", ".join(str(account) for account in left)
        proofs["accounts_locked"] = Proof(not left, f"open: {names}" if left else "all but the exempt", now)
        events = self._events()
        names = ", ".join(str(event) for event in events)
        proofs["events_off"] = Proof(not events, f"would run: {names}" if events else "none would run", now)
        read_only = self._server.number("SELECT @@read_only") == 1
        proofs["read_only"] = Proof(read_only, f"@@read_only is {int(read_only)}", now)

    def _kill_sessions(self, sessions: list[Session], act: Act, *, idle: bool) -> None:
        if not sessions:
            return
        what = "end idle sessions on RDS" if idle else "kill the sessions left on RDS"
        with act(what, sessions=[session.id for session in sessions]) as outcome:
            codes = self._server.execute_each(
                [self._kill.format(session.id) for session in sessions], tolerate={ER_UNKNOWN_THREAD}
            )
            outcome["gone_by_themselves"] = sum(code != 0 for code in codes)
        for session, code in zip(sessions, codes, strict=True):
            if code == 0:
                self.report.killed.append(session.as_evidence() | {"while": "idle" if idle else "busy"})
                self.report.killed_in_transaction += session.in_transaction

    def _look(self, *, with_transactions: bool) -> Activity:
        self.report.looks += 1
        found = observe.activity(self._server, self._log_status, with_transactions=with_transactions)
        if with_transactions:
            self._trx_read = time.monotonic()
        return found

    def _events(self) -> list[Event]:
        exempt = self._settings.exempt
        # RDS's own events, if it has any, belong to an exempt definer such as rdsadmin.
        return [
            event
            for event in observe.running_events(self._server)
            if event.definer.rpartition("@")[0] not in exempt
            or event.definer.startswith(f"{self._settings.tool_account[0]}@")
        ]

    def _foreign(self, found: Activity) -> list[Session]:
        return fence_plan.foreign_sessions(found.sessions, self._settings.exempt, self._own, self._first_after_lock)

    def _foreign_transactions(self, found: Activity) -> list[fence_plan.Transaction]:
        return fence_plan.foreign_transactions(
            found.transactions or (), found.sessions, self._settings.exempt, self._own
        )
