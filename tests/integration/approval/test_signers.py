"""Signers that do not count, clocks that were set back, words that were taken back: refused, each with its reason."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from signed import later

if TYPE_CHECKING:
    from signed import Signed


def test_a_signer_taken_out_of_the_file(granted: Signed) -> None:
    granted.list_signers("kim", "park")
    assert "lee signed as the technical lead and does not stand in" in granted.refusal()


def test_signed_for_another_purpose(site: Signed) -> None:
    site.sign("technical_lead", "lee", namespace="git")
    site.sign("operations_manager", "park")
    assert "was made for another purpose than approving" in site.refusal()


def test_a_key_that_may_sign_for_another_purpose_only(granted: Signed) -> None:
    granted.list_signers("kim", "park", lines=(granted.line("lee", options='namespaces="git"'),))
    assert "was made for another purpose than approving" in granted.refusal()


def test_a_key_past_its_end(granted: Signed) -> None:
    granted.list_signers("kim", "park", lines=(granted.line("lee", options='valid-before="20200101"'),))
    assert "the key lee signed with as the technical lead is past its end" in granted.refusal()


def test_a_key_before_its_time(granted: Signed) -> None:
    granted.list_signers("kim", "park", lines=(granted.line("lee", options='valid-after="20400101"'),))
    assert "the key lee signed with as the technical lead is not valid yet" in granted.refusal()


def test_signed_before_the_key_was_valid(site: Signed) -> None:
    site.sign("technical_lead", "lee", at=later(hours=-2))
    site.sign("operations_manager", "park")
    assert site.refusal() == ""
    start = later(hours=-1).astimezone().strftime("%Y%m%d%H%M%S")
    site.list_signers("kim", "park", lines=(site.line("lee", options=f'valid-after="{start}"'),))
    assert "the key lee signed with as the technical lead is not valid yet" in site.refusal()


def test_signed_in_the_future(site: Signed) -> None:
    site.sign("technical_lead", "lee", at=later(hours=1))
    site.sign("operations_manager", "park")
    assert "the approval of lee as the technical lead is of" in site.refusal()
    assert "and it is only" in site.refusal()


def test_a_clock_that_was_set_back(granted: Signed) -> None:
    told = granted.refusal(now=later(hours=-2))
    assert "the clock of this machine says" in told
    assert "it was set back" in told
    assert granted.refusal(now=later(minutes=-4)) == ""  # clocks differ a little


@pytest.mark.parametrize("name", ["approvals.jsonl", "plan.json", "plan.json.sig"])
def test_a_file_from_the_future_shows_a_clock_that_was_set_back(granted: Signed, name: str) -> None:
    ahead = datetime.now(UTC).timestamp() + 7200
    os.utime(granted.incident / name, (ahead, ahead))
    told = granted.refusal()
    assert f"the file {granted.incident / name} is of" in told
    assert "it was set back" in told


def test_a_run_from_the_future_shows_it_too(granted: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RR_RUN_DIR")  # looked at by a command, not within a run
    run = granted.home / "runs" / "20300101T000000Z-shop-prepare"
    run.mkdir(parents=True)
    (run / "journal.jsonl").write_text('{"seq":1,"time":"2030-01-01T00:00:00Z","kind":"begin","prev":"0"}\n')
    assert (
        "20300101T000000Z-shop-prepare/journal.jsonl is of 2030-01-01T00:00:00Z: it was set back" in granted.refusal()
    )


def test_taken_back_by_the_approver(granted: Signed) -> None:
    granted.revoke("technical_lead", "lee")
    told = granted.refusal()
    assert "lee took back the approval of lee as the technical lead at" in told
    assert "the figures are wrong" in told
    granted.sign("technical_lead", "lee")
    assert granted.refusal() == ""


def test_taken_back_by_another_who_holds_a_role(granted: Signed) -> None:
    granted.revoke("technical_lead", "choi")
    assert "choi took back the approval of lee as the technical lead" in granted.refusal()


def test_taken_back_in_the_name_of_another_does_not_count_and_is_told(granted: Signed) -> None:
    granted.revoke("technical_lead", "choi", key="jung")
    judged = granted.judged()
    assert judged.good
    assert "a revocation for the technical lead in the name of choi is on record" in judged.remarks[0].sentence()


def test_a_revocation_outlives_the_key_it_was_made_with(granted: Signed) -> None:
    granted.revoke("technical_lead", "choi")
    granted.list_signers("kim", "lee", "park", lines=(granted.line("choi", options='valid-before="20200101"'),))
    assert "choi took back the approval" in granted.refusal()


def test_a_signers_file_that_is_a_link(granted: Signed) -> None:
    real = granted.signers.rename(granted.work / "real")
    granted.signers.symlink_to(real)
    assert "is a symbolic link" in granted.refusal()


@pytest.mark.parametrize("mode", [0o666, 0o664])
def test_a_signers_file_that_others_can_write(granted: Signed, mode: int) -> None:
    granted.signers.chmod(mode)
    assert "can be written by others (mode 06" in granted.refusal()


def test_a_signers_file_in_a_folder_that_others_can_write(granted: Signed) -> None:
    granted.work.chmod(0o777)
    assert "lies in a folder that others can write" in granted.refusal()


def test_a_signers_file_that_is_gone(granted: Signed) -> None:
    granted.signers.unlink()
    assert "cannot be read (No such file or directory)" in granted.refusal()


def test_a_signers_file_that_is_broken(granted: Signed) -> None:
    granted.signers.write_text("lee zzz ssh-ed25519 AAA\n")
    assert "the signature under it does not prove that" in granted.refusal()
