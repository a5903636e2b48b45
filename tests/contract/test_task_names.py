"""Task names are the report: house rules on how they begin, and on what a task so named may do."""

from __future__ import annotations

import re

import pytest
from ansible_tree import Task, contracts, playbook_tasks, role_tasks

from rollback_runner.record.seen import split_name

ROLE_TASKS = role_tasks()
ALL = ROLE_TASKS + playbook_tasks()
# What only looks; `command` and its kin look when they say `changed_when: false`.
LOOKS = ("Read", "Check that", "Wait until")
# Skipped by Ansible in a rehearsal unless told otherwise, and a rehearsal that skips its checks is none.
SKIPPED_IN_REHEARSAL = {
    "ansible.builtin.command",
    "ansible.builtin.shell",
    "ansible.builtin.uri",
    "ansible.builtin.wait_for",
}
BUILT_IN = re.compile(r"^ansible\.builtin\.")
FREE = {
    "ansible.builtin.import_role",
    "ansible.builtin.include_role",
    "ansible.builtin.import_tasks",
    "ansible.builtin.include_tasks",
    "ansible.builtin.set_fact",
    "ansible.builtin.assert",
    "ansible.builtin.fail",
}


def label(task: Task) -> str:
    return f"{task.where}: {task.name or task.module}"


tasks = pytest.mark.parametrize("task", ALL, ids=label)
role_only = pytest.mark.parametrize("task", ROLE_TASKS, ids=label)


@tasks
def test_a_name_is_a_sentence(task: Task) -> None:
    ids, sentence = split_name(task.name)
    assert sentence, "has no name"
    assert sentence[0].isupper()
    assert not sentence.endswith(".")
    assert "{{" not in sentence or sentence.rstrip().endswith("}}"), (
        "a variable stands at the end of a name, or nowhere"
    )
    assert not (task.is_block and ids), "a block's name is in no event: the id belongs on its tasks"


@tasks
def test_nothing_is_ignored(task: Task) -> None:
    assert "ignore_errors" not in task.body
    assert "ignore_unreachable" not in task.body


@role_only
def test_rescue_ends_in_fail(task: Task) -> None:
    if task.body.get("rescue"):
        last = task.body["rescue"][-1]
        assert "ansible.builtin.fail" in last, "a rescue section collects evidence and ends in fail"


@tasks
def test_a_look_changes_nothing_and_is_made_in_a_rehearsal_too(task: Task) -> None:
    sentence = split_name(task.name)[1]
    if task.is_block or not sentence.startswith(LOOKS) or task.module == "ansible.builtin.import_role":
        return
    # Waiting for what a rehearsal did not do would never end, so such a wait may say that it is none of its business.
    spared = sentence.startswith("Wait until") and "not ansible_check_mode" in str(task.body.get("when", ""))
    if task.module in SKIPPED_IN_REHEARSAL and not spared:
        assert task.body.get("check_mode") is False, "a rehearsal would skip this look"
    if task.module in {"ansible.builtin.command", "ansible.builtin.shell", "ansible.builtin.template"}:
        assert task.body.get("changed_when") is False, "a look never changes anything"


@tasks
def test_a_wait_is_bounded(task: Task) -> None:
    if split_name(task.name)[1].startswith("Wait until") and not task.is_block:
        bounds = {"retries", "timeout", "async"} & task.body.keys()
        bounds |= {name for name in task.arguments if "timeout" in name or "within" in name}
        assert bounds, "a wait names its end"


@tasks
def test_stop_because_is_a_refusal(task: Task) -> None:
    if split_name(task.name)[1].startswith("Stop because"):
        # open_findings refuses with what was found before it; `fail` with its own words.
        assert task.module in {"ansible.builtin.fail", "open_findings"}


@role_only
def test_what_acts_is_named_in_the_roles_contract(task: Task) -> None:
    if task.is_block or task.module in FREE:
        return
    if split_name(task.name)[1].startswith(LOOKS) and BUILT_IN.match(task.module):
        return
    assert task.module in contracts()[task.role]["modules"]


@pytest.mark.parametrize("role", sorted(contracts()))
def test_a_contract_says_all_that_explain_needs(role: str) -> None:
    contract = contracts()[role]
    assert all(contract.get(key) for key in ("touches", "never_touches", "modules", "undo", "needs"))
    used = {task.module for task in ROLE_TASKS if task.role == role}
    assert [module for module in contract["modules"] if module not in used] == [], "names a module that no task uses"
