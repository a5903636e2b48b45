"""A rehearsal claims no proof: its words, its count, and what it names as the next command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import click
import pytest

from rollback_runner import next_steps
from rollback_runner.cli import running
from rollback_runner.errors import UsageError
from rollback_runner.messages import Texts
from rollback_runner.record import report, verdict

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "reports" / "success.json"


@pytest.fixture
def rehearsal() -> dict[str, Any]:
    """Return a report of a rehearsal, as `verdict` judges one: five items only act."""
    found: dict[str, Any] = json.loads(FIXTURE.read_text(encoding="utf-8"))
    found |= {"check": True, "outcome": "rehearsed", "next_step": "next.act"}
    for item in found["items"]:
        if item["id"] in {"IDC-03", "IDC-04", "IDC-05", "SWITCH-04", "SWITCH-05"}:
            item |= {"status": "already", "reason": verdict.NOT_REHEARSED}
            item["hosts"] = [host | {"status": "already", "reason": verdict.NOT_REHEARSED} for host in item["hosts"]]
    return found


def test_the_report_of_a_rehearsal_still_follows_the_schema(rehearsal: dict[str, Any]) -> None:
    assert report.problems(rehearsal) == []


def test_the_last_lines_of_a_rehearsal_prove_nothing(rehearsal: dict[str, Any]) -> None:
    text = report.summary(rehearsal, "en")
    assert "Rehearsed. Nothing was touched." in text
    assert "  emergency: rehearsed, " in text
    assert ("  8 of 14 items rehearsed, 5 not rehearsed (only the real run proves them), 1 not asked for\n") in text
    assert "items proven" not in text
    assert text.endswith("Next: rollback-runner phase emergency (without --check) carries it out\n")
    korean = report.summary(rehearsal, "ko")
    assert "14개 항목 중 8개 예행함, 5개 예행 안 함(실제 실행에서만 검증됨), 1개 제외" in korean


def test_each_item_says_what_the_rehearsal_saw_of_it(rehearsal: dict[str, Any]) -> None:
    rows = [line for line in report.markdown(rehearsal, ["en"]).splitlines() if line.startswith("| ")]
    cells = [row.removeprefix("| ").split(" | ") for row in rows]
    said = {row[0]: row[2] for row in cells if len(row) == 6}
    assert said["AWS-01"] == "would change"
    assert said["IDC-01"] == "rehearsed"
    assert said["IDC-03"] == "not rehearsed"
    assert said["AWS-04"] == "skipped"
    korean = report.markdown(rehearsal, ["ko"])
    assert "예행하지 않음: 실제 실행에서만 수행합니다" in korean


@pytest.mark.parametrize(
    ("leg", "command"),
    [
        ("prepare", "rollback-runner phase prepare"),
        ("full:restore", "rollback-runner phase full --part restore"),
        ("emergency", "rollback-runner phase emergency"),
    ],
)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_what_was_rehearsed_is_what_comes_next(
    rehearsal: dict[str, Any], leg: str, command: str, language: Literal["en", "ko"]
) -> None:
    rehearsal["phases"][0]["name"] = leg
    told = Texts(language)("next.act", command=command)
    assert command in told
    assert report.summary(rehearsal, language).endswith(f": {told}\n")


def test_the_next_command_and_a_finding_carry_the_site(rehearsal: dict[str, Any]) -> None:
    rehearsal["findings"] = [
        {"severity": "blocker", "key": "a:b", "sentence": "no plan", "next_step": "rollback-runner plan --freeze",
         "ids": ["AWS-01"], "hosts": ["shop-db"]}
    ]  # fmt: skip
    before = next_steps.work_on("inventories/shop", lambda words: 1 if words[0] in {"plan", "phase"} else 0)
    try:
        text = report.markdown(rehearsal, ["en"])
    finally:
        next_steps.leave(before)
    assert "Next: rollback-runner plan -i inventories/shop --freeze" in text
    assert "rollback-runner phase emergency -i inventories/shop (without --check) carries it out" in text


@pytest.mark.parametrize(
    ("options", "step"),
    [
        (["--check"], "the same command with --check to rehearse it, or with --yes to carry it out"),
        ([], "the same command with --yes"),
    ],
)
def test_without_a_terminal_the_rehearsal_is_offered_too(options: list[str], step: str) -> None:
    command = click.Command("act", params=[click.Option([name], is_flag=True) for name in options])
    with click.Context(command), pytest.raises(UsageError) as told:
        running.confirm("the plan", "the site?")
    assert told.value.next_step == step
