"""A statement has one form only, and says all it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from failback.approval import statement
from failback.approval.canonical import AmbiguousError
from failback.approval.statement import Signer, Subject

NOW = datetime(2026, 1, 31, 18, 30, 0, 5, tzinfo=timezone(timedelta(hours=9)))
SUBJECT = Subject("shop", "20260131T000000Z", "a" * 64)


def approval() -> statement.Statement:
    return statement.approve(SUBJECT, Signer("executive", "choi"), NOW, valid_hours=24, conditions=" after 22:00 ")


def test_what_is_signed_can_be_read_by_a_person() -> None:
    said = approval()
    assert said.text() == (
        '{"conditions":"after 22:00","decision":"approve","expires_at":"2026-02-01T09:30:00.000005Z",'
        f'"incident":"20260131T000000Z","made_at":"2026-01-31T09:30:00.000005Z","nonce":"{said.nonce}",'
        f'"plan":"{"a" * 64}","principal":"choi","revokes":[],"role":"executive","site":"shop","version":1}}\n'
    )
    assert statement.parse(said.text()) == said
    assert said.made_at.tzinfo is UTC


def test_no_two_are_the_same() -> None:
    assert approval().nonce != approval().nonce


def test_a_revocation_names_what_it_takes_back() -> None:
    said = statement.revoke(SUBJECT, Signer("executive", "lee"), NOW, reason="wrong", revokes=("n1", "n2"))
    assert statement.parse(said.text()) == said
    assert (said.expires_at, said.revokes, said.decision) == (None, ("n1", "n2"), "revoke")


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('"version":1', '"version":2', "has version 2, this tool knows 1"),
        ('"site":"shop"', '"site": "shop"', "not in its canonical form"),
        ('"site":"shop"', '"site":"shop","urgent":true', "not in its canonical form"),
        ('"role":"executive",', "", "lacks role"),
        ("after 22:00", "after\\u001b[2J", "conditions holds characters that cannot be shown"),
        ('"approve"', '"maybe"', "decides 'maybe'"),
        ("a" * 64, "a" * 63, "names no digest of a plan"),
        ('"expires_at":"2026-02-01T09:30:00.000005Z"', '"expires_at":""', "does not say when it ends"),
        ("2026-01-31T09:30:00.000005Z", "yesterday", "'yesterday' is no moment"),
        ('"revokes":[]', '"revokes":[1]', "lacks revokes"),
    ],
)
def test_what_is_no_statement_of_ours_is_refused(old: str, new: str, why: str) -> None:
    text = approval().text()
    assert old in text
    with pytest.raises(AmbiguousError, match=why):
        statement.parse(text.replace(old, new))
