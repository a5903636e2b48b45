"""What a host's report means: what runs, what is meant to run, and what cannot be used."""

from __future__ import annotations

from typing import Any

import pytest
from failback.deployment.compose import fleet, standing
from failback.deployment.compose.release import parse

DIGEST = {name: f"sha256:{name[-1] * 64}" for name in ("r1", "r2", "r3")}


def content(name: str, **more: Any) -> dict[str, Any]:
    told = {"format": 1, "id": name, "created": f"2026-11-0{name[-1]}T18:00:00+09:00", "build": name}
    return {**told, "images": {"web": DIGEST[name]}, "commit": f"{name}c", **more}


def container(release: str, **more: Any) -> dict[str, Any]:
    file = f"/srv/shop/releases/{release}/compose.yml"
    return {"service": "web", "file": file, "image": DIGEST[release], "status": "running", "health": ""} | more


def report(live: str = "r3", **more: Any) -> dict[str, Any]:
    return {
        "current": live,
        "releases": {name: {"content": content(name), "missing": []} for name in DIGEST},
        "served": [{"time": f"2026-11-1{n}T00:00:00Z", "id": f"r{n}", "from": ""} for n in (1, 2, 3)],
        "lock": None,
        "pinned": None,
        "host_env": True,
        "writable": True,
        "images": {image: image for image in DIGEST.values()},
        "running": [container(live)],
        **more,
    }


def judged(host: str = "web1", live: str = "r3", **more: Any) -> standing.Standing:
    return standing.judge(host, "/srv/shop", report(live, **more))


def test_a_host_in_order() -> None:
    seen = judged()
    assert (seen.live, seen.problem, seen.stopped) == ("r3", "", False)
    assert seen.releases["r1"].created == "2026-11-01T09:00:00Z"
    assert seen.unfit("r2") == []


@pytest.mark.parametrize(
    ("running", "live", "words"),
    [
        ([], "", "it runs nothing, but its link `current` says r3"),
        ([container("r2")], "r2", "it runs r2, but its link `current` says r3"),
        ([container("r3", image=DIGEST["r1"])], "r3", "web runs another image than r3 names"),
        ([container("r3", status="restarting")], "r3", "web is restarting"),
        ([container("r3", status="exited")], "r3", "r3 is stopped"),
        (
            [container("r3"), container("r2", service="old")],
            "",
            "its containers are of r2 and r3: a change was cut short",
        ),
        ([container("r3", file="/home/kim/compose.yml")], "", "its containers are of another file"),
        ([container("r3", service="jobs")], "r3", "web does not exist"),
    ],
)
def test_what_is_wrong_with_a_host(running: list[dict[str, Any]], live: str, words: str) -> None:
    seen = judged(running=running)
    assert seen.live == live
    assert words in seen.problem


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (None, "missing or no JSON object"),
        ([], "missing or no JSON object"),
        (content("r1", id="r9"), "says that it is 'r9'"),
        (content("r1", format=2), "of format 2"),
        (content("r1", created="2026-11-01T09:00:00"), "does not say in UTC when"),
        (content("r1", created=1), "does not say in UTC when"),
        (content("r1", build=""), "names no build"),
        (content("r1", images={}), "names no images"),
        (content("r1", images={"web": "shop:latest"}), "not pinned by digest: shop:latest"),
        (content("r1", images={"web": None}), "not pinned by digest: None"),
        (content("r1", target="staging"), "neither production nor preview"),
        (content("r1", unsound="the build was red"), "the build was red"),
    ],
)
def test_a_release_that_cannot_be_used_says_why(told: object, words: str) -> None:
    assert words in parse("r1", told).unsound


def test_a_pinned_image_of_a_registry_is_fine() -> None:
    image = "registry.example.org/team/shop@" + DIGEST["r1"]
    assert parse("r1", content("r1", images={"web": image})).unsound == ""


