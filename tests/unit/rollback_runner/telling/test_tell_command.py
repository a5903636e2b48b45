"""`rollback-runner tell`: a person's own words, looked at before they go out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from failback import incident
from failback.people import words

from rollback_runner import companions
from rollback_runner.cli import tell as command
from rollback_runner.errors import RefusedError, RunnerError, UsageError
from rollback_runner.site import site as sites

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result


@pytest.fixture
def opened(stage: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Return an open incident of the site that the command finds; no messenger is started."""
    secret = tmp_path / "token"
    secret.write_text("s3cr3t-token-value", encoding="utf-8")
    link = incident.shelf(stage.home, "lab") / "current"
    link.symlink_to(stage.incident.name)
    hosts = {"idc-db1": stage.site.variables["service"], **stage.site.variables}
    stage.site = replace(stage.site, secret_files=(str(secret),), variables=hosts)
    monkeypatch.setattr(sites, "load", lambda _name: stage.site)
    monkeypatch.setenv("RR_HOME", str(stage.home))
    monkeypatch.setattr(companions, "ensure", lambda *_where: None)
    return stage


@pytest.fixture
def say() -> Callable[..., Result]:
    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(command.tell, [*arguments, "--lang", "en"], standalone_mode=False)
        if isinstance(result.exception, RunnerError):
            raise result.exception
        return result

    return run


def test_it_is_shown_then_put_signed_with_the_persons_name(opened: Any, say: Callable[..., Result]) -> None:
    done = say("management", "--as", "jung", "--text", "We meet at 15:00 in room 2.\nBring your notes.", "--yes")
    (message,) = opened.messages
    assert "To: management by" in done.output
    assert message.body in done.output
    assert message.body.splitlines()[0] == "We meet at 15:00 in room 2."
    assert message.body.splitlines()[-1] == "Written by Haneul Jung, communication, not by the tool."
    assert message.subject == "[Shop] We meet at 15:00 in room 2."
    assert message.facts == ("by:jung",)


def test_korean_is_signed_in_korean(opened: Any, say: Callable[..., Result]) -> None:
    say("team", "--as", "정하늘", "--text", "15시에 모입니다.", "--in", "ko", "--yes")
    assert opened.messages[0].body.splitlines()[-1] == "작성: 정하늘(소통). 사람이 직접 쓴 메시지입니다."


def test_a_preview_sends_nothing(opened: Any, say: Callable[..., Result]) -> None:
    done = say("team", "--as", "jung", "--text", "Hello", "--preview")
    assert "Nothing was sent." in done.output
    assert opened.messages == []


def test_without_a_terminal_nobody_is_asked_and_nothing_is_sent(opened: Any, say: Callable[..., Result]) -> None:
    with pytest.raises(UsageError, match="Nobody can be asked here"):
        say("team", "--as", "jung", "--text", "Hello")
    assert opened.messages == []


def test_in_a_drill_a_persons_words_are_marked_too(opened: Any, say: Callable[..., Result]) -> None:
    opened.play(opened.lines("proven"), until=lambda line: line["kind"] == "begin", tell=False)
    say("users", "--as", "jung", "--text", "We write again at 15:00.", "--yes")
    (message,) = opened.messages
    assert message.subject.startswith("[DRILL][Shop]")
    assert message.body.startswith("This is a drill")
    assert "Haneul" not in message.body


@pytest.mark.parametrize(
    ("text", "claim"),
    [("The shop is restored.", "restored"), ("Nothing was lost.", "lost"), ("복구되었습니다.", "restored"),
     ("IDC takes writes.", "opened")],
)  # fmt: skip
def test_what_the_record_does_not_prove_is_refused(
    opened: Any, say: Callable[..., Result], text: str, claim: str
) -> None:
    with pytest.raises(RefusedError, match=claim):
        say("team", "--as", "jung", "--text", text, "--yes")
    assert opened.messages == []
    say("team", "--as", "jung", "--text", text, "--yes", "--unproven")
    assert "Not proven by the record" in opened.messages[0].body


def test_what_the_record_proves_may_be_said(opened: Any, say: Callable[..., Result]) -> None:
    opened.play(opened.lines("proven"), tell=False)
    say("team", "--as", "jung", "--text", "The shop is restored.", "--yes")
    assert "Not proven" not in opened.messages[0].body
    with pytest.raises(RefusedError, match="lost"):
        say("team", "--as", "jung", "--text", "Nothing was lost.", "--yes")


