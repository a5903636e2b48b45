"""The role team as the phases use it: real tasks, a real desk, a real incident; second runs, rehearsals, faults."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from failback import incident as incidents
from failback.people import catalogue, words
from failback.people.words import Word
from receivers import LOGIN, desk, free_port
from run_tasks import ROOT, Played, local_host, play

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PEOPLE = {
    "kim": {"name": {"en": "Minjun Kim", "ko": "김민준"}, "contact": ["chat", "mail"]},
    "lee": {"name": {"en": "Seoyeon Lee", "ko": "이서연"}, "contact": ["chat"]},
}
NAMES = [*catalogue.RESPONSE, *catalogue.SIGNING]
ROLES = {name: {"person": "kim", "deputy": "lee"} for name in NAMES}
PLAN = "c" * 64


class Site:
    """A site of its own with an open incident and a desk that takes its messages."""

    def __init__(self, work: Path, page: int, post: int) -> None:
        self.work = work
        self.page = page
        self.incident = incidents.begin(work, "lab")
        back = {"url": f"http://127.0.0.1:{page}/messages?text={{code}}"}
        self.variables: dict[str, Any] = {
            "site_name": "lab",
            "site_title": {"en": "Shop", "ko": "쇼핑몰"},
            "site_critical": False,
            "site_people": PEOPLE,
            "site_roles": ROLES,
            "site_channels": [
                {"name": "chat", "url_file": self.secret("chat", f"json://{LOGIN}@127.0.0.1:{page}/notify/chat"),
                 "audience": "room", "read_back": back},
                {"name": "mail", "url_file": self.secret(
                    "mail", f"mailto://127.0.0.1:{post}?from=a@example.org&to=b@example.org&mode=insecure"),
                 "read_back": back},
            ],
            "site_ladder": [{"after": 0, "role": "commander", "channel": "chat"}],
            "site_dashboards": [
                {"name": "desk", "url": f"http://127.0.0.1:{page}/dashboard", "time": "$.updated", "max_age": 600}
            ],
            "site_experts": [{"name": "X", "contact": "1", "hours": "always", "contract": "yes"}],
            "site_press": {"owner": "lee", "draft": {"en": "text", "ko": "글"}},
        }  # fmt: skip

    def secret(self, name: str, text: str) -> str:
        path = self.work / name
        path.write_text(text + "\n", encoding="utf-8")
        path.chmod(0o600)
        return str(path)

    def say(self, kind: str, item: str, by: str, **rest: Any) -> None:
        words.say(self.incident, Word(kind, item, by, **rest))  # type: ignore[arg-type]

    def play(self, *entries: str, check: bool = False, **changed: Any) -> Played:
        tasks = [{"ansible.builtin.import_role": {"name": "team", "tasks_from": entry}} for entry in entries]
        host = local_host(**(self.variables | changed))
        return play(self.work / "play", tasks, {"shop": host}, check=check, group="service")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with desk() as (found, page, post):
        made = Site(tmp_path, page, post)
        made.desk = found  # type: ignore[attr-defined]
        monkeypatch.setenv("RR_INCIDENT", str(made.incident))
        yield made


def sent(site: Site) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = site.desk.messages  # type: ignore[attr-defined]
    return list(messages)


def keys(result: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["severity"], one["key"]) for one in result.get("findings", ())]


def test_people_are_called_once_and_channels_are_proven(site: Site) -> None:
    rehearsed = site.play("reach", check=True)
    assert sent(site) == []
    assert [rehearsed.of(name)["changed"] for name in ("canary", "Call the whole")] == [True, True]
    assert list(site.incident.glob("facts/*")) == []

    played = site.play("reach")
    assert played.rc == 0, played.stdout
    canary = played.of("canary")
    assert (canary["changed"], canary["after"]) == (True, {"chat": True, "mail": True})
    assert all(row["arrived"] for row in canary["evidence"]["channels"])
    call = played.of("Call the whole")
    assert call["after"] == ["kim"]
    assert call["evidence"]["calls"][0]["roles"] == NAMES
    assert [keys(played.of(name)) for name in ("role has", "rung", "dashboards show", "Call the")] == [[], [], [], []]
    calls = [one for one in sent(site) if "you are needed" in one["title"]]
    assert [one["way"] for one in calls] == ["chat", "mail"]
    assert "rollback-runner confirm TEAM-01" in calls[0]["text"]

    before = len(sent(site))
    again = site.play("reach")
    assert [again.of(name)["changed"] for name in ("canary", "Call the whole")] == [False, False]
    assert len(sent(site)) == before
    told = json.dumps(played.results) + played.stdout + (site.incident / words.FILE).read_text(encoding="utf-8")
    assert LOGIN.partition(":")[2] not in told


def test_the_deputy_is_called_within_the_wait_when_nobody_answers(site: Site) -> None:
    played = site.play("reach", team_call_deadline=1, team_call_wait=4)
    found = played.of("Call the whole")
    assert found["after"] == ["kim", "lee"]
    assert found["evidence"]["calls"][1]["why"] == "Minjun Kim did not answer in time"
    assert set(found["evidence"]["not_covered"]) == set(NAMES)


def test_a_call_that_reached_nobody_is_told_and_tried_again(site: Site) -> None:
    dead = [{"name": "chat", "url_file": site.secret("dead", f"json://127.0.0.1:{free_port()}/TOKENdead")}]
    people = {key: {**person, "contact": ["chat"]} for key, person in PEOPLE.items()}
    first = site.play("reach", site_channels=dead, site_people=people)
    found = first.of("Call the whole")
    assert ("warning", "call:kim") in keys(found)
    assert "connection refused" in found["findings"][0]["sentence"]
    assert keys(first.of("canary")) == [("blocker", "channel:chat")]
    assert "no other channel reaches Minjun Kim, Seoyeon Lee" in first.of("canary")["findings"][0]["sentence"]
    assert keys(first.of("rung")) == [("blocker", "ladder:1:dead")]
    again = site.play("reach", site_people=people)
    assert again.of("Call the whole")["changed"]
    assert keys(again.of("Call the whole")) == []
    assert "TOKENdead" not in first.stdout + json.dumps(first.results)


def test_a_dead_channel_is_a_warning_while_another_reaches_everybody(site: Site) -> None:
    channels = [site.variables["site_channels"][0], {"name": "mail", "url_file": site.secret("gone", "json://x:1/y")}]
    (site.work / "gone").chmod(0o644)
    found = site.play("reach", site_channels=channels).of("canary")
    assert keys(found) == [("warning", "channel:mail")]
    assert "chmod 0600" in found["findings"][0]["sentence"]


def test_a_site_that_names_nobody_gets_findings_and_no_failure(site: Site) -> None:
    nothing = ("people", "roles", "channels", "ladder", "dashboards", "experts", "press")
    site.variables = {key: value for key, value in site.variables.items() if key.removeprefix("site_") not in nothing}
    played = site.play("reach", "prepare")
    assert played.rc == 0, played.stdout
    assert keys(played.of("role has"))[0] == ("warning", "role:commander:person")
    assert keys(played.of("canary")) == [("warning", "channel:none")]
    assert keys(played.of("rung")) == [("warning", "ladder:none")]
    assert keys(played.of("dashboards show")) == [("warning", "dashboard:none")]
    assert keys(played.of("acknowledged")) == [("warning", "nobody:TEAM-01")]


def test_a_critical_site_that_names_nobody_is_stopped(site: Site) -> None:
    nothing = ("people", "roles", "channels", "ladder")
    site.variables = {key: value for key, value in site.variables.items() if key.removeprefix("site_") not in nothing}
    played = site.play("reach", "prepare", site_critical=True)
    assert played.rc == 0, played.stdout
    assert keys(played.of("role has"))[0] == ("blocker", "role:commander:person")
    assert keys(played.of("canary")) == [("blocker", "channel:none")]
    assert keys(played.of("rung")) == [("blocker", "ladder:none")]
    assert "no one is named" in played.of("acknowledged")["waiting"]


def test_what_people_said_is_read(site: Site) -> None:
    waiting = site.play("prepare")
    assert waiting.rc == 0, waiting.stdout
    asked = [result for result in waiting.results if " | " in result["task"]]
    assert len(asked) == 7
    assert all(result["waiting"].startswith(result["task"].partition(" ")[0]) for result in asked)
    assert "rollback-runner confirm SIT-01" in waiting.of("cause")["waiting"]
    site.say("confirm", "SIT-01", "kim", note="orders twice", details={"category": "data"})
    site.say("decline", "TEAM-01", "kim", note="ill")
    site.say("acknowledge", "TEAM-01", "lee")
    site.say("waive", "SIT-02", "kim", note="no clock to trust")
    site.say("confirm", "CONT-04", "kim")
    read = site.play("prepare", check=True)
    assert "waiting" not in read.of("cause")
    assert read.of("cause")["evidence"]["said"]["note"] == "orders twice"
    assert "waiting" not in read.of("acknowledged")
    assert keys(read.of("moment")) == [("warning", "waived:SIT-02")]
    assert read.of("experts")["evidence"]["experts"][0]["name"] == "X"
    assert "waiting" in read.of("press")


def test_words_about_the_plan_fall_with_it(site: Site) -> None:
    assert "there is no frozen plan" in site.play("approve").of("read this plan")["waiting"]
    (site.incident / "plan.json").write_text(json.dumps({"digest": PLAN}), encoding="utf-8")
    site.say("read", "REVIEW-01", "kim", about=PLAN)
    site.say("confirm", "APPROVE-04", "kim", about=PLAN, details={"decision": "go"})
    played = site.play("approve")
    assert "waiting" not in played.of("read this plan")
    assert "waiting" not in played.of("decision")
    (site.incident / "plan.json").write_text(json.dumps({"digest": "d" * 64}), encoding="utf-8")
    fallen = site.play("approve")
    assert "spoke about another plan" in fallen.of("read this plan")["waiting"]
    assert "on plan dddddddddddd" in fallen.of("decision")["waiting"]


def test_a_changed_record_is_refused(site: Site) -> None:
    site.say("confirm", "SIT-01", "kim", note="a")
    site.say("confirm", "SIT-01", "kim", note="b")
    path = site.incident / words.FILE
    path.write_text(path.read_text(encoding="utf-8").replace('"a"', '"z"'), encoding="utf-8")
    played = site.play("prepare")
    assert played.rc != 0
    assert "is not what people said" in played.messages
    assert played.of("cause")["refused"]


def test_the_playbooks_use_the_role() -> None:
    for path in ("playbooks/prepare/team.yml", "playbooks/approve/people.yml"):
        assert "name: team" in (ROOT / path).read_text(encoding="utf-8")
