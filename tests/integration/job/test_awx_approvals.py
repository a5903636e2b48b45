"""The gate reads the approval nodes of an AWX workflow: who, when, in which team; whatever does not fit is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from awx_workflow import SITE, World, moment, running
from failback.approval import awx, canonical, look, policy, record
from failback.approval.guard import Guard
from failback.errors import RefusedError

from lab.awx.server import Stand
from rollback_runner.plan import document
from rollback_runner.plan.document import Frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

RULES: dict[str, Any] = {"site_name": SITE, "site_critical": False, "site_approvals": {"source": "awx"}}


@pytest.fixture
def stand() -> Iterator[Stand]:
    with Stand() as found:
        found.tokens["robot"] = found.api.world.of("users")[1]
        found.token("robot")
        yield found


@pytest.fixture
def incident(tmp_path: Path) -> Path:
    """An incident whose plan prepare froze, in the name of kim."""
    place = tmp_path / "incidents" / SITE / "20261122T100000Z"
    place.mkdir(parents=True)
    content = {"site": SITE, "strategy": "switch-first"}
    plan = Frozen(SITE, place.name, "switch-first", canonical.digest(content), content, {}, "kim", moment(-20), ["kim"])
    document.write(place, plan, b"")
    return place


@pytest.fixture
def world(stand: Stand, incident: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    found = document.read(incident)
    assert found is not None
    world = running(stand, found.digest)
    for name, value in world.environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("RR_PLAN", found.digest)
    monkeypatch.setenv("RR_RUN_DIR", str(tmp_path / "runs" / "20261122T100500Z-pretend-emergency"))
    (tmp_path / "runs" / "20261122T100500Z-pretend-emergency").mkdir(parents=True)
    return world


def judged(incident: Path, **more: Any) -> look.Judged:
    rules = policy.read({**RULES, "site_approvals": {**RULES["site_approvals"], **more}})
    assert rules is not None
    return look.at_once(incident, rules)[1]


def kinds(incident: Path, **more: Any) -> list[str]:
    return [one.kind for one in judged(incident, **more).problems]


def test_two_people_of_the_right_teams_approve(world: World, incident: Path) -> None:
    found = judged(incident)
    assert found.good
    assert {one.role: one.statement.principal for one in found.granted} == {
        "technical_lead": "lee",
        "operations_manager": "park",
    }
    assert {one.key for one in found.granted} == {
        f"AWX workflow job {world.workflow['id']}, node approve-{role}"
        for role in ("technical_lead", "operations_manager")
    }


def _deny(world: World) -> None:
    world.approvals["technical_lead"] |= {"status": "failed", "failed": True}


def _time_out(world: World) -> None:
    world.approvals["technical_lead"] |= {"status": "failed", "timed_out": True, "approved_or_denied_by": None}


def _wait(world: World) -> None:
    world.approvals["technical_lead"] |= {"status": "pending", "finished": None, "approved_or_denied_by": None}


def _nobody(world: World) -> None:
    world.approvals["technical_lead"]["approved_or_denied_by"] = None


def _same_person(world: World) -> None:
    lee = world.person("lee", "rollback-runner pretend: operations_manager")
    world.approvals["operations_manager"]["approved_or_denied_by"] = lee["id"]


def _launcher(world: World) -> None:
    kim = world.person("kim", "rollback-runner pretend: technical_lead")
    world.approvals["technical_lead"]["approved_or_denied_by"] = kim["id"]


def _stranger(world: World) -> None:
    world.approvals["technical_lead"]["approved_or_denied_by"] = world.person("mallory")["id"]


def _other_team(world: World) -> None:
    world.approvals["technical_lead"]["approved_or_denied_by"] = world.person("choi", "all of us")["id"]


def _team_of_another_organization(world: World) -> None:
    """Whoever runs another organization made a team of this name there, and put lee into it."""
    team = world.team("rollback-runner pretend: technical_lead")
    assert team is not None
    team["organization"] = world.organization("of somebody else")["id"]


def _no_organization(world: World) -> None:
    del world.workflow["summary_fields"]["organization"]


def _before_the_plan(world: World) -> None:
    world.approvals["technical_lead"]["finished"] = moment(-40)


def _tomorrow(world: World) -> None:
    world.approvals["technical_lead"]["finished"] = moment(60)


def _other_plan(world: World) -> None:
    world.prepare["artifacts"] = {"rr_plan_digest": "f" * 64}


def _no_plan(world: World) -> None:
    world.prepare["artifacts"] = {}


def _no_node(world: World) -> None:
    world.nodes["approve-technical_lead"]["identifier"] = "somebody-else"


def _cancelled(world: World) -> None:
    world.workflow |= {"status": "canceled"}


def _scheduled(world: World) -> None:
    world.workflow["summary_fields"] = {}
    world.prepare["summary_fields"] = {}


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (_deny, "awx_denied"),
        (_time_out, "awx_timed_out"),
        (_wait, "awx_pending"),
        (_nobody, "awx_unnamed"),
        (_same_person, "same_person"),
        (_launcher, "awx_launcher"),
        (_stranger, "awx_team"),
        (_other_team, "awx_team"),
        (_team_of_another_organization, "awx_team"),
        (_no_organization, "awx_team"),
        (_before_the_plan, "awx_older"),
        (_tomorrow, "future"),
        (_other_plan, "awx_other_digest"),
        (_no_plan, "awx_no_digest"),
        (_no_node, "awx_no_node"),
        (_cancelled, "awx_over"),
        (_scheduled, "awx_nobody"),
    ],
    ids=lambda value: value.__name__ if callable(value) else value,
)
def test_whatever_does_not_fit_is_refused(
    world: World, incident: Path, fault: Callable[[World], None], kind: str
) -> None:
    fault(world)
    found = judged(incident)
    assert kind in [one.kind for one in found.problems]
    for problem in found.problems:
        for language in ("en", "ko"):
            assert "{" not in problem.told(language)  # type: ignore[arg-type]


def test_a_team_of_that_name_elsewhere_is_not_in_the_way(world: World, incident: Path) -> None:
    _team_of_another_organization(world)
    lee = world.person("lee", "rollback-runner pretend: technical_lead")
    roles = world.stand.api.world.of("roles").values()
    theirs = next(one for one in roles if one["of"][0] == "teams" and one["name"] == "member")
    world.stand.api.world.members("roles", theirs["id"], "users").remove(lee["id"])
    assert kinds(incident) == []


def test_an_approval_ends_with_its_hours(world: World, incident: Path) -> None:
    world.approvals["technical_lead"]["finished"] = moment(-10)
    assert set(kinds(incident, valid_hours=0.1)) == {"expired"}
    assert kinds(incident, valid_hours=1) == []


def test_who_is_no_planner_cannot_have_made_the_plan(world: World, incident: Path) -> None:
    assert world.workflow["status"] == "running"
    roles = {"planner": ["choi"], "technical_lead": ["lee"], "operations_manager": ["park"]}
    assert kinds(incident, roles=roles) == ["plan_planner"]
    assert kinds(incident, roles={**roles, "planner": ["kim"], "technical_lead": ["park"]}) == ["not_listed"]


def test_other_names_of_nodes_and_teams(world: World, incident: Path) -> None:
    world.nodes["approve-technical_lead"]["identifier"] = "lead"
    world.person("lee", "the leads")
    nodes, teams = {"technical_lead": "lead"}, {"technical_lead": "the leads"}
    assert kinds(incident, nodes=nodes, teams=teams) == []


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ("RR_AWX_URL=http://127.0.0.1:1", "awx_silent"),
        ("RR_AWX_URL=ftp://awx", "awx_silent"),
        ("RR_AWX_TOKEN_FILE=/nowhere", "awx_silent"),
        ("RR_AWX_WORKFLOW=4711", "awx_missing"),
        ("RR_AWX_WORKFLOW=", "awx_no_workflow"),
    ],
)
def test_silence_is_no_approval(
    world: World, incident: Path, monkeypatch: pytest.MonkeyPatch, told: str, kind: str
) -> None:
    assert world.workflow
    name, _, value = told.partition("=")
    monkeypatch.setenv(name, value)
    assert kinds(incident) == [kind]


def test_a_token_that_is_not_taken_is_no_approval(world: World, incident: Path) -> None:
    world.stand.tokens.clear()
    found = judged(incident)
    assert [one.kind for one in found.problems] == ["awx_silent"]
    assert "does not take the token" in found.problems[0].sentence()


def test_a_plan_that_was_changed_is_not_asked_about(world: World, incident: Path) -> None:
    path = incident / "plan.json"
    path.write_text(path.read_text(encoding="utf-8").replace("switch-first", "stop-first"), encoding="utf-8")
    world.stand.requests.clear()
    assert "plan_changed" in kinds(incident)


def guard(incident: Path) -> Guard:
    made = Guard.of("closes", RULES, incident)
    assert made is not None
    return made


def test_the_guard_of_an_act_asks_awx_and_puts_the_names_on_record(world: World, incident: Path) -> None:
    first = guard(incident)
    first.begin()
    told = first.ask("lock the accounts", "20261122T100500Z-pretend-emergency")
    first.end()
    assert told["approved"]["by"] == {"technical_lead": "lee", "operations_manager": "park"}  # type: ignore[index]
    lines = record.read(incident).lines
    assert [line["kind"] for line in lines] == ["awx_approvals", "begun"]
    assert {row["by"] for row in lines[0]["granted"]} == {"lee", "park"}
    assert lines[0]["workflow"] == world.workflow["id"]


def test_before_the_first_act_silence_refuses_and_after_it_the_run_goes_on(
    world: World, incident: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = "20261122T100500Z-pretend-emergency"
    monkeypatch.setenv("RR_AWX_URL", "http://127.0.0.1:1")
    with pytest.raises(RefusedError, match="cannot be read from AWX"):
        guard(incident).ask("lock the accounts", run)
    assert record.read(incident).lines == ()
    monkeypatch.setenv("RR_AWX_URL", world.stand.url)
    guard(incident).ask("lock the accounts", run)
    # RDS is closed now: that AWX falls silent must not leave the service between its two homes.
    monkeypatch.setenv("RR_AWX_URL", "http://127.0.0.1:1")
    told = guard(incident).ask("open IDC for writes", run)
    assert told["approved"]["by"] == {"technical_lead": "lee", "operations_manager": "park"}  # type: ignore[index]
    # Another run has not been granted anything.
    monkeypatch.setenv("RR_RUN_DIR", str(incident.parents[2] / "runs" / "another"))
    with pytest.raises(RefusedError, match="cannot be read from AWX"):
        guard(incident).ask("open IDC for writes", "another")


def test_a_denial_refuses_the_act(world: World, incident: Path) -> None:
    _deny(world)
    with pytest.raises(RefusedError, match="did not approve as the technical lead"):
        guard(incident).ask("lock the accounts", "r1")
    assert record.read(incident).lines == ()


def test_what_was_kept_says_who_and_until_when(world: World, incident: Path) -> None:
    assert world
    guard(incident).ask("lock the accounts", "20261122T100500Z-pretend-emergency")
    line = record.read(incident).lines[0]
    found = awx.kept(record.read(incident).lines, line["plan"], line["run"])
    assert found is not None
    ends = found.granted[0].statement.expires_at
    assert ends is not None
    assert ends - datetime.now(UTC) > timedelta(hours=23)
    assert json.loads(found.granted[0].statement.text())["principal"] == "lee"
