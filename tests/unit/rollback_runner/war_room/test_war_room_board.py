"""What the war room shows: drawn from the record as it is, escaped, and read once."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest
from failback import incident as incidents
from failback import journal, lock
from failback.people import catalogue, words
from failback.people.words import Word

from rollback_runner.messages import Texts
from rollback_runner.people import mine
from rollback_runner.people import room as people
from rollback_runner.site import site as sites
from rollback_runner.telling.outbox import Message, State
from rollback_runner.war_room import forms, pages, standing
from rollback_runner.war_room.board import Board, Mood, Now, Stake, Taker, Trouble, Wait
from rollback_runner.war_room.follow import Lines
from rollback_runner.war_room.hub import Hub
from rollback_runner.war_room.reader import Reader
from rollback_runner.war_room.runs import ItemState, LegState, RunState

if TYPE_CHECKING:
    from rollback_runner.checklist import Language
    from rollback_runner.site.site import Site

EVIL = "<script>x</script>'\"><img src=x onerror=y>"
RUN = "20260301T040000Z-lab-emergency"


@pytest.fixture(scope="module")
def site() -> Site:
    return sites.load("inventories/lab")


@pytest.fixture
def incident(tmp_path: Path) -> Path:
    return incidents.begin(tmp_path, "lab")


def begin(home: Path, incident: Path, name: str = RUN, *, held: bool = True, check: bool = False) -> Path:
    run = home / "runs" / name
    run.mkdir(parents=True)
    options = {"check": check, "incident": str(incident)}
    journal.append(
        run / "journal.jsonl", "begin", site="lab", legs=["emergency"], strategy="switch-first", options=options
    )
    leg = {"phase": "emergency", "playbook": "emergency.yml"}
    plan = {"leg": leg, "items": [{"id": "AWS-01", "hosts": ["shop-db"]}], "steps": [], "budget": 900}
    (run / "plan.json").write_text(json.dumps({"plans": [plan]}), encoding="utf-8")
    if held:
        (home / "runs" / "locks").mkdir(exist_ok=True)
        lock.acquire(home / "runs" / "locks" / "lab.lock", site="lab", reason="test", run=name)
    return run


def looked(home: Path, run: Path) -> RunState:
    from rollback_runner.record import store  # noqa: PLC0415 - only here

    state = RunState(store.Run(run), home / "runs" / "locks" / "lab.lock")
    state.look()
    return state


def test_a_torn_line_waits_for_its_end(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    lines = Lines(path)
    assert lines.fresh() == []
    path.write_bytes(b'{"a": 1}\n{"a": ')
    assert lines.fresh() == [{"a": 1}]
    with path.open("ab") as stream:
        stream.write(b"2}\nnonsense\n[1]\n")
    assert lines.fresh() == [{"a": 2}]
    assert lines.fresh() == []


def test_who_takes_writes_follows_the_record(tmp_path: Path, incident: Path) -> None:
    run = begin(tmp_path, incident)
    line = run / "journal.jsonl"
    state = looked(tmp_path, run)
    assert standing.writer([state]).taker == "aws"
    journal.append(line, "final", host="shop-db")
    state.look()
    assert standing.writer([state]).taker == "nobody"
    journal.append(line, "outcome", act="unlock the accounts and enable the events on RDS", ok=True)
    state.look()
    assert standing.writer([state]).taker == "aws"
    journal.append(line, "final", host="shop-db")
    opening = {"act": "open IDC for writes: the point of no return", "task": "SWITCH-01 | Open IDC", "host": "shop-db"}
    journal.append(line, "intent", **opening)
    state.look()
    assert standing.writer([state]).taker == "begun"
    journal.append(line, "promoted", host="shop-db")
    state.look()
    assert standing.writer([state]).taker == "idc"


def test_a_run_whose_process_is_gone_is_broken_off(tmp_path: Path, incident: Path) -> None:
    run = begin(tmp_path, incident)
    state = looked(tmp_path, run)
    assert state.going
    path = tmp_path / "runs" / "locks" / "lab.lock"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"pid": 2**22 - 1}), encoding="utf-8")
    assert state.look()
    assert state.broken_off
    assert standing.mood([state], [], [], is_open=True) == "stopped"
    assert standing.of_runs([state])[0].kind == "broken_off"


def test_a_rehearsal_is_no_proof(tmp_path: Path, incident: Path, site: Site) -> None:
    run = begin(tmp_path, incident, check=True, held=False)
    journal.append(run / "journal.jsonl", "item", id="AWS-01", status="done", reason="", hosts={})
    journal.append(run / "journal.jsonl", "promoted", host="shop-db")
    journal.append(run / "journal.jsonl", "end", status="done", outcome="rehearsed")
    board = Reader(site, tmp_path).look()
    assert board.items == {}
    assert board.writer.taker == "aws"
    assert [line.check for line in board.runs] == [True]


def test_the_newest_word_on_an_item_wins_unless_it_says_nothing() -> None:
    def run(status: str) -> Any:
        return type("Run", (), {"items": {"AWS-01": ItemState(status)}})()

    assert standing.items([run("failed"), run("done")])["AWS-01"].status == "done"
    assert standing.items([run("done"), run("not_run")])["AWS-01"].status == "done"
    assert standing.items([run("done"), run("failed")])["AWS-01"].status == "failed"


def test_a_look_at_nothing_new_reads_nothing(tmp_path: Path, incident: Path, site: Site, monkeypatch: Any) -> None:
    begin(tmp_path, incident)
    words.say(incident, Word("acknowledge", "TEAM-01", "kim"))
    reader = Reader(site, tmp_path, clock=lambda: 1_800_000_000.0)
    first = reader.look()
    opened: list[str] = []
    before = Path.read_text
    monkeypatch.setattr(Path, "read_text", lambda self, *a, **k: (opened.append(self.name), before(self, *a, **k))[1])
    second = reader.look()
    assert set(opened) <= {"lab.lock", "boot_id", "stat"}  # whether the run's process still lives
    assert replace(first, at=0.0) == replace(second, at=0.0)


def test_what_cannot_be_read_is_said(tmp_path: Path, incident: Path, site: Site) -> None:
    words.say(incident, Word("acknowledge", "TEAM-01", "kim"))
    reader = Reader(site, tmp_path)
    reader.look()
    words.say(incident, Word("acknowledge", "TEAM-01", "park"))
    path = incident / words.FILE
    path.write_text(path.read_text(encoding="utf-8").replace("kim", "lee"), encoding="utf-8")
    trouble = next(one for one in reader.look().troubles if one.kind == "read")
    assert "is not what people said" in trouble.text


def test_no_incident_and_a_closed_one(tmp_path: Path, site: Site) -> None:
    reader = Reader(site, tmp_path)
    assert reader.look().mood == "none"
    incidents.begin(tmp_path, "lab")
    assert reader.look().open
    incidents.close(tmp_path, "lab")
    board = reader.look()
    assert (board.mood, board.open) == ("closed", False)


class Tags(HTMLParser):
    """Collects tags and attributes as a browser would see them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _value in attrs}