@pytest.mark.parametrize("text", ["idc-db1 is slow", "10.1.2.3 does not answer", "SWITCH-04 failed"])
def test_people_outside_read_no_machine_and_no_item(opened: Any, say: Callable[..., Result], text: str) -> None:
    with pytest.raises(RefusedError, match="must not hold"):
        say("users", "--as", "jung", "--text", text, "--yes", "--unproven")
    say("team", "--as", "jung", "--text", text, "--yes")
    assert len(opened.messages) == 1


def test_only_those_who_may_speak_to_people_outside(
    opened: Any, say: Callable[..., Result], given: dict[str, Any]
) -> None:
    assert given["site_roles"]["database"]["person"] == "lee"
    opened.given["site_roles"]["commander"]["deputy"] = "jung"
    opened.site = replace(opened.site, variables={"idc-db1": opened.given, "service": opened.given})
    with pytest.raises(RefusedError, match="does not speak to people outside"):
        say("partners", "--partner", "pay", "--as", "lee", "--text", "Hello", "--yes")
    assert opened.messages == []


def test_a_secret_goes_nowhere(opened: Any, say: Callable[..., Result]) -> None:
    with pytest.raises(RefusedError, match="secret"):
        say("team", "--as", "jung", "--text", "use s3cr3t-token-value", "--yes")
    assert opened.messages == []


def test_one_partner_is_told_by_its_own_channel(opened: Any, say: Callable[..., Result]) -> None:
    say("partners", "--partner", "pay", "--as", "jung", "--text", "Please call us.", "--yes")
    (message,) = opened.messages
    assert message.channels == ("mail",)
    assert "/partners/pay/" in message.key
    with pytest.raises(UsageError, match="site_partners has pay"):
        say("partners", "--partner", "nobody", "--as", "jung", "--text", "x", "--yes")


def test_what_was_told_by_hand_goes_on_record(opened: Any, say: Callable[..., Result]) -> None:
    say("partners", "--partner", "pay", "--as", "jung", "--by-hand", "--text", "called Ms Han at 14:10")
    word = words.read(opened.incident).said[-1]
    assert (word.item, word.by, word.note) == ("EXT-03", "jung", "called Ms Han at 14:10")
    assert word.details == {"told": "partners/pay"}
    assert opened.messages == []


def test_what_the_record_proves_now_can_be_shown_and_sent(opened: Any, say: Callable[..., Result]) -> None:
    with pytest.raises(RefusedError, match="proves nothing that brief would tell"):
        say("support", "--event", "brief", "--preview")
    opened.play(opened.lines("proven"), tell=False)
    assert "WORDING" in say("support", "--event", "brief", "--preview").output
    say("support", "--event", "brief", "--yes")
    assert {one.audience for one in opened.messages} == {"support"}


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (["team", "--text", "x"], "--as is missing"),
        (["team", "--as", "nobody", "--text", "x"], "site_people has no"),
        (["team", "--as", "jung"], "one of them"),
        (["team", "--as", "jung", "--text", "x", "--file", "y"], "one of them"),
        (["team", "--as", "jung", "--file", "/nowhere/at/all"], "cannot be read"),
        (["team", "--as", "jung", "--text", "   "], "empty"),
        (["team", "--as", "jung", "--text", "x" * 30000], "more than 20000 characters"),
    ],
)
def test_bad_input_is_one_clear_error(
    opened: Any, say: Callable[..., Result], arguments: list[str], wrong: str
) -> None:
    with pytest.raises(UsageError, match=wrong) as raised:
        say(*arguments, "--yes")
    assert raised.value.next_step or wrong == "site_people has no"
    assert opened.messages == []


def test_what_hides_in_a_text_is_taken_out(opened: Any, say: Callable[..., Result]) -> None:
    say("team", "--as", "jung", "--text", "first\u202e line\x07\nsecond", "--subject", "A\nBcc: all", "--yes")
    (message,) = opened.messages
    assert message.subject == "[Shop] A Bcc: all"
    assert message.body.startswith("first line\nsecond\n")
