"""What a ledger of the releases lab says about a rollback."""

from dataclasses import replace

import pytest

from lab.releases.traffic.figures import Stored, judge
from lab.releases.traffic.ledger import Entry

BAD, GOOD = "bad-build", "good-build"


def order(at: float, build: str, *, status: int = 201, token: str = "", took: float = 0.01, **more: object) -> Entry:
    entry = Entry("shop", "order", at, at + took, status, build, "", token or f"t{at}", 1, 1, "a@example.org")
    return replace(entry, **more)  # type: ignore[arg-type]


def read(at: float, build: str, status: int = 200) -> Entry:
    return Entry("shop", "read", at, at + 0.01, status, build)


def stored(*entries: Entry) -> dict[str, Stored]:
    return {one.token: Stored(one.product, one.quantity, one.email) for one in entries}


def test_a_clean_way_back_passes_and_counts_the_bad_releases_own_errors_apart() -> None:
    entries = [order(1, BAD), order(2, BAD, status=500), read(2.5, BAD), order(3, GOOD, took=4.0), read(8, GOOD)]
    found = judge(entries, stored(entries[0], entries[3]), BAD, GOOD)
    assert found.passed, found.problems
    assert found.figures["failed_by_release"] == 1
    assert found.figures["failed_requests"] == 0
    assert found.figures["held"] == {"count": 1, "longest_seconds": 4.0}
    assert found.figures["no_answer_from_the_application_seconds"] == 4.49


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (order(3, "", status=503, token="x"), "1 requests failed"),
        (order(3, "", status=0, token="x"), "1 requests failed"),
        (order(3, GOOD, status=500, token="x"), "1 requests failed"),
        (order(3, GOOD, token="x"), "1 acknowledged orders are not in the database"),
        (read(9, BAD), "the last answer came from build bad-build"),
    ],
)
def test_whatever_a_customer_would_notice_is_a_problem(broken: Entry, told: str) -> None:
    good = [order(1, BAD), order(4, GOOD), read(8, GOOD)]
    entries = sorted([*good, broken], key=lambda entry: entry.ended)
    found = judge(entries, stored(*good[:2]), BAD, GOOD)
    assert not found.passed
    assert any(problem.startswith(told) for problem in found.problems), found.problems


def test_an_order_that_came_back_with_another_address_is_a_problem() -> None:
    entries = [order(1, BAD), order(4, GOOD)]
    there = stored(*entries)
    there[entries[0].token] = replace(there[entries[0].token], email="")
    assert judge(entries, there, BAD, GOOD).problems == ("1 orders are not in the database as they were placed",)


def test_an_order_that_was_refused_and_stored_or_stored_twice_is_a_problem() -> None:
    entries = [order(1, BAD), order(2, BAD, status=500), order(4, GOOD)]
    there = stored(*entries)
    there[entries[2].token] = replace(there[entries[2].token], times=2)
    assert judge(entries, there, BAD, GOOD).problems == (
        "1 orders are in the database more than once",
        "1 orders that were refused are in the database",
    )


def test_a_ledger_without_an_order_proves_nothing() -> None:
    found = judge([read(1, GOOD)], {}, BAD, GOOD)
    assert found.problems == ("no order was acknowledged, so nothing is proven",)