@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_nothing_of_the_record_becomes_markup(language: Language) -> None:
    both = {"en": EVIL, "ko": EVIL}
    message = State(Message("k", "act", EVIL, "en", EVIL, EVIL, needs_answer=True), EVIL, 1)
    board = Board(
        at=1.0, site=EVIL, titles=both, timezone="Asia/Seoul", incident=EVIL, open=True, mood="running", drill=EVIL,
        cause=EVIL, severity=EVIL, failed=1.0, now=Now(EVIL, EVIL, EVIL, (EVIL,), 1.0),
        waits=(Wait(EVIL, (EVIL,), (EVIL,)),), stakes=(Stake(EVIL, both, both, (both,), EVIL),),
        troubles=tuple(Trouble("grave", kind, 1.0, EVIL, EVIL, EVIL, {"task": EVIL, "outcome": "failed", "part": EVIL,
                       "value": 1.0, "limit": 1.0, "level": EVIL}) for kind in ("failure", "breach", "gap", "read",
                       "broken_off", "declined", "waived")),
        items={"AWS-01": ItemState("failed", EVIL, ((EVIL, "failed"),))}, messages=(message,), plan=EVIL,
        names={EVIL: both},
    )  # fmt: skip
    html = "".join(pages.render(board, language).html.values())
    html += pages.page("refused", language, site=EVIL, title=EVIL, notice=EVIL, detail=EVIL)
    found = Tags()
    found.feed(html)
    assert "img" not in found.tags
    assert not any(name.startswith("on") for name in found.attributes)
    assert "style" not in found.attributes
    assert "<script>x" not in html


