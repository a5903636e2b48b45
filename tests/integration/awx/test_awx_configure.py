"""`awx configure`, `status` and `remove`, with the real collection against the stand-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.awx.server import Stand
from rollback_runner.awx import acts

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from awx_world import World


NAME = "rollback-runner shop"


def test_a_check_shows_every_change_and_touches_nothing(fresh: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert fresh.run(capsys, "configure", "--check") == 0
    assert "make job template rollback-runner shop: emergency" in fresh.said
    assert "nothing was touched" in fresh.said
    assert fresh.stand.changes == []


def test_what_was_cut_off_is_completed_and_then_nothing_is_left(
    configured: World, capsys: pytest.CaptureFixture[str]
) -> None:
    before = len(configured.stand.changes)
    assert configured.run(capsys, "configure") == 0
    assert "AWX has what the site needs; nothing to change." in configured.said
    assert len(configured.stand.changes) == before
    assert "AWX has no user jung" in configured.said
    assert configured.run(capsys, "status") == 0


def test_a_template_runs_alone_in_time_with_its_survey(configured: World) -> None:
    template = configured.named("job_templates", "rollback-runner shop: emergency")
    assert (template["timeout"], template["allow_simultaneous"], template["job_slice_count"]) == (1800, False, 1)
    asked = configured.stand.api.world.surveys["job_templates", template["id"]]["spec"]
    assert "rr_confirm_site" in [item["variable"] for item in asked]


def test_what_somebody_changed_is_named_and_mended(configured: World, capsys: pytest.CaptureFixture[str]) -> None:
    world = configured.stand.api.world
    template = configured.named("job_templates", "rollback-runner shop: full")
    template["timeout"] = 5
    nodes = {node["identifier"]: node["id"] for node in world.of("workflow_job_template_nodes").values()}
    # The most dangerous one: a failure that goes on as if it were a success.
    world.members("workflow_job_template_nodes", nodes["failed"], "always_nodes").append(nodes["watch"])
    assert configured.run(capsys, "status") == 1
    assert "timeout (5 -> 7200)" in configured.said
    assert "node failed" in configured.said
    assert configured.run(capsys, "configure") == 0
    assert template["timeout"] == 7200
    assert configured.run(capsys, "status") == 0


def test_people_and_rights_that_came_by_hand_are_shown_and_taken_away(
    configured: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world = configured.stand.api.world
    team, emergency = f"{NAME}: operators", f"{NAME}: emergency"
    mallory = world.add("users", {"username": "mallory"})
    theirs = world.add("teams", {"name": "operations", "organization": configured.named("organizations", NAME)["id"]})
    configured.role("teams", team, "member", "users").append(mallory["id"])
    configured.role("teams", "operations", "member", "users").append(mallory["id"])
    for word in ("admin", "read"):
        configured.role("job_templates", emergency, word, "teams").append(configured.named("teams", team)["id"])
    configured.role("projects", NAME, "use", "teams").append(configured.named("teams", team)["id"])
    configured.role("job_templates", emergency, "execute", "teams").append(theirs["id"])
    before = len(configured.stand.changes)
    try:
        assert configured.run(capsys, "status") == 1
        assert f"take mallory out of {team}" in configured.said
        assert f"take admin on job template {emergency} from {team}" in configured.said
        assert f"take use on project {NAME} from {team}" in configured.said
        assert "operations" not in configured.said
        assert configured.run(capsys, "configure", "--check") == 0
        assert "4 changes would be made" in configured.said
        assert len(configured.stand.changes) == before
        assert configured.run(capsys, "configure") == 0
        # Nothing else than those four: no team is made anew, and nothing is granted again.
        assert [(method, path.split("/")[3]) for method, path in configured.stand.changes[before:]] == [
            ("POST", "roles")
        ] * 4
        assert configured.run(capsys, "status") == 0
        assert mallory["id"] not in configured.role("teams", team, "member", "users")
        assert configured.role("teams", "operations", "member", "users") == [mallory["id"]]
        assert theirs["id"] in configured.role("job_templates", emergency, "execute", "teams")
    finally:
        world.remove("teams", theirs["id"])


def test_a_copy_that_a_person_made_is_named_and_stays(configured: World, capsys: pytest.CaptureFixture[str]) -> None:
    world = configured.stand.api.world
    origin = configured.named("job_templates", f"{NAME}: emergency")
    fields = {name: value for name, value in origin.items() if name not in {"id", "type", "url"}}
    copy = world.add("job_templates", {**fields, "name": f"{NAME}: emergency @ 10:31:02"})
    before = len(configured.stand.changes)
    try:
        assert configured.run(capsys, "status") == 1
        assert f"job template {NAME}: emergency @ 10:31:02 ({copy['id']}) has our mark" in configured.said
        assert configured.run(capsys, "configure") == 0
        assert "it stays" in configured.said
        assert configured.run(capsys, "remove", "--check") == 0
        assert "it stays" in configured.said
        assert f"remove job template {NAME}: emergency @" not in configured.said
        # Our organization would take the copy along.
        assert configured.run(capsys, "remove", "--yes") == 3
        assert "emergency @ 10:31:02" in configured.said
        assert copy["id"] in world.of("job_templates")
        assert len(configured.stand.changes) == before
    finally:
        world.remove("job_templates", copy["id"])


def test_secrets_are_handed_over_once_and_never_shown(configured: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert configured.run(capsys, "configure", "--secrets") == 0
    held = configured.named("credentials", "rollback-runner shop: dns")
    assert held["inputs"]["tsig"] == "key geheim\n"
    assert "geheim" not in configured.said
    before = len(configured.stand.changes)
    assert configured.run(capsys, "configure", "--secrets") == 0
    assert len(configured.stand.changes) == before


def test_an_object_of_somebody_else_is_left_alone(fresh: World, capsys: pytest.CaptureFixture[str]) -> None:
    fresh.stand.api.world.add("organizations", {"name": "rollback-runner shop", "description": "of another team"})
    assert fresh.run(capsys, "configure") == 3
    assert "Somebody else's objects have names of ours: organization rollback-runner shop" in fresh.said
    assert fresh.run(capsys, "status") == 1
    assert "organization rollback-runner shop (1) has a name of ours and not our mark" in fresh.said
    assert fresh.run(capsys, "remove", "--yes") == 0
    assert "There is nothing of ours" in fresh.said
    assert fresh.stand.changes == []


def test_only_what_is_ours_is_taken_away(fresh: World, capsys: pytest.CaptureFixture[str]) -> None:
    world = fresh.stand.api.world
    mark = "[rollback-runner:shop]"
    ours = world.add("organizations", {"name": "rollback-runner shop", "description": mark})
    world.add("teams", {"name": "rollback-runner shop: operators", "organization": ours["id"], "description": mark})
    world.add("teams", {"name": "rollback-runner shop2: operators", "description": "[rollback-runner:shop2]"})
    theirs = world.add("inventories", {"name": "theirs", "organization": ours["id"]})
    assert fresh.run(capsys, "remove", "--yes") == 3
    assert "inventory theirs" in fresh.said or "inventorie theirs" in fresh.said
    assert fresh.stand.changes == []
    world.remove("inventories", theirs["id"])
    image = world.add("execution_environments", {"name": "of theirs", "organization": ours["id"]})
    assert fresh.run(capsys, "remove", "--yes") == 3
    assert "execution environment of theirs" in fresh.said
    assert fresh.stand.changes == []
    world.remove("execution_environments", image["id"])
    assert fresh.run(capsys, "remove", "--check") == 0
    assert fresh.stand.changes == []
    assert fresh.run(capsys, "remove", "--yes") == 0
    assert [team["name"] for team in world.of("teams").values()] == ["rollback-runner shop2: operators"]
    assert world.of("organizations") == {}


def test_a_certificate_nobody_vouches_for_is_refused(fresh: World, capsys: pytest.CaptureFixture[str]) -> None:
    fresh.options = fresh.options[:-2]
    assert fresh.run(capsys, "status") == 1
    assert "certificate" in fresh.said
    assert fresh.stand.requests == []


def test_a_token_others_can_read_or_that_would_travel_in_the_clear_is_not_used(
    fresh: World, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh.token.chmod(0o644)
    assert fresh.run(capsys, "status") == 2
    assert "chmod 600" in fresh.said
    fresh.token.chmod(0o600)
    fresh.options[3] = "http://awx.example.org"
    assert fresh.run(capsys, "status") == 2
    assert "in the clear" in fresh.said


def test_a_token_that_awx_does_not_take(tmp_path: Path, fresh: World, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other"
    other.touch(mode=0o600)
    other.write_text("nonsense", encoding="utf-8")
    fresh.options[5] = str(other)
    assert fresh.run(capsys, "status") == 3


def test_the_plain_stand_in_serves_this_machine_alone() -> None:
    with Stand() as stand:
        assert stand.url.startswith("http://127.0.0.1:")
    assert acts.Where("x", None).name == "x"  # type: ignore[arg-type]
