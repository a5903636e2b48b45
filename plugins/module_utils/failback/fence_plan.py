"""The decisions of the fence: whom to lock, whom to kill and when, which proofs hold. Pure.

What stops whom (measured, MySQL 9.7): ACCOUNT LOCK stops new logins only, so sessions must be killed as well; events
run without a login, so they must be disabled; read_only stops everything but takes RDS seconds to minutes.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

# What must always hold, whatever the site says: without it the others prove nothing.
ALWAYS_REQUIRED = ("events_off", "write_refused")
# What the fence itself can prove; "network" is proven by rds_network, from outside.
PROVABLE = ("accounts_locked", "no_sessions", "no_transactions", "position_frozen", "read_only", *ALWAYS_REQUIRED)
IDLE_COMMAND = "Sleep"
LOGGING_IN = "unauthenticated user"
MARK = "rollback_runner"


@dataclass(frozen=True)
class Account:
    """One row of mysql.user. ``marked``: locked by us, and so ours to unlock."""

    user: str
    host: str
    locked: bool
    marked: bool

    def __str__(self) -> str:
        return f"{self.user}@{self.host}"


@dataclass(frozen=True)
class Session:
    """One row of the processlist. ``in_transaction`` comes from innodb_trx."""

    id: int
    user: str
    host: str
    command: str
    seconds: int
    in_transaction: bool

    def as_evidence(self) -> dict[str, object]:
        """Return it as JSON-able fields; never the statement's text, which may hold customers' data."""
        return asdict(self)


@dataclass(frozen=True)
class Transaction:
    """One open InnoDB transaction. ``thread`` 0 has no session: a prepared XA transaction, or one being rolled back."""

    thread: int
    state: str
    rows: int


@dataclass(frozen=True)
class Event:
    """One scheduled event that would run."""

    schema: str
    name: str
    definer: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Proof:
    """One thing that must be seen. ``holds`` None is unknown and counts as not holding."""

    holds: bool | None
    detail: str
    seconds: float = 0.0

    def as_evidence(self) -> dict[str, object]:
        """Return it as JSON-able fields."""
        return asdict(self)


@dataclass
class Proofs:
    """The proofs by name."""

    by_name: dict[str, Proof] = field(default_factory=dict)

    def missing(self, required: Iterable[str]) -> list[str]:
        """Name the required proofs that do not hold, those that are always required included."""
        wanted = dict.fromkeys((*required, *ALWAYS_REQUIRED))
        return [name for name in wanted if not (name in self.by_name and self.by_name[name].holds)]

    def as_evidence(self) -> dict[str, object]:
        """Return all of them as JSON-able fields."""
        return {name: proof.as_evidence() for name, proof in self.by_name.items()}


def accounts_to_lock(accounts: Iterable[Account], exempt: Collection[str]) -> list[Account]:
    """Every account that can log in and is not exempt. Roles are locked by nature and stay out."""
    return [account for account in accounts if not account.locked and account.user not in exempt]


def accounts_to_open(accounts: Iterable[Account]) -> list[Account]:
    """Only what carries our mark: an account that was locked before the fence stays locked."""
    return [account for account in accounts if account.marked]


def foreign_sessions(
    sessions: Iterable[Session], exempt: Collection[str], own: Collection[int], first_after_lock: int | None = None
) -> list[Session]:
    """Sessions that must be gone.

    While the fence goes up, a login in progress is one too: the server copies the account when the handshake begins, so
    it may pass a lock that came after. Those begun after the lock cannot, and clients that keep trying must not hold
    the fence up: ``first_after_lock`` is a connection id known to be given out after it (ids only grow), 0 when that is
    not known yet, None when the lock is long past and logins in progress mean nothing.
    """
    return [
        session
        for session in sessions
        if session.user not in exempt
        and session.id not in own
        and not (session.user == LOGGING_IN and _begun_after(session, first_after_lock))
    ]


def _begun_after(session: Session, first_after_lock: int | None) -> bool:
    return first_after_lock is None or 0 < first_after_lock <= session.id


def foreign_transactions(
    transactions: Iterable[Transaction], sessions: Iterable[Session], exempt: Collection[str], own: Collection[int]
) -> list[Transaction]:
    """Transactions that must be gone: all but those of exempt sessions that are still there to own them."""
    spared = {session.id for session in sessions if session.user in exempt} | set(own)
    return [transaction for transaction in transactions if transaction.thread not in spared]


def sessions_to_kill(sessions: Sequence[Session], *, past_deadline: bool) -> list[Session]:
    """Before the deadline only those that lose nothing: idle, and in no transaction."""
    if past_deadline:
        return list(sessions)
    return [session for session in sessions if session.command == IDLE_COMMAND and not session.in_transaction]


def unknown_required(required: Iterable[str]) -> list[str]:
    """Names in the site's list of required proofs that nobody can prove: a spelling mistake must not open a gate."""
    return sorted(set(required) - set(PROVABLE) - {"network"})


def mark(run: str, events: Sequence[str] = (), log: tuple[str, int] | None = None) -> dict[str, object]:
    """Return the user attribute that says the lock is ours, merged into what the account already carries.

    ``log`` is where the binary log ended right before the lock: a later run need not search all of it for what was
    written since.
    """
    own: dict[str, object] = {"locked": True, "run": run}
    if log is not None:
        own["log"] = list(log)
    if events:
        own["events"] = sorted(events)
    return {MARK: own}


def own_mark(attributes: Mapping[str, object]) -> Mapping[str, object]:
    """Return our part of mysql.user.User_attributes; {} when the account is not marked."""
    metadata = attributes.get("metadata")
    own = metadata.get(MARK) if isinstance(metadata, dict) else None
    return own if isinstance(own, dict) else {}
