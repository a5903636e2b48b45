"""The verdict, without a key or a clock: who, when, which plan, and which approvals go together."""

from __future__ import annotations

import re
import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from failback.approval import record, sentences, statement
from failback.approval.judge import Clock, Judged, Maker, Signed, judge, own_words
from failback.approval.policy import Policy
from failback.approval.signing import Verified
from failback.approval.statement import Signer, Subject
from failback.approval.words import Problem
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
SUBJECT = Subject("shop", "i-1", "a" * 64)
MAKER = Maker(("kim",), "SHA256:kim")
ROLES = {"technical_lead": ("lee", "jung"), "operations_manager": ("park", "lee"), "executive": ("choi",)}
POLICY = Policy("shop", "/signers", ROLES, ("technical_lead", "operations_manager"), 24.0, 300.0)


def said(role: str, name: str, *, hours: float = 0.0, key: str = "", **changes: Any) -> Signed:
    made = statement.approve(SUBJECT, Signer(role, name), NOW + timedelta(hours=hours), valid_hours=24, conditions="")
    return Signed(replace(made, **changes), Verified(key or f"SHA256:{name}"), known=True)


def revoked(role: str, by: str, *, hours: float = 0.0, **changes: Any) -> Signed:
    made = statement.revoke(SUBJECT, Signer(role, by), NOW + timedelta(hours=hours), reason="why", revokes=())
    return Signed(replace(made, **changes), Verified(f"SHA256:{by}"), known=True)


def judged(*signed: Signed, now: datetime = NOW, policy: Policy = POLICY, **clock: Any) -> Judged:
    return judge(policy, SUBJECT, MAKER, signed, Clock(now, **clock))


def kinds(found: Judged) -> list[tuple[str, str]]:
    return [(problem.role, problem.kind) for problem in found.problems]


def test_two_of_two() -> None:
    assert judged(said("technical_lead", "lee"), said("operations_manager", "park")).good


def test_one_who_may_sign_as_either_counts_where_they_are_needed() -> None:
    both = [said("technical_lead", "lee"), said("operations_manager", "lee")]
    assert kinds(judged(*both)) == [("operations_manager", "same_person")]
    found = judged(*both, said("technical_lead", "jung"))
    assert found.good
    assert {one.role: one.statement.principal for one in found.granted} == {
        "technical_lead": "jung",
        "operations_manager": "lee",
    }


def test_expiry_is_exact_and_judged_when_it_began() -> None:
    both = [said("technical_lead", "lee"), said("operations_manager", "park")]
    assert judged(*both, now=NOW + timedelta(hours=24, microseconds=-1)).good
    assert kinds(judged(*both, now=NOW + timedelta(hours=24))) == [
        ("technical_lead", "expired"),
        ("operations_manager", "expired"),
    ]
    assert judged(*both, now=NOW + timedelta(days=9), begun=NOW + timedelta(hours=23)).good


def test_a_newer_one_makes_up_for_an_expired_one() -> None:
    late = NOW + timedelta(hours=30)
    assert judged(
        said("technical_lead", "lee"),
        said("technical_lead", "lee", hours=29),
        said("operations_manager", "park", hours=29),
        now=late,
    ).good


def test_a_bad_one_beside_a_good_one_is_told_and_stops_nothing() -> None:
    forged = replace(
        said("technical_lead", "jung"), verified=Verified(why="Signature verification failed: incorrect signature")
    )
    found = judged(forged, said("technical_lead", "lee"), said("operations_manager", "park"))
    assert found.good
    assert [one.kind for one in found.remarks] == ["forged"]


def test_taken_back_counts_until_signed_again() -> None:
    manager = said("operations_manager", "park")
    assert kinds(judged(said("technical_lead", "lee"), revoked("technical_lead", "park"), manager)) == [
        ("technical_lead", "revoked")
    ]
    assert judged(revoked("technical_lead", "park", hours=-1), said("technical_lead", "lee"), manager).good


def test_a_revoker_whose_clock_is_behind_is_still_followed() -> None:
    first = said("technical_lead", "lee")
    back = revoked("technical_lead", "park", hours=-1, revokes=(first.statement.nonce,))
    assert kinds(judged(first, back, said("operations_manager", "park"))) == [("technical_lead", "revoked")]


