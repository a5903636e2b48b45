"""What must hold before anything on AWS may end, asked of the command itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import ended
import pytest
from click.testing import CliRunner
from failback import incident as incidents
from failback import lock
from failback.people import words
from failback.people.words import Word

from rollback_runner.after import cleanup_apply, cleanup_gate, cleanup_plan
from rollback_runner.cli import cleanup as command
from rollback_runner.cli import root
from rollback_runner.errors import RefusedError, UsageError
from rollback_runner.record import store

if TYPE_CHECKING:
    from pathlib import Path

    from cloud_site import Cloud

    from rollback_runner.after.cleanup_plan import Plan
    from rollback_runner.site.site import Site

TODAY = datetime.now(UTC).date()


@pytest.fixture(name="known", scope="module")
def _known(cloud_once: Cloud) -> tuple[Site, Plan]:
    """A plan is made once: nothing here touches AWS."""
    cloud_once.fill()
    return cloud_once.site(**ended.PEOPLE), None  # type: ignore[return-value]


def planned(known: tuple[Site, Any], home: Path, **more: Any) -> tuple[Site, Path, Plan]:
    site = known[0]
    incident = ended.incident(home, **more)
    return site, incident, cleanup_plan.make(site, incident, {"rds_instance:shop-prod": "stop"}, TODAY)


def refused(site: Site, home: Path, incident: Path, plan: Plan) -> str:
    with pytest.raises(RefusedError) as found:
        cleanup_gate.check(site, home, incident, plan)
    return found.value.what


def test_before_watch_ended_well(known: Any, tmp_path: Path) -> None:
    site, incident, plan = planned(known, tmp_path, watched="")
    assert "before the phase watch ended well: it was not carried out" in refused(site, tmp_path, incident, plan)
    for status in ("waiting", "failed", "not_run", "refused"):
        ended.run(tmp_path, incident, [("emergency", "done"), ("watch", status)])
        assert f"WATCH-01 is {status}" in refused(site, tmp_path, incident, plan)
    ended.run(tmp_path, incident, [("watch", "done")], check=True)
    assert "WATCH-01 is refused" in refused(site, tmp_path, incident, plan), "a rehearsal proves nothing"
    ended.run(tmp_path, incident, [("watch", "done")])
    cleanup_gate.check(site, tmp_path, incident, plan)
    for moved in ("abort", "emergency", "emergency:stop", "emergency:open", "full:restore"):
        ended.run(tmp_path, incident, [(moved, "done")])
        assert "since the service moved" in refused(site, tmp_path, incident, plan), moved
        ended.run(tmp_path, incident, [("full", "done"), ("watch", "done")])
        cleanup_gate.check(site, tmp_path, incident, plan)


def test_what_people_still_owe_of_the_watch_is_not_waited_for(known: Any, tmp_path: Path) -> None:
    site, incident, plan = planned(known, tmp_path, watched="")
    open_words = dict.fromkeys(("WATCH-03", "REMIG-01", "REMIG-02", "REMIG-03", "REMIG-04"), "waiting")
    proven = dict.fromkeys(("WATCH-01", "WATCH-02", "WATCH-04"), "already") | open_words
    ended.run(tmp_path, incident, [("emergency", "done"), ("watch", "waiting")], items=proven)
    cleanup_gate.check(site, tmp_path, incident, plan)
    for name in ("WATCH-01", "WATCH-02", "WATCH-04"):
        ended.run(tmp_path, incident, [("watch", "waiting")], items=proven | {name: "waiting"})
        assert refused(site, tmp_path, incident, plan).endswith(f"ended well: {name} is waiting.")
    ended.run(
        tmp_path, incident, [("watch", "done")], items=dict.fromkeys(open_words, "done") | {"WATCH-04": "skipped"}
    )
    assert "WATCH-04 is skipped" in refused(site, tmp_path, incident, plan), "nobody can waive what was not watched"


def test_while_a_newer_incident_is_open(known: Any, tmp_path: Path) -> None:
    site, incident, plan = planned(known, tmp_path)
    incidents.close(tmp_path, site.name)
    cleanup_gate.check(site, tmp_path, incident, plan)
    newer = incident.parent / "29991231T000000Z"
    newer.mkdir()
    (incident.parent / "current").symlink_to(newer.name)
    assert f"The incident {newer.name} is open" in refused(site, tmp_path, incident, plan)


def test_before_somebody_who_may_agreed(known: Any, tmp_path: Path) -> None:
    site, incident, plan = planned(known, tmp_path, agreed=False)
    assert "FOLLOW-01" in refused(site, tmp_path, incident, plan)
    words.say(incident, Word("decline", "FOLLOW-01", "park", note="not yet"))
    assert "FOLLOW-01" in refused(site, tmp_path, incident, plan)
    words.say(incident, Word("confirm", "FOLLOW-01", "park", note="yes"))
    cleanup_gate.check(site, tmp_path, incident, plan)


def test_while_a_run_goes_on_and_for_another_incident(known: Any, tmp_path: Path) -> None:
    site, incident, plan = planned(known, tmp_path)
    path = store.lock_path(tmp_path, "shop")
    path.parent.mkdir(parents=True, exist_ok=True)
    lock.acquire(path, site="shop", reason="test", run="r")
    assert "A run is going on" in refused(site, tmp_path, incident, plan)
    other = incident.parent / "20200101T000000Z"
    other.mkdir()
    assert "The plan is of shop" in refused(site, tmp_path, other, plan)
    with pytest.raises(UsageError, match="There is no incident"):
        cleanup_gate.place(site, tmp_path, "../elsewhere")


def test_before_the_hold_date_and_for_what_is_not_in_the_plan(known: Any, cloud_once: Cloud, tmp_path: Path) -> None:
    _, _, plan = planned(known, tmp_path)
    machine, theirs = cloud_once.ids["machine"], cloud_once.theirs["machine"]
    until = TODAY + timedelta(days=14)
    with pytest.raises(RefusedError, match=f"is held until {until}"):
        cleanup_gate.chosen(plan, (machine,), TODAY + timedelta(days=13))
    assert [one.id for one in cleanup_gate.chosen(plan, (machine,), until)] == [machine]
    for name in (theirs, "billing", "rds_instance:billing", "shop-prod-before-that"):
        with pytest.raises(RefusedError, match="is not in the plan, so it is not touched"):
            cleanup_gate.chosen(plan, (name,), until)
    with pytest.raises(RefusedError, match="is kept"):
        cleanup_gate.chosen(plan, (cloud_once.ids["zone"],), until)
    assert [one.id for one in cleanup_gate.chosen(plan, (), TODAY)] == ["shop-prod"], "only what is due"


def test_the_command_asks_for_the_very_words(
    known: Any, cloud_once: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, _, _ = planned(known, tmp_path)
    before = cloud_once.neighbour()
    monkeypatch.setenv("RR_HOME", str(tmp_path))
    monkeypatch.setattr(command.sites, "load", lambda _name: site)
    monkeypatch.setattr(cleanup_apply, "sources", ended.sources)

    def run(*words_given: str) -> Any:
        return CliRunner().invoke(root, ["cleanup", *words_given], standalone_mode=False)

    shown = run("plan", "--stop", "rds_instance:shop-prod", "--lang", "en")
    assert "price not known for 1, not counted: ebs_snapshot:" in shown.output
    assert "Not the site's, left alone: 1 EC2 instances" in shown.output
    assert isinstance(run("apply").exception, UsageError)
    for wrong in ("yes", "shop", "stop 2 of shop", "Stop 1 of shop"):
        found = run("apply", "--confirm", wrong)
        assert isinstance(found.exception, RefusedError), wrong
    assert cloud_once.client("rds").describe_db_instances(DBInstanceIdentifier="shop-prod")["DBInstances"][0][
        "DBInstanceStatus"
    ] == "available"  # fmt: skip
    done = run("apply", "--confirm", "stop 1 of shop", "--lang", "ko")
    assert done.return_value == 0, done.output
    assert "완료  중지  rds_instance:shop-prod" in done.output
    assert cloud_once.neighbour() == before
