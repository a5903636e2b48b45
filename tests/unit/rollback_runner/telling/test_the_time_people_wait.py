"""What people hear while time passes: the next word when it was announced, and that a phase takes too long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from rollback_runner.telling import announce, outbox


def test_the_next_word_comes_when_it_was_announced_once_and_not_before(stage: Any) -> None:
    stage.play(stage.lines("proven"), until=lambda line: line["kind"] == "promoted")
    last = {one.message.audience: one for one in outbox.messages(stage.incident)}
    begun = datetime.fromisoformat(last["users"].queued_at)
    assert announce.still(stage.site, stage.home, stage.incident, begun + timedelta(minutes=20)) == ()
    keys = announce.still(stage.site, stage.home, stage.incident, begun + timedelta(minutes=31))
    assert {key.split("/")[-2] for key in keys} == {"team", "users", "support"}
    assert announce.still(stage.site, stage.home, stage.incident) == ()
    (news,) = [one for one in stage.messages if one.event == "still" and (one.audience, one.language) == ("team", "en")]
    assert "IDC takes writes since" in news.body
    assert "Under way: emergency." in news.body


def test_after_the_last_word_nobody_is_told_that_it_goes_on(stage: Any) -> None:
    stage.play(stage.lines("aborted"))
    later = datetime.now(UTC) + timedelta(hours=5)
    assert announce.still(stage.site, stage.home, stage.incident, later) == ()
    assert all("Next update" not in one.body for one in stage.messages if one.event == "aborted")


def test_a_phase_over_its_time_is_told(stage: Any) -> None:
    run = stage.play(stage.lines("proven"), until=lambda line: line.get("leg") == "approve")
    keys = stage.tell(run, "over_budget", leg="emergency")
    told = len(stage.messages)
    assert stage.tell(run, "over_budget", leg="emergency") == keys
    assert len(stage.messages) == told  # once a phase
    assert {key.split("/")[-2] for key in keys} == {"team", "management"}
    (team,) = [one for one in stage.messages if one.key in keys and (one.audience, one.language) == ("team", "en")]
    assert "its budget is 15 min" in team.body
