from __future__ import annotations

from dataclasses import replace

import pytest

from rollback_runner.messages import Texts
from rollback_runner.plan import ways
from rollback_runner.run import outcome

EMERGENCY = ways.leg("switch-first", "emergency", "")
FAILED = outcome.Ended(EMERGENCY, "failed", "no", touched=True, gate=False, cancelled=False, check=False)


@pytest.mark.parametrize(
    ("end", "status", "word"),
    [
        (replace(FAILED, status="done"), "done", "proven"),
        (replace(FAILED, status="already", check=True), "already", "rehearsed"),
        (FAILED, "failed", "unproven"),
        (replace(FAILED, cancelled=True), "failed", "interrupted"),
        (replace(FAILED, status="refused"), "refused", "refused"),
        (replace(FAILED, status="refused", promoted="yes"), "failed", "unproven"),
        (replace(FAILED, touched=False, gate=True), "failed", "refused"),
        (replace(FAILED, touched=True, gate=True), "failed", "unproven"),
        (replace(FAILED, status="waiting"), "waiting", "waiting"),
    ],
)
def test_what_a_run_has_come_to(end: outcome.Ended, status: str, word: str) -> None:
    assert outcome.settle(end) == (status, word)


@pytest.mark.parametrize(
    "change",
    [
        {"status": "done"},
        {"promoted": "yes"},
        {"touched": False},
        {"cancelled": True},
        {"check": True},
        {"leg": ways.leg("restore-first", "full", "restore")},
    ],
)
def test_rds_is_opened_again_only_where_that_is_right(change: dict[str, object]) -> None:
    assert outcome.goes_back(FAILED, stay=False)
    assert not outcome.goes_back(FAILED, stay=True)
    assert not outcome.goes_back(replace(FAILED, **change), stay=False)


def test_every_end_names_a_next_step() -> None:
    full = ways.leg("switch-first", "full", "")
    assert outcome.next_step("proven", EMERGENCY, "yes", touched=True) == "next.full"
    assert outcome.next_step("proven", full, "no", touched=True) == "next.complete"
    assert outcome.next_step("proven", ways.COMPLETE, "no", touched=True) == "next.watch"
    assert outcome.next_step("proven", ways.WATCH, "no", touched=False) == "next.close"
    assert outcome.next_step("waiting", ways.COMPLETE, "no", touched=True) == "next.tie_up"
    assert outcome.next_step("waiting", ways.WATCH, "no", touched=False) == "next.watching"
    assert outcome.next_step("waiting", ways.PREPARE, "no", touched=False) == "next.words"
    assert outcome.next_step("unproven", ways.COMPLETE, "no", touched=True) == "next.after"
    assert outcome.next_step("unproven", full, "no", touched=True) == "next.resume"
    assert outcome.next_step("unproven", EMERGENCY, "begun", touched=True) == "next.forward"
    assert outcome.next_step("unproven", EMERGENCY, "no", touched=True) == "next.fenced"


@pytest.mark.parametrize("word", ["refused", "unproven", "waiting", "interrupted"])
@pytest.mark.parametrize("leg", [ways.PREPARE, EMERGENCY, ways.COMPLETE, ways.DEPLOYMENT])
def test_a_rehearsal_that_failed_is_not_resumed(word: str, leg: ways.Leg) -> None:
    assert outcome.next_step(word, leg, "no", touched=False, check=True) == "next.rehearse"
    told = Texts("en")("next.rehearse", command="rollback-runner phase emergency")
    assert told.endswith(": rollback-runner phase emergency --check")


def test_a_rehearsal_that_went_well_names_the_act() -> None:
    assert outcome.next_step("rehearsed", ways.PREPARE, "no", touched=False, check=True) == "next.act"


def test_after_a_refusal_nobody_is_sent_to_the_doctor_who_looks_at_none_of_it() -> None:
    for language in ("en", "ko"):
        told = Texts(language)("next.refused", command="rollback-runner phase emergency")
        assert told.endswith(": rollback-runner phase emergency")
        assert "doctor" not in told
