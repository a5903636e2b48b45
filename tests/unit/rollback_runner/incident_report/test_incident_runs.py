"""The runs of an incident: found, judged again where they were killed, and joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from failback import incident as incidents
from failback import journal, lock
from incident_made import Made, Task

from rollback_runner import checklist, messages
from rollback_runner.record import incident_report, incident_runs, reasons, report, store, timeline

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made.begin(tmp_path)


def joined(made: Made) -> dict[str, object]:
    runs = incident_runs.runs_of(made.home, made.incident.name, "lab")
    return incident_runs.joined([incident_runs.report_of(run) for run in runs])


def row(made: Made, name: str) -> dict[str, object]:
    items = joined(made)["items"]
    assert isinstance(items, list)
    return next(item for item in items if item["id"] == name)


def test_runs_are_those_of_the_incident_oldest_first(made: Made) -> None:
    made.run("20261122T120500Z-lab-emergency", [Task("AWS-01 | Close it", 1)])
    made.run("20261122T120000Z-lab-prepare", [Task("SIT-03 | Look", 1)], leg="prepare")
    made.run("20261122T121000Z-lab-emergency", [Task("AWS-01 | Close it", 1)], incident="/elsewhere/lab/2026")
    names = [run.id for run in incident_runs.runs_of(made.home, made.incident.name)]
    assert len(names) == 2
    assert all("121000" not in name for name in names)


def test_another_site_with_the_same_id_is_another_incident(made: Made) -> None:
    made.run("20261122T120500Z-lab-emergency", [Task("AWS-01 | Close it", 1)])
    assert incident_runs.runs_of(made.home, made.incident.name, "elsewhere") == []


def test_the_newest_word_on_an_item_wins_and_keeps_the_earlier_one(made: Made) -> None:
    made.run("20261122T120000Z-lab-emergency", [Task("AWS-01 | Close it", 1, outcome="failed", message="no")])
    made.run("20261122T120500Z-lab-emergency", [Task("AWS-01 | Close it", 5, changed=True)])
    found = row(made, "AWS-01")
    assert (found["status"], found["run"]) == ("done", "20261122T120500Z-lab-emergency")
    assert [(one["status"], one["reason"]) for one in found["earlier"]] == [("failed", "no")]  # type: ignore[attr-defined]


def test_a_run_that_did_not_come_to_an_item_takes_no_word_back(made: Made) -> None:
    made.run("20261122T120000Z-lab-emergency", [Task("AWS-01 | Close it", 1, changed=True)])
    broken = made.run(
        "20261122T120500Z-lab-emergency", [Task("IDC-01 | Look", 5), Task("AWS-01 | Close it", 6)], killed=True
    )
    events = (broken.directory / "events.jsonl").read_text(encoding="utf-8").splitlines()
    (broken.directory / "events.jsonl").write_text("\n".join(events[:2]) + '\n{"torn', encoding="utf-8")
    assert row(made, "AWS-01")["status"] == "done"
    assert row(made, "IDC-01")["status"] == "already"


def test_a_rehearsal_proves_nothing(made: Made) -> None:
    made.run("20261122T120000Z-lab-emergency", [Task("AWS-01 | Close it", 1)], check=True)
    assert row(made, "AWS-01")["status"] == "not_run"


def test_every_item_is_there_and_an_untouched_one_says_why(made: Made) -> None:
    made.run("20261122T120000Z-lab-emergency", [Task("AWS-01 | Close it", 1)])
    items = joined(made)["items"]
    assert isinstance(items, list)
    assert [item["id"] for item in items] == [item.id for item in checklist.items() if item.phase != "deployment"]
    assert all(item["reason"] for item in items if item["status"] == "not_run")
    assert row(made, "VERIFY-01")["reason"] == "the phase full was not begun"


def test_an_item_that_the_strategy_has_no_place_for_is_not_open(made: Made) -> None:
    run = made.run("20261122T120000Z-lab-emergency", [Task("AWS-01 | Close it", 1)])
    given = {**incident_runs.report_of(run), "strategy": "stop-first"}
    items = {item["id"]: item for item in incident_runs.joined([given])["items"]}
    assert items["IDC-04"]["status"] == "skipped"
    assert items["IDC-04"]["reason"].startswith("no part of stop-first: RDS is no measure there")
    assert "stop-first 방식에는 없는 항목" in reasons.told(items["IDC-04"]["reason"], messages.Texts("ko"))
    assert items["IDC-05"]["status"] == "not_run"
    assert row(made, "IDC-04")["status"] == "not_run"  # switch-first asks for it


def test_a_killed_run_has_its_items_with_evidence(made: Made) -> None:
    run = made.run(
        "20261122T120000Z-lab-emergency",
        [Task("AWS-01 | Close it", 1, evidence={"sessions": 0}), Task("SWITCH-01 | Open IDC", 3, outcome="failed")],
        killed=True,
        acts=(("open IDC for writes: the point of no return", "SWITCH-01 | Open IDC", False),),
    )
    found = incident_runs.report_of(run)
    assert found["outcome"] == "interrupted"
    assert found["items"][0]["hosts"][0]["evidence"][0]["evidence"] == {"sessions": 0}
    assert found["promoted"] == "begun"
    assert found["unfinished_acts"][0]["act"].startswith("open IDC")
    assert found["phases"][0]["reason"] == "the run was ended in it"
    assert report.problems({key: value for key, value in found.items() if key not in {"rebuilt", "live"}}) == []


def test_a_run_with_nothing_but_its_first_line_is_no_obstacle(made: Made) -> None:
    run = made.run("20261122T120000Z-lab-emergency", [Task("AWS-01 | Close it", 1)], killed=True)
    for name in ("events.jsonl", "plan.json"):
        (run.directory / name).unlink()
    found = incident_runs.report_of(run)
    assert (found["phases"], found["items"]) == ([], [])
    assert len(joined(made)["items"]) == 100  # type: ignore[arg-type]


def test_an_incident_of_ten_runs_is_one_report(made: Made) -> None:
    for number in range(10):
        made.run(f"20261122T12{number:02d}00Z-lab-emergency", [Task("AWS-01 | Close it", 60 * number + 1)],
                 killed=number % 3 == 0)  # fmt: skip
    whole = incident_report.build(incident_report.gather(made.home, made.incident))
    assert len(whole["runs"]) == 10
    assert sum(run["killed"] for run in whole["runs"]) == 4
    assert incident_report.problems(whole) == []


def test_a_run_whose_journal_was_changed_is_told_and_hides_no_other(made: Made) -> None:
    run = made.run("20261122T120000Z-lab-emergency", [Task("AWS-01 | Close it", 1)])
    made.run("20261122T120500Z-lab-emergency", [Task("AWS-01 | Close it", 9)])
    text = run.journal.read_text(encoding="utf-8").replace("Close it", "Open it", 1)
    run.journal.write_text(text, encoding="utf-8")
    whole = incident_report.build(incident_report.gather(made.home, made.incident))
    assert any("was changed" in one["sentence"] for one in whole["timeline_gaps"])
    assert len(whole["runs"]) == 2


def test_nothing_to_report_says_so(made: Made) -> None:
    with pytest.raises(Exception, match="No run of the incident"):
        incident_report.gather(made.home, made.incident)


def test_the_timeline_has_everything_in_order_with_its_place(made: Made) -> None:
    made.say("confirm", "SIT-02", "jung", source="alarm", moment={"utc": "2026-11-22T11:40:00Z"})
    made.say("confirm", "SIT-01", "lee", "RDS was slow")
    made.run(
        "20261122T120000Z-lab-emergency",
        [Task("AWS-01 | Close it", 1)],
        promoted=True,
        acts=(("hold new requests", "SWITCH-02 | Hold", True), ("send traffic to idc", "SWITCH-02 | Send", False)),
    )
    found = timeline.events(made.home, "lab", made.incident)
    assert [event.at for event in found] == sorted(event.at for event in found)
    assert found[0].kind == "moment"
    assert {event.kind for event in found} >= {"moment", "word", "run", "leg", "act", "fenced", "promoted", "item"}
    assert all(event.source for event in found)
    acts = {event.title["en"]: event for event in found if event.kind == "act"}
    assert acts["Hold new requests"].ok
    assert acts["Begun, its end is not on record: Send traffic to idc"].grave
    assert acts["Begun, its end is not on record: Send traffic to idc"].title["ko"].startswith("시작했으나")


def test_a_killed_run_breaks_off_on_the_timeline(made: Made) -> None:
    made.run("20261122T120000Z-lab-emergency", [Task("AWS-01 | Close it", 1)], killed=True)
    found = timeline.events(made.home, "lab", made.incident)
    assert any(event.kind == "failure" and "killed" in event.title["en"] for event in found)


def test_a_run_that_goes_on_is_not_a_killed_one(made: Made) -> None:
    run = made.run("20261122T120000Z-lab-emergency", [Task("AWS-01 | Close it", 1)], killed=True)
    place = store.lock_path(made.home, "lab")
    place.parent.mkdir(parents=True, exist_ok=True)
    held = lock.acquire(place, site="lab", run=run.id, reason="a test")
    whole = incident_report.build(incident_report.gather(made.home, made.incident))
    assert whole["going_on"]
    assert not whole["runs"][0]["killed"]
    assert not any("killed" in event["title"]["en"] for event in whole["events"])
    lock.release(place, held.epoch)
    assert incident_report.build(incident_report.gather(made.home, made.incident))["runs"][0]["killed"]


def test_what_lacks_its_moment_is_named(made: Made) -> None:
    made.run("20261122T120000Z-lab-emergency", [Task("AWS-01 | Close it", 1)],
             acts=(("hold new requests", "SWITCH-02 | Hold", False),))  # fmt: skip
    whole = incident_report.build(incident_report.gather(made.home, made.incident))
    keys = {one["key"].partition(":")[0] for one in whole["timeline_gaps"]}
    assert keys == {"moment", "act"}


@pytest.mark.parametrize("name", ["people.jsonl", "approvals.jsonl"])
def test_a_record_of_the_incident_that_was_changed_keeps_the_timeline_from_being_complete(
    made: Made, name: str
) -> None:
    made.run("20261122T120000Z-lab-emergency", [Task("AWS-01 | Close it", 1)])
    for note in ("first", "second", "third"):
        journal.append(made.incident / name, "note", by="lee", note=note)
    whole = incident_report.build(incident_report.gather(made.home, made.incident))
    assert not [one for one in whole["timeline_gaps"] if name in one["key"]]
    path = made.incident / name
    path.write_text(path.read_text(encoding="utf-8").replace("second", "others"), encoding="utf-8")
    whole = incident_report.build(incident_report.gather(made.home, made.incident))
    assert [one["key"].rpartition("/")[2] for one in whole["timeline_gaps"] if name in one["key"]] == [name]


def test_what_was_computed_of_the_service_level_is_on_the_first_screen(made: Made) -> None:
    made.run("20261122T120000Z-lab-emergency", [Task("AWS-01 | Close it", 1)])
    incidents.keep(made.incident, "sla", {"source": "ledger", "downtime": 3.5, "unknown": 0, "objective": 0.999,
                                          "used_share": 0.5, "credit": 0.1, "credit_at_most": 0.1})  # fmt: skip
    whole = incident_report.build(incident_report.gather(made.home, made.incident))
    assert incident_report.problems(whole) == []
    figures = {one["name"]["en"]: one["value"]["ko"] for one in whole["summary"]["figures"]}
    assert [figures[name] for name in ("Downtime (SLA)", "Error budget used", "Credit owed")] == [
        "3.5초",
        "50.0%",
        "10.0%",
    ]


def test_the_first_line_alone_says_whose_a_run_is(made: Made) -> None:
    run = made.run("20261122T120000Z-lab-emergency", [Task("AWS-01 | Close it", 1)])
    with run.journal.open("ab") as stream:
        stream.write(b"\xff\xfe not a line\n")
    assert incident_runs.begin_of(run)["site"] == "lab"
    assert [one.id for one in incident_runs.runs_of(made.home, made.incident.name, "lab")] == [run.id]
