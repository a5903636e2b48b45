"""The role report as the phase complete uses it: real tasks, a real incident; second runs, rehearsals, faults."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "unit" / "rollback_runner" / "incident_report"))

from incident_made import Made, Task
from run_tasks import Played, local_host, play

from rollback_runner.telling import deliveries, outbox

if TYPE_CHECKING:
    from collections.abc import Mapping

GIVEN: Mapping[str, Any] = {
    "site_people": {"kim": {"name": {"en": "Minjun Kim", "ko": "김민준"}, "contact": ["mail"]}},
    "site_roles": {"commander": {"person": "kim"}},
    "site_report_recipients": [{"person": "kim", "language": "ko"}],
    "report_wait": 0,
}


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    found = Made.begin(tmp_path)
    found.say("confirm", "SIT-02", "jung", source="alarm", moment={"utc": "2026-11-22T11:40:00Z"})
    found.run("20261122T120000Z-lab-emergency", [Task("AWS-01 | Check", 1)])
    monkeypatch.setenv("RR_INCIDENT", str(found.incident))
    monkeypatch.setenv("RR_HOME", str(tmp_path))
    return found


def run(made: Made, *, check: bool = False, **changed: Any) -> Played:
    tasks = [{"ansible.builtin.import_role": {"name": "report", "tasks_from": "tell"}}]
    return play(made.home / "play", tasks, {"shop": local_host(**(GIVEN | changed))}, check=check, group="service")


def severities(result: Mapping[str, Any]) -> list[str]:
    return [one["severity"] for one in result.get("findings", ())]


def test_the_report_is_made_and_sent_once(made: Made) -> None:
    rehearsed = run(made, check=True)
    assert rehearsed.rc == 0, rehearsed.stdout
    assert rehearsed.of("Write the report")["changed"]
    assert rehearsed.of("Send the report")["changed"]
    assert not (made.incident / "report").exists()
    assert outbox.read(made.incident) == []

    first = run(made)
    assert first.rc == 0, first.stdout
    assert first.of("DOC-03")["evidence"]["lacks"] == []
    assert first.of("Write the report")["changed"]
    assert first.of("Send the report")["changed"]
    assert severities(first.of("Send the report")) == ["warning"]
    assert (made.incident / "report" / "report.ko.html").exists()
    (state,) = outbox.read(made.incident)
    assert (state.message.to, state.message.language) == ("kim", "ko")

    deliveries.keep(made.incident, "accepted", state.message.key, "mail")
    second = run(made)
    assert not any(result["changed"] for result in second.results if result["event"] == "runner_on_ok")
    assert severities(second.of("Send the report")) == []
    assert second.of("Send the report")["evidence"]["recipients"][0]["accepted_at"]
    assert len(outbox.read(made.incident)) == 1


def test_who_was_reached_by_no_channel_is_a_blocker(made: Made) -> None:
    run(made)
    (state,) = outbox.read(made.incident)
    deliveries.keep(made.incident, "gave_up", state.message.key, "mail", error="no answer in time")
    told = run(made).of("Send the report")
    if outbox.read(made.incident)[0].gave_up:
        assert severities(told) == ["blocker"]
    else:  # the messenger goes on with the next channel
        assert severities(told) == ["warning"]


def test_a_timeline_that_lacks_something_says_what(made: Made) -> None:
    (made.incident / "people.jsonl").unlink()
    told = run(made).of("DOC-03")
    assert "moment of the failure" in told["findings"][0]["sentence"]
    assert not told["changed"]


def test_nobody_to_send_to_is_told(made: Made) -> None:
    told = run(made, site_report_recipients=[]).of("Send the report")
    assert told["findings"][0]["key"] == "report:nobody"


def test_bad_recipients_are_one_clear_error(made: Made) -> None:
    told = run(made, site_report_recipients=[{"person": "nobody"}])
    assert told.rc != 0
    assert "nobody is not in site_people" in told.messages


def test_a_full_disk_is_one_clear_error_and_harms_no_record(made: Made) -> None:
    (made.incident / "report").write_text("in the way", encoding="utf-8")
    told = run(made)
    assert "cannot be written" in told.messages
    assert "Next" not in told.messages
    assert outbox.read(made.incident) == []
