"""Handing the report over: to whom, once an edition, and what counts as handed over."""

from __future__ import annotations

from pathlib import Path

import pytest
from failback.errors import ConfigError
from incident_made import Made, Task

from rollback_runner.record import delivering, making
from rollback_runner.record.delivering import Recipient
from rollback_runner.telling import deliveries, outbox

PEOPLE = {"kim": {"contact": ["mail"]}, "park": {"contact": ["chat"]}}


@pytest.fixture
def made(tmp_path: Path) -> Made:
    found = Made.begin(tmp_path)
    found.run("20261122T120000Z-lab-emergency", [Task("AWS-01 | Check", 1)])
    return found


def test_those_who_lead_get_it_where_nobody_is_named() -> None:
    held = {"commander": "kim", "technical_lead": "kim", "operations_manager": "park", "scribe": "lee"}
    roles = {role: {"person": person} for role, person in held.items()}
    found = delivering.recipients({"site_people": PEOPLE, "site_roles": roles})
    assert [one.key for one in found] == ["kim", "park"]
    assert delivering.recipients({"site_people": PEOPLE, "site_report_recipients": []}) == ()


@pytest.mark.parametrize(
    ("entry", "told"), [({}, "entry 1 names no person"), ({"person": "nobody"}, "nobody is not in site_people")]
)
def test_a_recipient_that_cannot_be_is_refused(entry: dict[str, str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        delivering.recipients({"site_people": PEOPLE, "site_report_recipients": [entry]})


def test_an_edition_is_sent_once_with_the_page_as_it_was(made: Made) -> None:
    first = making.make(made.home, made.incident)
    to = (Recipient("kim", language="en"), Recipient("park", language="ko"))
    delivering.queue(made.incident, first, to)
    delivering.queue(made.incident, making.make(made.home, made.incident), to)
    sent = outbox.read(made.incident)
    assert [(state.message.to, state.message.language) for state in sent] == [("kim", "en"), ("park", "ko")]
    attached = Path(sent[1].message.attachments[0])
    assert attached.name.endswith(f"{first.edition}.ko.html")
    assert '<html lang="ko">' in attached.read_text(encoding="utf-8")
    assert "사고 보고서" in sent[1].message.subject


def test_again_is_another_message(made: Made) -> None:
    written = making.make(made.home, made.incident)
    to = (Recipient("kim"),)
    delivering.queue(made.incident, written, to)
    delivering.queue(made.incident, written, to, again="2026-11-22T12:00:00Z")
    assert len(outbox.read(made.incident)) == 2


def test_only_what_a_channel_took_counts(made: Made) -> None:
    written = making.make(made.home, made.incident)
    keys = delivering.queue(made.incident, written, (Recipient("kim"), Recipient("park")))
    assert [one.accepted_at for one in delivering.states(made.incident, keys)] == ["", ""]
    deliveries.keep(made.incident, "accepted", keys[0], "mail")
    kim, park = delivering.states(made.incident, keys)
    assert kim.accepted_at
    assert not park.accepted_at
    assert park.recipient == "park"


def test_a_message_that_is_not_on_record_says_so(made: Made) -> None:
    (one,) = delivering.states(made.incident, ["report:abc:kim"])
    assert one.error == "it could not be put on record"
