"""In a real play: who signed is looked at; a task that destroys reads its policy through Ansible's templates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import run_tasks

if TYPE_CHECKING:
    from run_tasks import Played
    from signed import Signed

LIBRARY = Path(__file__).resolve().parents[3] / "plugins" / "module_utils"
CHECK = {"approvals": "{{ site_approvals }}", "site": "{{ site_name }}", "critical": "{{ site_critical }}"}
PRETEND = f"""
import sys
sys.path.insert(0, {str(LIBRARY)!r})
from failback.action import FailbackAction, Outcome
from failback.approval.mark import Destroys


class ActionModule(FailbackAction):
    DESTROYS = Destroys("closes")

    def perform(self, args):
        with self.act("close it"):
            pass
        return Outcome(changed=True)
"""


def variables(signed: Signed) -> dict[str, Any]:
    """As an inventory writes them: the path is put together by a template."""
    asked = signed.variables["site_approvals"] | {"signers_file": "{{ place }}/allowed_signers"}
    return run_tasks.local_host(**signed.variables | {"site_approvals": asked, "place": str(signed.work)})


def check(signed: Signed, monkeypatch: pytest.MonkeyPatch, *roles: str, check: bool = False) -> Played:
    monkeypatch.setenv("RR_INCIDENT", str(signed.incident))
    tasks = [{"name": f"APPROVE-00 | Check {role}", "approval_check": CHECK | {"role": role}} for role in roles]
    return run_tasks.play(signed.work / "play", tasks, {"shop": variables(signed)}, check=check)


def test_who_signed_is_told_and_who_must_is_waited_for(site: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    site.sign("technical_lead", "lee")
    played = check(site, monkeypatch, "technical_lead", "operations_manager", "executive")
    lead, manager, executive = (played.of(role) for role in ("technical_lead", "operations_manager", "executive"))
    assert (lead["evidence"]["by"], lead["evidence"]["plan"]) == ("lee", site.subject.plan)
    assert "waiting" not in lead
    assert manager["waiting"].startswith("the operations manager has not signed this plan (park signs: rollback-runner")
    assert not executive["evidence"]["required"]
    assert played.rc == 0


def test_a_bad_one_is_a_blocker_and_the_rehearsal_says_the_same(site: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    site.sign("technical_lead", "lee", key="jung")
    for rehearsal in (False, True):
        found = check(site, monkeypatch, "technical_lead", check=rehearsal).of()["findings"]
        assert [(one["severity"], one["key"]) for one in found] == [("blocker", "approval:technical_lead:stranger:lee")]


def test_what_concerns_all_is_told_once(granted: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    granted.signers.chmod(0o666)
    played = check(granted, monkeypatch, "technical_lead", "operations_manager")
    assert "can be written by others" in played.of("technical_lead")["findings"][0]["sentence"]
    assert played.of("operations_manager")["waiting"].startswith(
        "nothing can be said of the approval of operations_manager"
    )


def test_a_site_without_a_policy_is_warned(site: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RR_INCIDENT", str(site.incident))
    task = {"name": "Check", "approval_check": {"role": "executive", "site": "shop", "critical": True}}
    found = run_tasks.play(site.work / "play", [task], {"shop": run_tasks.local_host()}).of()["findings"]
    assert [(one["severity"], one["key"]) for one in found] == [("warning", "approval:not_asked")]


def test_without_an_incident_it_says_so(site: Signed) -> None:
    task = {"name": "Check", "approval_check": CHECK | {"role": "executive"}}
    played = run_tasks.play(site.work / "play", [task], {"shop": variables(site)})
    assert "no incident is open, so nobody can have signed" in played.messages


@pytest.mark.parametrize("signed_by_all", [False, True])
def test_a_task_that_destroys_asks_first(site: Signed, monkeypatch: pytest.MonkeyPatch, *, signed_by_all: bool) -> None:
    monkeypatch.setenv("RR_INCIDENT", str(site.incident))
    work = site.work / "play"
    for folder, text in (("action_plugins", PRETEND), ("library", 'DOCUMENTATION = "{}"\n')):
        (work / folder).mkdir(parents=True)
        (work / folder / "pretend_close.py").write_text(text)
    if signed_by_all:
        site.sign_all()
    result = run_tasks.play(work, [{"name": "Close", "pretend_close": {}}], {"shop": variables(site)}).of()
    if signed_by_all:
        assert result["evidence"]["approved"]["by"]["technical_lead"] == "lee"
    else:
        assert result["refused"]
        assert (
            "will not close it: not approved (any more): the technical lead has not signed this plan" in result["msg"]
        )
