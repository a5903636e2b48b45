"""The role documents on a home of its own: acts, acts no second time, foretells, and tells what it waits for."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from failback import incident as incidents
from failback import journal, lock
from failback.approval import signers
from failback.people import lessons, words
from run_tasks import Played, local_host, play

from rollback_runner.archive import verify
from rollback_runner.documents import drafts
from rollback_runner.record import store
from rollback_runner.telling import outbox

if TYPE_CHECKING:
    from pathlib import Path

RUN = "20260301T040506Z-shop-rollback"
PEOPLE = {
    "kim": {"name": {"en": "Minjun Kim", "ko": "김민준"}, "mail": "kim@example.org"},
    "lee": {"name": {"en": "Seoyeon Lee", "ko": "이서연"}, "mail": "lee@example.org"},
}
ROLES = {
    name: {"person": "kim", "deputy": "lee"}
    for name in ("commander", "database", "network", "application", "communication", "scribe", "technical_lead")
} | {"operations_manager": {"person": "lee", "deputy": "kim"}}


class Site:
    """A home with an open incident and the run that goes on in it."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = home
        self.incident = incidents.begin(home, "shop")
        self.run = home / "runs" / RUN
        (self.run / "evidence").mkdir(parents=True)
        (self.run / "secret-files").write_text(f"{home}/password\n")
        (home / "password").write_text("correct-horse-battery\n")
        options = {"incident": str(self.incident)}
        journal.append(self.run / "journal.jsonl", "begin", site="shop", options=options, legs=["complete"])
        # It is this process that carries the run out: without a holder of the lock it would be one that was killed.
        lock.acquire(store.lock_path(home, "shop"), site="shop", reason="complete", run=RUN)
        self.keys = home / "keys"
        self.keys.mkdir(mode=0o700)
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.keys / "archiver")]
        subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)
        public = " ".join((self.keys / "archiver.pub").read_text().split()[:2])
        (self.keys / "signers").write_text(f'archiver namespaces="archive@rollback-runner" {public}\n')
        for name, value in (("RR_INCIDENT", self.incident), ("RR_RUN_DIR", self.run), ("RR_HOME", home)):
            monkeypatch.setenv(name, str(value))

    def play(self, part: str, *, check: bool = False, **more: Any) -> Played:
        """Play one entry point of the role."""
        variables = {
            "rr_home": str(self.home),
            "site_name": "shop",
            "site_title": {"en": "Shop", "ko": "쇼핑몰"},
            "site_critical": True,
            "site_people": PEOPLE,
            "site_roles": ROLES,
            "site_approvals": {"signers_file": str(self.keys / "signers"), "roles": {}},
            "site_archive": {"signer": "archiver", "key_file": str(self.keys / "archiver")},
            "documents_send_wait": 0,
            **more,
        }
        tasks = [{"name": "Play the role", "ansible.builtin.import_role": {"name": "documents", "tasks_from": part}}]
        return play(self.home / "play", tasks, {"shop": local_host(**variables)}, check=check)

    @property
    def archives(self) -> list[Path]:
        return sorted((self.home / "archives" / "shop").glob("*.archive.tar"))

    def say(self, item: str, by: str = "kim", **details: Any) -> None:
        words.say(self.incident, words.Word("confirm", item, by, note="said", details=details))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(tmp_path, monkeypatch)


def test_the_record_is_sealed_once_and_proves_elsewhere(site: Site) -> None:
    (site.run / "evidence" / "output").write_text("login with correct-horse-battery failed\n")
    foretold = site.play("archive", check=True).of("| Seal the record")
    assert (foretold["changed"], site.archives) == (True, [])
    first = site.play("archive").of("| Seal the record")
    assert first["changed"] is True
    assert [one["key"] for one in first["findings"]] == [f"archive:secret:runs/{RUN}/evidence/output"]
    assert b"correct-horse" not in site.archives[0].read_bytes()
    proof = verify.verify(site.archives[0], signers.read(str(site.keys / "signers")), sha256=first["after"])
    assert proof.good
    assert proof.manifest is not None
    assert proof.manifest.going_on == (RUN,)
    second = site.play("archive").of("| Seal the record")
    assert (second["changed"], second["after"], len(site.archives)) == (False, first["after"], 1)
    kinds = [(line["kind"], line.get("act")) for line in journal.read(site.run / "journal.jsonl")][1:]
    assert kinds == [("intent", "seal the record"), ("outcome", "seal the record")]
    # What people say afterwards belongs to the record too.
    site.say("FINAL-04", source="desk", count=3)
    assert site.play("archive").of("| Seal the record")["changed"] is True
    assert len(site.archives) == 2


