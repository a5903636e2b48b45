"""ENV-01 on real containers behind a real HAProxy, while users ask all the time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import env_site
from env_site import APPS, Clients, Site, docker
from failback.baseline import store

if TYPE_CHECKING:
    from pathlib import Path

    from run_tasks import Played

SHOP = "Restart the container"


def restart(site: Site, work: Path, failback: str, *, check: bool = False, **more: Any) -> Played:
    role = {"name": "environment", "tasks_from": "restart"}
    known = {"environment_servers": [], "environment_failback": failback, "environment_well_timeout": 4}
    known |= {"service_containers": env_site.CONTAINERS[:1], **more}
    tasks = [{"name": "Restart", "ansible.builtin.import_role": role}]
    return site.play(work, tasks, check=check, **known)


def decisions(played: Played) -> dict[str, str]:
    found = [r for r in played.results if SHOP in r["task"] and (r.get("evidence") or {}).get("service") == "shop"]
    return {r["host"]: r["evidence"]["decision"] for r in found}


def changed(played: Played) -> set[str]:
    return {r["task"] for r in played.results if r.get("changed")}


def started(site: Site) -> dict[str, str]:
    return {host: site.started(f"rrt-env-{host}-shop") for host in (*APPS, "lb1") if host in APPS}


def test_waves_restart_each_once_and_nobody_notices(site: Site, tmp_path: Path) -> None:
    before, proxy = started(site), site.started("rrt-env-lb1-haproxy")
    rehearsed = restart(site, tmp_path, "first", check=True)
    assert (rehearsed.rc, decisions(rehearsed)) == (0, {"app1": "restart", "app2": "restart"}), rehearsed.messages
    assert started(site) == before
    with Clients(site) as clients:
        played = restart(site, tmp_path, "first", service_containers=env_site.CONTAINERS)
    assert played.rc == 0, played.messages
    assert decisions(played) == {"app1": "restart", "app2": "restart"}
    assert (clients.failed, clients.good > 50) == ([], True)
    after = started(site)
    assert all(after[host] > before[host] for host in APPS)
    assert site.started("rrt-env-lb1-haproxy") == proxy
    again = restart(site, tmp_path, "first")
    assert (again.rc, decisions(again), started(site)) == (0, {"app1": "none", "app2": "none"}, after)
    assert changed(again) == set()


def test_only_what_is_still_to_be_restarted_is_taken_out(site: Site, tmp_path: Path) -> None:
    restart(site, tmp_path, "half")
    docker("stop", "-t", "1", "rrt-env-app2-shop")
    played = restart(site, tmp_path, "half")
    assert decisions(played) == {"app1": "none", "app2": "start"}
    sent = [r["evidence"]["sent"] for r in played.results if "Take the servers" in r["task"] and r.get("changed")]
    assert sent == [["app2"]]
    assert site.states() == {"app1": "UP", "app2": "UP"}


def test_killed_with_a_server_drained_the_next_run_gives_it_back(site: Site, tmp_path: Path) -> None:
    site.admin("set server shop/app1 state drain")
    docker("stop", "-t", "1", "rrt-env-app1-shop")
    played = restart(site, tmp_path, "killed")
    assert played.rc == 0, played.messages
    assert decisions(played) == {"app1": "start", "app2": "restart"}
    assert site.states() == {"app1": "UP", "app2": "UP"}


def test_one_that_does_not_get_well_stops_the_waves_and_the_others_serve(site: Site, tmp_path: Path) -> None:
    (site.etc("app1") / "app.json").write_text("{ this is no JSON\n")
    second = site.started("rrt-env-app2-shop")
    with Clients(site) as clients:
        played = restart(site, tmp_path, "broken")
    assert played.rc != 0
    assert "rrt-env-app1-shop on app1 is not well after 4 s: is exited" in played.messages
    assert "app.json" in str([r.get("evidence") for r in played.results if r["event"] == "runner_on_failed"])
    assert site.states()["app1"] != "UP"
    assert [r for r in played.results if "Give the servers" in r["task"] and r["event"] == "runner_on_ok"] == []
    assert site.started("rrt-env-app2-shop") == second
    assert (clients.failed, clients.good > 20) == ([], True)


def test_started_after_the_promotion_is_done_already(site: Site, tmp_path: Path) -> None:
    task = {"service": "shop", "containers": env_site.CONTAINERS, "since": "2026-01-01T00:00:00Z"}
    played = site.play(tmp_path, [{"name": SHOP, "containers_restart": task}], only=APPS)
    assert played.rc == 0
    assert decisions(played) == {"app1": "none", "app2": "none"}


def test_another_image_than_the_baseline_has_is_refused_and_nothing_restarts(site: Site, tmp_path: Path) -> None:
    directory = str(tmp_path / "other")
    entry = {"rrt-env-app1-shop": {"image": "sha256:another"}}
    store.write(directory, "app1", {"recorded_at": "2026-01-01T00:00:00+00:00", "containers": entry})
    before = started(site)
    played = restart(site, tmp_path, "image", baseline_directory=directory)
    assert played.rc != 0
    assert "the baseline has sha256:another" in played.messages
    assert started(site) == before
    assert changed(played) == set()
    assert [r for r in played.results if "Take the servers" in r["task"]] == []


def test_the_last_server_that_serves_is_never_taken_out(site: Site, tmp_path: Path) -> None:
    site.admin("set server shop/app2 state maint")
    played = restart(site, tmp_path, "last")
    assert "without app1 no server of shop would serve; nothing was taken out" in played.messages
    assert site.states()["app1"] == "UP"


def test_the_promotion_tells_since_when_containers_must_have_started(site: Site, tmp_path: Path) -> None:
    task = {
        "name": "order",
        "containers_order": {"containers": env_site.CONTAINERS, "servers": [site.server.login_dict()]},
    }

    def since() -> str:
        return str(site.play(tmp_path, [task], only=[*APPS, "lb1"]).of(host="lb1")["evidence"]["since"])

    assert since() == ""  # nobody ever opened it
    site.server.root("SET PERSIST super_read_only = 1")
    assert since() == ""
    site.server.root("SET PERSIST super_read_only = 0; SET PERSIST read_only = 0")
    opened = since()
    assert opened.endswith("Z")
    assert opened > started(site)["app1"]
    docker("restart", "-t", "1", "rrt-env-app1-shop")
    assert started(site)["app1"] > opened