@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_every_kind_of_trouble_is_said(language: Language) -> None:
    troubles = (
        Trouble("grave", "failure", 1.0, "AWS-01", "shop-db", "why", {"task": "Do it", "outcome": "failed"}),
        Trouble("grave", "breach", 1.0, "cpu_busy", "idc-db1", values={"value": 0.9, "limit": 0.8, "level": 2}),
        Trouble("warn", "gap", 1.0, "haproxy", "", "it is silent"),
        Trouble("grave", "read", text="not readable", values={"part": "people"}),
        Trouble("grave", "broken_off", 1.0, text=RUN, values={"task": "Do it"}),
        Trouble("warn", "waived", 1.0, "SIT-02", text="waived by kim"),
    )
    board = Board(1.0, "lab", {"en": "x", "ko": "x"}, "Asia/Seoul", incident="i", open=True, troubles=troubles)
    html = pages.render(board, language).html["troubles"]
    assert html.count("<li") == len(troubles)
    assert "90 %" in html
    assert "silent" in html


@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_every_state_of_a_leg_is_said(language: Language) -> None:
    states = ("", "running", "done", "already", "failed", "refused", "waiting", "interrupted", "unreachable", "skipped")
    legs = tuple(LegState("emergency", status, 10.0, 1.0, 100.0, 3.0, 6.0) for status in states)
    board = Board(1.0, "lab", {"en": "x", "ko": "x"}, "Asia/Seoul", incident="i", open=True, legs=legs)
    html = pages.render(board, language).html["phases"]
    assert html.count('class="leg ') == len(states)
    assert Texts(language)("room.over") in html


def test_a_section_that_breaks_leaves_the_others(caplog: pytest.LogCaptureFixture) -> None:
    board = Board(1.0, "lab", {"en": "Shop", "ko": "Shop"}, "Asia/Seoul", incident="i", open=True,
                  troubles=(Trouble("grave", "failure"),))  # fmt: skip
    html = pages.render(board, "en").html
    assert "Something broke here" in html["troubles"]
    assert "Shop" in html["head"]
    assert "troubles" in caplog.text


def test_two_viewers_share_one_picture(tmp_path: Path, site: Site) -> None:
    hub = Hub(Reader(site, tmp_path))
    hub._look()
    one: dict[str, str] = {}
    other: dict[str, str] = {}
    first, second = hub.since("en", one), hub.since("en", other)
    assert first == second
    assert b"event: section" in first
    assert hub.since("en", one) == b""
    assert len(hub._lines) == len(pages.SECTIONS)
    assert not hub._look()


def test_a_person_is_offered_what_their_roles_answer_for(site: Site, incident: Path) -> None:
    (incident / "plan.json").write_text(json.dumps({"digest": "e" * 64}), encoding="utf-8")
    where = people.room(site, incident)
    offered = {person: {one.ask.item for one in mine.of_person(where, person)} for person in where.team.people}
    assert "APPROVE-04" in offered["kim"]
    assert "APPROVE-04" not in offered["lee"]
    assert "SIT-01" in offered["lee"]
    assert "SIT-01" in offered["kim"]  # deputy of the technical lead
    assert "SIT-01" not in offered["jung"]
    assert "TEAM-01" not in offered["choi"]  # an executive is not called where the site is not critical
    words.say(incident, Word("assign", "SIT-01", "kim", details={"to": "choi"}))
    again = people.room(site, incident)
    assert "SIT-01" in {one.ask.item for one in mine.of_person(again, "choi")}
    assert mine.of_person(again, "stranger") == []


def test_a_form_asks_for_what_its_word_must_carry(tmp_path: Path, site: Site, incident: Path) -> None:
    where = people.room(site, incident)
    board = replace(Reader(site, tmp_path).look(), reached=frozenset({"prepare", "approve"}))
    rows = {row["item"]: row for row in forms.rows(where, "lee", Texts("en"), board, lambda item: f"mark-{item}")}
    assert [field["name"] for field in rows["SIT-01"]["fields"]] == ["category", "note"]
    assert rows["SIT-01"]["wanted"]
    assert rows["REVIEW-01"]["later"]
    assert rows["REVIEW-01"]["form"] == ""
    wish = forms.wish("lee", "SIT-01", "decline", {"note": " no ", "proposal": "x", "category": "data"}, "seat")
    assert (wish.act, wish.note, wish.proposal, wish.category, wish.seat) == ("decline", "no", 0, "data", "seat")


def test_every_text_that_is_chosen_by_a_state_is_there() -> None:
    for language in pages.LANGUAGES:
        texts = Texts(language)
        assert all(texts(f"room.mood.{one}", leg="x") for one in (*get_args(Mood), "rehearsal"))
        assert all(texts(f"room.writer.{one}") and texts(f"room.writer_says.{one}", at="x") for one in get_args(Taker))
        assert all(texts(f"room.severity.{one}") for one in catalogue.SEVERITIES)