def test_without_a_key_it_waits_for_a_person(site: Site) -> None:
    found = site.play("archive", site_archive={}).of("| Seal the record")
    assert found["waiting"].startswith("DOC-01: nobody has sealed the record yet: rollback-runner archive make")
    assert site.archives == []


def test_a_seal_that_nobody_could_prove_is_taken_away(site: Site) -> None:
    played = site.play("archive", site_archive={"signer": "somebody", "key_file": str(site.keys / "archiver")})
    assert "does not prove (signer_unknown" in played.messages
    assert site.archives == []


def test_drafts_are_drawn_up_and_what_a_person_wrote_stays(site: Site) -> None:
    foretold = site.play("draft", check=True).of("| Draw up")
    assert foretold["changed"] is True
    assert not drafts.folder(site.incident).exists()
    first = site.play("draft").of("| Draw up")
    assert [one["file"] for one in first["evidence"]["drafts"]] == [
        f"{name}.{language}.md" for name in ("post-mortem", "re-migration", "lessons") for language in ("en", "ko")
    ]
    mine = drafts.folder(site.incident) / "post-mortem.en.md"
    text = mine.read_text()
    assert "**[TO WRITE]**" in text
    mine.write_text(text.replace("**[TO WRITE]**", "Because."))
    site.say("SIT-01", category="data", statement="Orders came twice after the cut-over")
    again = site.play("draft").of("| Draw up")
    assert "Because." in mine.read_text()
    assert "Orders came twice" in (mine.with_name("post-mortem.en.new.md")).read_text()
    assert "Orders came twice" in (mine.with_name("post-mortem.ko.md")).read_text()
    assert [one["key"] for one in again["findings"]] == ["documents:kept:post-mortem.en.new.md"]
    assert site.play("draft").of("| Draw up")["changed"] is False


def test_the_date_of_the_retrospective_is_sent_once_and_a_changed_one_again(site: Site) -> None:
    waiting = site.play("words")
    assert waiting.of("| Send the date")["changed"] is False
    assert "FOLLOW-04: Minjun Kim (commander) has not said it yet" in waiting.of("retrospective has a date")["waiting"]
    moment = {"utc": "2027-03-05T05:00:00Z", "local": "2027-03-05T14:00:00+09:00", "zone": "Asia/Seoul"}
    site.say("FOLLOW-04", moment=moment)
    assert site.play("words", check=True).of("| Send the date")["changed"] is True
    assert outbox.read(site.incident) == []
    first = site.play("words").of("| Send the date")
    assert first["changed"] is True
    assert [one["key"] for one in first["findings"]] == ["retrospective:not_sent"]
    file = drafts.folder(site.incident) / "retrospective.ics"
    assert b"DTSTART;TZID=Asia/Seoul:20270305T140000" in file.read_bytes()
    assert [state.message.attachments for state in outbox.read(site.incident)] == [(str(file),)] * 2
    assert site.play("words").of("| Send the date")["changed"] is False
    site.say("FOLLOW-04", moment=moment | {"utc": "2027-03-06T05:00:00Z"})
    assert site.play("words").of("| Send the date")["evidence"]["changed_before"] == 1
    assert len(outbox.read(site.incident)) == 4
    assert b"SEQUENCE:1" in file.read_bytes()


def test_a_list_that_is_empty_is_not_complete_whoever_says_so(site: Site) -> None:
    for item in ("DOC-05", "REMIG-03"):
        site.say(item)
    assert "nothing is listed yet: rollback-runner lesson add" in site.play("words").of("lessons are listed")["waiting"]
    assert "--kind scenario" in site.play("lessons").of("scenarios")["waiting"]
    made = lessons.add(site.incident, lessons.Lesson("", "lesson", "Ask sooner", "kim", "2027-01-01", "lee"))
    found = site.play("words").of("lessons are listed")
    assert "waiting" not in found
    assert found["evidence"]["listed"] == [made.shown()]


def test_outside_of_an_incident_nothing_is_made(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RR_INCIDENT")
    assert site.play("archive").of("| Seal")["findings"][0]["severity"] == "blocker"
    assert site.play("draft").of("| Draw up")["findings"][0]["severity"] == "blocker"
