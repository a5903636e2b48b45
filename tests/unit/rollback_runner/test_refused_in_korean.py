"""What a command refuses is told in the language that was asked for; so are the reasons that approvals do not count."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import click
import pytest
from failback.approval.words import Problem

from rollback_runner import messages
from rollback_runner.cli.common import Group, language_option, run
from rollback_runner.errors import Exit, RefusedError
from rollback_runner.people import approvals_view

if TYPE_CHECKING:
    from rollback_runner.checklist import Language
    from rollback_runner.people.approvals import Standing


@click.group(cls=Group)
def group() -> None:
    """Stand in for the command."""


@group.command()
@language_option
def approve(language: Language) -> None:
    """Refuse, as the command does; it says nothing of the language."""
    del language
    raise RefusedError(
        "This plan is not approved: the technical lead has not signed this plan.",
        next_step="lee signs: rollback-runner approve --role technical_lead",
    )


REFUSED = {
    "en": (
        "This plan is not approved: the technical lead has not signed this plan.\n"
        "Next: lee signs: rollback-runner approve --role technical_lead\n"
    ),
    "ko": (
        "이 계획은 승인되지 않았습니다: 기술 책임자의 서명이 없습니다.\n"
        "다음 조치: lee 님이 서명합니다: rollback-runner approve --role technical_lead\n"
    ),
}


@pytest.mark.parametrize("language", REFUSED)
def test_a_refusal_is_told_in_the_language(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(group, ["approve", "--lang", language])
    assert ended.value.code == Exit.REFUSED
    assert capsys.readouterr().err == REFUSED[language]


def test_a_problem_names_its_reason_in_korean() -> None:
    problem = Problem("plan_unreadable", values={"why": "plan.json does not say who made it (made_by)"})
    judged = SimpleNamespace(granted=(), problems=(problem,), remarks=(), good=False)
    seen = SimpleNamespace(
        plan=SimpleNamespace(digest="", maker=""), begun=None, statements=(), record=SimpleNamespace(lines=())
    )
    policy = SimpleNamespace(site="shop")
    found: Any = SimpleNamespace(policy=policy, incident=SimpleNamespace(name="i1"), seen=seen, judged=judged)
    told = approvals_view.status(cast("Standing", found), messages.Texts("ko"))
    assert "확정된 계획을 쓸 수 없습니다: plan.json에 작성자(made_by)가 없습니다" in told
