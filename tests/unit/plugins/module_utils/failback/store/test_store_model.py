"""What travels and how, which way a changed file goes, and what may be done while the store is silent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from failback.store import model
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.none() | st.sampled_from(["a", "b", "c"])
KNOWN = st.none() | st.builds(model.Known, digest=st.sampled_from("ab"), version=st.sampled_from("ab"))


@pytest.mark.parametrize(
    ("key", "form"),
    [
        ("runs/2026-lab-emergency/journal.jsonl", "journal"),
        ("runs/2026-lab-emergency/secret-files", "whole"),
        ("runs/2026-lab-emergency/report.json", "whole"),
        ("rehearsals/2026-lab/journal.jsonl", "journal"),
        ("incidents/lab/2026/approvals.jsonl", "journal"),
        ("incidents/lab/2026/facts/stake.shop-db.json", "whole"),
        ("incidents/lab/current", "link"),
        ("baseline/lab/shop.json", "whole"),
        ("proofs/lab/shop-db.sizes.json", "whole"),
        ("quarantine/lab/binlog.000001", "big"),
        ("archives/lab/lab.archive.tar", "big"),
    ],
)
def test_what_belongs_to_the_record_travels(key: str, form: str) -> None:
    assert model.form(key, "lab") == form


@pytest.mark.parametrize(
    "key",
    [
        "incidents/shop/2026/plan.json",  # another site's
        "war-room/lab/tokens.json",
        ".lab/secrets/idc-rr_admin",
        "runs/locks/lab.lock",
        "runs/locks/lab.lock.mutex",
        "runs/2026-lab-emergency/store.json",
        "runs/2026-lab-emergency/store.lost",
        "runs/2026-lab-emergency/journal.reserve",
        "incidents/lab/2026/companions/messenger.log",
        "looks/2026-lab/journal.jsonl",
        "runs/../../etc/passwd",
        "runs/2026-lab/.report.json.new",
        "secrets/vault-password",
        "runs/journal.jsonl",
        "",
    ],
)
def test_what_is_of_this_machine_stays(key: str) -> None:
    assert model.form(key, "lab") is None


@given(KNOWN, NAMES, NAMES)
def test_nothing_that_changed_is_overwritten_unseen(
    known: model.Known | None, here: str | None, there: str | None
) -> None:
    way = model.decide(known, here, there)
    ours = here is not None and (known is None or here != known.digest)
    theirs = there is not None and (known is None or there != known.version)
    if way == "pull":
        assert theirs
        assert not ours
    if way == "push":
        assert here is not None
        assert not theirs
    if ours and theirs:
        assert way == "both"
    if not ours and not theirs and (here is None or there is not None):
        assert way == "same"


@given(st.sampled_from(["a", "b"]), st.sampled_from(["a", "b"]))
def test_after_an_exchange_nothing_is_left_to_do(digest: str, version: str) -> None:
    assert model.decide(model.Known(digest, version), digest, version) == "same"


def journal_of(*entries: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(entry).encode() + b"\n" for entry in entries)


BEGIN = {"kind": "begin", "phase": "emergency", "options": {}}
FENCE = {"kind": "intent", "act": "lock the accounts", "host": "shop-db"}


@pytest.mark.parametrize(
    "entries",
    [
        (),
        (BEGIN,),
        (BEGIN, FENCE),
        (BEGIN, FENCE, {"kind": "outcome", "act": "lock the accounts", "ok": True}),
        ({"kind": "begin", "options": {"deployment": {"deployment_app": "web"}}},),
    ],
)
def test_before_the_promotion_a_silent_store_stops_the_next_act(entries: tuple[dict[str, Any], ...]) -> None:
    assert model.must_be_there("intent", journal_of(*entries))
    assert not model.must_be_there("outcome", journal_of(*entries))


@pytest.mark.parametrize(
    "entries",
    [
        (BEGIN, FENCE, {"kind": "intent", "act": "open IDC for writes"}),
        (BEGIN, {"kind": "promoted"}),
        (BEGIN, FENCE, {"kind": "abort", "reason": "failed"}),
        ({"kind": "begin", "phase": "abort"},),
        ({"kind": "begin", "phase": "emergency", "options": {"promoted_before": "begun"}},),
        ({"kind": "begin", "options": {"deployment": {"deployment_app": "web"}}}, FENCE),
    ],
)
def test_where_stopping_would_harm_acts_go_on(entries: tuple[dict[str, Any], ...]) -> None:
    assert not model.must_be_there("intent", journal_of(*entries))


def test_a_run_begins_only_at_the_store() -> None:
    assert model.must_be_there("begin", b"")


def test_a_torn_line_is_passed_over() -> None:
    assert model.may_go_on(b'{"kind":"int' + b"\n" + journal_of({"kind": "abort"}))
