"""What people may say from the command line and from answers, and the one sentence for what they may not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from click.testing import CliRunner
from failback import incident as incidents
from failback import journal
from failback.people import words

from rollback_runner import checklist
from rollback_runner.cli import asking, root
from rollback_runner.content import ROOT
from rollback_runner.errors import RefusedError, UsageError
from rollback_runner.messages import Texts
from rollback_runner.people import answers, roster, wishes
from rollback_runner.people import room as people
from rollback_runner.people.wishes import Wish
from rollback_runner.record import store
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from pathlib import Path

    from rollback_runner.people.room import Room
    from rollback_runner.site.site import Site

PLAN = "e" * 64
PHASES = ("prepare", "approve", "complete", "watch")


@pytest.fixture(scope="module")
def site() -> Site:
    return sites.load("inventories/lab")


@pytest.fixture
def room(site: Site, tmp_path: Path) -> Room:
    place = incidents.begin(tmp_path, site.name)
    (place / "plan.json").write_text(json.dumps({"digest": PLAN}), encoding="utf-8")
    return people.room(site, place)


def again(room: Room) -> Room:
    return people.room(room.site, room.incident)


def test_without_an_incident_there_is_nothing_to_speak_about(site: Site, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No incident is open on lab"):
        people.enter(site, tmp_path)
    assert people.enter(site, tmp_path, must_be_open=False).incident is None


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        (Wish("SIT-1", "kim"), r"There is no item SIT-1 \(did you mean SIT-01\?\)"),
        (Wish("SIT-03", "kim"), "SIT-03 is proven by the tool; nobody's word can confirm it"),
        (Wish("TEAM-02", "kim"), "TEAM-02 is proven by the tool"),
        (Wish("AWS-03", "kim", "waive", "why"), "nobody's word can waive it"),
        (Wish("APPROVE-01", "lee"), "APPROVE-01 is a signature, and no word can stand for it"),
        (Wish("DEPLOY-02", "kim"), "DEPLOY-02 belongs to the phase deployment, in which nobody is asked yet"),
        (Wish("FINAL-04", "jung"), "--source is missing"),
        (Wish("FINAL-04", "jung", source="desk", count="few", note="x"), "a whole number, not 'few'"),
        (Wish("FINAL-04", "jung", source="desk", count="3"), "needs what users say"),
        (Wish("FOLLOW-04", "kim", at="now-1h"), "needs a date that is still to come"),
        (Wish("REMIG-01", "park", note="fixed"), "REMIG-01 is for technical_lead to say; park is none"),
        (Wish("TEAM-01", "kin"), r"site_people has no 'kin' \(did you mean kim\?\)"),
        (Wish("SIT-02", "kim", "waive"), r"waive needs a reason \(--reason\)"),
        (Wish("SIT-02", "kim", "waive", "   "), r"waive needs a reason \(--reason\)"),
        (
            Wish("REVIEW-01", "kim", "waive", "hurry"),
            "REVIEW-01 cannot be waived: a plan that its own team has not read",
        ),
        (Wish("APPROVE-04", "kim", "waive", "hurry"), "APPROVE-04 cannot be waived"),
        (Wish("TEAM-01", "kim", "decline"), r"decline needs a reason \(--note\)"),
        (Wish("APPROVE-04", "lee"), "APPROVE-04 is for commander, operations_manager, executive to say; lee is none"),
        (Wish("SIT-01", "lee", note="x"), "--category is missing"),
        (Wish("SIT-01", "lee", note="x", category="dta"), r"'dta' is no category \(did you mean data\?\)"),
        (Wish("SIT-01", "lee", category="data"), "needs the cause in one sentence"),
        (Wish("SIT-01", "lee", proposal=1), "SIT-01 has 0 proposals; there is no number 1"),
        (Wish("SIT-02", "jung", source="x"), "--at is missing"),
        (Wish("SIT-02", "jung", at="now-5m"), "--source is missing"),
        (Wish("SIT-02", "jung", at="now+1h", source="x"), "is still to come"),
        (Wish("SIT-02", "jung", at="soon", source="x"), "'soon' is no moment"),
        (Wish("SIT-05", "jung", severity="bad"), "'bad' is no severity"),
        (Wish("REVIEW-05", "jung", contact="Example"), "Example is no emergency contact"),
        (Wish("TEAM-04", "jung", attach="/no/such/file"), "is no file that could be attached"),
        (Wish("comander", "kim", "assign", to="lee"), r"comander is no role and no item \(did you mean commander\?\)"),
        (Wish("commander", "kim", "assign", to="leee"), r"no 'leee' \(did you mean lee\?\)"),
    ],
)
def test_what_cannot_be_said_is_one_sentence_and_nothing_on_record(room: Room, wish: Wish, says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        wishes.speak(room, wish)
    assert "\n" not in caught.value.what
    assert again(room).said.said == ()


def test_what_is_about_the_plan_waits_for_the_plan(room: Room) -> None:
    assert room.incident is not None
    (room.incident / "plan.json").unlink()
    with pytest.raises(UsageError, match="REVIEW-01 is about the frozen plan, and there is none yet"):
        wishes.speak(room, Wish("REVIEW-01", "kim"))


def test_a_word_carries_what_its_item_needs(room: Room, tmp_path: Path) -> None:
    file = tmp_path / "log.txt"
    file.write_text("line", encoding="utf-8")
    cause = wishes.speak(room, Wish("sit-01", "Seoyeon Lee", note="orders twice", category="Data", attach=str(file)))
    assert (cause.kind, cause.item, cause.by) == ("confirm", "SIT-01", "lee")
    assert cause.details == {"category": "data", "statement": "orders twice"}
    assert cause.attachment["name"] == "log.txt"
    moment = wishes.speak(room, Wish("SIT-02", "jung", at="2026-03-01 04:05", source="alarm"))
    assert moment.details["moment"]["utc"] == "2026-02-28T19:05:00Z"
    assert moment.details["moment"]["local"].endswith("+09:00")
    read = wishes.speak(room, Wish("REVIEW-01", "kim"))
    assert (read.kind, read.about) == ("read", PLAN)
    start = wishes.speak(room, Wish("APPROVE-05", "kim", at="now+10m"))
    assert start.details["in_charge"]["commander"] == "kim"
    assert wishes.speak(room, Wish("commander", "kim", "assign", to="park")).details["to"] == "park"
    assert again(room).team.roles["commander"].deputy == "kim"
    assert all(word.seat for word in again(room).said.said)


def test_a_proposal_is_taken_by_its_number(room: Room) -> None:
    assert room.incident is not None
    drawn = {
        "proposals": {
            "SIT-01": [{"category": "capacity", "statement": {"en": "Too slow", "ko": "느림"}, "source": "log"}],
            "SIT-02": [{"at": "2026-03-01T04:05:06+09:00", "source": "lb log", "line": "503"}],
        }
    }
    incidents.keep(room.incident, "situation.shop", drawn)
    cause = wishes.speak(room, Wish("SIT-01", "lee", proposal=1))
    assert cause.details == {"category": "capacity", "statement": {"en": "Too slow", "ko": "느림"}, "source": "log"}
    assert wishes.speak(room, Wish("SIT-02", "jung", proposal=1)).details["line"] == "503"
    told = "\n".join(roster.lines(again(room), Texts("ko")))
    assert "1. capacity: 느림 (log)" in told


def test_a_record_changed_by_hand_is_refused(room: Room) -> None:
    wishes.speak(room, Wish("TEAM-01", "kim"))
    wishes.speak(room, Wish("TEAM-01", "lee"))
    assert room.incident is not None
    path = room.incident / words.FILE
    path.write_text(path.read_text(encoding="utf-8").replace("kim", "jim"), encoding="utf-8")
    with pytest.raises(RefusedError, match="is not what people said"):
        again(room)


def written(tmp_path: Path, content: Any) -> str:
    path = tmp_path / "answers.yml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("- a\n", "must be a mapping of answers"),
        ("a: [", "is not readable as YAML"),
        ({"SIT-1": {"by": "kim"}}, r"SIT-1 is no item.*\(did you mean SIT-01\?\)"),
        ({"SIT-03": {"by": "kim"}}, "SIT-03 is proven by the tool; nobody's word can answer it"),
        ({"SIT-01": "kim"}, "SIT-01 must say who answers what"),
        ({"SIT-01": {"note": "x"}}, r"SIT-01 does not say by whom \(by\)"),
        ({"SIT-01": {"by": "kim", "cathegory": "x"}}, r"cathegory is not known \(did you mean category\?\)"),
        ({"SIT-01": {"by": 7}}, "by must be a person or a list of persons"),
        ({"SIT-01": {"by": "kim", "note": 7}}, "note must be a text"),
        ({"SIT-01": {"by": "kim", "proposal": 0}}, "proposal must be a number from 1"),
        ({"SIT-01": {"by": "kim", "waive": "x", "decline": "y"}}, "both waived and declined"),
        ({"REVIEW-01": {"by": "kim", "waive": "x"}}, "REVIEW-01 cannot be waived"),
        ({"APPROVE-01": {"by": "kim"}}, "APPROVE-01 needs key"),
        ({"APPROVE-01": {"by": ["kim"], "key": "x"}}, "by must be one person"),
        ({"SIT-01": []}, "SIT-01 has no answer"),
        ({"site": 7}, "site must be the site's name"),
    ],
)
def test_answers_that_will_not_do_are_refused_with_a_sentence(tmp_path: Path, content: Any, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        answers.load(written(tmp_path, content))


def test_every_problem_of_the_answers_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        answers.load(written(tmp_path, {"SIT-1": {"by": "kim"}, "SIT-02": {"note": "x"}}))
    assert len(caught.value.what.splitlines()) == 2


def test_answers_by_strangers_are_refused(tmp_path: Path, site: Site) -> None:
    found = answers.load(written(tmp_path, {"SIT-01": {"by": "bob"}, "APPROVE-01": {"by": "eve", "key": "k"}}))
    with pytest.raises(UsageError, match="APPROVE-01: site_people has no 'eve'"):
        answers.check(found, site)


def test_the_answers_of_the_lab_answer_everything_and_are_said_once(room: Room) -> None:
    found = answers.load(str(ROOT / "inventories" / "lab" / "answers.yml"))
    answers.check(found, room.site)
    assert room.incident is not None
    a_run_of(room)
    for phase in PHASES:
        assert answers.apply(found, room.site, room.incident, phase).left == ()
    after = again(room)
    assert [(ask.item, after.judged(ask).waiting) for ask in people_asks() if after.judged(ask).waiting] == []
    for phase in PHASES:
        assert answers.apply(found, room.site, room.incident, phase).said == ()
    (room.incident / "plan.json").write_text(json.dumps({"digest": "f" * 64}), encoding="utf-8")
    fresh = answers.apply(found, room.site, room.incident, "approve").said
    assert {word.item for word in fresh} >= {"REVIEW-01", "REVIEW-02", "APPROVE-04", "APPROVE-05"}
    assert {word.about for word in fresh} == {"f" * 64}
    assert {one.item for one in found.signatures} == {"APPROVE-01", "APPROVE-02"}


def a_run_of(room: Room) -> None:
    """Put a run on record: drafts are drawn up from what runs left."""
    assert room.incident is not None
    run = store.create(room.incident.parents[2], "20260301T040506Z-lab-prepare", ())
    journal.append(run.journal, "begin", site="lab", options={"incident": str(room.incident)}, legs=["prepare"])


def people_asks() -> tuple[Any, ...]:
    from failback.people import catalogue  # noqa: PLC0415 - after the package has put the library on the path

    return catalogue.ASKS


def test_what_cannot_be_applied_is_told_and_the_rest_is_said(tmp_path: Path, room: Room) -> None:
    content = {"SIT-01": {"by": "lee", "proposal": 3}, "TEAM-01": [{"by": "kim"}, {"by": "lee", "decline": "ill"}]}
    found = answers.load(written(tmp_path, content))
    assert room.incident is not None
    done = answers.apply(found, room.site, room.incident, "prepare")
    assert [(word.by, word.kind) for word in done.said] == [("kim", "acknowledge"), ("lee", "decline")]
    assert "SIT-01 has 0 proposals" in done.left[0]


def test_an_unquoted_moment_is_as_good_as_a_text(tmp_path: Path, room: Room) -> None:
    text = "SIT-02: {by: jung, at: 2026-03-01T04:05:06+09:00, source: alarm}\n"
    assert room.incident is not None
    done = answers.apply(answers.load(written(tmp_path, text)), room.site, room.incident, "prepare")
    assert done.said[0].details["moment"]["utc"] == "2026-02-28T19:05:06Z"


def test_each_ask_is_an_item_that_people_answer() -> None:
    for ask in people_asks():
        item = checklist.item(ask.item)
        assert item.mode in {"assist", "person"}
        assert item.phase in {ask.phase, "risk"}


def test_the_team_is_shown_with_and_without_an_incident(site: Site, room: Room) -> None:
    assert "Minjun Kim (deputy Jiho Park): not called" in "\n".join(roster.lines(people.room(site, None), Texts("en")))
    wishes.speak(room, Wish("TEAM-01", "kim"))
    wishes.speak(room, Wish("SIT-02", "kim", "waive", "no clock"))
    told = "\n".join(roster.lines(again(room), Texts("ko")))
    assert "김민준 (대리 박지호): 응답" in told
    assert "SIT-02 면제(kim): no clock" in told
    mine = "\n".join(roster.of_person(again(room), "lee", Texts("en")))
    assert "--as lee" in mine
    assert "TEAM-01" in mine
    assert json.loads(json.dumps(roster.as_dict(again(room))))["roles"][0]["answers"] == {"kim": "acknowledge"}


def test_the_terminal_is_asked_with_proposals_as_choices(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = iter(["2", "", "major", "y"])
    monkeypatch.setattr("click.prompt", lambda *_words, **_rest: next(lines))
    monkeypatch.setattr("click.confirm", lambda *_words, **_rest: next(lines) == "y")
    proposed = {"SIT-01": [{"category": "data", "statement": "a"}, {"category": "network", "statement": "b"}]}
    asked = asking.ask(["SIT-01", "SIT-02", "SIT-05", "TEAM-01"], proposed, Texts("en"), by="lee")
    assert list(asked) == [
        Wish("SIT-01", "lee", proposal=2),
        Wish("SIT-05", "lee", severity="major"),
        Wish("TEAM-01", "lee"),
    ]
    assert asking.open_items(room, "prepare", "kim") == ["TEAM-01", "CONT-04"]
    assert asking.open_items(room, "prepare", "lee") == ["SIT-01", "TEAM-01"]


def test_the_commands_say_what_went_on_record(room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert room.incident is not None
    monkeypatch.setenv("RR_HOME", str(tmp_path))

    def run(*words_given: str) -> tuple[int, str]:
        done = CliRunner().invoke(root, [*words_given], standalone_mode=False)
        if isinstance(done.exception, UsageError):
            return int(done.exception.code), done.exception.what
        assert done.exception is None, done.output
        return 0, done.output

    assert (
        "On record: TEAM-01 acknowledged by Minjun Kim" in run("confirm", "TEAM-01", "--as", "kim", "--lang", "en")[1]
    )
    said = run("waive", "SIT-02", "--as", "jung", "--reason", "no clock", "--lang", "ko")
    assert said[0] == 0
    assert "면제했습니다" in said[1]
    assert "Lee's" in run("assign", "scribe", "--to", "lee", "--as", "kim", "--lang", "en")[1]
    no = run("confirm", "APPROVE-04", "--as", "kim", "--decline", "--note", "not yet", "--lang", "en")[1]
    assert "Minjun Kim said no: not yet" in no
    assert "SIT-01" in run("confirm", "REVIEW-02", "--as", "lee", "--lang", "en")[1]
    assert run("confirm", "TEAM-01")[0] == 2
    assert "say who you are" in run("confirm", "TEAM-01")[1]
    assert run("waive", "SIT-02", "--as", "jung")[0] == 2
    attached = run("confirm", "TEAM-04", "--as", "lee", "--note", "x", "--attach", str(tmp_path / "none"))
    assert attached == (2, f"{tmp_path / 'none'} is no file that could be attached.")
    assert "SIT-02 WAIVED by jung: no clock" in run("team", "--lang", "en")[1]
    assert json.loads(run("team", "--json")[1])["roles"][0]["answers"] == {"kim": "acknowledge"}
    assert "confirm TEAM-01 --as lee" in run("team", "--as", "lee", "--lang", "en")[1]
