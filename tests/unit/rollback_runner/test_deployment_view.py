"""What people read of a release's rollback: the list, one deployment, the plan; in both languages, nothing left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import deployment_told as told
import pytest
from failback.deployment import plan as plans

from rollback_runner import messages
from rollback_runner.deployment import facts, gate, look, section, undoing, view, words
from rollback_runner.errors import RefusedError, RunnerError
from rollback_runner.record import release_page, report
from rollback_runner.record.seen import TaskSeen
from rollback_runner.site.site import Site

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rollback_runner.checklist import Language
    from rollback_runner.plan.view import Line

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LANGUAGES: tuple[Language, ...] = ("en", "ko")


def looked(strategy: str = "reversal") -> look.Looked:
    return look.read(told.seen(strategy), look.Wish(told.APP, reason="orders fail"), "looks/1")


def text(lines: Iterable[Line]) -> str:
    return "\n".join(line.text for line in lines)


def site() -> Site:
    return Site(
        name="pretend",
        directory=Path("inventories/pretend"),
        titles={"en": "Pretend", "ko": "모의"},
        critical=False,
        strategy="deployment",
        budgets={"deployment": 900.0},
        timezone="UTC",
        groups={"deployments": (told.APP,)},
        variables={told.APP: {}},
        secret_files=(),
    )


def test_every_part_is_read_from_the_evidence_whatever_task_tells_it() -> None:
    found = looked().facts
    assert found.project is not None
    assert (found.project["live"], len(found.deployments), found.strategy) == ("r3", 3, "reversal")
    assert found.digest == plans.digest(told.plan())
    assert found.changes_data
    assert facts.read([]) == facts.Facts()


def test_a_deployment_is_found_by_the_start_of_its_id_its_commit_or_its_address() -> None:
    found = looked().facts
    for name in ("r3", "r300aa11", "https://r3.example.org/", "r3.example.org"):
        one = found.one(name)
        assert one is not None, name
        assert one["id"] == "r3", name
    assert found.one("r") is None, "several begin so"
    assert found.one("r2")["id"] == "r2", "an id in full goes before others that begin with it"  # type: ignore[index]
    assert found.one("") is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_marks_each_and_says_why_not(language: Language) -> None:
    shown = text(view.listing(looked(), messages.Texts(language), NOW))
    for expected in ("r3", "r2b", "it is error, only a ready one can serve", "김민준", "release r2", "r200aa1"):
        assert expected in shown, expected
    words_of = messages.Texts(language)
    for mark in ("live", "previous", "no"):
        assert words_of(f"deployment.mark.{mark}") in shown
    for state in ("yes", "no", "unknown"):
        assert words_of(f"deployment.knows.{state}") in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_plan_names_before_anything_moves_what_does_not_go_back(language: Language) -> None:
    stays = {
        "kind": "environment",
        "name": "PAYMENT_URL",
        "told": "It was changed at noon.",
        "told_ko": "정오에 변경되었습니다.",
        "next_step": "Make the old value work again.",
        "next_step_ko": "예전 값이 다시 통하게 하십시오.",
    }
    seen = looked("nothing")
    texts = messages.Texts(language)
    shown = text(view.plan(site(), replace(seen, facts=replace(seen.facts, named=(stays,))), texts))
    words_of = {
        "en": "PAYMENT_URL: It was changed at noon. Next: Make the old",
        "ko": "PAYMENT_URL: 정오에 변경되었습니다.",
    }
    assert words_of[language] in shown
    assert texts("deployment.plan.stays") in shown
    stops = looked("refuse")
    kept = replace(stops, facts=replace(stops.facts, named=(stays,)))
    assert "PAYMENT_URL" not in text(view.plan(site(), kept, texts)), "nothing goes back, so nothing stays behind"


@pytest.mark.parametrize(
    ("language", "said"), [("en", "A token is wrong. Next: a new one."), ("ko", "토큰이 잘못됐습니다.")]
)
def test_what_a_task_told_in_both_languages_is_told_in_the_one_asked_for(language: Language, said: str) -> None:
    pair = {"en": "A token is wrong. Next: a new one.", "ko": "토큰이 잘못됐습니다."}
    found = facts.read([(("DEPLOY-04",), {"told": pair}), (("DEPLOY-12",), {"told": [{"en": "only one", "ko": ""}]})])
    assert dict(found.korean) == {pair["en"]: pair["ko"]}
    assert words.spoken(f"shop: {pair['en']}", found.korean, language) == f"shop: {said}"
    assert words.of_report(pair["en"], {"deployment": {"korean": dict(found.korean)}}, language) == said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("strategy", ["nothing", "compatible", "reversal", "restore", "forward", "refuse"])
def test_the_plan_names_the_target_every_statement_and_what_is_lost(language: Language, strategy: str) -> None:
    shown = text(view.plan(site(), looked(strategy), messages.Texts(language)))
    for expected in (
        "r2b",
        "DROP COLUMN",
        "drop-column",
        "0002_channels",
        plans.digest(told.plan(strategy)),
        "orders fail",
    ):
        assert expected in shown, expected
    assert {"en": "4 rows", "ko": "4행"}[language] in shown
    assert "{" not in shown, "a value was not filled in"


@pytest.mark.parametrize("strategy", ["forward", "refuse"])
def test_a_plan_that_rolls_nothing_back_says_so_first_and_promises_nothing(strategy: str) -> None:
    texts = messages.Texts("en")
    shown = text(view.plan(site(), looked(strategy), texts)).splitlines()
    assert "is not rolled back" in shown[1]
    assert not {texts("deployment.plan.point.code"), texts("deployment.plan.pushes")} & {line.strip() for line in shown}


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_deployment_is_shown_with_its_images_and_why_the_rule_would_take_it(language: Language) -> None:
    found = looked()
    shown = text(view.show(found, told.DEPLOYMENTS[2], messages.Texts(language), NOW))
    for expected in ("sha256:r2", "1 migration is ahead of it", "https://r2.example.org", told.CHOSEN["why"]):
        assert str(expected) in shown, expected


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("ended", ["pending", "succeeded", "failed", "skipped", "superseded", "unknown"])
def test_production_is_told_with_its_last_request(language: Language, ended: str) -> None:
    request = {"kind": "rollback", "to": "r2", "requested": "2026-11-22T09:30:00Z", "ended": ended, "since": "r3"}
    project = {
        **told.PROJECT,
        "auto_assign": False,
        "last_request": request,
        "beside": ["r1"],
        "moving": "a release rolls",
    }
    found = replace(looked(), facts=replace(looked().facts, project=project))
    shown = text(view.production(found, messages.Texts(language)))
    assert messages.Texts(language)(f"deployment.ended.{ended}") in shown
    assert messages.Texts(language)("deployment.auto_assign.off") in shown
    assert "a release rolls" in shown


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-22T11:59:30Z", "just now"),
        ("2026-11-22T11:00:00Z", "1 h ago"),
        ("2026-11-20T09:00:00", "2 d ago"),
        ("", "-"),
    ],
)
def test_an_age_is_told_in_the_largest_unit(moment: str, expected: str) -> None:
    assert words.age(moment, NOW, messages.Texts("en")) == expected


def test_a_look_that_was_refused_is_a_no_and_one_that_broke_is_not() -> None:
    task = TaskSeen("task", "", name="DEPLOY-02 | Choose", ids=("DEPLOY-02",))
    for outcome, expected in (("refused", RefusedError), ("failed", RunnerError)):
        result = TaskSeen("result", "", name=task.name, ids=task.ids, host="x", outcome=outcome, message="it says so")  # type: ignore[arg-type]
        found = look.read([task, result], look.Wish("x"), "looks/1")
        with pytest.raises(expected, match="x: it says so") as raised:
            found.need()
        assert type(raised.value) is expected


def test_a_blocker_among_the_findings_is_a_no_with_its_reason() -> None:
    blocker = {
        "severity": "blocker",
        "key": "deployment:problem:1",
        "sentence": "its image is missing",
        "next_step": "",
    }
    events = told.seen()
    events[3] = replace(events[3], outcome="failed", message="its image is missing", findings=(blocker,))
    with pytest.raises(RefusedError, match="its image is missing"):
        look.read(events, look.Wish(told.APP), "looks/1").need()


@pytest.mark.parametrize("strategy", ["forward", "refuse"])
def test_what_must_not_go_back_is_refused_with_what_to_do_instead(strategy: str) -> None:
    with pytest.raises(RefusedError, match=f"because of {strategy}") as raised:
        gate.rolls_back(looked(strategy), messages.Texts("en"))
    assert raised.value.next_step == "deploy a repaired release"
    gate.rolls_back(looked(), messages.Texts("en"))


@pytest.mark.parametrize(
    ("project", "expected"),
    [
        ({"auto_assign": False}, True),
        ({"auto_assign": True}, False),
        ({"auto_assign": None}, True),
        (
            {
                "auto_assign": True,
                "last_request": {"kind": "rollback", "to": "r3", "ended": "succeeded", "since": "r4"},
            },
            True,
        ),
        ({"auto_assign": True, "last_request": {"kind": "rollback", "to": "r2", "ended": "failed"}}, False),
        ({"auto_assign": None, "last_request": {"kind": "promote", "to": "r3", "ended": "succeeded"}}, False),
    ],
)
def test_there_is_something_to_undo_only_after_a_rollback(project: dict[str, object], expected: object) -> None:
    found = replace(looked().facts, project={**told.PROJECT, **project})
    assert undoing.rolled_back(found) is expected
    last = project.get("last_request")
    if isinstance(last, dict) and last.get("since"):
        assert undoing.went_back_from(found) == "r4"


def a_report() -> dict[str, object]:
    variables = look.Wish(told.APP, to="r2", reason="orders fail").variables("ef" * 32)
    part = section.make(
        told.items(), variables, began="2026-11-22T10:00:00Z", ended="2026-11-22T10:00:20Z", proven=True
    )
    return {
        "schema_version": 1,
        "run": "20261122T100000Z-pretend-deployment",
        "site": "pretend",
        "site_title": {"en": "Pretend", "ko": "모의"},
        "started": "2026-11-22T10:00:00Z",
        "ended": "2026-11-22T10:00:20Z",
        "seconds": 20.0,
        "check": False,
        "status": "done",
        "outcome": "proven",
        "exit_code": 0,
        "strategy": "deployment",
        "strategy_reason": "",
        "plan_digest": "00" * 32,
        "approved_plan": "",
        "break_glass": "",
        "incident": "",
        "drill": "",
        "epoch": 1,
        "holder": "kim@ops",
        "promoted": "no",
        "accepted_loss": "",
        "forecast": None,
        "phases": [
            {
                "name": "deployment",
                "status": "done",
                "started": "2026-11-22T10:00:00Z",
                "seconds": 20.0,
                "budget_seconds": 900.0,
                "reason": "",
            }
        ],
        "items": told.items(),
        "failures": [],
        "findings": [],
        "stake": [],
        "approvals": [],
        "stopped_at": "",
        "unfinished_acts": [],
        "next_step": "next.deployment",
        "metrics": {},
        "journal": {"lines": 3, "digest": "aa" * 32, "problems": []},
        "deployment": part,
    }


def test_the_report_holds_what_went_where_and_how_long_it_took() -> None:
    made = a_report()
    assert report.problems(made) == []
    part = made["deployment"]
    assert isinstance(part, dict)
    assert (part["from"], part["to"], part["strategy"], part["auto_assign"]) == ("r3", "r2", "reversal", False)
    assert (part["seconds_to_switched"], part["seconds_to_proven"]) == (12.5, 20.0)
    assert [one["path"] for one in part["reversals"]] == ["drizzle/0002_channels.down.sql"]
    assert [one["name"] for one in part["migrations"]] == ["0002_channels"], "as planned, not as it was afterwards"
    assert section.make(told.items(), {}, began="", ended="", proven=True) == {}, "a run of another kind has none"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_is_told_in_every_form(language: Language) -> None:
    made = a_report()
    texts = messages.Texts(language)
    forms = (report.markdown(made, [language]), release_page.page(made, language))
    for form in forms:
        for expected in ("r3", "r2", "drop-column", "/api/nightly", "20.0", texts("report.deployment_named")):
            assert expected in form, expected
        assert texts("report.promoted_no") not in form, "no IDC is concerned"
    short = report.summary(made, language)
    assert texts("outcome.deployment.proven", to="r2", app=told.APP) in short
    assert "12.5" in short


def test_nothing_of_the_record_becomes_markup_on_the_page() -> None:
    made = a_report()
    part = made["deployment"]
    assert isinstance(part, dict)
    part["why"] = "<script>alert(1)</script>"
    assert "<script>" not in release_page.page(made, "en")
    with pytest.raises(ValueError, match="rolled no release back"):
        release_page.page({**made, "deployment": {}}, "en")
