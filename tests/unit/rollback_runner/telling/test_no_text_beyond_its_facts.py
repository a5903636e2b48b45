"""No text claims what its facts do not prove: each fact is taken away, and what rested on it goes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from rollback_runner.telling import announce, audiences, claims, sections, story, truth
from rollback_runner.telling.events import Event
from rollback_runner.telling.facts import PUBLIC, Fact, Facts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rollback_runner.checklist import Language

LANGUAGES: tuple[Language, ...] = ("en", "ko")
ALL = [(name, language) for name in audiences.NAMES for language in LANGUAGES]
NOW = datetime(2026, 11, 22, 12, 54, tzinfo=UTC)
SLA = {"downtime": 1.8, "unknown": 30.0, "source": "balancer", "objective": 0.999, "period_days": 30, "budget": 2592.0,
       "used": 1.8, "used_share": 0.0007, "availability": 0.9999993, "credit": 0.0, "credit_at_most": 0.1}  # fmt: skip
# What happened, in which record, after which line; and which section that leads to.
MOMENTS: dict[str, tuple[str, Any, Event]] = {
    "begun": ("proven", lambda line: line["kind"] == "begin", Event("run_began")),
    "cutting": ("proven", lambda line: line.get("leg") == "approve", Event("leg_began", {"leg": "emergency"})),
    "fenced": ("proven", lambda line: line["kind"] == "final", Event("act", {"act": "fenced"})),
    "promoted": ("proven", lambda line: line["kind"] == "promoted", Event("act", {"act": "promoted"})),
    "switched": ("proven", lambda line: line.get("leg") == "emergency", Event("leg_ended", {"leg": "emergency"})),
    "full": ("proven", lambda line: line.get("leg") == "full", Event("leg_ended", {"leg": "full"})),
    "ended": ("proven", None, Event("run_ended")),
    "closing": ("proven", None, Event("closing")),
    "next": ("proven", None, Event("next_steps")),
    "brief": ("proven", None, Event("brief")),
    "sla": ("proven", None, Event("service_level")),
    "still": ("proven", lambda line: line["kind"] == "promoted", Event("still", {"since": "2026-11-22T12:52:00Z"})),
    "problem": ("aborted", lambda line: line["kind"] == "failure", Event("problem", {"item": "AWS-01"})),
    "failed": ("aborted", lambda line: line.get("leg") == "emergency", Event("leg_ended", {"leg": "emergency"})),
    "aborted": ("aborted", None, Event("aborted")),
}


def _known(stage: Any, moment: str) -> tuple[Facts, Event]:
    record, until, event = MOMENTS[moment]
    stage.sign("lee", "kim")
    run = stage.play(stage.lines(record, approved_plan="p"), until=until, tell=False)
    told = story.read(stage.home, stage.incident)
    metrics = {"write_outage_seconds": 0.9, "lost_writes": 0, "acknowledged_writes": 33343}
    runs = tuple(story.RunTold(one.id, one.lines, metrics) for one in told.runs)
    stake = {"sentence": {"en": "2,624 orders", "ko": "주문 2,624건"}}
    told = story.Story(told.incident, runs, told.said, {"sla": SLA, "stake.shop-db": stake}, told.approvals)
    return announce.gathered(stage.site, told, event, NOW, run.id), event


def _found(stage: Any, known: Facts, event: Event) -> Iterator[tuple[audiences.Audience, Language, sections.Section]]:
    for audience in audiences.of_site(stage.given):
        for language in audience.languages:
            path = audience.file(language)
            named = (sections.find(path, name, language, "Asia/Seoul") for name in event.sections(known))
            section = next((one for one in named if one is not None), None)
            if section is not None:
                yield audience, language, section


@pytest.mark.parametrize("moment", MOMENTS)
def test_without_a_fact_every_sentence_on_it_goes_or_there_is_no_message(stage: Any, moment: str) -> None:
    known, event = _known(stage, moment)
    tried = 0
    for audience, language, section in _found(stage, known, event):
        mine = known.plus(**audience.facts(), next_word=Fact(NOW, ("site",)))
        mine = mine.public() if audience.outside else mine
        whole = truth.compose(section, mine, language)
        if whole is None:
            continue  # this moment proves nothing for them
        for name in mine.known:
            rested = [one for one in section.sentences if one is not None and name in one.needs]
            without = truth.compose(section, mine.but(name), language)
            if name in section.subject.needs:
                assert without is None, f"{audience.key} {language} {section.name}: told without {name}"
            elif without is not None:
                assert len(without.body.splitlines()) <= len(whole.body.splitlines()) + _replaced(section, name)
                for sentence in rested:
                    assert not _stands(sentence, mine, whole, without), (
                        f"{section.name}: {sentence.text} without {name}"
                    )
            tried += 1
    assert tried > 10


def _replaced(section: sections.Section, name: str) -> int:
    """Count the sentences that say a fact is not known; they come when it goes."""
    return sum(1 for one in section.sentences if one is not None and name in one.absent)


def _stands(sentence: sections.Sentence, known: Facts, whole: truth.Text, without: truth.Text) -> bool:
    said = truth._say(sentence, known, {name: truth._spoken(one.value, "en") for name, one in known.known.items()})
    return bool(said) and said in whole.body.splitlines() and said in without.body.splitlines()


@pytest.mark.parametrize("moment", MOMENTS)
def test_whatever_fact_is_missing_no_text_uses_the_words_of_a_claim_without_its_proof(stage: Any, moment: str) -> None:
    known, event = _known(stage, moment)
    for audience, language, section in _found(stage, known, event):
        mine = known.plus(**audience.facts())
        for name in ("", *mine.known):
            left = mine.but(name)
            text = truth.compose(section, left.public() if audience.outside else left, language)
            if text is not None:
                absent = {one for sentence in section.sentences if sentence for one in sentence.absent}
                wrong = claims.unsupported(f"{text.subject}\n{text.body}", {*left.known, *(absent - set(left.known))})
                assert not wrong, f"{audience.key} {language} without {name!r}: {wrong[0].name} in {text.body}"


@pytest.mark.parametrize(("name", "language"), ALL)
def test_every_template_can_be_read_and_rests_on_facts(name: str, language: Language) -> None:
    found = sections.every(audiences.TEMPLATES / f"{name}.{language}.j2", language, "Asia/Seoul")
    assert len(found) >= 5
    assert all(section.subject.core for section in found.values())


@pytest.mark.parametrize("name", audiences.NAMES)
def test_both_languages_tell_the_same_on_the_same_facts(name: str) -> None:
    english = sections.every(audiences.TEMPLATES / f"{name}.en.j2", "en", "Asia/Seoul")
    korean = sections.every(audiences.TEMPLATES / f"{name}.ko.j2", "ko", "Asia/Seoul")
    assert list(english) == list(korean)
    for key, section in english.items():
        ours = [one and (one.needs - {"signed"}, one.absent, one.core) for one in section.sentences]
        theirs = [one and (one.needs - {"signed"}, one.absent, one.core) for one in korean[key].sentences]
        assert ours == theirs, f"{name}: {key}"


@pytest.mark.parametrize("name", sorted(audiences.OUTSIDE))
def test_texts_for_people_outside_ask_for_public_facts_only(name: str) -> None:
    for language in LANGUAGES:
        for section in sections.every(audiences.TEMPLATES / f"{name}.{language}.j2", language, "UTC").values():
            asked = {fact for one in (section.subject, *section.sentences) if one for fact in one.needs | one.absent}
            assert asked <= PUBLIC, f"{name}.{language} {section.name}: {asked - PUBLIC}"


def test_a_sites_own_text_that_claims_too_much_is_refused_and_the_others_are_told(
    staged: Any, given: dict[str, Any], tmp_path: Path
) -> None:
    own = tmp_path / "texts"
    own.mkdir()
    (own / "users.en.j2").write_text(
        "== leg_began:emergency\nsubject: News\n[leg_now!] The service is restored.\n", encoding="utf-8"
    )
    given["site_audiences"]["users"]["templates"] = str(own)
    stage = staged(given)
    stage.play(stage.lines("proven"), until=lambda line: line.get("leg") == "approve")
    users = [one.language for one in stage.messages if one.audience == "users"]
    assert users == ["ko"]
    (trouble,) = stage.troubles()
    assert "users.en.j2:3" in trouble["error"]
    assert "claims 'restored' and does not rest on finished or served" in trouble["error"]


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("[began!] {% for a in began %}x{% endfor %}", "a sentence shows values"),
        ("[began!] {% include 'x' %}", "a sentence shows values"),
        ("[began!] {{ began", "braces are opened"),
        ("[began!] {{ began.__class__ }}", "is no value"),
        ("[began!] {{ began['x'] }}", "is no value"),
        ("[began!] {{ began() }}", "is no value"),
        ("[began!] {{ began | eval }}", "no way to write a value"),
        ("[began] no main fact", "marks no fact with !"),
        ("> elsewhere", "there is no part elsewhere"),
        ("[began!] Nothing was lost.", "claims 'lost'"),
        ("[began!] 서비스가 정상화되었습니다.", "claims 'restored'"),
    ],
)
def test_a_bad_template_is_refused_with_its_line(tmp_path: Path, line: str, wrong: str) -> None:
    path = tmp_path / "users.en.j2"
    path.write_text(f"== a\nsubject: S\n{line}\n", encoding="utf-8")
    with pytest.raises(sections.TemplateError, match=r"users\.en\.j2") as raised:
        sections.every(path, "en", "UTC")
    assert wrong in str(raised.value)


def test_a_fact_without_the_part_that_is_shown_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "users.en.j2"
    path.write_text("== a\nsubject: S\n[began!] Begun.\n[served] At {{ served.at | clock }}.\n", encoding="utf-8")
    section = sections.find(path, "a", "en", "UTC")
    assert section is not None
    text = truth.compose(section, Facts({"began": Fact(NOW, ("r#1",)), "served": Fact({}, ("r#2",))}), "en")
    assert text is not None
    assert text.body == "Begun."