def test_a_revocation_of_another_plan_is_none() -> None:
    other = revoked("technical_lead", "park", plan="b" * 64)
    assert judged(said("technical_lead", "lee"), said("operations_manager", "park"), other).good


def test_a_clock_that_was_set_back_stops_everybody_until_it_began() -> None:
    both = [said("technical_lead", "lee"), said("operations_manager", "park")]
    ahead = ("the last line of it", NOW + timedelta(seconds=301))
    assert kinds(judged(*both, newest=ahead)) == [("", "clock")]
    assert judged(*both, newest=("it", NOW + timedelta(seconds=299))).good
    assert judged(*both, newest=ahead, begun=NOW - timedelta(hours=1)).good


def test_the_future_is_refused_but_for_two_clocks_that_differ() -> None:
    manager = said("operations_manager", "park")
    assert judged(said("technical_lead", "lee", hours=0.08), manager).good
    assert kinds(judged(said("technical_lead", "lee", hours=0.09), manager)) == [("technical_lead", "future")]


@given(
    st.lists(
        st.sampled_from(["lee", "jung", "park", "choi", "kim"]).flatmap(
            lambda name: st.tuples(
                st.sampled_from(list(ROLES)), st.just(name), st.sampled_from(["SHA256:a", "SHA256:b", "SHA256:kim"])
            )
        ),
        max_size=8,
    )
)
def test_whatever_is_signed_what_is_granted_is_by_distinct_people_who_may(given_: list[tuple[str, str, str]]) -> None:
    policy = replace(POLICY, required=tuple(ROLES))
    found = judged(*(said(role, name, key=key) for role, name, key in given_), policy=policy)
    people = [one.statement.principal for one in found.granted]
    assert len(set(people)) == len(people)
    assert len({one.key for one in found.granted}) == len(found.granted)
    assert all(policy.may(one.statement.principal, one.role) and one.key != MAKER.key for one in found.granted)
    assert found.good == (len(found.granted) == len(policy.required))


@pytest.mark.parametrize(
    ("why", "known", "kind"),
    [
        ("Signature verification failed: incorrect signature", True, "forged"),
        ("Couldn't verify signature: namespace does not match", True, "namespace"),
        ('line 2: key is not permitted for use in signature namespace "x"', True, "namespace"),
        ("line 1: key has expired: verify time", True, "key_expired"),
        ("line 1: key is not yet valid: verify time", True, "key_early"),
        ("Couldn't parse signature: missing header", True, "forged"),
        ("no reason was given", True, "stranger"),
        ("no reason was given", False, "no_signer"),
    ],
)
def test_what_ssh_keygen_says_is_understood(why: str, kind: str, *, known: bool) -> None:
    assert own_words(Verified(why=why), known=known) == kind


@pytest.mark.parametrize("kind", sorted(sentences.SENTENCES))
def test_every_sentence_is_there_in_both_languages_with_the_same_values(kind: str) -> None:
    used: set[str] = set()
    for text in sentences.SENTENCES[kind]:
        english, korean = (
            {field for _, field, _, _ in string.Formatter().parse(text[language]) if field} for language in ("en", "ko")
        )
        assert english == korean
        assert re.search("[가-힣]", text["ko"]) or "rollback-runner" in text["ko"]
        used |= english - {"other_title", "title", "role"}
    problem = Problem(kind, "executive", dict.fromkeys(used, "x"))
    assert "{" not in problem.told("en") + problem.told("ko")


def test_when_something_began_is_known_until_it_is_taken_back(tmp_path: Path) -> None:
    assert record.read(tmp_path).begun("a") is None
    record.add(tmp_path, "begun", plan="a")
    record.add(tmp_path, "begun", plan="a")
    found = record.read(tmp_path)
    assert found.begun("a") == record.moment_of(found.lines[0])
    assert found.begun("b") is None
    assert found.open
    record.add(tmp_path, "went_back", host="x")
    assert record.read(tmp_path).begun("a") is None
    assert not record.read(tmp_path).open
    record.add(tmp_path, "begun", plan="a")
    assert record.read(tmp_path).begun("a") is not None
