"""Who is called when: once each, deputies in their turn, and again only where no call went through."""

from __future__ import annotations

from failback.people import calls, channels
from failback.people.words import Word
from team_of_tests import AT, EVERYBODY, NOW, ack, called, made

FIRST = (
    called("kim", "commander"),
    called("lee", "database", "application", "technical_lead"),
    called("park", "network", "operations_manager"),
    called("jung", "communication", "scribe"),
)


def due(*said: Word, after: float = 0.0) -> dict[str, tuple[tuple[str, ...], str]]:
    found = calls.due(*made(*said), now=NOW + after)
    return {one.person: (one.roles, one.why) for one in found}


def test_everybody_is_called_first_and_once() -> None:
    found = due()
    assert set(found) == set(EVERYBODY)
    assert found["lee"] == (("database", "application", "technical_lead"), "first")
    assert due(*FIRST) == {}
    assert due(*FIRST, after=299) == {}


def test_deputies_are_called_when_the_time_is_over() -> None:
    found = due(*FIRST, *ack("lee", "park", "jung"), after=301)
    assert found == {}  # park, kim's deputy, is there already
    found = due(*FIRST, *ack("lee", "jung"), after=301)
    assert found["park"][0] == ("commander",)
    assert found["park"][1] == "Minjun Kim did not answer in time"


def test_a_deputy_is_called_at_once_for_whoever_declines_or_cannot_be_reached() -> None:
    declined = Word("decline", "TEAM-01", "kim", "ill", at=AT)
    assert due(*FIRST, declined)["park"] == (("commander",), "Minjun Kim declined")
    unreached = (called("kim", "commander", delivered=False), *FIRST[1:])
    found = due(*unreached)
    assert found["park"] == (("commander",), "Minjun Kim could not be reached")
    assert found["kim"] == (("commander",), "first")  # and the next run tries again


def test_whoever_gets_a_role_later_is_called_for_it() -> None:
    given = Word("assign", "scribe", "kim", details={"to": "park"})
    assert due(*FIRST, given) == {"park": (("scribe",), "first")}


def test_the_next_turn_is_known() -> None:
    assert calls.next_turn(*made(*FIRST), now=NOW + 100) == 200
    assert calls.next_turn(*made(*FIRST, *ack(*EVERYBODY)), now=NOW) == float("inf")


def test_a_role_is_covered_by_the_deputy_only_in_their_turn() -> None:
    team, said = made(*FIRST, *ack("lee", "park", "jung"))
    assert calls.uncovered(team, said, now=NOW + 299) == ("commander",)
    assert calls.uncovered(team, said, now=NOW + 301) == ()
    team, said = made(*FIRST, *ack(*EVERYBODY))
    assert calls.uncovered(team, said, now=NOW) == ()


def test_a_call_says_how_to_answer_in_both_languages() -> None:
    team, _said = made()
    ways = {name: channels.Channel(name, "-") for name in ("chat", "mail")}
    site = {"name": "lab", "en": "Shop", "ko": "쇼핑몰", "option": " -i there"}
    pairs = calls.make(team, [calls.Call("kim", ("commander",))], ways, site, deadline=300)
    assert [message.channel.name for _call, message in pairs] == ["chat", "mail"]
    body = pairs[0][1].body
    assert "rollback-runner confirm TEAM-01 -i there --as kim" in body
    assert "within 5 min" in body
    assert "김민준 님" in body


def test_the_record_says_who_answered_what() -> None:
    rows = calls.record(*made(*FIRST, *ack("kim"), Word("decline", "TEAM-01", "lee", "ill", at=AT)))
    by = {row["who"]: row for row in rows}
    assert by["Minjun Kim"]["acknowledged"] == AT
    assert by["Seoyeon Lee"]["declined"] == "ill"
