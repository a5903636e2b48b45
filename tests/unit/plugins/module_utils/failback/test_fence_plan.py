from __future__ import annotations

import pytest
from failback import fence_plan
from failback.fence_plan import Account, Proof, Proofs, Session, Transaction

EXEMPT = ("rdsadmin", "rr_admin", "system user")


def account(user: str, *, locked: bool = False, marked: bool = False) -> Account:
    return Account(user, "%", locked=locked, marked=marked)


def session(number: int, user: str = "shop", command: str = "Sleep", *, busy: bool = False) -> Session:
    return Session(number, user, "10.0.0.1:5000", command, 0, in_transaction=busy)


def test_locks_all_but_the_exempt_and_those_locked_already() -> None:
    accounts = [account("shop"), account("rr_admin"), account("old", locked=True), account("")]
    assert [a.user for a in fence_plan.accounts_to_lock(accounts, EXEMPT)] == ["shop", ""]


def test_opens_only_what_carries_our_mark() -> None:
    accounts = [account("shop", locked=True, marked=True), account("old", locked=True), account("x", marked=True)]
    assert [a.user for a in fence_plan.accounts_to_open(accounts)] == ["shop", "x"]


@pytest.mark.parametrize(
    ("first_after_lock", "left"),
    [(None, []), (0, [7, 9]), (8, [7]), (7, []), (10, [7, 9])],
    ids=["lock long past", "not known yet", "one before", "both after", "both before"],
)
def test_logins_in_progress_count_unless_begun_after_the_lock(first_after_lock: int | None, left: list[int]) -> None:
    sessions = [session(7, fence_plan.LOGGING_IN), session(9, fence_plan.LOGGING_IN), session(3, "rdsadmin")]
    found = fence_plan.foreign_sessions(sessions, EXEMPT, (1,), first_after_lock)
    assert [s.id for s in found] == left


def test_an_application_session_counts_whenever_it_began() -> None:
    assert fence_plan.foreign_sessions([session(99)], EXEMPT, (), None)
    assert not fence_plan.foreign_sessions([session(99)], EXEMPT, (99,), None)


def test_kills_the_idle_at_once_and_the_rest_at_the_deadline() -> None:
    sessions = [session(1), session(2, busy=True), session(3, command="Query"), session(4, command="Query", busy=True)]
    assert [s.id for s in fence_plan.sessions_to_kill(sessions, past_deadline=False)] == [1]
    assert [s.id for s in fence_plan.sessions_to_kill(sessions, past_deadline=True)] == [1, 2, 3, 4]


def test_a_transaction_without_its_session_counts_even_if_nobody_is_left() -> None:
    transactions = [Transaction(5, "ROLLING BACK", 100), Transaction(0, "RUNNING", 1), Transaction(2, "RUNNING", 1)]
    left = fence_plan.foreign_transactions(transactions, [session(2, "rdsadmin")], EXEMPT, ())
    assert [t.thread for t in left] == [5, 0]


def test_unknown_and_absent_proofs_do_not_hold() -> None:
    proofs = Proofs({"a": Proof(holds=True, detail=""), "b": Proof(holds=None, detail="")})
    assert proofs.missing(["a", "b", "c"]) == ["b", "c", "events_off", "write_refused"]
    for name in fence_plan.ALWAYS_REQUIRED:
        proofs.by_name[name] = Proof(holds=True, detail="")
    assert proofs.missing(["a"]) == []


def test_a_misspelt_proof_is_found() -> None:
    assert fence_plan.unknown_required(["accounts_locked", "network", "read-only"]) == ["read-only"]


def test_reads_the_mark_and_nothing_else() -> None:
    assert fence_plan.mark("r1", log=("binlog.000007", 4711))["rollback_runner"] == {
        "locked": True, "run": "r1", "log": ["binlog.000007", 4711],
    }  # fmt: skip
    mark = fence_plan.mark("r1", ["shop.b", "shop.a"])
    assert fence_plan.own_mark({"metadata": mark}) == {"locked": True, "run": "r1", "events": ["shop.a", "shop.b"]}
    assert fence_plan.own_mark({}) == {}
    assert fence_plan.own_mark({"metadata": {"comment": "x"}}) == {}
    assert fence_plan.own_mark({"metadata": {"rollback_runner": "x"}}) == {}
