"""The guard of every act that destroys: asked right before the first act, and never in the way of going back."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from typing import TYPE_CHECKING

import pytest
from failback.approval import canonical, look, record
from failback.approval.guard import Guard
from failback.errors import RefusedError
from failback.people import decision, words
from failback.people.words import Word
from guarded import Run
from signed import CONTENT, later

if TYPE_CHECKING:
    from collections.abc import Sequence

    from failback.approval.mark import Mark
    from failback.approval.signing import Claim
    from signed import Signed


@pytest.fixture
def run(granted: Signed, monkeypatch: pytest.MonkeyPatch) -> Run:
    return Run(granted, monkeypatch)


def test_an_approved_act_goes_on_and_says_by_whom(run: Run) -> None:
    result = run.destroy(acts=2)
    assert "failed" not in result, result
    assert result["evidence"]["approved"]["by"] == {"technical_lead": "lee", "operations_manager": "park"}
    assert len(run.lines("intent")) == 2
    assert run.record() == ["approval", "approval", "begun"]


def test_a_second_run_begins_nothing_twice(run: Run) -> None:
    run.destroy()
    assert "failed" not in run.destroy()
    assert run.record().count("begun") == 1


def test_what_is_not_approved_is_refused_before_anything_is_on_record(
    site: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(site, monkeypatch)
    site.sign("technical_lead", "lee")
    result = run.destroy()
    assert result["refused"]
    assert result["msg"].startswith(
        "will not close it 0: not approved (any more): the operations manager has not signed"
    )
    assert run.lines("intent") == []


def test_a_no_said_while_it_runs_stops_the_next_act(run: Run, granted: Signed) -> None:
    plan = canonical.digest(CONTENT)
    words.say(granted.incident, Word("decline", decision.GO, "kim", "the sale began", about=plan))
    result = run.destroy()
    assert result["refused"]
    assert "kim said no to this plan" in result["msg"]
    assert run.lines("intent") == []
    words.say(granted.incident, Word("confirm", decision.GO, "kim", about=plan))
    assert "failed" not in run.destroy()


def test_only_the_backup_that_was_signed_for_takes_the_datas_place(
    site: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(site, monkeypatch)
    signed, other = "a" * 64, "b" * 64
    site.freeze(CONTENT | {"backups": {"shop-db": [{"name": "nightly", "digest": signed}]}})
    site.sign_all()
    result = run.destroy("destroys", digest=other)
    assert result["refused"]
    assert f"is {other[:12]}, and the plan was signed for nightly ({signed[:12]})" in result["msg"]
    assert run.lines("intent") == []
    assert "failed" not in run.destroy("destroys", digest=signed)


@pytest.mark.parametrize(
    ("strategy", "mine", "other"), [("switch-first", "closes", "reverses"), ("deployment", "reverses", "destroys")]
)
def test_who_signs_for_a_release_signs_for_nothing_else(
    site: Signed, monkeypatch: pytest.MonkeyPatch, strategy: str, mine: Mark, other: Mark
) -> None:
    run = Run(site, monkeypatch)
    site.freeze(CONTENT | {"strategy": strategy})
    site.sign_all()
    result = run.destroy(other)
    assert result["refused"]
    assert f"the plan that was signed is one of another kind ({strategy})" in result["msg"]
    assert run.lines("intent") == []
    assert "failed" not in run.destroy(mine)


def test_a_site_may_ask_for_no_approvals_of_a_release(site: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(site, monkeypatch)
    site.extra["deployment"] = "never"
    assert "failed" not in run.destroy("reverses")
    assert run.destroy("closes")["refused"]


def test_a_task_with_nothing_to_do_asks_nobody(site: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "failed" not in Run(site, monkeypatch).destroy(acts=0)


def test_a_rehearsal_asks_nobody_and_writes_nothing(run: Run) -> None:
    run.site.revoke("technical_lead", "lee")
    before = run.record()
    assert "failed" not in run.destroy(check=True)
    assert run.record() == before


def test_going_back_asks_nobody(run: Run) -> None:
    run.site.revoke("technical_lead", "lee")
    result = run.destroy(state="open")
    assert "failed" not in result
    assert len(run.lines("intent")) == 1


def test_a_site_that_asks_for_none_is_asked_for_none(site: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "failed" not in Run(site, monkeypatch).destroy(asked=False)


def test_without_an_incident_nothing_begins(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RR_INCIDENT")
    result = run.destroy()
    assert result["refused"]
    assert "this site asks for approvals, and no incident was named" in result["msg"]


def test_broken_glass_passes_and_is_loud(site: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(site, monkeypatch)
    monkeypatch.delenv("RR_INCIDENT")
    monkeypatch.setenv("RR_BREAK_GLASS", "nobody answers and orders are being lost")
    result = run.destroy()
    assert "failed" not in result
    assert result["evidence"]["break_glass"] == "nobody answers and orders are being lost"
    [line] = run.lines("break_glass")
    assert (line["reason"], line["act"]) == ("nobody answers and orders are being lost", "close it 0")
    assert line["seq"] < run.lines("intent")[0]["seq"]


def test_an_empty_reason_breaks_no_glass(site: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(site, monkeypatch)
    monkeypatch.setenv("RR_BREAK_GLASS", "  ")
    assert run.destroy()["refused"]


def test_a_policy_that_cannot_be_understood_lets_nothing_pass(run: Run) -> None:
    run.site.extra = {"role": {}}
    result = run.destroy()
    assert result["refused"]
    assert "site_approvals: role is not known" in result["msg"]


def test_what_expires_after_the_first_act_holds_to_the_end(site: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    run, left = Run(site, monkeypatch), 3.0
    site.sign("technical_lead", "lee", at=later(hours=-24, seconds=left))
    site.sign("operations_manager", "park", at=later(hours=-24, seconds=left))
    assert "failed" not in run.destroy()
    time.sleep(left)
    assert "failed" not in run.destroy("promotes")
    # Once it was taken back, whoever begins anew is judged anew.
    assert "failed" not in run.destroy(state="open")
    assert run.record()[-1] == "went_back"
    assert "expired at" in run.destroy()["msg"]


def test_what_expired_before_the_first_act_is_refused(run: Run) -> None:
    run.site.extra = {"valid_hours": 1e-9}
    assert "the approval of lee as the technical lead expired at" in run.destroy()["msg"]


def test_a_key_that_ends_after_the_first_act_holds_to_the_end(run: Run) -> None:
    run.destroy()
    time.sleep(1.1)  # ssh-keygen knows seconds
    end = later(seconds=-0.5).astimezone().strftime("%Y%m%d%H%M%S")
    run.site.list_signers("kim", "park", lines=(run.site.line("lee", options=f'valid-before="{end}"'),))
    assert "failed" not in run.destroy("promotes")


def test_a_plan_frozen_meanwhile_needs_its_own_approvals_and_begins_anew(run: Run) -> None:
    run.destroy()
    run.site.freeze(CONTENT | {"steps": []})
    assert "is for another plan" in run.destroy("promotes")["msg"]


def test_a_run_goes_by_the_plan_it_began_with(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RR_PLAN", run.site.subject.plan)
    assert "failed" not in run.destroy()
    run.site.freeze(CONTENT | {"steps": []})
    for role, name in (("technical_lead", "lee"), ("operations_manager", "park")):
        run.site.sign(role, name)
    refused = run.destroy("promotes")
    assert refused["refused"]
    assert "this run began under the plan" in refused["msg"]
    monkeypatch.setenv("RR_PLAN", run.site.subject.plan)
    assert "failed" not in run.destroy("promotes")


@pytest.mark.parametrize("mark", ["promotes", "destroys"])
def test_after_the_promotion_only_closing_rds_is_free(run: Run, mark: str) -> None:
    run.destroy()
    record.add(run.site.incident, "promoted", host="shop-db", run="run-1")
    run.site.revoke("technical_lead", "lee")
    assert "failed" not in run.destroy("closes")
    assert run.destroy(mark)["refused"]  # type: ignore[arg-type]


def test_a_change_between_the_look_and_the_act_is_seen(run: Run) -> None:
    guard = Guard.of("closes", run.site.variables, run.site.incident)
    assert guard is not None
    guard.begin()
    run.site.revoke("technical_lead", "lee")
    with pytest.raises(Exception, match="lee took back the approval"):
        guard.ask("close RDS", "run-1")


def test_no_process_is_left_when_nothing_was_asked(run: Run) -> None:
    guard = Guard.of("closes", run.site.variables, run.site.incident)
    assert guard is not None
    guard.begin()
    guard.end()
    mine = subprocess.run(["ps", "--ppid", str(os.getpid()), "-o", "args"], capture_output=True, text=True, check=True)
    assert "ssh-keygen" not in mine.stdout
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("approvals")]


def test_signatures_are_verified_once_beside_the_look_and_again_only_when_something_changed(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is asked for in the write outage reads files; the processes that verify ran beside what came before."""
    begun: list[int] = []

    class Counted(look.Verification):
        def __init__(self, claims: Sequence[Claim], content: bytes) -> None:
            begun.append(len(claims))
            super().__init__(claims, content)

    monkeypatch.setattr(look, "Verification", Counted)
    guard = Guard.of("closes", run.site.variables, run.site.incident)
    assert guard is not None
    guard.begin()
    guard.ask("close RDS", "run-1")
    assert len(begun) == 1
    guard.end()
    guard.begin()
    run.site.revoke("technical_lead", "lee")
    with pytest.raises(RefusedError):
        guard.ask("close RDS", "run-1")
    guard.end()
    assert len(begun) > 1
