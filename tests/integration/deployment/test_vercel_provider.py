"""What the provider reads from the stand-in. Whatever either says is held against the API's document after a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import vercel_world
from failback.errors import ConfigError, FailbackError, RefusedError, UnreachableError
from vercel_world import DOMAINS, VercelWorld

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(name="vercel")
def _vercel(tmp_path: Path) -> Iterator[VercelWorld]:
    world, stand_in = vercel_world.start(tmp_path)
    yield world
    stand_in.stop()
    assert world.api.wrong == []


def posts(vercel: VercelWorld) -> int:
    return len(vercel.requests("POST"))


def test_reads_what_serves(vercel: VercelWorld) -> None:
    project = vercel.provider().project()
    assert (project.id, project.live, project.auto_assign) == ("prj_shop", "dpl_5", True)
    assert project.domains == tuple(DOMAINS)
    assert project.beside == ()
    assert project.last_request is None


def test_lists_with_all_that_decides(vercel: VercelWorld) -> None:
    found = {one.id: one for one in vercel.provider().deployments()}
    assert list(found) == ["dpl_6", "dpl_5", "dpl_3", "dpl_2", "dpl_1"]  # no preview
    assert (found["dpl_3"].state, found["dpl_6"].promoted, found["dpl_5"].candidate) == ("error", False, False)
    good = found["dpl_2"]
    assert (good.candidate, good.promoted, good.commit, good.author, good.build) == (True, True, "2" * 40, "kim", "r2")
    assert good.served == ("2026-09-21T16:14:20.000Z",)
    assert good.address == "https://shop-2-acme.vercel.test"


def test_list_reads_every_page_and_keeps_the_live_one(vercel: VercelWorld) -> None:
    state = vercel.ask("state")
    staged = [
        {"id": f"dpl_s{number}", "created": vercel_world.START + 99 * vercel_world.HOUR + number}
        for number in range(130)
    ]
    vercel.ask("state", state | {"deployments": [*state["deployments"], *staged]})
    found = [one.id for one in vercel.provider().deployments(120)]
    assert len(found) == 120 + 3
    assert "dpl_5" in found
    assert "dpl_2" in found


@pytest.mark.parametrize("name", ["dpl_2", "shop-2-acme.vercel.test", "https://shop-2-acme.vercel.test/path"])
def test_finds_by_id_and_address(vercel: VercelWorld, name: str) -> None:
    found = vercel.provider().find(name)
    assert (found.id, found.candidate) == ("dpl_2", True)


def test_rate_limited_for_longer_than_anybody_waits_says_so(vercel: VercelWorld) -> None:
    vercel.fault("rate_limited", seconds=60, times=0)
    with pytest.raises(UnreachableError, match="asks to wait 60 s"):
        vercel.provider().project()


def test_slow_and_dropped_reads_are_read_again(vercel: VercelWorld) -> None:
    opened = vercel.provider()
    opened.client.attempt = 0.6
    vercel.fault("dropped", only="GET")
    vercel.fault("slow", only="/v4/aliases", seconds=1)
    assert opened.project().live == "dpl_5"
    assert vercel.requests().count("GET /v4/aliases") == 2


def test_maintenance_page_is_no_answer(vercel: VercelWorld) -> None:
    opened = vercel.provider()
    opened.client.sleep = lambda _seconds: None
    vercel.fault("maintenance", times=0)
    with pytest.raises(UnreachableError, match=r"HTTP 503, its answer is no JSON.*vercel-status"):
        opened.project()


def test_expired_token(vercel: VercelWorld) -> None:
    vercel.fault("token_expired", times=0)
    for read in ("project", "deployments"):
        with pytest.raises(RefusedError, match=r"expired, or was revoked.*vercel_token_file"):
            getattr(vercel.provider(), read)()
    with pytest.raises(RefusedError, match="expired, or was revoked"):
        vercel.provider().find("dpl_2")


def test_wrong_token(vercel: VercelWorld) -> None:
    (vercel.folder / "token").write_text("another\n", encoding="utf-8")
    with pytest.raises(RefusedError, match="the token is not valid"):
        vercel.provider().project()


def test_wrong_team_says_whose_token_it_is(vercel: VercelWorld) -> None:
    with pytest.raises(RefusedError, match="that of kim, a member of acme; vercel_team is other"):
        vercel.provider(vercel_team="other").project()


@pytest.mark.parametrize(("only", "said"), [("/v9/", "The token is that of kim"), ("", "expired, or was revoked")])
def test_a_forbidden_project_is_told_from_a_token_that_cannot_name_itself(
    vercel: VercelWorld, only: str, said: str
) -> None:
    vercel.fault("wrong_team", times=0, only=only)
    with pytest.raises(RefusedError, match=said):
        vercel.provider().project()


def test_no_team_and_another_project_are_not_found(vercel: VercelWorld) -> None:
    for wrong in ({"vercel_team": ""}, {"vercel_project": "nothing"}):
        with pytest.raises(RefusedError, match="no project of that name"):
            vercel.provider(**wrong).project()


@pytest.mark.parametrize(
    ("target", "kind", "said"),
    [
        ("dpl_2", "rollback", ""),
        ("dpl_1", "promote", ""),
        ("dpl_6", "promote", ""),
        ("dpl_5", "rollback", "nothing to do"),
        ("dpl_3", "rollback", "is error, not ready"),
        ("dpl_4", "promote", "is a preview"),
        ("dpl_6", "rollback", "never served production"),
        ("dpl_2", "switch", "knows rollback and promote"),
    ],
)
def test_problems_by_looking_alone(vercel: VercelWorld, target: str, kind: str, said: str) -> None:
    opened = vercel.provider()
    found = [str(one) for one in opened.problems(opened.find(target), kind)]
    assert bool(found) == bool(said)
    assert said in " ".join(found)
    assert posts(vercel) == 0


def test_problems_say_what_was_deleted_since(vercel: VercelWorld) -> None:
    opened = vercel.provider()
    target = opened.find("dpl_2")
    vercel.ask("delete", {"id": "dpl_2"})
    assert "no such deployment" in opened.problems(target, "rollback")[0]


def test_names_what_does_not_go_back(vercel: VercelWorld) -> None:
    opened = vercel.provider()
    found = opened.not_reverted(opened.find("dpl_5"), opened.find("dpl_2"))
    assert [(one.kind, one.name) for one in found if one.kind in {"environment", "cron"}] == [
        ("environment", "PAYMENT_URL"),
        ("cron", "0 3 * * * /api/clean"),
    ]
    assert {one.kind for one in found} >= {"cache", "domain"}
    assert "not for you" not in repr(found)  # values are never read


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"vercel_project": ""}, "vercel_project is missing"),
        ({"vercel_token_file": ""}, "vercel_token_file is missing"),
        ({"vercel_build": "nothing"}, "none of id, commit and meta:KEY"),
    ],
)
def test_open_says_what_is_missing(vercel: VercelWorld, wrong: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        vercel.provider(**wrong)


@pytest.mark.parametrize("url", ["http://api.example.org", "ftp://x", "nothing"])
def test_the_token_never_travels_in_the_clear(vercel: VercelWorld, url: str) -> None:
    with pytest.raises(ConfigError, match="vercel_api"):
        vercel.provider(vercel_api=url).project()


def test_a_token_file_that_others_can_read_is_refused(vercel: VercelWorld) -> None:
    (vercel.folder / "token").chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 0600"):
        vercel.provider().project()


def test_no_error_holds_the_token(vercel: VercelWorld) -> None:
    for name in ("token_expired", "wrong_team", "server_error"):
        vercel.fault("none")
        vercel.fault(name, times=0)
        opened = vercel.provider()
        opened.client.sleep = lambda _seconds: None
        with pytest.raises(FailbackError) as caught:
            opened.project()
        assert vercel_world.TOKEN not in f"{caught.value} {caught.value.evidence}"