def test_a_release_without_its_files_cannot_be_used() -> None:
    releases = {"r1": {"content": content("r1"), "missing": ["compose.yml", ".env"]}}
    assert judged(releases=releases).releases["r1"].unsound == "it has no compose.yml and no .env"


def test_every_host_must_have_the_same_release() -> None:
    other = {"r2": {"content": content("r2", build="another"), "missing": []}}
    seen = [judged(), judged("web2", releases=other, running=[], current=""), judged("web3", releases={})]
    assert fleet.unfit(seen, "r2") == [
        "web3 does not have the release r2",
        "web1 and web2 have different releases r2: their build differ",
    ]
    found = {one.id: one for one in fleet.deployments(seen, "")}
    assert found["r2"].candidate is False


def test_the_list_has_what_served_even_where_it_is_gone() -> None:
    releases = {name: {"content": content(name), "missing": []} for name in ("r2", "r3")}
    found = {one.id: one for one in fleet.deployments([judged(releases=releases)], "")}
    assert (found["r1"].state, found["r1"].promoted, found["r1"].candidate) == ("deleted", True, False)
    assert found["r3"].served == ("2026-11-13T00:00:00Z",)


def test_the_live_one_is_what_most_hosts_run() -> None:
    seen = [judged("web1", "r2"), judged("web2", "r3"), judged("web3", "r3")]
    assert fleet.live(seen) == ("r3", ("r2",))
    assert fleet.live([judged(running=[], current="")]) == ("", ())
    assert "the hosts run different releases: web1 r2, web2 r3" in fleet.moving(seen, "run-1")


def test_the_last_request_and_how_it_ended() -> None:
    line = {"time": "2026-11-20T00:00:00Z", "id": "r2", "from": "r3", "kind": "rollback", "by": "run-1"}
    back = judged("web1", "r2", served=[line])
    asked = fleet.last_request([back, judged("web2", "r2", served=[line])])
    assert asked is not None
    assert (asked.kind, asked.to, asked.since, asked.by, asked.ended) == ("rollback", "r2", "r3", "run-1", "succeeded")
    half = fleet.last_request([back, judged("web2", "r3")])
    assert half is not None
    assert half.ended == "failed"
    held = fleet.last_request([back, judged("web2", "r3", lock={"run": "run-1"})])
    assert held is not None
    assert held.ended == "pending"


def test_pinned_only_where_every_host_says_so() -> None:
    assert fleet.pinned([judged(pinned={"id": "r2"}), judged("web2")]) is None
    assert fleet.pinned([judged(pinned={"id": "r2"}), judged("web2", pinned={"id": "r2"})]) is False


def test_what_stays_when_the_code_goes_back() -> None:
    releases = {
        "r2": {"content": content("r2", environment=["SHOP_KEY"]), "missing": []},
        "r3": {"content": content("r3", environment=["SHOP_KEY", "SHOP_MODE"], crons=["nightly"]), "missing": []},
    }
    named = fleet.not_reverted([judged(releases=releases, config={"volumes": ["uploads"]})], "r3", "r2")
    assert [(one.kind, one.name) for one in named] == [
        ("environment", "SHOP_KEY"),
        ("environment", "SHOP_MODE"),
        ("cron", "nightly"),
        ("configuration", "host.env"),
        ("other", "uploads"),
        ("cache", "answers"),
    ]


def test_compose_must_make_of_the_file_what_the_release_says() -> None:
    good = judged(config={"images": {"web": DIGEST["r2"]}, "built": [], "volumes": []})
    assert standing.file_problems(good, "r2") == []
    other = {"images": {"web": DIGEST["r2"], "jobs": "jobs:1"}, "built": ["jobs"], "volumes": []}
    found = standing.file_problems(judged(config=other), "r2")
    assert found == [
        "web1: the service jobs of r2 would be built",
        "web1: compose.yml and release.json of r2 differ in jobs",
    ]
    assert "cannot use the file" in standing.file_problems(judged(config={"problem": "yaml"}), "r2")[0]
