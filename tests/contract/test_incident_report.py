"""The report of an incident and the checklist hold the same items; people read every act in both languages."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit" / "rollback_runner" / "incident_report"))

from incident_made import Made, Task

from rollback_runner import checklist, messages
from rollback_runner.content import ROOT
from rollback_runner.plan import ways
from rollback_runner.record import act_words, html, incident_markdown, incident_report, reasons, verdict
from rollback_runner.watching.series import Series

if TYPE_CHECKING:
    from collections.abc import Iterator

ASKED = [item for item in checklist.items() if item.phase != "deployment"]
_ACT = re.compile(r"\bact\(\s*f?\"([^\"]+)\"", re.DOTALL)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Give the report of an incident in which every leg of a way was carried out, each item proven, failed or left."""
    made = Made.begin(tmp_path_factory.mktemp("home"))
    outcomes = ("ok", "failed", "unreachable")
    at = 0.0
    for number, leg in enumerate(ways.way("switch-first").legs):
        items = leg.items or tuple(item.id for item in checklist.of_phase(leg.phase))
        tasks = []
        for place, item in enumerate(items):
            at += 2
            if place % 4 != 3:  # every fourth is not come to
                tasks.append(Task(f"{item} | Check that {item} is so", at, outcome=outcomes[place % 4 % 3]))
        made.run(f"20261122T12{number:02d}00Z-lab-{leg.phase}", tasks, leg=leg.phase)
    return incident_report.build(incident_report.gather(made.home, made.incident))


def test_the_report_holds_every_item_of_the_checklist_in_its_order(report: dict[str, Any]) -> None:
    assert [row["id"] for row in report["items"]] == [item.id for item in ASKED]
    assert len(ASKED) == 100


def test_every_item_has_a_state_and_evidence_or_a_reason(report: dict[str, Any]) -> None:
    for row in report["items"]:
        assert row["status"] in verdict.ORDER, row["id"]
        if row["status"] in {"not_run", "skipped", "waiting"}:
            assert row["reason"], row["id"]
        else:
            assert any(host["evidence"] for host in row["hosts"]), row["id"]
            assert row["proofs"], row["id"]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_item_is_on_the_page_and_in_the_text(report: dict[str, Any], language: checklist.Language) -> None:
    page, text = html.page(report, Series(), language), incident_markdown.text(report, language)
    for item in ASKED:
        assert page.count(f'<article id="{item.id}"') == 1
        assert f"| {item.id} |" in text


def test_the_report_keeps_its_schema(report: dict[str, Any]) -> None:
    assert incident_report.problems(report) == []


@pytest.mark.parametrize("status", verdict.ORDER)
def test_every_status_has_words_and_a_meaning(status: str) -> None:
    for texts in (messages.Texts("en"), messages.Texts("ko")):
        assert texts.status(status)
        assert texts(f"rp.mean.{status}")


def test_every_reason_that_a_rule_gives_is_told_in_korean() -> None:
    given = ["stopped before: X", "no host of this site carries it out", "no task carries this item out",
             "no task of this item ran here", "every task was skipped", "the phase complete was not begun"]  # fmt: skip
    for reason in given:
        assert re.search("[가-힣]", reasons.told(reason, messages.Texts("ko"))), reason
    source = (ROOT / "rollback_runner" / "record" / "verdict.py").read_text(encoding="utf-8")
    told = re.findall(r'status, reason = "not_run", f?"([^"{]+)', source)
    assert told
    for reason in told:
        whole = f"{reason}x" if reason.endswith(" ") else reason
        assert re.search("[가-힣]", reasons.told(whole, messages.Texts("ko"))), reason


def test_every_act_has_words_in_both_languages() -> None:
    unknown = [(path.name, act) for path, act in _acts() if not act_words.known(act)]
    assert unknown == [], "put them into rollback_runner/messages/timeline.yml, as act.WORDS"


def _acts() -> Iterator[tuple[Path, str]]:
    for path in sorted((ROOT / "plugins").rglob("*.py")):
        if path.name == "action.py":  # only explains how acts are written
            continue
        for found in _ACT.findall(path.read_text(encoding="utf-8")):
            for whole in _written_out(found):
                yield path, re.sub(r"\{[^}]*\}", "NAME", whole)


def _written_out(act: str) -> Iterator[str]:
    """Name what a first word in braces can be; every other brace is a name."""
    if re.match(r"\{[^}]*\} the container", act):
        return (re.sub(r"^\{[^}]*\}", verb, act) for verb in ("start", "restart", "unpause"))
    if re.match(r"\{[^}]*\}: change", act):
        return (re.sub(r"^\{[^}]*\}", state, act) for state in ("open", "closed"))
    return iter((act,))
