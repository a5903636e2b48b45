"""TECH-01 on real hosts over SSH: each finding by its fault."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from fit_site import BARE, HOST, SKEW, Site, docker
from run_tasks import local_host, play

if TYPE_CHECKING:
    from pathlib import Path

FILES = ["/etc/shop/app.json"]


def fitness(site: Site, work: Path, *, more: tuple[str, ...] = (), **arguments: Any) -> dict[str, Any]:
    given = {"of": "host", "containers": site.containers(*more), "files": FILES, "samples": 4}
    given["baseline_directory"] = str(work / "baseline")
    return {"name": "look", "host_fitness": given | arguments}


def keys(result: dict[str, Any], severity: str = "") -> dict[str, dict[str, str]]:
    return {one["key"]: one for one in result.get("findings", ()) if severity in {"", one["severity"]}}


@pytest.fixture(name="recorded")
def _recorded(site: Site, tmp_path: Path) -> Path:
    arguments = {"of": "host", "baseline_directory": str(tmp_path / "baseline"), "files": FILES, "sample": 0.0}
    task = {"name": "record", "baseline_record": {**arguments, "containers": site.containers()}}
    assert site.play(tmp_path, [task]).rc == 0
    return tmp_path


def test_a_host_that_is_well_has_nothing_to_stop_for_and_a_rehearsal_says_the_same(
    site: Site, recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident = recorded / "incident"
    incident.mkdir()
    monkeypatch.setenv("RR_INCIDENT", str(incident))
    played = site.play(recorded, [fitness(site, recorded), {**fitness(site, recorded), "name": "again"}])
    seen, again = played.of("look"), played.of("again")
    assert keys(seen, "blocker") == keys(seen, "warning") == {}, seen["findings"]
    assert seen["changed"] is False
    assert keys(again).keys() == keys(seen).keys()
    evidence = seen["evidence"]
    # One and the same clock: what is off is no more than the uncertainty that is told.
    assert abs(evidence["clock"]["offset"]) <= evidence["clock"]["uncertainty"] + 0.01
    assert evidence["clock"]["uncertainty"] > 0
    assert evidence["docker"]["version"]
    assert evidence["containers"][site.shop]["health"] == "healthy"
    assert all(evidence["images"].values())
    assert evidence["kernel"]["uptime"] > 0
    kept = json.loads((incident / "facts" / f"fitness-host.{HOST}.json").read_text())
    assert kept["clock"]["name"] == HOST
    rehearsed = site.play(recorded, [fitness(site, recorded)], check=True).of("look")
    assert keys(rehearsed).keys() == keys(seen).keys()


def test_every_fault_of_a_host_is_found_and_named(site: Site, recorded: Path) -> None:
    own = docker("inspect", "-f", "{{.Image}}", site.other)
    (site.etc / "app.json").write_text('{"listen": 9090}\n')
    docker("exec", site.shop, "rm", "/tmp/well")  # noqa: S108 - inside the container
    docker("stop", "-t", "0", site.other)
    docker("rmi", "-f", site.image)
    site.await_health("unhealthy")
    paths = ["/srv/read-only", "/srv/none"]
    try:
        played = site.play(recorded, [fitness(site, recorded, more=("rrt-fit-none",), paths=paths, recent_boot=1e12)])
    finally:
        site.make_other()
    result = played.of("look")
    assert played.rc == 0, "a look goes on"
    blockers, warnings, notes = (keys(result, one) for one in ("blocker", "warning", "note"))
    assert set(blockers) == {
        f"container:{HOST}:rrt-fit-none:missing",
        f"container:{HOST}:{site.shop}:health",
        f"container:{HOST}:{site.other}:state",
        f"image:{HOST}:{site.other}:gone",
        f"filesystem:{HOST}:/srv/read-only:read_only",
        f"filesystem:{HOST}:/srv/none:error",
    }
    assert own[:19] in blockers[f"image:{HOST}:{site.other}:gone"]["sentence"]
    drift = warnings.pop(f"drift:{HOST}:/etc/shop/app.json")
    assert "9090" in drift["sentence"]
    assert warnings == {}
    assert f"boot:{HOST}:recent" in notes
    assert all(one["next_step"] for one in blockers.values())


def test_what_the_plan_starts_itself_and_what_another_must_serve_first_is_a_warning(site: Site, recorded: Path) -> None:
    docker("exec", site.shop, "rm", "/tmp/well")  # noqa: S108 - inside the container
    docker("stop", "-t", "0", site.other)
    site.await_health("unhealthy")
    containers = site.containers()
    containers[0]["needs"] = ["other"]
    given = fitness(site, recorded, containers=containers, started_by_plan=[site.other])
    result = site.play(recorded, [given]).of("look")
    assert keys(result, "blocker") == {}
    assert set(keys(result, "warning")) == {
        f"container:{HOST}:{site.shop}:health",
        f"container:{HOST}:{site.other}:state",
    }


def test_another_image_a_moved_tag_and_a_file_that_is_gone_are_found(site: Site, recorded: Path) -> None:
    before = docker("inspect", "-f", "{{.Image}}", site.other)
    docker("tag", before, f"{site.image}-kept")
    site.make_other()  # another image under the same name
    (site.etc / "app.json").unlink()
    docker("commit", "-c", "LABEL rr.test=moved", site.shop, site.image)
    site.await_health("healthy")  # to be copied it is halted, and its health check may fall into that
    try:
        result = site.play(recorded, [fitness(site, recorded)]).of("look")
    finally:
        docker("rmi", "-f", f"{site.image}-kept", check=False)
        site.make_other()
    assert set(keys(result, "blocker")) == {f"drift:{HOST}:/etc/shop/app.json"}
    assert {f"image:{HOST}:{site.other}:other", f"image:{HOST}:{site.other}:tag"} <= set(keys(result, "warning"))


def test_a_host_without_engine_or_without_answer_or_without_baseline(site: Site, tmp_path: Path) -> None:
    hosts = {
        BARE: site.host(BARE),
        "gone1": site.host(BARE, ansible_port=1),
        "away1": site.host(BARE, ansible_port=1),
    }
    task = fitness(site, tmp_path, absent_ok={"away1": "it is being repaired"})
    played = site.play(tmp_path, [task], hosts)
    assert played.rc == 0
    bare, gone, away = (played.of("look", host) for host in (BARE, "gone1", "away1"))
    assert f"docker:{BARE}:silent" in keys(bare, "blocker")
    assert f"baseline:{BARE}:none" in keys(bare, "warning")
    assert set(keys(gone)) == {"host:gone1:unreachable"}
    assert keys(gone, "blocker")
    assert set(keys(away)) == {"host:away1:absent"}
    assert keys(away, "blocker") == {}


def test_a_baseline_that_was_changed_is_not_compared_with(site: Site, recorded: Path) -> None:
    path = recorded / "baseline" / f"{HOST}.json"
    path.write_text(path.read_text().replace("8080", "9999"))
    result = site.play(recorded, [fitness(site, recorded)]).of("look")
    assert set(keys(result, "blocker")) == {f"baseline:{HOST}:unusable"}


def test_a_clock_that_is_off_is_measured_over_ssh_and_named(site: Site, tmp_path: Path) -> None:
    hosts = {HOST: site.host(HOST), BARE: site.host(BARE)}
    looked = site.play(tmp_path, [fitness(site, tmp_path)], hosts)
    clocks = [looked.of("look", host)["evidence"]["clock"] for host in (HOST, BARE)]
    off = clocks[1]["offset"]
    assert off == pytest.approx(SKEW, abs=0.2)
    assert abs(off - SKEW) <= clocks[1]["uncertainty"] + 0.01, "the uncertainty that is told holds"
    task = {"name": "judge", "host_fitness": {"of": "clocks", "clocks": clocks}}
    judged = play(tmp_path, [task], {"shop": local_host()}).of("judge")
    assert set(keys(judged)) - {"clock:unkept"} == {f"clock:{BARE}"}
    assert "ahead of the machine" in keys(judged, "blocker")[f"clock:{BARE}"]["sentence"]
    assert judged["evidence"]["spread"]["ahead"] == BARE


def test_limits_that_cannot_be_meant_are_one_clear_error(tmp_path: Path) -> None:
    task = {"name": "judge", "host_fitness": {"of": "clocks", "clock_warning": 9, "clock_most": 3}}
    played = play(tmp_path, [task], {"shop": local_host()})
    assert played.rc != 0
    assert "fitness_clock_warning" in played.messages
