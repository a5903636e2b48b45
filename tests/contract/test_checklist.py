"""The checklist is complete, in both languages, and the tasks and the checklist name the same items."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from ansible_tree import playbook_tasks, role_tasks

from rollback_runner import checklist
from rollback_runner.plan import ways
from rollback_runner.record.seen import split_name

GROUPS = {
    "prepare": {"SIT": 5, "TEAM": 5, "TECH": 6},
    "approve": {"REVIEW": 5, "APPROVE": 5},
    "emergency": {"AWS": 4, "IDC": 5, "SWITCH": 5},
    "full": {"ENV": 5, "DATA": 6, "VERIFY": 5},
    "complete": {"FINAL": 5, "DOC": 5, "FOLLOW": 5},
    "communicate": {"COMM": 5, "EXT": 5},
    "risk": {"MON": 6, "CONT": 5},
    "watch": {"WATCH": 4, "REMIG": 4},
    "deployment": {"DEPLOY": 12},
}
INVENTORY_GROUPS = {"service", "databases", "database_hosts", "app_hosts", "load_balancers", "deployments"}


def test_all_112_items_are_there_once_in_their_phase_and_order() -> None:
    expected = [
        (phase, f"{prefix}-{number:02d}")
        for phase, prefixes in GROUPS.items()
        for prefix, count in prefixes.items()
        for number in range(1, count + 1)
    ]
    assert len(expected) == 112
    assert [(item.phase, item.id) for item in checklist.items()] == expected


@pytest.mark.parametrize("item", checklist.items(), ids=lambda item: item.id)
def test_each_item_has_both_titles_and_a_mode(item: checklist.Item) -> None:
    assert re.match(r"[A-Z]", item.title("en"))
    assert not item.title("en").endswith(".")
    assert re.search("[가-힣]", item.title("ko"))
    assert item.mode in {"auto", "assist", "person"}
    assert set(item.hosts) <= INVENTORY_GROUPS


def test_titles_are_different_from_each_other() -> None:
    for language in ("en", "ko"):
        twice = [
            title for title, count in Counter(item.titles[language] for item in checklist.items()).items() if count > 1
        ]
        assert twice == []


def built() -> list[checklist.Item]:
    """Every item that a leg of some way must prove, people's items too."""
    legs = [leg for way in (*ways.WAYS.values(), ways.DEPLOYMENT_WAY) for leg in way.legs]
    named = {name for leg in legs for name in leg.items} | {
        item.id for leg in legs if not leg.items for item in checklist.of_phase(leg.phase)
    }
    return [item for item in checklist.items() if item.id in named]


def test_every_id_in_a_task_name_is_in_the_checklist() -> None:
    known = {item.id for item in checklist.items()}
    unknown = [
        f"{task.where}: {task.name}"
        for task in role_tasks() + playbook_tasks()
        if set(split_name(task.name)[0]) - known or re.match(r"^[A-Z]+-\d+ ?[^|,]*$", task.name)
    ]
    assert unknown == []


def test_every_item_of_a_leg_has_tasks() -> None:
    carried_out = {name for task in role_tasks() + playbook_tasks() for name in split_name(task.name)[0]}
    assert [item.id for item in built() if item.id not in carried_out] == []


def test_every_item_of_a_leg_says_where_it_must_pass_and_what_it_does() -> None:
    for item in built():
        assert item.hosts, item.id
        for language in ("en", "ko"):
            text = checklist.explanation(item.id, language)
            assert text is not None, item.id
            assert all(vars(text).values())


def test_nothing_is_explained_that_is_not_built() -> None:
    names = {item.id for item in built()}
    assert [
        item.id for item in checklist.items() if checklist.explanation(item.id, "en") and item.id not in names
    ] == []
